//! A connection to a tenant's database, and a transaction on it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error as PgError, Row, RowStream};
use udal_sql::{Param, Statement};

use crate::encode::{Bound, driver_type};
use crate::lease::Lease;
use crate::watch::Watch;

/// A connection, lent by [`TenantDatabases`](crate::TenantDatabases); it goes back when it is dropped.
///
/// Statements carry their parameters' types, so that each takes one round trip, and keep no state in the session. One that
/// takes longer than [`Settings::statement_timeout`](crate::Settings::statement_timeout) is cancelled, but for
/// [`batch`](Connection::batch) and connections for maintenance. One whose caller goes away is cancelled too, and the
/// connection is closed: nobody else meets what is left of it.
pub struct Connection {
    lease: Lease,
    /// The longest that a statement may take; none for maintenance.
    limit: Option<Duration>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("place", self.lease.watch().place()).finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(lease: Lease, limit: Option<Duration>) -> Self {
        Connection { lease, limit }
    }

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        self.lease.watch()
    }

    pub(crate) fn client(&self) -> &tokio_postgres::Client {
        self.lease.client()
    }

    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn query(&self, statement: &Statement) -> Result<Vec<Row>, PgError> {
        let bound = bind(&statement.params);
        let refer = refer(&bound);
        let request = self.lease.client().query_typed(&statement.text, &refer);
        see_to_end(self.lease.watch(), self.limit, &statement.text, request).await
    }

    /// How the database would go about a statement, a line each. It is not run.
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn plan(&self, statement: &Statement) -> Result<Vec<String>, PgError> {
        let explain = Statement { text: format!("EXPLAIN {}", statement.text), params: statement.params.clone() };
        self.query(&explain).await?.iter().map(|row| row.try_get(0)).collect()
    }

    /// Runs a statement whose rows are read one after the other by [`RowReader::new`].
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn rows(&self, statement: &Statement) -> Result<Rows, PgError> {
        let bound = bind(&statement.params);
        let request = self.lease.client().query_typed_raw(&statement.text, refer(&bound));
        let stream = see_to_end(self.lease.watch(), self.limit, &statement.text, request).await?;
        let watch = Arc::clone(self.lease.watch());
        watch.begin();
        Ok(Rows { stream: Box::pin(stream), watch, until: self.limit.map_or(Until::Ever, Until::Each) })
    }

    /// Runs a statement whose rows are read one after the other, the last of them within `time` from now: longer or shorter
    /// than statements else may take.
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn rows_within(&self, statement: &Statement, time: Duration) -> Result<Rows, PgError> {
        let until = Instant::now() + time;
        let bound = bind(&statement.params);
        let request = self.lease.client().query_typed_raw(&statement.text, refer(&bound));
        let stream = see_to_end(self.lease.watch(), Some(time), &statement.text, request).await?;
        let watch = Arc::clone(self.lease.watch());
        watch.begin();
        Ok(Rows { stream: Box::pin(stream), watch, until: Until::At(until) })
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, statement: &Statement) -> Result<u64, PgError> {
        let bound = bind(&statement.params);
        let refer = refer(&bound);
        let request = self.lease.client().execute_typed(&statement.text, &refer);
        see_to_end(self.lease.watch(), self.limit, &statement.text, request).await
    }

    /// Runs one statement without parameters or answer, outside of any transaction: what PostgreSQL runs only so. It takes as
    /// long as it takes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batch(&self, text: &str) -> Result<(), PgError> {
        self.lease.watch().unlimited(self.lease.client().batch_execute(text)).await
    }

    /// Starts a transaction; dropped without commit, it is rolled back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, PgError> {
        let limit = self.limit;
        let (client, watch) = self.lease.parts();
        let watch = Arc::clone(watch);
        let inner = see_to_end(&watch, limit, "BEGIN", client.transaction()).await?;
        Ok(Transaction { inner, watch, limit, is_marked: false })
    }
}

/// The rows of a running statement: those that are dropped before their end are cancelled with their connection.
pub struct Rows {
    stream: Pin<Box<RowStream>>,
    watch: Arc<Watch>,
    until: Until,
}

/// How long rows are waited for.
#[derive(Clone, Copy)]
enum Until {
    /// As long as it takes.
    Ever,
    /// So long for each.
    Each(Duration),
    /// Until then for all.
    At(Instant),
}

