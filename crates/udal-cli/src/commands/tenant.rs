//! Creating, listing and dropping tenants.

use std::path::Path;

use serde_json::json;
use udal::model::Catalog;
use udal::value::Timestamp;
use udal::{Error, ErrorKind, LoadErrors, Maintenance, RecordService, StartError, TenantSlug, Udal, nearest};

use crate::args::TenantCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::operator;

/// Refuses what can be refused before a server is started.
pub(super) fn check(command: &TenantCommand) -> Result<(), Failure> {
    match command {
        TenantCommand::List => Ok(()),
        TenantCommand::Create { name } | TenantCommand::Maintain { name } => {
            TenantSlug::new(name).map(drop).map_err(Failure::from)
        }
        TenantCommand::Drop { name, yes } => {
            TenantSlug::new(name)?;
            if *yes {
                return Ok(());
            }
            let error = Error::invalid(format!("`{name}` is not dropped: every record of it would be removed"));
            Err(error.hint(format!("say `udal tenant drop {name} --yes`")).into())
        }
    }
}

/// The models; none when there is no directory of group files, since tenants can do without.
pub(super) fn catalog(groups: &Path) -> Result<Catalog, Failure> {
    if !groups.exists() {
        return Ok(Catalog::default());
    }
    udal::load_dir(groups).map_err(|errors: LoadErrors| StartError::Groups(errors).into())
}

pub(super) async fn run(
    command: &TenantCommand,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        TenantCommand::Create { name } => {
            let created = service.create_tenant(&TenantSlug::new(name)?).await?;
            let text =
                if created { format!("created tenant {name}") } else { format!("tenant {name} is there already") };
            let row = ["tenant", "created"];
            output.answer(&json!({"tenant": name, "created": created}), &text, &[&row, &[name, truth(created)]])?;
            Ok(Exit::Done)
        }
        TenantCommand::List => {
            let tenants = service.list_tenants().await?;
            let names: Vec<&str> = tenants.iter().map(TenantSlug::as_str).collect();
            let rows: Vec<[&str; 1]> =
                std::iter::once("tenant").chain(names.iter().copied()).map(|name| [name]).collect();
            let rows: Vec<&[&str]> = rows.iter().map(<[&str; 1]>::as_slice).collect();
            let text = if names.is_empty() { "no tenants".to_owned() } else { names.join("\n") };
            output.answer(&json!(names), &text, &rows)?;
            Ok(Exit::Done)
        }
        TenantCommand::Maintain { .. } => Err(Error::invalid("the demo does not maintain its tenant").into()),
        TenantCommand::Drop { name, yes: _ } => {
            if !service.drop_tenant(&TenantSlug::new(name)?).await? {
                return Err(missing(name, &service.list_tenants().await?).into());
            }
            let row = ["tenant", "dropped"];
            output.answer(
                &json!({"tenant": name, "dropped": true}),
                &format!("dropped tenant {name}"),
                &[&row, &[name, "true"]],
            )?;
            Ok(Exit::Done)
        }
    }
}

/// Does what is due for the tenant's tables that are split by time.
pub(super) async fn maintain(name: &str, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let ctx = operator(name)?;
    let tenants = udal.service().list_tenants().await?;
    if !tenants.contains(ctx.tenant()) {
        return Err(missing(name, &tenants).into());
    }
    let done = udal.maintain(&ctx, Timestamp::now().date()).await?;
    let row = |(model, done): &(String, Maintenance)| {
        [model.clone(), done.ahead.join(" "), done.dropped.join(" "), done.detached.join(" ")]
    };
    let rows: Vec<[String; 4]> = done.iter().map(row).collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["model", "ahead", "dropped", "detached"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let lines: Vec<String> = done
        .iter()
        .map(|(model, done)| {
            let Maintenance { ahead, dropped, detached } = done;
            let counts = format!("{} partitions ahead, {} dropped", ahead.len(), dropped.len());
            format!("{model}: {counts}, {} kept as tables of their own", detached.len())
        })
        .collect();
    let json: Vec<_> = done
        .iter()
        .map(|(model, done)| json!({"model": model, "ahead": done.ahead, "dropped": done.dropped, "detached": done.detached}))
        .collect();
    output.answer(&json!(json), &lines.join("\n"), &table)?;
    Ok(Exit::Done)
}

/// That there is no tenant of that name.
pub(super) fn missing(name: &str, tenants: &[TenantSlug]) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no tenant `{name}`"))
        .near(nearest(name, tenants.iter().map(TenantSlug::as_str)))
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
