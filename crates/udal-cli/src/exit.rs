//! Exit codes that scripts can rely on.

use std::process::ExitCode;

use udal::ErrorKind;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// A fault in Udal or its database.
    Internal,
    /// The command line itself is wrong.
    Usage,
    /// What was given is wrong: a record, a filter, a query, a name, a group file.
    Invalid,
    /// The record or tenant is not there.
    NotFound,
    /// The record is there already, has another version, or is linked to.
    Conflict,
    /// The asker may not, or a hook refused.
    Denied,
    /// The database cannot be reached or started, or took too long.
    Unavailable,
    /// Some rows of a file were not written or deleted; the others were.
    Partial,
    /// The disk is full.
    Full,
    /// Tables differ from their models, or an access directory from its file.
    Drift,
    /// Interrupted by a signal.
    Interrupted,
}

/// Every exit with its code and what `--help` says of it.
pub(crate) const EXITS: [(Exit, u8, &str); 12] = [
    (Exit::Done, 0, "done"),
    (Exit::Internal, 1, "a fault in Udal or its database; the log has the cause"),
    (Exit::Usage, 2, "the command line is wrong"),
    (Exit::Invalid, 3, "what was given is wrong: a record, a filter, a query, a name, a group file"),
    (Exit::NotFound, 4, "the record or the tenant is not there"),
    (Exit::Conflict, 5, "the record exists, has another version, or is linked to"),
    (Exit::Denied, 6, "not allowed, or refused by a hook"),
    (Exit::Unavailable, 7, "the database cannot be started or reached, or took too long; try again"),
    (Exit::Partial, 8, "some rows of a file were not written or deleted; the others were"),
    (Exit::Full, 9, "the disk is full; what was acknowledged is kept"),
    (Exit::Drift, 10, "tables differ from their models, or a directory from its file"),
    (Exit::Interrupted, 130, "interrupted"),
];

impl Exit {
    /// The exit for an error of that kind.
    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput | ErrorKind::UnknownName | ErrorKind::Unsupported | ErrorKind::OverBudget => {
                Exit::Invalid
            }
            ErrorKind::NotFound => Exit::NotFound,
            ErrorKind::AlreadyExists | ErrorKind::VersionConflict | ErrorKind::StillLinked => Exit::Conflict,
            ErrorKind::Denied | ErrorKind::Refused => Exit::Denied,
            ErrorKind::Unavailable | ErrorKind::TimedOut => Exit::Unavailable,
            ErrorKind::StorageFull => Exit::Full,
            ErrorKind::Internal => Exit::Internal,
        }
    }

    /// The number that the process ends with.
    pub(crate) fn code(self) -> u8 {
        EXITS.into_iter().find(|(exit, ..)| *exit == self).map_or(1, |(_, code, _)| code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use udal::ERROR_KINDS;

    #[test]
    fn every_kind_of_error_has_its_code() {
        let found: Vec<(&str, u8)> =
            ERROR_KINDS.iter().map(|(kind, code, _)| (*code, Exit::of(*kind).code())).collect();
        let expected = [
            ("invalid_input", 3),
            ("unknown_name", 3),
            ("not_found", 4),
            ("already_exists", 5),
            ("version_conflict", 5),
            ("still_linked", 5),
            ("denied", 6),
            ("refused", 6),
            ("unsupported", 3),
            ("unavailable", 7),
            ("timed_out", 7),
            ("over_budget", 3),
            ("storage_full", 9),
            ("internal", 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_exit_has_a_code_of_its_own() {
        let mut codes: Vec<u8> = EXITS.iter().map(|(exit, code, _)| exit.code().min(*code)).collect();
        codes.dedup();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130]);
    }
}
