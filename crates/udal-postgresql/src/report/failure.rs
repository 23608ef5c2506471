//! What a database says of a report, as what whoever asked can do about it.

use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;
use udal_core::{Error, ErrorKind};
use udal_pgpool::Failure;
use udal_query::Budget;

/// What the database says of a report, which is run within `budget`.
pub(super) fn said(error: PgError, budget: Budget) -> Failure {
    let (kind, message, hint) = match error.code().map(SqlState::code) {
        Some("57014") => return Failure::Error(budget.out_of_time()),
        Some("22003") => (
            ErrorKind::InvalidInput,
            "a number of the answer is out of its range",
            "leave out what is so large, by a filter; sums of `int` and `decimal` have no such bound",
        ),
        Some("22023") => (
            ErrorKind::InvalidInput,
            "the database knows no time zone of this name",
            "write `UTC`, or a place such as `Europe/Berlin`",
        ),
        Some("53200" | "53400" | "54000") => {
            (ErrorKind::OverBudget, "the query needs more memory than there is", "filter more, or group more coarsely")
        }
        _ => return Failure::from(error),
    };
    let Failure::Error(inner) = Failure::from(error) else { return Failure::overtaken() };
    Failure::Error(Error::new(kind, message).hint(hint).cause(inner))
}
