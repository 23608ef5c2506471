//! The audit log, as people, programs and spreadsheets read it.

use serde_json::{Value as Json, json};
use udal::value::Timestamp;
use udal::{AuditEntry, AuditFilter, AuditKind, Error, Kept, TenantSlug, Udal, nearest, shorten};

use crate::args::{AuditArguments, AuditCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// How many entries are read at once where all are shown.
const PAGE: usize = 5_000;
const COLUMNS: [&str; 11] =
    ["at", "kind", "operation", "model", "record", "records", "user", "team", "task", "request", "detail"];

/// What is asked, read before a server is started.
pub(super) struct Request {
    tenant: TenantSlug,
    filter: AuditFilter,
    /// How many; none for all.
    limit: Option<usize>,
}

pub(super) fn read(command: &AuditCommand) -> Result<Request, Failure> {
    let AuditCommand::List(arguments) = command;
    let AuditArguments { tenant, user, model, kind, since, until, limit, all } = arguments;
    let kind = kind.as_deref().map(read_kind).transpose()?;
    let (since, until) = (since.as_deref().map(time).transpose()?, until.as_deref().map(time).transpose()?);
    let filter = AuditFilter { user: user.clone(), model: model.clone(), kind, since, until, before: None };
    Ok(Request { tenant: TenantSlug::new(tenant)?, filter, limit: (!all).then_some(*limit) })
}

fn read_kind(word: &str) -> Result<AuditKind, Error> {
    let names = AuditKind::ALL.map(AuditKind::name);
    AuditKind::parse(word).ok_or_else(|| {
        let error = Error::invalid(format!("`{}` is no kind of an entry", shorten(word)));
        match nearest(word, names) {
            Some(near) => error.near(Some(near)),
            None => error.hint(format!("kinds are {}", names.join(", "))),
        }
    })
}

fn time(text: &str) -> Result<Timestamp, Error> {
    Timestamp::parse(text).map_err(|why| {
        Error::invalid(format!("`{}` is not a time: {why}", shorten(text))).hint("write such as `2026-01-01T00:00:00Z`")
    })
}

pub(super) async fn run(request: Request, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let Request { tenant, mut filter, limit } = request;
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let page = udal.audit(&tenant, &filter, limit.unwrap_or(PAGE)).await?;
        let is_last = limit.is_some() || page.len() < PAGE;
        filter.before = page.last().map(|kept| kept.position.clone());
        entries.extend(page.into_iter().map(|Kept { entry, position: _ }| entry));
        if is_last {
            break;
        }
    }
    let rows: Vec<[String; 11]> = entries.iter().map(row).collect();
    let lines: Vec<String> = entries.iter().map(line).collect();
    let text = if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") };
    let mut table: Vec<Vec<&str>> = vec![COLUMNS.to_vec()];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let json: Vec<Json> = entries.iter().map(entry_json).collect();
    output.answer(&json!(json), &text, &table)?;
    Ok(Exit::Done)
}

fn row(entry: &AuditEntry) -> [String; 11] {
    let AuditEntry { at, kind, operation, model, record, records, user, team, task, request, detail } = entry;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let records = records.map(|count| count.to_string()).unwrap_or_default();
    [
        at.to_string(),
        kind.to_string(),
        operation.clone(),
        text(model),
        text(record),
        records,
        text(user),
        text(team),
        text(task),
        request.clone(),
        text(detail),
    ]
}

fn line(entry: &AuditEntry) -> String {
    let AuditEntry { at, kind, operation, model, record, records, user, team: _, task, request: _, detail } = entry;
    let who = user.as_ref().or(task.as_ref()).map_or("nobody", String::as_str);
    let what = [model, record, detail].into_iter().flatten().map(|text| format!(" {text}"));
    let count = records.filter(|count| *count != 1).map(|count| format!(" ({count} records)")).unwrap_or_default();
    format!("{at}  {kind:10}  {who}: {operation}{}{count}", what.collect::<String>())
}

fn entry_json(entry: &AuditEntry) -> Json {
    let AuditEntry { at, kind, operation, model, record, records, user, team, task, request, detail } = entry;
    json!({
        "at": at.to_string(), "kind": kind.name(), "operation": operation, "model": model, "record": record,
        "records": records, "user": user, "team": team, "task": task, "request": request, "detail": detail,
    })
}
