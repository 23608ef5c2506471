//! The audit log: in the tenant's own database, and what is about access in the platform's.

use tokio_postgres::Row;
use udal_core::audit::{AuditEntry, AuditKind};
use udal_core::value::{Timestamp, Value};
use udal_core::{Error, Result, TenantSlug};
use udal_pgpool::{Database, Failure, Statements, TenantDatabases, audit_tables, read_text};
use udal_sql::{BaseType, Param, Sql, SqlType, Statement};

/// The audit logs of all tenants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuditStore {
    databases: TenantDatabases,
}

/// Which entries of a tenant's log are asked for: all of what is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this user.
    pub user: Option<String>,
    /// About this model, as group and name.
    pub model: Option<String>,
    /// Of this kind.
    pub kind: Option<AuditKind>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Before this entry, in time.
    pub before: Option<AuditPosition>,
}

/// Where an entry stands in a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPosition {
    at: Timestamp,
    id: String,
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub entry: AuditEntry,
    /// Where it stands.
    pub position: AuditPosition,
}

/// How many entries are forgotten by one statement.
const AT_ONCE: i64 = 5_000;
const COLUMNS: &str = "\"id\", (extract(epoch FROM \"at\") * 1000000)::int8, \"kind\", \"operation\", \"model\", \
     \"record\", \"records\", \"user\", \"team\", \"task\", \"request\", \"detail\"";

impl AuditStore {
    /// The logs in these databases.
    pub fn new(databases: TenantDatabases) -> Self {
        AuditStore { databases }
    }

