//! The commands, but for import and demo.

mod access;
mod audit;
mod history;
mod migrate;
mod model;
mod query;
mod record;
mod tenant;

use udal::{Error, RecordService, Udal};

use crate::args::{Arguments, Command, ImportArguments, RecordCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{asker, configuration, operator, with_udal};
use crate::{demo, import};

/// Does what the arguments say.
pub(crate) async fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let options = &arguments.options;
    match &arguments.command {
        Command::Model(command) => model::run(command, &configuration(options)?, output),
        Command::Demo(arguments) => demo::run(arguments, options, output).await,
        Command::Tenant(command) => {
            tenant::check(command)?;
            let configuration = configuration(options)?;
            let catalog = tenant::catalog(&configuration.groups)?;
            with_udal(configuration, Some(catalog), async |udal| tenant::run(command, udal, output).await).await
        }
        Command::Migrate(command) => {
            let (way, request) = migrate::read(command)?;
            with_udal(configuration(options)?, None, async |udal| migrate::run(way, &request, udal, output).await).await
        }
        Command::Access(command) => {
            let (tenant, request) = access::read(command)?;
            let work = async |udal: &Udal| access::run(&tenant, request, udal, output).await;
            with_udal(configuration(options)?, None, work).await
        }
        Command::Audit(command) => {
            let request = audit::read(command)?;
            with_udal(configuration(options)?, None, async |udal| audit::run(request, udal, output).await).await
        }
        Command::Query(command) => {
            let request = query::read(command)?;
            with_udal(configuration(options)?, None, async |udal| query::run(request, udal, output).await).await
        }
        Command::Record(command) => {
            if let Some(arguments) = of_file(command) {
                let input = import::open(&arguments)?;
                let work = async |udal: &Udal| {
                    let ctx = asker(udal, command.target(), command.action(), output).await?;
                    import::run(&arguments, &ctx, input, udal.service(), output).await
                };
                return with_udal(configuration(options)?, None, work).await;
            }
            let request = record::read(command)?;
            let work = async |udal: &Udal| {
                let ctx = asker(udal, command.target(), command.action(), output).await?;
                record::run(request, &ctx, udal.service(), output).await
            };
            with_udal(configuration(options)?, None, work).await
        }
    }
}

/// What is done with a file of rows, where the command is about one.
fn of_file(command: &RecordCommand) -> Option<ImportArguments> {
    match command {
        RecordCommand::Import(arguments) => Some(arguments.clone()),
        RecordCommand::Delete(arguments) => arguments.of_file(),
        _ => None,
    }
}

/// Does what a command says with a service that runs already: what the demo shows.
pub(crate) async fn run_on(service: &RecordService, command: &Command, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Model(command) => model::show_of(service.catalog(), command, output),
        Command::Tenant(_) => Err(Error::invalid("the demo makes its own tenant").into()),
        Command::Record(command) => {
            let ctx = operator(&command.target().tenant)?;
            record::run(record::read(command)?, &ctx, service, output).await
        }
        Command::Query(_) => Err(Error::invalid("the demo shows no queries").into()),
        Command::Audit(_) => Err(Error::invalid("the demo does not show its audit log").into()),
        Command::Access(_) => Err(Error::invalid("the demo has no access directory").into()),
        Command::Migrate(_) => Err(Error::invalid("the demo does not migrate its tenant").into()),
        Command::Demo(_) => Err(Error::invalid("the demo does not show itself").into()),
    }
}
