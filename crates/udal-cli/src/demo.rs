//! The demo: both storages filled, then shown by the commands that a user would type.

mod lab;
mod steps;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value as Json;
use udal::{BatchMode, BatchRequest, Config, Context, Error, RecordService, StartError, TenantSlug};
use udal_format::Format;

use crate::args::{Arguments, Demo, Options};
use crate::commands;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{configuration, operator, with_udal};
use steps::{STEPS, Step};

/// The groups of the repository, so that the demo needs no files.
const GROUPS: [(&str, &str); 2] = [
    ("groups/crm.yaml", include_str!("../../../groups/crm.yaml")),
    ("groups/lab.yaml", include_str!("../../../groups/lab.yaml")),
];
/// The graph of accounts, contacts and opportunities: each record after those that it links to.
const CRM: &str = include_str!("demo/crm.ndjson");
const TENANT: &str = "acme";
/// The directory, within the data directory, that the demo keeps to: it never touches tenants of anybody's own.
const DIRECTORY: &str = "demo";

/// Runs the demo.
pub(crate) async fn run(arguments: &Demo, options: &Options, output: &mut Output) -> Result<Exit, Failure> {
    let data_dir = own_directory(configuration(options)?.data_dir);
    let catalog = udal::load_texts(&GROUPS).map_err(StartError::Groups)?;
    let configuration = Config { data_dir: data_dir.clone(), database_url: None, ..Config::default() };
    let results = arguments.results;
    output.text(&format!("Udal keeps this demo's data in {}.", data_dir.display()))?;
    output.flush()?;
    with_udal(configuration, Some(catalog), async |udal| {
        fill(udal.service(), results, output).await?;
        let mut shown = Output::all_to_standard(Format::Table);
        for step in &STEPS {
            show(step, udal.service(), &mut shown).await?;
        }
        Ok(())
    })
    .await?;
    farewell(&data_dir, output)?;
    Ok(Exit::Done)
}

/// `demo` within the data directory, unless it is that already.
fn own_directory(data_dir: PathBuf) -> PathBuf {
    if data_dir.ends_with(DIRECTORY) { data_dir } else { data_dir.join(DIRECTORY) }
}

async fn fill(service: &RecordService, results: u64, output: &mut Output) -> Result<(), Failure> {
    let tenant = TenantSlug::new(TENANT)?;
    service.drop_tenant(&tenant).await?;
    service.create_tenant(&tenant).await?;
    let ctx = operator(TENANT)?;
    let graph = fill_graph(service, &ctx).await?;
    output
        .text(&format!("Tenant {TENANT}: {graph} linked documents (accounts, contacts, opportunities, activities),"))?;
    let begun = Instant::now();
    fill_table(service, &ctx, results).await?;
    let seconds = begun.elapsed().as_secs_f64().max(0.001);
    output.text(&format!(
        "and {} lab results over three years, in monthly partitions, written in {seconds:.1} s.",
        grouped(results)
    ))?;
    output.flush()
}

/// Writes the graph, a model's records at a time; answers how many records there are.
async fn fill_graph(service: &RecordService, ctx: &Context) -> Result<u64, Failure> {
    let mut batches: Vec<(String, Vec<Json>)> = Vec::new();
    for line in CRM.lines() {
        let json: Json = serde_json::from_str(line).map_err(Error::internal)?;
        let model =
            json.get("id").and_then(Json::as_str).and_then(|id| id.split('/').next()).unwrap_or_default().to_owned();
        match batches.last_mut() {
            Some((last, items)) if *last == model => items.push(json),
            _ => batches.push((model, vec![json])),
        }
    }
    let mut written = 0;
    for (model, items) in batches {
        let request = BatchRequest::from_items(items).mode(BatchMode::Atomic);
        written += service.records("crm", &model)?.batch_create(ctx, request).await?.created;
    }
    Ok(written)
}

async fn fill_table(service: &RecordService, ctx: &Context, results: u64) -> Result<(), Failure> {
    let style = ProgressStyle::with_template("lab results {bar:30} {human_pos} of {human_len}  {eta} left");
    let bar = ProgressBar::new(results).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let counted = bar.clone();
    let items = (0..results).map(move |at| {
        if at % 1_000 == 0 {
            counted.set_position(at);
        }
        Ok(lab::result(at, results))
    });
    let request = BatchRequest::new(Box::pin(stream::iter(items))).mode(BatchMode::PerItem);
    let answer = service.records("lab", "AppLabResult")?.batch_create(ctx, request).await?;
    bar.finish_and_clear();
    if let Some(error) = answer.stopped {
        return Err(error.into());
    }
    match answer.failures.into_iter().next() {
        Some(failure) => Err(failure.error.into()),
        None => Ok(()),
    }
}

/// Shows a step: its heading, the command as it would be typed, and what that command answers.
async fn show(step: &Step, service: &RecordService, output: &mut Output) -> Result<(), Failure> {
    if !step.heading.is_empty() {
        output.text(&format!("\n{}", step.heading))?;
    }
    output.text(&format!("\n$ udal {}", typed(step.command)))?;
    output.flush()?;
    let arguments = std::iter::once("udal").chain(step.command.iter().copied());
    let arguments = Arguments::try_parse_from(arguments).map_err(|error| Error::internal(error.to_string()))?;
    let done = commands::run_on(service, &arguments.command, output).await;
    let refused = match done {
        Ok(_) => None,
        Err(Failure::Service(error)) => {
            let kind = error.kind();
            output.failure(&Failure::Service(error));
            Some(kind)
        }
        Err(other) => return Err(other),
    };
    if refused == step.refused {
        return Ok(());
    }
    let said = refused.map_or("done", |kind| kind.code());
    Err(Error::internal(format!("the demo's `{}` was answered with {said}", typed(step.command))).into())
}

/// A command's arguments as they are typed into a shell.
fn typed(command: &[&str]) -> String {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/.,".contains(c));
    let quoted = command.iter().map(|text| if is_plain(text) { (*text).to_owned() } else { format!("'{text}'") });
    quoted.collect::<Vec<_>>().join(" ")
}

fn farewell(data_dir: &Path, output: &mut Output) -> Result<(), Failure> {
    let program = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let program = program.map_or(String::new(), |directory| format!(" PATH={}:$PATH", directory.display()));
    let data_dir = data_dir.display();
    output.text(&format!(
        "\nWhere to go next\n\n\
         Try the commands above on this data, in the repository's directory, after\n  \
         export UDAL_DATA_DIR={data_dir}{program}\n\n\
         udal --help                     every command, with examples and exit codes\n\
         README.md                       a tour of five minutes\n\
         groups/lab.yaml                 declare a model of your own; then: udal model check groups/\n\
         To remove what the demo made: rm -r {data_dir}"
    ))?;
    output.answers().flush()?;
    Ok(())
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_a_command() {
        for step in &STEPS {
            Arguments::try_parse_from(std::iter::once("udal").chain(step.command.iter().copied())).unwrap();
        }
        assert_eq!(typed(&["record", "count", "--filter", r#"{"a":1}"#]), r#"record count --filter '{"a":1}'"#);
    }

    #[test]
    fn the_demo_keeps_to_a_directory_of_its_own() {
        assert_eq!(own_directory(PathBuf::from("data")), Path::new("data/demo"));
        assert_eq!(own_directory(PathBuf::from("data/demo")), Path::new("data/demo"));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([5, 999, 1_000, 200_000, 1_234_567].map(grouped), ["5", "999", "1,000", "200,000", "1,234,567"]);
    }
}
