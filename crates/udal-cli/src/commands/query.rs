//! Asking many records at once.

mod graph;

use serde_json::{Value as Json, json};
use udal::graph::{PathRequest, SubgraphRequest, TraverseRequest};
use udal::report::{AggregateRequest, Gaps, JoinRequest, Plan, WindowRequest};
use udal::{Action, Context, Error, Rows, TenantSlug, Udal};
use udal_format::{Header, ResultColumn, ResultWriter};

use super::record::note_missing_tenant;
use crate::args::{AggregateArguments, Explained, JoinArguments, QueryCommand, SqlArguments, Target, WindowArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{asker, operator};

/// What is asked, read and checked as far as that can be done before a server is started.
pub(super) enum Request<'a> {
    /// Of models by their names.
    Report { target: Target, explained: Explained, query: Box<Query> },
    /// In words of one's own.
    Sql { arguments: &'a SqlArguments, params: Vec<Json> },
}

pub(super) enum Query {
    Aggregate(AggregateRequest),
    Join(JoinRequest),
    Window(WindowRequest),
    Traverse(TraverseRequest),
    Path(PathRequest),
    Subgraph(SubgraphRequest),
}

/// Walks are not explained.
const RUN: Explained = Explained { explain: false };

/// Reads what a command asks.
pub(super) fn read(command: &QueryCommand) -> Result<Request<'_>, Failure> {
    let (query, target, explained) = match command {
        QueryCommand::Aggregate(arguments) => {
            (Query::Aggregate(aggregate(arguments)?), arguments.target.clone(), arguments.explained)
        }
        QueryCommand::Join(arguments) => {
            let (request, target) = join(arguments)?;
            (Query::Join(request), target, arguments.explained)
        }
        QueryCommand::Window(arguments) => {
            (Query::Window(window(arguments)?), arguments.target.clone(), arguments.explained)
        }
        QueryCommand::Traverse(arguments) => {
            (Query::Traverse(graph::traverse(arguments)), arguments.target.clone(), RUN)
        }
        QueryCommand::Path(arguments) => (Query::Path(graph::path(arguments)), arguments.target.clone(), RUN),
        QueryCommand::Subgraph(arguments) => {
            (Query::Subgraph(graph::subgraph(arguments)), arguments.target.clone(), RUN)
        }
        QueryCommand::Sql(arguments) => return sql_request(arguments),
    };
    TenantSlug::new(&target.tenant)?;
    Ok(Request::Report { target, explained, query: Box::new(query) })
}

fn sql_request(arguments: &SqlArguments) -> Result<Request<'_>, Failure> {
    TenantSlug::new(&arguments.tenant)?;
    // A day or an id is no JSON, and need not be quoted twice.
    let param = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.as_str()));
    Ok(Request::Sql { arguments, params: arguments.param.iter().map(param).collect() })
}

fn aggregate(arguments: &AggregateArguments) -> Result<AggregateRequest, Failure> {
    let AggregateArguments {
        target,
        group_by,
        metric,
        filter,
        having,
        order_by,
        limit,
        time_zone,
        fill_gaps,
        explained: _,
    } = arguments;
    let request = AggregateRequest::new(&target.group, &target.model).group_by(group_by).time_zone(time_zone);
    let mut request = request.gaps(if *fill_gaps { Gaps::Filled } else { Gaps::LeftOut });
    for text in metric {
        let (name, metric) = named("--metric", text, "write such as 'avg_value=AVG(value)'")?;
        request = request.metric(name, metric);
    }
    let request = json_of("--filter", filter.as_deref())?.into_iter().fold(request, AggregateRequest::filter);
    let request = json_of("--having", having.as_deref())?.into_iter().fold(request, AggregateRequest::having);
    let request = order_by.iter().fold(request, AggregateRequest::order_by);
    Ok(limit.iter().copied().fold(request, AggregateRequest::limit))
}

fn window(arguments: &WindowArguments) -> Result<WindowRequest, Failure> {
    const FORM: &str = "write such as 'place={\"function\": \"rank\", \"order_by\": \"-value\"}'";
    let WindowArguments { target, select, window, filter, keep, order_by, limit, explained: _ } = arguments;
    let mut request = WindowRequest::new(&target.group, &target.model).select(select);
    for text in window {
        let (name, json) = named("--window", text, FORM)?;
        request = request.window(name, super::record::read_json("--window", json, FORM)?);
    }
    let request = json_of("--filter", filter.as_deref())?.into_iter().fold(request, WindowRequest::filter);
    let request = json_of("--keep", keep.as_deref())?.into_iter().fold(request, WindowRequest::keep);
    let request = order_by.iter().fold(request, WindowRequest::order_by);
    Ok(limit.iter().copied().fold(request, WindowRequest::limit))
}

