//! Which records a command is about, and what it does with them.

use udal::Action;

use super::{RecordCommand, Target};
use crate::import::Mode;

impl RecordCommand {
    /// The model and the tenant that it is about, and for whom.
    pub(crate) fn target(&self) -> &Target {
        match self {
            RecordCommand::Create(arguments) => &arguments.target,
            RecordCommand::Get { target, .. } | RecordCommand::Count { target, .. } => target,
            RecordCommand::History(arguments) => &arguments.target,
            RecordCommand::Diff(arguments) => &arguments.target,
            RecordCommand::Update(arguments) => &arguments.target,
            RecordCommand::Delete(arguments) => &arguments.target,
            RecordCommand::List(arguments) => &arguments.target,
            RecordCommand::Search(arguments) => &arguments.target,
            RecordCommand::Import(arguments) => &arguments.target,
        }
    }

    /// What must be permitted to whoever does it.
    pub(crate) fn action(&self) -> Action {
        match self {
            RecordCommand::Create(_) => Action::Create,
            RecordCommand::Update(_) => Action::Update,
            RecordCommand::Delete(_) => Action::Delete,
            RecordCommand::Import(arguments) => match arguments.mode {
                Mode::Create | Mode::Upsert => Action::Create,
                Mode::Update => Action::Update,
                Mode::Delete => Action::Delete,
            },
            RecordCommand::Get { .. }
            | RecordCommand::History(_)
            | RecordCommand::Diff(_)
            | RecordCommand::List(_)
            | RecordCommand::Search(_)
            | RecordCommand::Count { .. } => Action::View,
        }
    }
}
