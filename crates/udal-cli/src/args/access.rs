//! The commands about access directories.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::help::access as help;

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Show what a file of policies would change
    #[command(after_help = help::PLAN)]
    Plan(PolicyFile),
    /// Make the directory what a file of policies says
    #[command(after_help = help::APPLY)]
    Apply {
        #[command(flatten)]
        file: PolicyFile,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show users, teams, roles, grants, rules on fields and shares
    #[command(after_help = help::SHOW)]
    Show(OfTenant),
    /// Write the directory as a file of policies
    #[command(after_help = help::EXPORT)]
    Export(OfTenant),
    /// Grant a permission, perhaps for some records only
    #[command(after_help = help::GRANT)]
    Grant {
        /// The permission, such as crm.accounts.view
        permission: String,
        /// Whom it is granted to, such as role:auditor or user:jane
        #[arg(long, value_name = "WHO")]
        to: String,
        /// What must be true of a record, as JSON
        #[arg(long, value_name = "JSON")]
        when: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Take a grant back
    #[command(after_help = help::REVOKE)]
    Revoke {
        /// The permission, as it was granted
        permission: String,
        /// Whom it was granted to, such as role:auditor or user:jane
        #[arg(long, value_name = "WHO")]
        from: String,
        /// The grant with these conditions [default: every grant of the permission to them]
        #[arg(long, value_name = "JSON")]
        when: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Share a record with a user or a team
    #[command(after_help = help::SHARE)]
    Share {
        /// The record's id, such as AppCRMAccount/acme-123
        record: String,
        /// Whom it is shared with, such as user:jane or team:sales
        #[arg(long, value_name = "WHO")]
        with: String,
        /// What they may do with it: view, edit or full
        #[arg(long, value_name = "LEVEL", default_value = "view")]
        level: String,
        /// When the share ends, such as 2027-01-01T00:00:00Z [default: never]
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Do it as this user, who must be allowed to
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// End a share
    #[command(after_help = help::UNSHARE)]
    Unshare {
        /// The record's id, such as AppCRMAccount/acme-123
        record: String,
        /// Whom it was shared with, such as user:jane or team:sales
        #[arg(long, value_name = "WHO")]
        with: String,
        /// Do it as this user, who must be allowed to
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Say why a user may do something, or why not
    #[command(after_help = help::EXPLAIN)]
    Explain {
        /// The user
        #[arg(long, value_name = "USER")]
        user: String,
        /// What they want to do, such as crm.accounts.view
        #[arg(long, value_name = "PERMISSION")]
        permission: String,
        /// The record with which, by its id [default: any]
        #[arg(long, value_name = "ID")]
        record: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Add, change and remove users
    #[command(subcommand)]
    User(UserCommand),
    /// Add, change and remove teams
    #[command(subcommand)]
    Team(TeamCommand),
    /// Make users members of teams, and take them out
    #[command(subcommand)]
    Member(MemberCommand),
}

/// The tenant whose directory is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfTenant {
    /// The tenant whose access directory is meant
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: String,
}

/// A file of policies for a tenant.
#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyFile {
    /// The file, such as policies.yaml
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: OfTenant,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user, or change what is said of them
    #[command(after_help = help::USER_SET)]
    Set {
        /// The id that the platform knows them by
        id: String,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
        /// The user they report to
        #[arg(long, value_name = "USER")]
        reports_to: Option<String>,
        /// The team they act in, where they are members of several
        #[arg(long, value_name = "TEAM")]
        team: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Remove a user with their memberships, grants and shares
    #[command(after_help = help::USER_REMOVE)]
    Remove {
        /// The user's id
        id: String,
        #[command(flatten)]
        of: OfTenant,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// Add a team, or change what is said of it
    #[command(after_help = help::TEAM_SET)]
    Set {
        /// The team's id
        id: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// Which records its members see: team_wide, owner_only, assigned_only or hierarchical
        #[arg(long, value_name = "POLICY")]
        ownership: Option<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Remove a team with its memberships and what is shared with it
    #[command(after_help = help::TEAM_REMOVE)]
    Remove {
        /// The team's id
        id: String,
        #[command(flatten)]
        of: OfTenant,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// Make a user a member of a team, with these roles and no others
    #[command(after_help = help::MEMBER_SET)]
    Set {
        /// The team's id
        team: String,
        /// The user's id
        user: String,
        /// The roles: admin, editor, viewer or the tenant's own, with commas between them
        #[arg(long, value_name = "ROLES", value_delimiter = ',', required = true)]
        roles: Vec<String>,
        #[command(flatten)]
        of: OfTenant,
    },
    /// Take a user out of a team
    #[command(after_help = help::MEMBER_REMOVE)]
    Remove {
        /// The team's id
        team: String,
        /// The user's id
        user: String,
        #[command(flatten)]
        of: OfTenant,
    },
}

impl AccessCommand {
    /// The tenant that it is about.
    pub(crate) fn tenant(&self) -> &str {
        let of = match self {
            AccessCommand::Plan(file) | AccessCommand::Apply { file, .. } => &file.of,
            AccessCommand::Show(of) | AccessCommand::Export(of) => of,
            AccessCommand::Grant { of, .. } | AccessCommand::Revoke { of, .. } => of,
            AccessCommand::Explain { of, .. } => of,
            AccessCommand::Share { of, .. } | AccessCommand::Unshare { of, .. } => of,
            AccessCommand::User(UserCommand::Set { of, .. } | UserCommand::Remove { of, .. }) => of,
            AccessCommand::Team(TeamCommand::Set { of, .. } | TeamCommand::Remove { of, .. }) => of,
            AccessCommand::Member(MemberCommand::Set { of, .. } | MemberCommand::Remove { of, .. }) => of,
        };
        &of.tenant
    }
}
