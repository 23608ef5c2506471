//! A transaction in which a statement of someone else's runs.

use std::sync::Arc;

use tokio_postgres::types::Type;
use tokio_postgres::{Error as PgError, Row};
use udal_sql::Statement;

use crate::connection::{Rows, see_to_end};
use crate::watch::Watch;
use crate::{Connection, Failure};

/// A transaction that is always undone, and holds its connection meanwhile.
///
/// Unless it was [`close`](Confined::close)d, what runs in it is cancelled when it is dropped, and the connection closed: nobody
/// else meets what is left of it.
pub struct Confined {
    connection: Connection,
    watch: Arc<Watch>,
}

impl std::fmt::Debug for Confined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Confined").field("connection", &self.connection).finish()
    }
}

/// What a statement takes and answers, as PostgreSQL understands it.
#[derive(Clone, Debug)]
pub struct Described {
    /// The types of its parameters, `$1` first.
    pub params: Vec<Type>,
    /// Its columns.
    pub columns: Vec<(String, Type)>,
}

impl Described {
    /// Whether all types are PostgreSQL's own. The driver looks others up by statements that it keeps in the session.
    fn is_plain(&self) -> bool {
        let types = self.params.iter().chain(self.columns.iter().map(|(_, column)| column));
        types.into_iter().all(|known| Type::from_oid(known.oid()).is_some())
    }
}

impl Confined {
    /// Begins by running `text`, statements that start with `BEGIN`.
    ///
    /// # Errors
    /// What the database says; the connection goes back as it was.
    pub async fn begin(connection: Connection, text: &str) -> Result<Self, PgError> {
        let watch = Arc::clone(connection.watch());
        // As a statement whose end is not seen, until it is closed.
        watch.begin();
        let confined = Confined { connection, watch };
        match confined.connection.batch(text).await {
            Ok(()) => Ok(confined),
            Err(error) => {
                confined.close().await?;
                Err(error)
            }
        }
    }

    /// What `text` takes and answers. It is not run. PostgreSQL refuses here what is more than one statement.
    ///
    /// # Errors
    /// What the database says.
    pub async fn describe(&self, text: &str) -> Result<Described, PgError> {
        let request = self.connection.client().prepare(text);
        let prepared = see_to_end(&self.watch, self.connection.limit(), text, request).await?;
        let columns = prepared.columns().iter().map(|column| (column.name().to_owned(), column.type_().clone()));
        // The statement is closed with its last handle, in this transaction.
        Ok(Described { params: prepared.params().to_vec(), columns: columns.collect() })
    }

    /// Runs a statement whose rows are read one after the other.
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn rows(self, statement: &Statement) -> Result<ConfinedRows, (Self, PgError)> {
        match self.connection.rows(statement).await {
            Ok(rows) => Ok(ConfinedRows { rows, confined: self }),
            Err(error) => Err((self, error)),
        }
    }

    /// Undoes everything, and gives the connection back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close(self) -> Result<(), PgError> {
        self.connection.batch("ROLLBACK; SELECT pg_advisory_unlock_all()").await?;
        self.watch.end();
        Ok(())
    }

    /// Undoes everything after `described` was asked for; where that left something in the session, the connection is closed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close_after(self, described: &Described) -> Result<(), Failure> {
        if described.is_plain() { Ok(self.close().await?) } else { Ok(()) }
    }
}

/// The rows of a statement in such a transaction.
#[derive(Debug)]
pub struct ConfinedRows {
    rows: Rows,
    confined: Confined,
}

impl ConfinedRows {
    /// The next row; none at the end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&mut self) -> Result<Option<Row>, PgError> {
        self.rows.next().await.transpose()
    }

    /// Ends after the last row, or after an error of the database: undoes everything, and gives the connection back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close(self) -> Result<(), PgError> {
        let ConfinedRows { rows, confined } = self;
        rows.ended();
        confined.close().await
    }
}