impl Until {
    fn limit(self) -> Option<Duration> {
        match self {
            Until::Ever => None,
            Until::Each(limit) => Some(limit),
            Until::At(instant) => Some(instant.saturating_duration_since(Instant::now())),
        }
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl Rows {
    /// Says that the last of them was read, or that none follows.
    pub(crate) fn ended(self) {
        self.watch.end();
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Row, PgError>> {
        let mut next = self.stream.next();
        // Most rows are here already, and need no clock.
        if let Some(row) = (&mut next).now_or_never() {
            return row;
        }
        let next = async { next.await.transpose() };
        see_to_end(&self.watch, self.until.limit(), "a row of a running statement", next).await.transpose()
    }
}

/// Reads the rows of a statement one after the other, and holds the connection meanwhile.
///
/// The connection goes back when the rows are at their end. Where they are not read so far the statement is cancelled and
/// the connection closed: what is left of them may be much, and whoever had it next would wait for it.
#[derive(Debug)]
pub struct RowReader {
    rows: Rows,
    connection: Option<Connection>,
}

impl RowReader {
    /// A reader of `rows`, which `connection` runs.
    pub fn new(connection: Connection, rows: Rows) -> Self {
        RowReader { rows, connection: Some(connection) }
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&mut self) -> Result<Option<Row>, PgError> {
        match self.rows.next().await {
            Some(Ok(row)) => Ok(Some(row)),
            ended => {
                if self.connection.is_some() {
                    self.rows.watch.end();
                }
                self.connection = None;
                ended.transpose()
            }
        }
    }
}

/// A transaction on a [`Connection`].
pub struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    watch: Arc<Watch>,
    limit: Option<Duration>,
    /// Whether there is something to go back to.
    is_marked: bool,
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("place", self.watch.place()).finish_non_exhaustive()
    }
}

impl Transaction<'_> {
    /// Runs one statement without parameters or answer, such as the definition of a table. It takes as long as it takes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batch(&self, text: &str) -> Result<(), PgError> {
        self.watch.unlimited(self.inner.batch_execute(text)).await
    }

    /// Runs such statements, each in a message of its own: Citus takes no two definitions in one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batches(&self, texts: &[String]) -> Result<(), PgError> {
        for text in texts {
            self.batch(text).await?;
        }
        Ok(())
    }

    pub(crate) fn inner(&self) -> &tokio_postgres::Transaction<'_> {
        &self.inner
    }

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn query(&self, statement: &Statement) -> Result<Vec<Row>, PgError> {
        let bound = bind(&statement.params);
        let refer = refer(&bound);
        let request = self.inner.query_typed(&statement.text, &refer);
        see_to_end(&self.watch, self.limit, &statement.text, request).await
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, statement: &Statement) -> Result<u64, PgError> {
        let bound = bind(&statement.params);
        let refer = refer(&bound);
        let request = self.inner.execute_typed(&statement.text, &refer);
        see_to_end(&self.watch, self.limit, &statement.text, request).await
    }

    /// Starts a transaction within this one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn savepoint(&mut self) -> Result<Transaction<'_>, PgError> {
        let inner = see_to_end(&self.watch, self.limit, "SAVEPOINT", self.inner.transaction()).await?;
        Ok(Transaction { inner, watch: Arc::clone(&self.watch), limit: self.limit, is_marked: false })
    }

    /// What sets the mark, in the place of the one before.
    pub(crate) fn set_mark(&mut self) -> &'static str {
        if std::mem::replace(&mut self.is_marked, true) {
            "RELEASE udal_mark; SAVEPOINT udal_mark"
        } else {
            "SAVEPOINT udal_mark"
        }
    }

    /// Undoes what was done since the mark was set.
    ///
    /// # Errors
    /// What the database says.
    pub async fn back_to_mark(&self) -> Result<(), PgError> {
        self.watch.unlimited(self.inner.batch_execute("ROLLBACK TO udal_mark")).await
    }

    /// Makes what was done durable.
    ///
    /// # Errors
    /// What the database says.
    pub async fn commit(self) -> Result<(), PgError> {
        let Transaction { inner, watch, limit, is_marked: _ } = self;
        see_to_end(&watch, limit, "COMMIT", inner.commit()).await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rollback(self) -> Result<(), PgError> {
        let Transaction { inner, watch, limit, is_marked: _ } = self;
        see_to_end(&watch, limit, "ROLLBACK", inner.rollback()).await
    }
}

pub(crate) async fn see_to_end<T>(
    watch: &Watch,
    limit: Option<Duration>,
    text: &str,
    request: impl Future<Output = Result<T, PgError>>,
) -> Result<T, PgError> {
    match limit {
        Some(limit) => watch.limited(limit, text, request).await,
        None => watch.unlimited(request).await,
    }
}

fn bind(params: &[Param]) -> Vec<(Bound<'_>, Type)> {
    params.iter().map(|param| (Bound(param), driver_type(param.sql_type))).collect()
}

fn refer<'a>(bound: &'a [(Bound<'a>, Type)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    bound.iter().map(|(value, driver_type)| (value as &(dyn ToSql + Sync), driver_type.clone())).collect()
}
