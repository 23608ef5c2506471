//! What a record was: its versions, one of them, and what differs between two.

use serde_json::{Value as Json, json};
use udal::value::Value;
use udal::{Context, DiffRequest, FieldChange, HistoryRequest, Moment, RecordService, Records, Version, Versions};

use crate::args::{DiffArguments, HistoryArguments, Target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

fn records(target: &Target, service: &RecordService) -> Result<Records, Failure> {
    Ok(service.records(&target.group, &target.model)?)
}

pub(super) async fn history(
    arguments: &HistoryArguments,
    ctx: &Context,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let HistoryArguments { target, id, limit } = arguments;
    let records = records(target, service)?;
    let request = limit.iter().copied().fold(HistoryRequest::new(id.as_str()), HistoryRequest::limit);
    let Versions { versions, is_complete } = records.history(ctx, request).await?;
    if versions.is_empty() {
        return Err(super::record::not_there(service, ctx, target, id).await?.into());
    }
    let rows: Vec<[String; 6]> = versions.iter().map(row).collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|[at, commit, version, deleted, author, message]| {
            let what = if deleted == "true" { "deleted".to_owned() } else { format!("version {version}") };
            format!("{at}  {commit}  {what}  {author}: {message}")
        })
        .collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["at", "commit", "version", "deleted", "author", "message"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let json: Vec<Json> = versions.iter().map(version_json).collect();
    output.answer(&json!(json), &lines.join("\n"), &table)?;
    if !is_complete {
        output.message("older versions are not shown; --limit shows more of them");
    }
    Ok(Exit::Done)
}

fn row(version: &Version) -> [String; 6] {
    let Version { commit, at, author, message, record } = version;
    let number = record.as_ref().map(|record| record.version().to_string()).unwrap_or_default();
    [at.to_string(), commit.clone(), number, record.is_none().to_string(), author.clone(), message.clone()]
}

fn version_json(version: &Version) -> Json {
    let Version { commit, at, author, message, record } = version;
    json!({
        "at": at.to_string(), "commit": commit, "deleted": record.is_none(), "author": author, "message": message,
        "record": record,
    })
}

pub(super) async fn diff(
    arguments: &DiffArguments,
    ctx: &Context,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let DiffArguments { target, id, from, to } = arguments;
    let records = records(target, service)?;
    let request = DiffRequest { id: id.clone(), from: Moment::parse(from), to: Moment::parse(to) };
    let changes = records.diff(ctx, request).await?;
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
    let rows: Vec<[String; 3]> = changes
        .iter()
        .map(|FieldChange { field, from, to }| [field.clone(), value(from).to_string(), value(to).to_string()])
        .collect();
    let lines: Vec<String> = rows.iter().map(|[field, from, to]| format!("{field}: {from} -> {to}")).collect();
    let text = if lines.is_empty() { "nothing differs".to_owned() } else { lines.join("\n") };
    let mut table: Vec<Vec<&str>> = vec![vec!["field", "from", "to"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let object = |change: &FieldChange| {
        let FieldChange { field, from, to } = change;
        json!({"field": field, "from": value(from), "to": value(to)})
    };
    output.answer(&json!(changes.iter().map(object).collect::<Vec<_>>()), &text, &table)?;
    Ok(Exit::Done)
}
