//! Entries of the audit log: who did what to which records, and never a value of one.

use std::fmt;

use crate::access::Context;
use crate::value::Timestamp;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditKind {
    /// Records were written.
    Write,
    /// Something was refused, because whoever asked may not do it.
    Denial,
    /// Records of a model with `audit_reads` were read.
    Read,
    /// Who may do what was changed.
    Permission,
    /// The system did something that is about no record, such as maintenance.
    Task,
}

impl AuditKind {
    /// Every kind.
    pub const ALL: [AuditKind; 5] =
        [AuditKind::Write, AuditKind::Denial, AuditKind::Read, AuditKind::Permission, AuditKind::Task];

    /// Its word, such as `denial`.
    pub fn name(self) -> &'static str {
        match self {
            AuditKind::Write => "write",
            AuditKind::Denial => "denial",
            AuditKind::Read => "read",
            AuditKind::Permission => "permission",
            AuditKind::Task => "task",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        AuditKind::ALL.into_iter().find(|kind| kind.name() == word)
    }
}

impl fmt::Display for AuditKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An entry of a tenant's audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it was.
    pub at: Timestamp,
    /// What it is about.
    pub kind: AuditKind,
    /// What was done, such as `update`.
    pub operation: String,
    /// The model, as group and name, such as `crm.AppCRMAccount`; none where it is about none.
    pub model: Option<String>,
    /// The record's id, where it is about one.
    pub record: Option<String>,
    /// How many records were written, read or refused; none where nobody counted.
    pub records: Option<u64>,
    /// The user who asked.
    pub user: Option<String>,
    /// The team they acted in.
    pub team: Option<String>,
    /// The system's task, where it was the system.
    pub task: Option<String>,
    /// The request.
    pub request: String,
    /// What else there is to say, such as the permission that was granted.
    pub detail: Option<String>,
}

impl AuditEntry {
    /// An entry of now for whoever asks; it is about no model yet.
    pub fn new(ctx: &Context, kind: AuditKind, operation: impl Into<String>) -> Self {
        let access = ctx.access();
        AuditEntry {
            at: Timestamp::now(),
            kind,
            operation: operation.into(),
            model: None,
            record: None,
            records: None,
            user: access.user_id().map(str::to_owned),
            team: access.team_id().map(str::to_owned),
            task: access.system_task().map(str::to_owned),
            request: ctx.request_id().to_owned(),
            detail: None,
        }
    }
}
