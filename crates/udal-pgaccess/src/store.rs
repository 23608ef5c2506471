//! Directories in the platform's database: read whole, changed step by step in one transaction.

use tokio_postgres::Row;
use udal_access::{Change, Directory, Problem, diff};
use udal_core::audit::{AuditEntry, AuditKind};
use udal_core::model::Catalog;
use udal_core::{Context, Error, ErrorKind, Result, TenantSlug};
use udal_pgpool::{Failure, TenantDatabases, Transaction};
use udal_sql::{Param, Sql, Statement};

use crate::{Stored, audit, snapshot, steps};

/// The directories of all tenants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DirectoryStore {
    databases: TenantDatabases,
    catalog: Catalog,
}

/// Which state of a directory a change is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whichever is there: the change says what becomes of it.
    Any,
    /// The one of this generation, which was looked at.
    Generation(i64),
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The steps, in the order in which they were taken.
    pub changes: Vec<Change>,
    /// The directory's generation afterwards; as it was where nothing had to be done.
    pub generation: i64,
}

impl DirectoryStore {
    /// The directories in the platform's database, checked against these models.
    pub fn new(databases: TenantDatabases, catalog: Catalog) -> Self {
        DirectoryStore { databases, catalog }
    }

    /// The models that directories are checked against.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The tenant's directory; an empty one where it has none.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn read(&self, tenant: &TenantSlug) -> Result<Stored> {
        snapshot::read(&self.databases.query_platform(&snapshot::statement(tenant)).await?)
    }

    /// The generations of those of these tenants that have a directory.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn generations(&self, tenants: &[TenantSlug]) -> Result<Vec<(TenantSlug, i64)>> {
        let mut sql = Sql::new();
        sql.push("SELECT \"tenant\", \"generation\" FROM \"udal_access_directories\" WHERE \"tenant\" = ANY (");
        sql.param(Param::texts(tenants.iter().map(TenantSlug::to_string))).push(")");
        let rows = self.databases.query_platform(&sql.finish()).await?;
        let read = |row: &Row| {
            let tenant = TenantSlug::new(&udal_pgpool::read_text(row, 0)?).map_err(Error::internal)?;
            Ok((tenant, row.try_get(1).map_err(Error::internal)?))
        };
        rows.iter().map(read).collect()
    }

    /// Changes the directory of the context's tenant to what `edit` makes of it, whole or not at all, and notes it in the
    /// audit log with it. Who else changes it meanwhile waits.
    ///
    /// # Errors
    /// What `edit` says; [`VersionConflict`](ErrorKind::VersionConflict) where it is not as `expected` any more;
    /// [`InvalidInput`](ErrorKind::InvalidInput) where what it would become is not whole or does not fit the models;
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn change(
        &self,
        ctx: &Context,
        expected: Expected,
        edit: impl FnOnce(Directory) -> Result<Directory> + Send,
    ) -> Result<Changed> {
        let tenant = ctx.tenant();
        let work = async |transaction: &Transaction<'_>| {
            transaction.execute(&begin(tenant)).await?;
            let generation = held(&transaction.query(&hold(tenant)).await?)?;
            check_expected(tenant, expected, generation)?;
            let Stored { generation: _, directory: old } =
                snapshot::read(&transaction.query(&snapshot::statement(tenant)).await?)?;
            let new = edit(old.clone())?;
            let changes = diff(&old, &new);
            if changes.is_empty() {
                return Ok(Changed { changes, generation });
            }
            check(&new.check(&self.catalog), &old.check(&self.catalog))?;
            for statement in changes.iter().flat_map(|change| steps::statements(tenant, change)) {
                transaction.execute(&statement).await?;
            }
            let generation = held(&transaction.query(&advance(tenant)).await?)?;
            for entries in changes.chunks(ENTRIES_AT_ONCE) {
                let entries: Vec<AuditEntry> = entries.iter().map(|change| entry(ctx, change)).collect();
                transaction.execute(&audit::insert(tenant, &entries)).await?;
            }
            Ok(Changed { changes, generation })
        };
        let changed = self.databases.change_platform(work).await?;
        tracing::info!(%tenant, generation = changed.generation, steps = changed.changes.len(), "changed an access directory");
        Ok(changed)
    }

    /// Removes the tenant's directory: nobody may do anything with it then.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn remove(&self, tenant: &TenantSlug) -> Result<()> {
        let mut sql = Sql::new();
        sql.push("DELETE FROM \"udal_access_directories\" WHERE \"tenant\" = ").param(Param::text(tenant.as_str()));
        let statement = sql.finish();
        let work = async |transaction: &Transaction<'_>| Ok(transaction.execute(&statement).await?);
        self.databases.change_platform(work).await.map(drop)
    }
}

/// How many entries of the audit log are written by one statement.
const ENTRIES_AT_ONCE: usize = 500;

/// What the audit log says of a change.
fn entry(ctx: &Context, change: &Change) -> AuditEntry {
    let operation = match change {
        Change::Add(_) => "add",
        Change::Remove(_) => "remove",
        Change::Replace { .. } => "change",
    };
    AuditEntry { detail: Some(change.entry().audited()), ..AuditEntry::new(ctx, AuditKind::Permission, operation) }
}

/// Makes the row that stands for the directory, where there is none.
fn begin(tenant: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_access_directories\" (\"tenant\", \"generation\") VALUES (");
    sql.param(Param::text(tenant.as_str())).push(", 0) ON CONFLICT DO NOTHING");
    sql.finish()
}

/// Keeps the directory from every other change until the transaction ends.
fn hold(tenant: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"generation\" FROM \"udal_access_directories\" WHERE \"tenant\" = ");
    sql.param(Param::text(tenant.as_str())).push(" FOR UPDATE");
    sql.finish()
}

fn advance(tenant: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_access_directories\" SET \"changed_at\" = now(), ");
    sql.push("\"generation\" = nextval('udal_access_generation') WHERE \"tenant\" = ");
    sql.param(Param::text(tenant.as_str())).push(" RETURNING \"generation\"");
    sql.finish()
}

fn held(rows: &[Row]) -> std::result::Result<i64, Failure> {
    match rows.first() {
        Some(row) => Ok(row.try_get(0)?),
        // Another removed it at this instant.
        None => Err(Failure::overtaken()),
    }
}

fn check_expected(tenant: &TenantSlug, expected: Expected, found: i64) -> Result<()> {
    match expected {
        Expected::Generation(generation) if generation != found => {
            let message = format!("the access directory of `{tenant}` changed since it was looked at");
            Err(Error::new(ErrorKind::VersionConflict, message).hint("look at the difference again, and decide anew"))
        }
        Expected::Any | Expected::Generation(_) => Ok(()),
    }
}

/// How many problems are listed; what is wrong beyond them shows when these are mended.
const MOST_PROBLEMS: usize = 20;

/// Refuses what is wrong, but for what was wrong before: who mends one thing need not mend all, such as after a model changed.
fn check(problems: &[Problem], before: &[Problem]) -> Result<()> {
    let new: Vec<&Problem> = problems.iter().filter(|problem| !before.contains(problem)).collect();
    match new.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::invalid(format!("{}: {}", one.place, one.message)).hint(one.hint.as_str())),
        several => {
            let lines: Vec<String> =
                several.iter().take(MOST_PROBLEMS).map(|problem| format!("\n  {problem}")).collect();
            Err(Error::invalid(format!(
                "{} things are wrong with the access directory:{}",
                several.len(),
                lines.concat()
            )))
        }
    }
}
