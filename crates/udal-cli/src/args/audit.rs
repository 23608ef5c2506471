//! The commands about the audit log.

use clap::{Args, Subcommand};

use crate::help::access as help;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show what was written, denied, read and permitted, the latest first
    #[command(after_help = help::AUDIT_LIST)]
    List(AuditArguments),
}

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// The tenant whose audit log is meant
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: String,
    /// What this user did or was denied
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// What was done to this model, such as crm.AppCRMAccount
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Entries of this kind: write, denial, read, permission or task
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Entries of this time or later, such as 2026-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Entries before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The most entries to show
    #[arg(long, value_name = "COUNT", default_value_t = 100, conflicts_with = "all")]
    pub(crate) limit: usize,
    /// Show every entry, however many
    #[arg(long)]
    pub(crate) all: bool,
}