    /// Keeps the entries in the tenant's database; where it has none in PostgreSQL, in the platform's.
    ///
    /// # Errors
    /// What the database says: then none is kept.
    pub async fn keep(&self, tenant: &TenantSlug, entries: &[AuditEntry]) -> Result<()> {
        let statement = insert(tenant, entries);
        let database = Database::Tenant(tenant.clone());
        match self.try_keep(&database, &statement).await {
            Err(Failure::Missing(_)) => {}
            done => return Ok(done?),
        }
        // The table is not there, as in tenants of earlier releases, or the tenant is not.
        let made = self.databases.ensure_within(&database, "audit", &Statements(audit_tables())).await;
        match made {
            Ok(()) => match self.try_keep(&database, &statement).await {
                Err(Failure::Missing(_)) => {}
                done => return Ok(done?),
            },
            Err(Failure::Missing(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
        self.databases.query_platform(&statement).await.map(drop)
    }

    async fn try_keep(&self, database: &Database, statement: &Statement) -> std::result::Result<(), Failure> {
        self.databases.connect_to(database).await?.execute(statement).await?;
        Ok(())
    }

    /// Entries of the tenant's log, the latest first, at most so many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self, tenant: &TenantSlug, filter: &AuditFilter, limit: usize) -> Result<Vec<Kept>> {
        let statement = select(tenant, filter, limit);
        let own = async {
            let connection = self.databases.connect_to(&Database::Tenant(tenant.clone())).await?;
            Ok(connection.query(&statement).await?)
        };
        let own = match own.await {
            Err(Failure::Missing(_)) => Vec::new(),
            rows => rows?,
        };
        let about_access = self.databases.query_platform(&statement).await?;
        let mut found = own.iter().chain(&about_access).map(read).collect::<Result<Vec<Kept>>>()?;
        found.sort_by(|a, b| b.position.cmp(&a.position));
        found.truncate(limit);
        Ok(found)
    }

    /// Forgets the entries that are older than `before`, some thousand at a time; answers how many.
    ///
    /// # Errors
    /// What the database says; done again, it goes on.
    pub async fn forget(&self, tenant: &TenantSlug, before: Timestamp) -> Result<u64> {
        let statement = forget_some(tenant, before);
        let mut forgotten = 0;
        let connection = match self.databases.maintain_of(&Database::Tenant(tenant.clone())).await {
            Err(Failure::Missing(_)) => None,
            connected => Some(connected?),
        };
        if let Some(connection) = connection {
            loop {
                match connection.execute(&statement).await.map_err(Failure::from) {
                    Ok(0) | Err(Failure::Missing(_)) => break,
                    done => forgotten += done?,
                }
            }
        }
        loop {
            match self.databases.change_platform(async |platform| Ok(platform.execute(&statement).await?)).await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }
}

/// Writes the entries, one statement for all.
pub(crate) fn insert(tenant: &TenantSlug, entries: &[AuditEntry]) -> Statement {
    let mut sql = Sql::new();
    sql.push(
        "INSERT INTO \"udal_audit\" (\"tenant\", \"id\", \"at\", \"kind\", \"operation\", \"model\", \"record\", ",
    );
    sql.push("\"records\", \"user\", \"team\", \"task\", \"request\", \"detail\") VALUES ");
    for (number, entry) in entries.iter().enumerate() {
        let AuditEntry { at, kind, operation, model, record, records, user, team, task, request, detail } = entry;
        let text = |text: &Option<String>| Param::new(SqlType::TEXT, text.as_deref().map(storable).map(Value::Str));
        let records = records.map(|count| Value::Int(i64::try_from(count).unwrap_or(i64::MAX)));
        let values = [
            Param::text(tenant.as_str()),
            Param::text(new_id()),
            Param::new(SqlType::one(BaseType::Timestamptz), Value::DateTime(*at)),
            Param::text(kind.name()),
            Param::text(operation.as_str()),
            text(model),
            text(record),
            Param::new(SqlType::INT8, records),
            text(user),
            text(team),
            text(task),
            Param::text(storable(request)),
            text(detail),
        ];
        sql.push(if number == 0 { "(" } else { ", (" });
        sql.list(values, |sql, value| {
            sql.param(value);
        });
        sql.push(")");
    }
    sql.finish()
}

fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The longest text of an entry, in bytes: ids that cannot be any are noted, too.
const MAX_TEXT: usize = 1_000;

/// What an asker sent as PostgreSQL can keep it, and no longer than a name is.
fn storable(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().replace('\0', "\u{fffd}")
}

fn select(tenant: &TenantSlug, filter: &AuditFilter, limit: usize) -> Statement {
    let AuditFilter { user, model, kind, since, until, before } = filter;
    let time = |at: Timestamp| Param::new(SqlType::one(BaseType::Timestamptz), Value::DateTime(at));
    let mut sql = Sql::new();
    sql.push("SELECT ").push(COLUMNS).push(" FROM \"udal_audit\" WHERE \"tenant\" = ");
    sql.param(Param::text(tenant.as_str()));
    if let Some(user) = user {
        sql.push(" AND \"user\" = ").param(Param::text(storable(user)));
    }
    if let Some(model) = model {
        sql.push(" AND \"model\" = ").param(Param::text(storable(model)));
    }
    if let Some(kind) = kind {
        sql.push(" AND \"kind\" = ").param(Param::text(kind.name()));
    }
    if let Some(since) = since {
        sql.push(" AND \"at\" >= ").param(time(*since));
    }
    if let Some(until) = until {
        sql.push(" AND \"at\" < ").param(time(*until));
    }
    if let Some(AuditPosition { at, id }) = before {
        sql.push(" AND (\"at\", \"id\") < (").param(time(*at)).push(", ").param(Param::text(id.as_str())).push(")");
    }
    sql.push(" ORDER BY \"at\" DESC, \"id\" DESC LIMIT ").param(Param::int(i64::try_from(limit).unwrap_or(i64::MAX)));
    sql.finish()
}

fn forget_some(tenant: &TenantSlug, before: Timestamp) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_audit\" WHERE ctid = ANY (ARRAY(SELECT ctid FROM \"udal_audit\" WHERE \"tenant\" = ");
    sql.param(Param::text(tenant.as_str())).push(" AND \"at\" < ");
    sql.param(Param::new(SqlType::one(BaseType::Timestamptz), Value::DateTime(before)));
    sql.push(" LIMIT ").param(Param::int(AT_ONCE)).push(" FOR UPDATE SKIP LOCKED))");
    sql.finish()
}

fn read(row: &Row) -> Result<Kept> {
    let text = |at: usize| row.try_get::<_, Option<String>>(at).map_err(Error::internal);
    let micros = row.try_get::<_, i64>(1).map_err(Error::internal)?;
    let at = Timestamp::from_micros(micros).ok_or_else(|| Error::internal(format!("{micros} is no time")))?;
    let kind = read_text(row, 2)?;
    let records = row.try_get::<_, Option<i64>>(6).map_err(Error::internal)?;
    let entry = AuditEntry {
        at,
        kind: AuditKind::parse(&kind).ok_or_else(|| Error::internal(format!("`{kind}` is no kind of an entry")))?,
        operation: read_text(row, 3)?,
        model: text(4)?,
        record: text(5)?,
        records: records.map(|count| u64::try_from(count).unwrap_or_default()),
        user: text(7)?,
        team: text(8)?,
        task: text(9)?,
        request: read_text(row, 10)?,
        detail: text(11)?,
    };
    Ok(Kept { entry, position: AuditPosition { at, id: read_text(row, 0)? } })
}
