//! Creating, listing and dropping tenants.

use std::path::Path;

use serde_json::json;
use udal::model::Catalog;
use udal::value::Timestamp;
use udal::{
    DroppedDatabase, Error, ErrorKind, Layers, LoadErrors, Maintenance, Placement, ServerName, StartError,
    TenantMaintenance, TenantPlacement, TenantSlug, TenantStatus, Udal, nearest,
};

use crate::args::TenantCommand;
use crate::exit::Exit;
use crate::failure::{Failure, error_json};
use crate::output::Output;
use crate::session::operator;

/// Refuses what can be refused before a server is started.
pub(super) fn check(command: &TenantCommand) -> Result<(), Failure> {
    match command {
        TenantCommand::List => Ok(()),
        TenantCommand::Create { name, server, graph_server } => {
            TenantSlug::new(name)?;
            placement(server.as_deref(), graph_server.as_deref()).map(drop)
        }
        TenantCommand::Maintain { name } => TenantSlug::new(name).map(drop).map_err(Failure::from),
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

pub(super) async fn run(command: &TenantCommand, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        TenantCommand::Create { name, server, graph_server } => {
            let placement = placement(server.as_deref(), graph_server.as_deref())?;
            let created = udal.create_tenant(&TenantSlug::new(name)?, &placement).await?;
            let text =
                if created { format!("created tenant {name}") } else { format!("tenant {name} is there already") };
            let row = ["tenant", "created"];
            output.answer(&json!({"tenant": name, "created": created}), &text, &[&row, &[name, truth(created)]])?;
        }
        TenantCommand::List => list(&udal.tenants().await?, output)?,
        TenantCommand::Maintain { name } => return maintain(name, udal, output).await,
        TenantCommand::Drop { name, yes: _ } => match udal.drop_tenant(&TenantSlug::new(name)?).await? {
            Some(databases) => dropped(name, &databases, output)?,
            None => return Err(missing(name, &udal.service().list_tenants().await?).into()),
        },
    }
    Ok(Exit::Done)
}

fn placement(server: Option<&str>, graph_server: Option<&str>) -> Result<TenantPlacement, Failure> {
    let on =
        |server: Option<&str>| server.map_or(Ok(Placement::Anywhere), |name| ServerName::new(name).map(Placement::On));
    Ok(TenantPlacement { tables: on(server)?, documents: on(graph_server)? })
}

fn list(tenants: &[TenantStatus], output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<[&str; 4]> = tenants
        .iter()
        .map(|TenantStatus { slug, state, place, graph_server }| {
            let server = place.as_ref().map_or("", |place| place.server().as_str());
            let graph_server = graph_server.as_ref().map_or("", ServerName::as_str);
            [slug.as_str(), server, graph_server, state.as_str()]
        })
        .collect();
    let object = |[name, server, graph_server, state]: &[&str; 4]| json!({"tenant": name, "server": server, "graph_server": graph_server, "state": state});
    let json = json!(rows.iter().map(object).collect::<Vec<_>>());
    let longest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|text| text.len()).max().unwrap_or(0);
    let (width, beside, graph) = (longest(0), longest(1), longest(2));
    let line = |[name, server, graph_server, state]: &[&str; 4]| match graph {
        0 => format!("{name:width$}  {server:beside$}  {state}"),
        _ => format!("{name:width$}  {server:beside$}  {graph_server:graph$}  {state}"),
    };
    let text: Vec<String> = rows.iter().map(line).collect();
    let text = if text.is_empty() { "no tenants".to_owned() } else { text.join("\n") };
    let table: Vec<&[&str]> = std::iter::once(["tenant", "server", "graph_server", "state"].as_slice())
        .chain(rows.iter().map(<[&str; 4]>::as_slice))
        .collect();
    output.answer(&json, &text, &table)
}

/// Says what was dropped, and how that is known: the server was asked.
fn dropped(name: &str, databases: &[DroppedDatabase], output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<[String; 5]> = databases
        .iter()
        .map(|DroppedDatabase { place, oid, verified_at }| {
            let oid = oid.map(|oid| oid.to_string()).unwrap_or_default();
            [name.to_owned(), place.server().to_string(), place.database().to_owned(), oid, verified_at.to_string()]
        })
        .collect();
    let mut lines = vec![format!("dropped tenant {name}")];
    lines.extend(rows.iter().map(|[_, server, database, ..]| {
        format!("the server {server} was asked, and has no database {database} any more")
    }));
    let proofs: Vec<_> = databases
        .iter()
        .map(|DroppedDatabase { place, oid, verified_at }| {
            let (server, database) = (place.server().as_str(), place.database());
            json!({"server": server, "database": database, "oid": oid, "verified_at": verified_at.to_string()})
        })
        .collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["tenant", "server", "database", "oid", "verified_at"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let json = json!({"tenant": name, "dropped": true, "databases": proofs});
    output.answer(&json, &lines.join("\n"), &table)
}

/// Does what is due for the tenant's tables that are split by time, and its idempotency keys. What fails comes last, and decides the exit.
async fn maintain(name: &str, udal: &Udal, output: &mut Output) -> Result<Exit, Failure> {
    let ctx = operator(name)?;
    let tenants = udal.service().list_tenants().await?;
    if !tenants.contains(ctx.tenant()) {
        return Err(missing(name, &tenants).into());
    }
    let TenantMaintenance { tables, forgotten_entries, forgotten_keys, layers, failures } =
        udal.maintain(&ctx, Timestamp::now().date()).await;
    let done = tables.iter().map(|(model, Maintenance { ahead, dropped, detached })| {
        [model.clone(), ahead.join(" "), dropped.join(" "), detached.join(" "), String::new()]
    });
    let failed = failures.iter().map(|(model, error)| {
        let none = String::new;
        [model.clone(), none(), none(), none(), error.message().to_owned()]
    });
    let rows: Vec<[String; 5]> = done.chain(failed).collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["model", "ahead", "dropped", "detached", "error"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    let counts = |(model, Maintenance { ahead, dropped, detached }): &(String, Maintenance)| {
        let counts = format!("{} partitions ahead, {} dropped", ahead.len(), dropped.len());
        format!("{model}: {counts}, {} kept as tables of their own", detached.len())
    };
    let failed = |(model, error): &(String, Error)| format!("{model}: failed: {}", error.message());
    let forgotten =
        format!("{forgotten_keys} idempotency keys and {forgotten_entries} entries of the audit log forgotten");
    let optimized = layers.map(|Layers { commits, depth }| {
        format!("layers of the graph database optimised: {commits} commits, {depth} of them since the last time")
    });
    let lines = tables.iter().map(counts).chain([forgotten]).chain(optimized).chain(failures.iter().map(failed));
    let lines: Vec<String> = lines.collect();
    let done = tables.iter().map(|(model, Maintenance { ahead, dropped, detached })| {
        json!({"model": model, "ahead": ahead, "dropped": dropped, "detached": detached, "error": null})
    });
    let failed = failures.iter().map(
        |(model, error)| json!({"model": model, "ahead": [], "dropped": [], "detached": [], "error": error_json(error)}),
    );
    let json: Vec<_> = done.chain(failed).collect();
    output.answer(&json!(json), &lines.join("\n"), &table)?;
    Ok(failures.first().map_or(Exit::Done, |(_, error)| Exit::of(error.kind())))
}

/// That there is no tenant of that name.
pub(super) fn missing(name: &str, tenants: &[TenantSlug]) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no tenant `{name}`"))
        .near(nearest(name, tenants.iter().map(TenantSlug::as_str)))
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
