//! Access directories: from files, by single changes, and shown.

mod explain;
mod sharing;
mod show;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};

use serde_json::{Value as Json, json};
use udal::value::Timestamp;
use udal::{
    AccessPlan, Change, Changed, Condition, Directory, Error, Expected, ExplainRequest, Grant, Grantee, LEVELS,
    Pattern, Permission, Policy, Receiver, Share, TeamChange, TenantSlug, Udal, UserChange, load_policies, nearest,
    parse_level, shorten,
};

use crate::args::{AccessCommand, MemberCommand, PolicyFile, TeamCommand, UserCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::operator;

/// A change of a directory, read and checked as far as that can be done before a server is started.
type Edit = Box<dyn FnOnce(Directory) -> Result<Directory, Error> + Send>;

/// What is asked.
pub(super) enum Request<'a> {
    Plan(&'a PolicyFile),
    Apply {
        file: &'a PolicyFile,
        asks: bool,
    },
    Show,
    Export,
    Explain(ExplainRequest),
    Change(Edit),
    /// A share by a user, who must be allowed to.
    Share(sharing::Sharing),
}

/// Reads what a command asks.
pub(super) fn read(command: &AccessCommand) -> Result<(TenantSlug, Request<'_>), Failure> {
    let tenant = TenantSlug::new(command.tenant())?;
    let request = match command {
        AccessCommand::Plan(file) => Request::Plan(file),
        AccessCommand::Apply { file, yes } => Request::Apply { file, asks: !yes },
        AccessCommand::Show(_) => Request::Show,
        AccessCommand::Export(_) => Request::Export,
        AccessCommand::Grant { permission, to, when, of: _ } => {
            let (permission, to, conditions) = (pattern(permission)?, grantee(to)?, conditions(when.as_deref())?);
            Request::Change(edit(move |directory| {
                directory.grants.insert(Grant { permission, to, conditions });
                Ok(())
            }))
        }
        AccessCommand::Revoke { permission, from, when, of: _ } => {
            let (permission, from, conditions) = (pattern(permission)?, grantee(from)?, conditions(when.as_deref())?);
            Request::Change(edit(move |directory| directory.revoke(&permission, &from, &conditions)))
        }
        AccessCommand::Share { record, with, level, until, user: Some(user), of: _ } => {
            let share = Some(share(level, until.as_deref())?);
            Request::Share(sharing::Sharing {
                user: user.clone(),
                record: record.clone(),
                with: receiver(with)?,
                share,
            })
        }
        AccessCommand::Unshare { record, with, user: Some(user), of: _ } => {
            let (user, record) = (user.clone(), record.clone());
            Request::Share(sharing::Sharing { user, record, with: receiver(with)?, share: None })
        }
        AccessCommand::Share { record, with, level, until, user: None, of: _ } => {
            let (record, with, share) = (record.clone(), receiver(with)?, share(level, until.as_deref())?);
            Request::Change(edit(move |directory| {
                directory.share(&record, with, share);
                Ok(())
            }))
        }
        AccessCommand::Unshare { record, with, user: None, of: _ } => {
            let (record, with) = (record.clone(), receiver(with)?);
            Request::Change(edit(move |directory| directory.unshare(&record, &with)))
        }
        AccessCommand::Explain { user, permission, record, of: _ } => {
            let permission = Permission::parse(permission)?;
            Request::Explain(ExplainRequest { user: user.clone(), permission, record: record.clone() })
        }
        AccessCommand::User(command) => Request::Change(user(command)),
        AccessCommand::Team(command) => Request::Change(team(command)?),
        AccessCommand::Member(command) => Request::Change(member(command)),
    };
    Ok((tenant, request))
}

fn edit(change: impl FnOnce(&mut Directory) -> Result<(), Error> + Send + 'static) -> Edit {
    Box::new(move |mut directory| {
        change(&mut directory)?;
        Ok(directory)
    })
}

fn user(command: &UserCommand) -> Edit {
    match command {
        UserCommand::Set { id, name, reports_to, team, of: _ } => {
            let change = UserChange { name: name.clone(), reports_to: reports_to.clone(), team: team.clone() };
            let id = id.clone();
            edit(move |directory| {
                directory.set_user(&id, change);
                Ok(())
            })
        }
        UserCommand::Remove { id, of: _ } => {
            let id = id.clone();
            edit(move |directory| directory.remove_user(&id))
        }
    }
}

fn team(command: &TeamCommand) -> Result<Edit, Failure> {
    Ok(match command {
        TeamCommand::Set { id, description, ownership, of: _ } => {
            let ownership = ownership.as_deref().map(policy).transpose()?;
            let (id, change) = (id.clone(), TeamChange { description: description.clone(), ownership });
            edit(move |directory| {
                directory.set_team(&id, change);
                Ok(())
            })
        }
        TeamCommand::Remove { id, of: _ } => {
            let id = id.clone();
            edit(move |directory| directory.remove_team(&id))
        }
    })
}

fn member(command: &MemberCommand) -> Edit {
    match command {
        MemberCommand::Set { team, user, roles, of: _ } => {
            let (team, user, roles) = (team.clone(), user.clone(), roles.iter().cloned().collect());
            edit(move |directory| directory.set_member(&team, &user, roles))
        }
        MemberCommand::Remove { team, user, of: _ } => {
            let (team, user) = (team.clone(), user.clone());
            edit(move |directory| directory.remove_member(&team, &user))
        }
    }
}

/// Does what is asked.
pub(super) async fn run(
    tenant: &TenantSlug,
    request: Request<'_>,
    udal: &Udal,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match request {
        Request::Plan(file) => {
            let plan = udal.plan_access(tenant, &load(file, udal)?).await?;
            shown(tenant, &plan.changes, plan.generation, "nothing differs", output)?;
            Ok(if plan.changes.is_empty() { Exit::Done } else { Exit::Drift })
        }
        Request::Apply { file, asks } => apply(tenant, load(file, udal)?, asks, udal, output).await,
        Request::Show => {
            let directory = udal.access_directory(tenant).await?.directory;
            show::directory(tenant, &directory, output)?;
            Ok(Exit::Done)
        }
        Request::Export => {
            let directory = udal.access_directory(tenant).await?.directory;
            output.text(directory.to_yaml().trim_end())?;
            output.flush()?;
            Ok(Exit::Done)
        }
        Request::Explain(request) => explain::run(tenant, &request, udal, output).await,
        Request::Share(sharing) => {
            let Changed { changes, generation } = sharing::run(tenant, sharing, udal, output).await?;
            shown(tenant, &changes, generation, "it is so already", output)?;
            Ok(Exit::Done)
        }
        Request::Change(edit) => {
            let Changed { changes, generation } =
                udal.change_access(&operator(tenant.as_str())?, Expected::Any, edit).await?;
            shown(tenant, &changes, generation, "it is so already", output)?;
            Ok(Exit::Done)
        }
    }
}

fn load(file: &PolicyFile, udal: &Udal) -> Result<Directory, Failure> {
    load_policies(&file.file, udal.service().catalog()).map_err(Failure::Policies)
}

async fn apply(
    tenant: &TenantSlug,
    directory: Directory,
    asks: bool,
    udal: &Udal,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let AccessPlan { generation, changes } = udal.plan_access(tenant, &directory).await?;
    if changes.is_empty() {
        shown(tenant, &changes, generation, "nothing differs", output)?;
        return Ok(Exit::Done);
    }
    if asks {
        for change in &changes {
            output.message(&change.to_string());
        }
        if !is_wanted(changes.len(), output)? {
            return Err(Error::invalid("nothing was changed: it was not agreed to").hint("say `--yes`").into());
        }
    }
    let done = udal
        .change_access(&operator(tenant.as_str())?, Expected::Generation(generation), move |_| Ok(directory))
        .await?;
    shown(tenant, &done.changes, done.generation, "nothing differs", output)?;
    Ok(Exit::Done)
}

/// Asks whether that many steps are to be taken, where somebody is there to be asked.
fn is_wanted(steps: usize, output: &mut Output) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    output.message(&format!("Take these {steps} steps? Say yes:"));
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::system("the answer cannot be read", &error))?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

