//! The steps of a change of a table, taken one after the other.

use std::result::Result;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_postgres::Error as PgError;
use udal_pgpool::{Connection, Failure, Provision, Statements, Transaction, Turn};
use udal_sql::Statement;
use udal_sql::table::{Fill, Step};

/// How many pages are filled by one statement: 8 MiB.
const PAGES: u64 = 1024;

/// Why a change is not settled.
pub(crate) enum Stop {
    /// A row stands against it, and this is why; nothing is lost.
    Blocked(String),
    /// The database said something else.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// Takes the step; `watch` is told of each statement before.
pub(crate) async fn take(
    connection: &mut Connection,
    step: &Step,
    watch: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), Stop> {
    if !matches!(step, Step::Fill(_)) {
        step.statements().iter().for_each(|statement| watch(statement));
    }
    match step {
        Step::Together(statements) => {
            connection.restructure(Turn::Alone, &Statements(statements.clone())).await?;
        }
        Step::Alone(statement) => connection.batch(statement).await?,
        Step::Validate { statement, reason } => {
            let statements = std::slice::from_ref(statement);
            checked(connection, Checked::new(None, statements), reason).await?;
        }
        Step::Guarded { lock, query, reason, statements } => {
            checked(connection, Checked::new(Some((lock, query)), statements), reason).await?;
        }
        Step::Unless { query, reason } => {
            if !connection.query(&plain(query)).await?.is_empty() {
                return Err(Stop::Blocked(reason.clone()));
            }
        }
        Step::Fill(fill) => pages(connection, fill, watch).await?,
    }
    Ok(())
}

/// Does the work; a row that stands against it is no failure. Others may change what else is in the database: it takes long, and
/// who needs this table waits for the table's lock.
async fn checked(connection: &mut Connection, work: Checked<'_>, reason: &str) -> Result<(), Stop> {
    let done = connection.restructure(Turn::Shared, &work).await;
    if work.is_blocked.into_inner() {
        return Err(Stop::Blocked(reason.to_owned()));
    }
    Ok(done?)
}

/// Statements that are run where no row stands against them.
struct Checked<'a> {
    /// What locks the table, and the query that finds such a row.
    guard: Option<(&'a str, &'a str)>,
    statements: &'a [String],
    /// Whether there was such a row.
    is_blocked: AtomicBool,
}

impl<'a> Checked<'a> {
    fn new(guard: Option<(&'a String, &'a String)>, statements: &'a [String]) -> Self {
        let guard = guard.map(|(lock, query)| (lock.as_str(), query.as_str()));
        Checked { guard, statements, is_blocked: AtomicBool::new(false) }
    }

    async fn attempt(&self, transaction: &Transaction<'_>) -> Result<(), PgError> {
        if let Some((lock, query)) = self.guard {
            transaction.batch(lock).await?;
            if !transaction.query(&plain(query)).await?.is_empty() {
                self.is_blocked.store(true, Ordering::Release);
                return Ok(());
            }
        }
        transaction.batches(self.statements).await
    }
}

#[async_trait]
impl Provision for Checked<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let done = self.attempt(transaction).await;
        if done.as_ref().is_err_and(is_bad_value) {
            self.is_blocked.store(true, Ordering::Release);
        }
        Ok(done?)
    }
}

/// Whether the database says that a value is not one of the type that it was cast to, or does not pass a check, or is missing.
fn is_bad_value(error: &PgError) -> bool {
    error.code().is_some_and(|state| state.code().starts_with("22") || ["23514", "23502"].contains(&state.code()))
}

fn plain(text: &str) -> Statement {
    Statement { text: text.to_owned(), params: Vec::new() }
}

async fn pages(connection: &Connection, fill: &Fill, watch: &(dyn Fn(&str) + Send + Sync)) -> Result<(), Failure> {
    let rows = connection.query(&plain(&fill.page_count())).await?;
    let count: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    // What is filled moves behind these pages, and is not looked at again.
    for first in (0..count.unsigned_abs()).step_by(usize::try_from(PAGES).unwrap_or(usize::MAX)) {
        let statement = fill.pages(first, first + PAGES);
        watch(&statement);
        connection.batch(&statement).await?;
    }
    Ok(())
}
