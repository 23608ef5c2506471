//! Models that changed: what their tables lack, and bringing them up to it.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};
use udal::{
    Allowances, ChangeState, DatabaseMigration, Error, MigrationEvent, MigrationRequest, TableChange, TenantSlug, Udal,
};

use crate::args::{MigrateArguments, MigrateCommand};
use crate::exit::Exit;
use crate::failure::{Failure, error_json};
use crate::output::Output;

/// Whether something is done, or only looked at.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Plan,
    Apply,
}

/// Reads what is asked for, before a server is started.
pub(super) fn read(command: &MigrateCommand) -> Result<(Way, MigrationRequest), Failure> {
    let (way, arguments) = match command {
        MigrateCommand::Plan(arguments) => (Way::Plan, arguments),
        MigrateCommand::Apply(arguments) => (Way::Apply, arguments),
    };
    let MigrateArguments { tenant, allow, fill, parallel } = arguments;
    let tenants = tenant.iter().map(|name| TenantSlug::new(name)).collect::<Result<Vec<_>, Error>>()?;
    let fills = fill.iter().map(|text| read_fill(text)).collect::<Result<_, Error>>()?;
    let allowances = Allowances { changes: allow.iter().cloned().collect(), fills };
    Ok((way, MigrationRequest { tenants, allowances, parallel: usize::from(*parallel) }))
}

fn read_fill(text: &str) -> Result<(String, Json), Error> {
    let hint = "write such as `--fill lab.AppLabResult.unit='\"g\"'`: a field, and its value as JSON";
    let wrong = || Error::invalid(format!("`{}` does not say what a field gets", udal::shorten(text))).hint(hint);
    let (field, value) = text.split_once('=').ok_or_else(wrong)?;
    Ok((field.to_owned(), serde_json::from_str(value).map_err(|_| wrong())?))
}

pub(super) async fn run(
    way: Way,
    request: &MigrationRequest,
    udal: &Udal,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let progress = Progress::new();
    let watch = |event: MigrationEvent<'_>| progress.tell(&event);
    let done = match way {
        Way::Plan => udal.plan_migration(request, &watch).await,
        Way::Apply => udal.migrate(request, &watch).await,
    };
    progress.finish();
    let done = done?;
    let json: Vec<Json> = done.iter().map(database_json).collect();
    let rows: Vec<[String; 6]> = done.iter().flat_map(rows).collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["tenant", "model", "change", "state", "reason", "statements"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    output.answer(&json!(json), &text(&done), &table)?;
    Ok(exit(&done))
}

/// An error of one database comes first; then what differs.
fn exit(done: &[DatabaseMigration]) -> Exit {
    let errors = done.iter().filter_map(|database| database.error.as_ref());
    let failed = done.iter().flat_map(changes).filter_map(|(_, change)| match &change.state {
        ChangeState::Failed { error } => Some(error),
        _ => None,
    });
    match errors.chain(failed).next() {
        Some(error) => Exit::of(error.kind()),
        None if done.iter().any(DatabaseMigration::has_drift) => Exit::Drift,
        None => Exit::Done,
    }
}

fn changes(database: &DatabaseMigration) -> impl Iterator<Item = (&String, &TableChange)> {
    database.models.iter().flat_map(|(model, changes)| changes.iter().map(move |change| (model, change)))
}

fn whose(database: &DatabaseMigration) -> &str {
    database.tenant.as_ref().map_or("(shared)", TenantSlug::as_str)
}

fn reason(state: &ChangeState) -> Option<&str> {
    match state {
        ChangeState::Due | ChangeState::Applied => None,
        ChangeState::Refused { reason } | ChangeState::Blocked { reason } => Some(reason),
        ChangeState::Failed { error } => Some(error.message()),
    }
}

fn database_json(database: &DatabaseMigration) -> Json {
    let changes: Vec<Json> = changes(database)
        .map(|(model, change)| {
            json!({
                "model": model,
                "change": change.name,
                "state": change.state.to_string(),
                "reason": reason(&change.state),
                "statements": change.statements,
            })
        })
        .collect();
    json!({
        "tenant": database.tenant.as_ref().map(TenantSlug::as_str),
        "drift": database.has_drift(),
        "error": database.error.as_ref().map(error_json),
        "changes": changes,
    })
}

fn rows(database: &DatabaseMigration) -> Vec<[String; 6]> {
    let whose = whose(database).to_owned();
    let broken = database.error.iter().map(|error| {
        let text = String::new;
        [whose.clone(), text(), text(), "failed".to_owned(), error.message().to_owned(), text()]
    });
    let changes = changes(database).map(|(model, change)| {
        let reason = reason(&change.state).unwrap_or_default().to_owned();
        let state = change.state.to_string();
        [whose.clone(), model.clone(), change.name.clone(), state, reason, change.statements.join(";\n")]
    });
    broken.chain(changes).collect()
}

fn text(done: &[DatabaseMigration]) -> String {
    let mut lines = Vec::new();
    for database in done {
        if let Some(error) = &database.error {
            lines.push(format!("{}: {}", whose(database), error.message()));
        }
        for (_, change) in changes(database) {
            let why = reason(&change.state).map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push(format!("{}: {} {}{why}", whose(database), change.state, change.name));
            lines.extend(change.statements.iter().map(|statement| format!("    {statement};")));
        }
    }
    let failed = done.iter().filter(|database| database.has_failed()).count();
    let drift = done.iter().filter(|database| database.has_drift()).count();
    lines.push(format!("{} databases looked at, {drift} differ, {failed} failed", done.len()));
    lines.join("\n")
}

/// How far it is: a bar on a terminal, a line for each event elsewhere.
struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Progress {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} databases  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Progress { bar: ProgressBar::no_length().with_style(style), is_terminal: io::stderr().is_terminal() }
    }

    fn tell(&self, event: &MigrationEvent<'_>) {
        match event {
            MigrationEvent::Started { databases } => {
                self.bar.set_length(*databases as u64);
                self.line(&format!("looking at {databases} databases"));
            }
            MigrationEvent::Statement { tenant, change, statement } => {
                let whose = tenant.map_or("(shared)", TenantSlug::as_str);
                self.bar.set_message(format!("{whose}: {change}"));
                self.line(&format!("{whose}: {change}: {statement}"));
            }
            MigrationEvent::Done(database) => {
                self.bar.inc(1);
                let left =
                    changes(database).filter(|(_, change)| !matches!(change.state, ChangeState::Applied)).count();
                self.line(&format!("{}: done, {left} differences left", whose(database)));
            }
        }
    }

    /// That nobody reads it changes nothing.
    fn line(&self, text: &str) {
        if !self.is_terminal {
            let _unread = writeln!(io::stderr(), "{}", udal_format::visible_lines(text));
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
