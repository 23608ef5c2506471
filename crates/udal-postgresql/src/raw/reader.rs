//! The role that statements run as, and the function that it owns.

use async_trait::async_trait;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error as PgError, Row};
use udal_core::{Error, ErrorKind, Result};
use udal_pgpool::{Database, Failure, Provision, TenantDatabases, Transaction, is_duplicate, read_text};
use udal_sql::raw::{READER, create_function, create_reader, find_holdings, find_reader, grant_reader};
use udal_sql::{Sql, Statement};

/// How often the role is made anew because another made it at the same instant, for another database.
const ATTEMPTS: usize = 5;

/// Makes sure that the server has the role and the database the function.
///
/// # Errors
/// [`UnknownName`](ErrorKind::UnknownName) where there is no such database yet, [`Unsupported`](ErrorKind::Unsupported) where
/// Udal's own role may not make it, or it holds more than it may; what the database says.
pub(super) async fn ensure_reader(databases: &TenantDatabases, database: &Database) -> Result<()> {
    for _ in 0..ATTEMPTS {
        match databases.ensure_within(database, "reader of raw SQL", &ReaderThere).await {
            Err(Failure::Overtaken(_)) => {}
            Err(Failure::Missing(_)) => return Err(nothing_there(database)),
            done => return Ok(done?),
        }
    }
    Err(Failure::overtaken().into())
}

/// Nothing was ever written there.
pub(super) fn nothing_there(database: &Database) -> Error {
    let whose = match database {
        Database::Tenant(tenant) => format!("the tenant `{tenant}` has no tables yet"),
        Database::Shared => "what all tenants read has no tables yet".to_owned(),
    };
    Error::new(ErrorKind::UnknownName, whose).hint("they are made when the first record is written")
}

struct ReaderThere;

#[async_trait]
impl Provision for ReaderThere {
    async fn run(&self, transaction: &Transaction<'_>) -> std::result::Result<(), Failure> {
        let mut found = Found::read(transaction).await?;
        if !found.role_is_there {
            transaction.batch(&create_reader()).await.map_err(not_made)?;
            transaction.batch(&grant_reader()).await.map_err(not_made)?;
            found = Found::read(transaction).await?;
        } else if !found.is_member {
            transaction.batch(&grant_reader()).await.map_err(not_made)?;
        }
        if found.may_more {
            return Err(holds_more("it has attributes, or is a member of other roles").into());
        }
        if !found.function_is_there {
            let database = Statement { text: "SELECT current_database()::text".to_owned(), params: Vec::new() };
            let rows = transaction.query(&database).await?;
            let name = read_text(rows.first().ok_or_else(|| Error::internal("no database has no name"))?, 0)?;
            transaction.batches(&create_function(&name)).await.map_err(not_made)?;
        }
        match transaction.query(&find_holdings()).await?.first() {
            Some(held) => Err(holds_more(&format!("it owns or was granted {}", read_text(held, 0)?)).into()),
            None => Ok(()),
        }
    }
}

/// The role and the function as they are.
struct Found {
    role_is_there: bool,
    is_member: bool,
    may_more: bool,
    function_is_there: bool,
}

impl Found {
    async fn read(transaction: &Transaction<'_>) -> std::result::Result<Self, Failure> {
        let rows = transaction.query(&find_reader()).await?;
        let row = rows.first().ok_or_else(|| Error::internal("what is always one row is none"))?;
        let read = |row: &Row, at: usize| row.try_get::<_, bool>(at).map_err(Error::internal);
        Ok(Found {
            role_is_there: read(row, 0)?,
            is_member: read(row, 1)?,
            may_more: read(row, 2)?,
            function_is_there: read(row, 3)?,
        })
    }
}

fn not_made(error: PgError) -> Failure {
    match error.code() {
        Some(code) if *code == SqlState::DUPLICATE_OBJECT || is_duplicate(&error) => Failure::overtaken(),
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            let mut name = Sql::new();
            name.name(READER);
            let hint = format!(
                "run once on each server, as a superuser: `{}; GRANT {} TO …`, to the role that Udal connects as",
                create_reader(),
                name.into_text()
            );
            let message =
                format!("the role that Udal connects as may not make the role `{READER}`, as which SQL is run");
            Error::new(ErrorKind::Unsupported, message).hint(hint).cause(error).into()
        }
        _ => error.into(),
    }
}

fn holds_more(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("SQL is not run: the role `{READER}` may do more than it should"))
        .hint("the log says what it holds; take that away from the role")
        .cause(what.to_owned())
}