/// The request, and whom and of which model the asker is looked up for: the first.
fn join(arguments: &JoinArguments) -> Result<(JoinRequest, Target), Failure> {
    const FORM: &str = "write such as r=lab.AppLabResult";
    let JoinArguments { tenant, user, table, left, on, select, filter, order_by, limit, explained: _ } = arguments;
    let mut request = JoinRequest::new().select(select);
    let mut first = None;
    for text in table {
        let (alias, model) = named("--table", text, FORM)?;
        let (group, model) = model.split_once('.').ok_or_else(|| {
            Error::invalid(format!("--table `{}` has no group and model", udal::shorten(text))).hint(FORM)
        })?;
        request = request.table(alias, group, model);
        first.get_or_insert((group, model));
    }
    let (group, model) = first.ok_or_else(|| Error::invalid("a join has tables").hint(FORM))?;
    let (tenant, user) = (tenant.clone(), user.clone());
    let target = Target { group: group.to_owned(), model: model.to_owned(), tenant, user };
    let request = left.iter().fold(request, JoinRequest::left);
    let request = on.iter().fold(request, JoinRequest::on);
    let request = json_of("--filter", filter.as_deref())?.into_iter().fold(request, JoinRequest::filter);
    let request = order_by.iter().fold(request, JoinRequest::order_by);
    Ok((limit.iter().copied().fold(request, JoinRequest::limit), target))
}

/// What is given under a name.
fn named<'a>(option: &str, text: &'a str, hint: &str) -> Result<(&'a str, &'a str), Failure> {
    let (name, given) = text
        .split_once('=')
        .ok_or_else(|| Error::invalid(format!("{option} `{}` has no name", udal::shorten(text))).hint(hint))?;
    Ok((name.trim(), given.trim()))
}

fn json_of(option: &str, text: Option<&str>) -> Result<Option<Json>, Failure> {
    let read = |text| super::record::read_json(option, text, "write such as {\"value\":{\"gte\":7}}, in single quotes");
    text.map(read).transpose()
}

/// Does what is asked.
pub(super) async fn run(request: Request<'_>, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let (target, explained, query) = match request {
        Request::Report { target, explained, query } => (target, explained, *query),
        Request::Sql { arguments, params } => return sql(arguments, &params, udal, output).await,
    };
    let ctx = asker(udal, &target, Action::View, output).await?;
    let queries = udal.queries();
    match query {
        Query::Aggregate(request) if explained.explain => {
            plan(&queries.explain_aggregate(&ctx, &request).await?, output)
        }
        Query::Join(request) if explained.explain => plan(&queries.explain_join(&ctx, &request).await?, output),
        Query::Join(request) => answer("join", queries.join(&ctx, &request).await?, &ctx, udal, output).await,
        Query::Window(request) if explained.explain => plan(&queries.explain_window(&ctx, &request).await?, output),
        Query::Traverse(request) => {
            graph::show_reached(request.start_id(), &queries.traverse(&ctx, &request).await?, output)
        }
        Query::Path(request) => {
            graph::show_paths(request.start_id(), &queries.path_query(&ctx, &request).await?, output)
        }
        Query::Subgraph(request) => graph::show_around(&queries.subgraph(&ctx, &request).await?, output),
        Query::Window(request) => {
            let rows = queries.window(&ctx, &request).await?;
            answer(&target.model, rows, &ctx, udal, output).await
        }
        Query::Aggregate(request) => {
            let rows = queries.aggregate(&ctx, &request).await?;
            answer(&target.model, rows, &ctx, udal, output).await
        }
    }
}

async fn sql(arguments: &SqlArguments, params: &[Json], udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let SqlArguments { tenant, user, sql, param: _ } = arguments;
    let ctx = match user {
        None => operator(tenant)?,
        Some(user) => {
            let tenant = TenantSlug::new(tenant)?;
            let access = udal.build_query_context(user, &tenant).await?;
            Context::new(tenant, access)
        }
    };
    let rows = udal.queries().raw_sql(&ctx, sql, params).await?;
    answer("answer", rows, &ctx, udal, output).await
}

/// Writes rows as they come, under the name of what they are of.
async fn answer(name: &str, mut rows: Rows, ctx: &Context, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let columns = rows.columns.iter().map(|column| ResultColumn::of_kind(&column.name, column.kind.clone()));
    let layout = output.layout();
    let mut writer = ResultWriter::new(output.answers(), Header::new(name, columns.collect()), layout);
    let mut is_empty = true;
    while let Some(row) = rows.next().await? {
        writer.write(&row)?;
        is_empty = false;
    }
    writer.finish()?;
    note_missing_tenant(udal.service(), ctx, is_empty, output).await
}

fn plan(plan: &Plan, output: &mut Output) -> Result<Exit, Failure> {
    let Plan { statement, plan } = plan;
    let nothing = "-- there is no such table yet, and so no plan";
    let lines = if plan.is_empty() { nothing.to_owned() } else { plan.join("\n") };
    let mut rows: Vec<[&str; 1]> = vec![["plan"]];
    rows.extend(plan.iter().map(|line| [line.as_str()]));
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 1]>::as_slice).collect();
    output.answer(&json!({"statement": statement, "plan": plan}), &format!("{statement}\n\n{lines}"), &rows)?;
    Ok(Exit::Done)
}
