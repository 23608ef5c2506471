//! A connection to a tenant's database, and a transaction on it.

use std::pin::Pin;

use futures_util::StreamExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error as PgError, Row, RowStream};
use udal_sql::{Param, Statement};

use crate::encode::{Bound, driver_type};
use crate::pool::{Lease, Pooled};

/// A connection, lent by [`TenantDatabases`](crate::TenantDatabases); it goes back when it is dropped.
///
/// Statements carry their parameters' types, so that each takes one round trip, and keep no state in the session.
pub struct Connection {
    lease: Lease,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(lease: Lease) -> Self {
        Connection { lease }
    }

    fn pooled(&self) -> &Pooled {
        self.lease.pooled()
    }

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn query(&self, statement: &Statement) -> Result<Vec<Row>, PgError> {
        let bound = bind(&statement.params);
        self.pooled().client().query_typed(&statement.text, &refer(&bound)).await
    }

    /// Runs a statement whose rows are read one after the other by [`RowReader::new`].
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn rows(&self, statement: &Statement) -> Result<Rows, PgError> {
        let bound = bind(&statement.params);
        let stream = self.pooled().client().query_typed_raw(&statement.text, refer(&bound)).await?;
        Ok(Rows { stream: Box::pin(stream) })
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, statement: &Statement) -> Result<u64, PgError> {
        let bound = bind(&statement.params);
        self.pooled().client().execute_typed(&statement.text, &refer(&bound)).await
    }

    /// Runs one statement without parameters or answer, outside of any transaction: what PostgreSQL runs only so.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batch(&self, text: &str) -> Result<(), PgError> {
        self.pooled().client().batch_execute(text).await
    }

    /// Starts a transaction; dropped without commit, it is rolled back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, PgError> {
        Ok(Transaction { inner: self.lease.pooled_mut().client_mut().transaction().await? })
    }
}

/// The rows of a running statement.
pub struct Rows {
    stream: Pin<Box<RowStream>>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

/// Reads the rows of a statement one after the other, and holds the connection meanwhile.
///
/// The connection goes back when the rows are at their end. Where they are not read so far it is closed: what is left of
/// them may be much, and whoever had it next would wait for it.
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
        match self.rows.stream.next().await {
            Some(Ok(row)) => Ok(Some(row)),
            ended => {
                self.connection = None;
                ended.transpose()
            }
        }
    }
}

impl Drop for RowReader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.lease.close();
        }
    }
}

/// A transaction on a [`Connection`].
pub struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl Transaction<'_> {
    /// Runs one statement without parameters or answer, such as the definition of a table.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batch(&self, text: &str) -> Result<(), PgError> {
        self.inner.batch_execute(text).await
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

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn query(&self, statement: &Statement) -> Result<Vec<Row>, PgError> {
        let bound = bind(&statement.params);
        self.inner.query_typed(&statement.text, &refer(&bound)).await
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, statement: &Statement) -> Result<u64, PgError> {
        let bound = bind(&statement.params);
        self.inner.execute_typed(&statement.text, &refer(&bound)).await
    }

    /// Starts a transaction within this one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn savepoint(&mut self) -> Result<Transaction<'_>, PgError> {
        Ok(Transaction { inner: self.inner.transaction().await? })
    }

    /// Makes what was done durable.
    ///
    /// # Errors
    /// What the database says.
    pub async fn commit(self) -> Result<(), PgError> {
        self.inner.commit().await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rollback(self) -> Result<(), PgError> {
        self.inner.rollback().await
    }
}

fn bind(params: &[Param]) -> Vec<(Bound<'_>, Type)> {
    params.iter().map(|param| (Bound(param), driver_type(param.sql_type))).collect()
}

fn refer<'a>(bound: &'a [(Bound<'a>, Type)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    bound.iter().map(|(value, driver_type)| (value as &(dyn ToSql + Sync), driver_type.clone())).collect()
}
