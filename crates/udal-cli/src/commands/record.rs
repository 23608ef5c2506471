//! Reading and writing records.

use std::io::{self, Read};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal::model::Model;
use udal::record::Record;
use udal::{
    Context, CountRequest, CreateRequest, DeleteRequest, Error, ErrorKind, ListRequest, ListTextRequest, MAX_LIMIT,
    Moment, RecordService, Records, SearchRequest, TenantSlug, UpdateRequest,
};
use udal_format::{RecordWriter, TextWriter, write_record};

use super::{history, tenant};
use crate::args::{DeleteArguments, DiffArguments, HistoryArguments, ListArguments, RecordCommand, Target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The most bytes that a record or a change takes on standard input.
const MAX_INPUT: u64 = 64 << 20;
/// How many records a page has when every record is listed as a table or as CSV; as JSON a page takes no memory.
const PAGE: usize = 500;

/// What is asked, read and checked as far as that can be done before a server is started.
pub(super) struct Request<'a> {
    target: &'a Target,
    action: Action<'a>,
}

enum Action<'a> {
    Create(CreateRequest),
    Get(&'a str),
    GetAt(&'a str, Moment),
    History(&'a HistoryArguments),
    Diff(&'a DiffArguments),
    Update(UpdateRequest),
    Delete(&'a str, DeleteRequest),
    List(ListRequest),
    Export(ListRequest),
    Search(SearchRequest),
    Count(CountRequest),
}

/// Reads what a command asks.
pub(super) fn read(command: &RecordCommand) -> Result<Request<'_>, Failure> {
    let (target, action) = match command {
        RecordCommand::Create(arguments) => {
            let request = CreateRequest::new(data(&arguments.data)?);
            let request = match &arguments.idempotency_key {
                Some(key) => request.idempotency_key(key.as_str()),
                None => request,
            };
            (&arguments.target, Action::Create(request))
        }
        RecordCommand::Get { target, id, at: None } => (target, Action::Get(id)),
        RecordCommand::Get { target, id, at: Some(at) } => (target, Action::GetAt(id, Moment::parse(at))),
        RecordCommand::History(arguments) => (&arguments.target, Action::History(arguments)),
        RecordCommand::Diff(arguments) => (&arguments.target, Action::Diff(arguments)),
        RecordCommand::Update(arguments) => {
            let request = UpdateRequest::new(arguments.id.as_str(), data(&arguments.data)?);
            let request = arguments.if_version.into_iter().fold(request, UpdateRequest::if_version);
            (&arguments.target, Action::Update(request))
        }
        RecordCommand::Delete(arguments) => {
            let DeleteArguments { target, id, if_version, from: _, atomic: _, errors: _ } = arguments;
            let id = id.as_deref().ok_or_else(|| Error::invalid("a delete names a record, or a file"))?;
            let request = if_version.iter().copied().fold(DeleteRequest::new(id), DeleteRequest::if_version);
            (target, Action::Delete(id, request))
        }
        RecordCommand::List(arguments) => (&arguments.target, list_action(arguments)?),
        RecordCommand::Search(arguments) => {
            let request =
                SearchRequest::new(arguments.words.as_str()).fields(arguments.fields.iter().map(String::as_str));
            let request = arguments.limit.into_iter().fold(request, SearchRequest::limit);
            (&arguments.target, Action::Search(request))
        }
        RecordCommand::Count { target, filter } => {
            let filter = filter.as_deref().map(read_filter).transpose()?;
            (target, Action::Count(filter.into_iter().fold(CountRequest::new(), CountRequest::filter)))
        }
        RecordCommand::Import(_) => return Err(Error::invalid("an import is not a single request").into()),
    };
    TenantSlug::new(&target.tenant)?;
    Ok(Request { target, action })
}

fn list_action(arguments: &ListArguments) -> Result<Action<'static>, Failure> {
    let ListArguments { target: _, filter, order_by, limit, skip, cursor, all } = arguments;
    let filter = filter.as_deref().map(read_filter).transpose()?;
    let mut request = filter.into_iter().fold(ListRequest::new(), ListRequest::filter);
    if let Some(order) = order_by {
        request = request.order_by(order.as_str());
    }
    if *all {
        return Ok(Action::Export(request.limit(PAGE)));
    }
    request = limit.iter().copied().fold(request, ListRequest::limit);
    request = skip.iter().copied().fold(request, ListRequest::skip);
    if let Some(cursor) = cursor {
        request = request.cursor(cursor.as_str());
    }
    Ok(Action::List(request))
}

/// Does what is asked.
pub(super) async fn run(
    request: Request<'_>,
    ctx: &Context,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Request { target, action } = request;
    let records = service.records(&target.group, &target.model)?;
    match action {
        Action::Create(request) => {
            let created = records.create(ctx, request).await?;
            if created.replayed {
                output.message("note: an earlier create with this idempotency key made it");
            }
            one(&created.record, output)
        }
        Action::Get(id) => match records.get(ctx, id).await? {
            Some(record) => one(&record, output),
            None => Err(not_there(service, ctx, target, id).await?.into()),
        },
        Action::GetAt(id, at) => match records.get_at(ctx, id, at).await? {
            Some(record) => one(&record, output),
            None => Err(not_there(service, ctx, target, id).await?.into()),
        },
        Action::History(arguments) => history::history(arguments, ctx, service, output).await,
        Action::Diff(arguments) => history::diff(arguments, ctx, service, output).await,
        Action::Update(request) => one(&records.update(ctx, request).await?, output),
        Action::Delete(id, request) => {
            if !records.delete(ctx, request).await? {
                return Err(not_there(service, ctx, target, id).await?.into());
            }
            let row = ["id", "deleted"];
            output.answer(&json!({"id": id, "deleted": true}), &format!("deleted {id}"), &[&row, &[id, "true"]])?;
            Ok(Exit::Done)
        }
        Action::List(request) => {
            let Listed { count, next } = list(&records, ctx, request, Pages::One, output).await?;
            if let Some(cursor) = next {
                output.message(&format!("more records follow; go on with --cursor {cursor}"));
            }
            note_missing_tenant(service, ctx, count == 0, output).await
        }
        Action::Export(request) => {
            list(&records, ctx, request, Pages::All, output).await?;
            Ok(Exit::Done)
        }
        Action::Search(request) => {
            let found = records.search(ctx, request).await?;
            many(&records.model_seen_by(ctx), &found, output)?;
            note_missing_tenant(service, ctx, found.is_empty(), output).await
        }
        Action::Count(request) => {
            let count = records.count(ctx, request).await?;
            let text = count.to_string();
            output.answer(&json!({"count": count}), &text, &[&["count"], &[&text]])?;
            note_missing_tenant(service, ctx, count == 0, output).await
        }
    }
}

/// Which pages of a list are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pages {
    One,
    All,
}

/// What was written of a list: how many records, and the cursor of those that follow.
#[derive(Default)]
struct Listed {
    count: u64,
    next: Option<String>,
}

/// Writes a page of a list, or page after page of it: as text where the format is JSON, else record by record.
async fn list(
    records: &Records,
    ctx: &Context,
    request: ListRequest,
    pages: Pages,
    output: &mut Output,
) -> Result<Listed, Failure> {
    let layout = output.layout();
    let mut listed = Listed::default();
    let mut page = request.clone();
    match TextWriter::new(output.answers(), layout.format()) {
        Ok(mut writer) => loop {
            if pages == Pages::All {
                page = page.limit(MAX_LIMIT);
            }
            let asked = ListTextRequest::new(page).between(writer.between());
            let mut text = records.list_text(ctx, asked).await?;
            while let Some(piece) = text.next_piece().await? {
                writer.write(&piece)?;
            }
            listed.count += text.records().unwrap_or_default();
            listed.next = text.next();
            match (&listed.next, pages) {
                (Some(cursor), Pages::All) => page = request.clone().cursor(cursor.as_str()),
                _ => break writer.finish()?,
            }
        },
        Err(out) => {
            let mut writer = RecordWriter::new(out, &records.model_seen_by(ctx), layout);
            loop {
                let listing = records.list(ctx, page).await?;
                for record in &listing.records {
                    writer.write(record)?;
                }
                listed.count += listing.records.len() as u64;
                listed.next = listing.next;
                match (&listed.next, pages) {
                    (Some(cursor), Pages::All) => page = request.clone().cursor(cursor.as_str()),
                    _ => break,
                }
            }
            writer.finish()?;
        }
    }
    Ok(listed)
}

fn one(record: &Record, output: &mut Output) -> Result<Exit, Failure> {
    let layout = output.layout();
    write_record(output.answers(), record, layout)?;
    output.flush()?;
    Ok(Exit::Done)
}

fn many(model: &Arc<Model>, found: &[Record], output: &mut Output) -> Result<(), Failure> {
    let layout = output.layout();
    let mut writer = RecordWriter::new(output.answers(), model, layout);
    for record in found {
        writer.write(record)?;
    }
    writer.finish()?;
    Ok(())
}

/// That a record is not there; or its tenant, which people mistype more often.
pub(super) async fn not_there(
    service: &RecordService,
    ctx: &Context,
    target: &Target,
    id: &str,
) -> Result<Error, Failure> {
    if let Some(error) = missing_tenant(service, ctx).await? {
        return Ok(error);
    }
    let message = format!("there is no record `{}` of `{}`", udal::shorten(id), target.model);
    Ok(Error::new(ErrorKind::NotFound, message).hint("`udal record list` shows the records that there are"))
}

async fn missing_tenant(service: &RecordService, ctx: &Context) -> Result<Option<Error>, Failure> {
    let tenants = service.list_tenants().await?;
    let is_there = tenants.contains(ctx.tenant());
    Ok((!is_there).then(|| tenant::missing(ctx.tenant().as_str(), &tenants)))
}

/// Says so when nothing was found because there is no such tenant.
pub(super) async fn note_missing_tenant(
    service: &RecordService,
    ctx: &Context,
    nothing_found: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if nothing_found && let Some(error) = missing_tenant(service, ctx).await? {
        output.message(&format!("note: {error}"));
    }
    Ok(Exit::Done)
}

/// The JSON of `--data`: given, or on standard input.
fn data(given: &str) -> Result<Json, Failure> {
    let mut read = String::new();
    let text = if given == "-" {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => Failure::from(Error::invalid("standard input is not UTF-8")),
            _ => Failure::system("standard input cannot be read", &error),
        };
        io::stdin().take(MAX_INPUT).read_to_string(&mut read).map_err(unreadable)?;
        read.as_str()
    } else {
        given
    };
    read_json("--data", text, "write an object such as {\"test_type\":\"ph\",\"value\":7.2}, in single quotes")
}

fn read_filter(text: &str) -> Result<Json, Failure> {
    read_json("--filter", text, "write such as {\"value\":{\"gte\":7}}, in single quotes")
}

pub(super) fn read_json(option: &str, text: &str, hint: &str) -> Result<Json, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Error::invalid(format!("{option} is not JSON: {error}")).hint(hint).into())
}
