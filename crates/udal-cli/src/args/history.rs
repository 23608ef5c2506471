//! Options of the commands that show what a record was.

use clap::Args;

use super::Target;

#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record's id, such as AppCRMAccount/acme-123
    pub(crate) id: String,
    /// The most versions to show [default: 20]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record's id, such as AppCRMAccount/acme-123
    pub(crate) id: String,
    /// A commit that `history` names, or a time such as 2024-05-01T12:00:00Z
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// Another
    #[arg(value_name = "TO")]
    pub(crate) to: String,
}