/// Writes the steps.
fn shown(
    tenant: &TenantSlug,
    changes: &[Change],
    generation: i64,
    nothing: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() { nothing.to_owned() } else { lines.join("\n") };
    let rows: Vec<[String; 4]> = changes
        .iter()
        .map(|change| {
            let entry = change.entry();
            [word(change).to_owned(), entry.kind().to_owned(), entry.name(), entry.details()]
        })
        .collect();
    let names = ["change", "kind", "name", "details"];
    let objects: Vec<Json> = rows
        .iter()
        .map(|row| {
            names
                .iter()
                .copied()
                .zip(row.iter().map(String::as_str))
                .map(|(k, v)| (k.to_owned(), json!(v)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect();
    let json = json!({"tenant": tenant.as_str(), "generation": generation, "changes": objects});
    let mut table: Vec<Vec<&str>> = vec![names.to_vec()];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    output.answer(&json, &text, &table)
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Add(_) => "add",
        Change::Remove(_) => "remove",
        Change::Replace { .. } => "change",
    }
}

fn pattern(text: &str) -> Result<Pattern, Failure> {
    let hint = "write group, model and action, each by name or `*`: `crm.accounts.view`, `lab.*.view`";
    let wrong = || Error::invalid(format!("`{}` is not a permission", shorten(text))).hint(hint);
    Ok(Pattern::parse(text).ok_or_else(wrong)?)
}

fn grantee(text: &str) -> Result<Grantee, Failure> {
    let hint = "write `role:` or `user:` and the name, such as `role:auditor`";
    let wrong = || Error::invalid(format!("`{}` does not say who is meant", shorten(text))).hint(hint);
    Ok(Grantee::parse(text).ok_or_else(wrong)?)
}

fn receiver(text: &str) -> Result<Receiver, Failure> {
    let hint = "write `user:` or `team:` and the id, such as `user:jane`";
    let wrong = || Error::invalid(format!("`{}` does not say who is meant", shorten(text))).hint(hint);
    Ok(Receiver::parse(text).ok_or_else(wrong)?)
}

fn conditions(when: Option<&str>) -> Result<BTreeSet<Condition>, Failure> {
    let Some(text) = when else { return Ok(BTreeSet::new()) };
    let hint = "write such as {\"status\":{\"equals\":\"active\"}}, in single quotes";
    let json: Json = serde_json::from_str(text)
        .map_err(|error| Error::invalid(format!("--when is not JSON: {error}")).hint(hint))?;
    let conditions =
        Condition::parse_all(&json).map_err(|message| Error::invalid(format!("--when: {message}")).hint(hint))?;
    if conditions.is_empty() {
        return Err(Error::invalid("--when holds no condition").hint(hint).into());
    }
    Ok(conditions.into_iter().collect())
}

fn policy(word: &str) -> Result<Policy, Failure> {
    let names = Policy::NAMES.map(|(name, _)| name);
    Ok(Policy::parse(word).ok_or_else(|| unknown("an ownership policy", word, &names))?)
}

fn share(level: &str, until: Option<&str>) -> Result<Share, Failure> {
    let names = LEVELS.map(|(name, _)| name);
    let level = parse_level(level).ok_or_else(|| unknown("a level of shares", level, &names))?;
    let time = |text: &str| {
        let wrong = |why| Error::invalid(format!("`{}` is not a time: {why}", shorten(text)));
        Timestamp::parse(text).map_err(|why| wrong(why).hint("write such as `2027-01-01T00:00:00Z`"))
    };
    Ok(Share { level, until: until.map(time).transpose()? })
}

fn unknown(what: &str, word: &str, names: &[&str]) -> Error {
    let error = Error::invalid(format!("`{}` is not {what}", shorten(word)));
    match nearest(word, names.iter().copied()) {
        Some(near) => error.near(Some(near)),
        None => error.hint(format!("there are {}", names.join(", "))),
    }
}
