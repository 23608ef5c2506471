//! Models that changed: what their tables lack, in every tenant, and bringing them up to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use udal_core::model::{Model, StorageKind};
use udal_core::value::decode;
use udal_core::{AccessContext, Context, Error, ErrorKind, Result, TenantSlug, nearest};
use udal_postgresql::{Allowances, ChangeState, PostgresqlBackend, TableChange};

use crate::{Udal, classes};

/// How many databases are worked on at the same time, where nothing else is said.
pub const DEFAULT_PARALLEL: usize = 4;
/// The kinds of change that are done only when they are allowed.
const KINDS: [&str; 5] = ["drop-column", "change-type", "narrow-words", "require", "drop-index"];

/// What a migration is about.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationRequest {
    /// The tenants; every one, and the shared reference database, where none is named.
    pub tenants: Vec<TenantSlug>,
    /// What may be done beyond adding.
    pub allowances: Allowances,
    /// How many databases are worked on at the same time: at least 1, and never more than there are connections for maintenance.
    pub parallel: usize,
}

impl Default for MigrationRequest {
    fn default() -> Self {
        MigrationRequest { tenants: Vec::new(), allowances: Allowances::default(), parallel: DEFAULT_PARALLEL }
    }
}

/// What there is to do in one database, or was done.
#[derive(Debug)]
pub struct DatabaseMigration {
    /// Whose it is; `None` is the reference database that every tenant reads.
    pub tenant: Option<TenantSlug>,
    /// The models whose tables differ from them, by group and name, with each difference.
    pub models: BTreeMap<String, Vec<TableChange>>,
    /// Why it could not be looked at, or not whole: of several tables, why the first. The others had their turn.
    pub error: Option<Error>,
}

impl DatabaseMigration {
    /// Whether something is left that differs.
    pub fn has_drift(&self) -> bool {
        let is_left = |change: &TableChange| !matches!(change.state, ChangeState::Applied);
        self.models.values().flatten().any(is_left)
    }

    /// Whether it could not be looked at, or a change failed.
    pub fn has_failed(&self) -> bool {
        let is_failed = |change: &TableChange| matches!(change.state, ChangeState::Failed { .. });
        self.error.is_some() || self.models.values().flatten().any(is_failed)
    }
}

/// What happens while a migration runs, as it happens.
#[derive(Debug)]
pub enum MigrationEvent<'a> {
    /// So many databases will be looked at.
    Started {
        /// How many.
        databases: usize,
    },
    /// A statement is about to be run.
    Statement {
        /// Whose database; `None` is the shared one.
        tenant: Option<&'a TenantSlug>,
        /// The change that it is a part of.
        change: &'a str,
        /// The statement.
        statement: &'a str,
    },
    /// A database is done.
    Done(&'a DatabaseMigration),
}

/// Told of each [`MigrationEvent`].
pub type MigrationWatch<'a> = &'a (dyn Fn(MigrationEvent<'_>) + Send + Sync);

#[derive(Clone, Copy)]
enum Way {
    Plan,
    Apply,
}

impl Udal {
    /// Compares every model with the tables of the tenants, and with the classes of their graph databases where TerminusDB is
    /// configured, and answers what differs. Changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for a tenant that is not there, [`InvalidInput`](ErrorKind::InvalidInput) or
    /// [`UnknownName`](ErrorKind::UnknownName) for an allowance that is none, or a value that does not fill its field. What goes wrong in one database is in its answer.
    pub async fn plan_migration(
        &self,
        request: &MigrationRequest,
        watch: MigrationWatch<'_>,
    ) -> Result<Vec<DatabaseMigration>> {
        self.migration(Way::Plan, request, watch).await
    }

    /// Brings the tables of the tenants up to their models: adds what they lack, and does what is allowed beyond that. Classes
    /// of graph databases get what they lack, and fields that are required now where that is allowed; another type is blocked there.
    ///
    /// Run again after it was interrupted, it goes on where it ended.
    ///
    /// # Errors
    /// As [`plan_migration`](Udal::plan_migration).
    pub async fn migrate(
        &self,
        request: &MigrationRequest,
        watch: MigrationWatch<'_>,
    ) -> Result<Vec<DatabaseMigration>> {
        self.migration(Way::Apply, request, watch).await
    }

    async fn migration(
        &self,
        way: Way,
        request: &MigrationRequest,
        watch: MigrationWatch<'_>,
    ) -> Result<Vec<DatabaseMigration>> {
        let MigrationRequest { tenants: named, allowances, parallel } = request;
        check(allowances, self)?;
        let (Some(tables), Some(databases)) = (self.tables(), self.databases()) else { return Ok(Vec::new()) };
        let tenants = self.service().list_tenants().await?;
        if let Some(unknown) = named.iter().find(|tenant| !tenants.contains(tenant)) {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no tenant `{unknown}`"))
                .near(nearest(unknown.as_str(), tenants.iter().map(TenantSlug::as_str))));
        }
        let every: Vec<Option<TenantSlug>> = match named.as_slice() {
            [] => std::iter::once(None).chain(tenants.into_iter().map(Some)).collect(),
            some => some.iter().cloned().map(Some).collect(),
        };
        watch(MigrationEvent::Started { databases: every.len() });
        let one = |tenant| async move {
            let done = database(way, self, tables, tenant, allowances, watch).await;
            watch(MigrationEvent::Done(&done));
            done
        };
        let at_once = at_once(*parallel, databases.maintenance_connections());
        Ok(side_by_side(every, at_once, one).await)
    }
}

/// How many databases are worked on at the same time: each takes a connection for maintenance, and one that waits for it too
/// long fails.
fn at_once(asked_for: usize, connections: usize) -> usize {
    asked_for.min(connections).max(1)
}

/// Does `work` with each of `items`, so many at the same time; answers in their order. A slow one holds up no other.
async fn side_by_side<T, R, F: Future<Output = R>>(items: Vec<T>, at_once: usize, work: impl Fn(T) -> F) -> Vec<R> {
    let numbered = items.into_iter().enumerate().map(|(number, item)| {
        let done = work(item);
        async move { (number, done.await) }
    });
    let mut done: Vec<(usize, R)> = stream::iter(numbered).buffer_unordered(at_once).collect().await;
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// One database: model after model, so that one large table does not hold up another tenant's.
async fn database(
    way: Way,
    udal: &Udal,
    tables: &PostgresqlBackend,
    tenant: Option<TenantSlug>,
    allowances: &Allowances,
    watch: MigrationWatch<'_>,
) -> DatabaseMigration {
    let mut done = DatabaseMigration { tenant, models: BTreeMap::new(), error: None };
    let is_of = |model: &&Arc<Model>| {
        model.storage_kind() == StorageKind::Postgresql && model.is_shared() == done.tenant.is_none()
    };
    let models: Vec<&Arc<Model>> = udal.service().catalog().models().filter(is_of).collect();
    for model in models {
        match table(way, tables, model, done.tenant.as_ref(), allowances, watch).await {
            Ok(changes) if changes.is_empty() => {}
            Ok(changes) => drop(done.models.insert(format!("{}.{}", model.group(), model.name()), changes)),
            // The other tables have their turn; the first that failed says why.
            Err(error) => {
                done.error.get_or_insert(error);
            }
        }
    }
    classes::migrate_classes(udal, matches!(way, Way::Apply), allowances, &mut done).await;
    done
}

async fn table(
    way: Way,
    tables: &PostgresqlBackend,
    model: &Arc<Model>,
    tenant: Option<&TenantSlug>,
    allowances: &Allowances,
    watch: MigrationWatch<'_>,
) -> Result<Vec<TableChange>> {
    // The place of a shared model is the same for every tenant; the context must name one.
    let asked_for = tenant.cloned().map_or_else(|| TenantSlug::new("shared-reference"), Ok)?;
    let ctx = Context::new(asked_for, AccessContext::unrestricted("a migration"));
    match way {
        Way::Plan => tables.plan(&ctx, model, allowances).await,
        Way::Apply => {
            let told = |change: &str, statement: &str| watch(MigrationEvent::Statement { tenant, change, statement });
            tables.migrate(&ctx, model, allowances, &told).await
        }
    }
}

/// Refuses what allows nothing: a name with a slip in it would be passed over in silence.
fn check(allowances: &Allowances, udal: &Udal) -> Result<()> {
    let catalog = udal.service().catalog();
    for name in &allowances.changes {
        let Some((kind, path)) = name.split_once(':') else {
            return Err(Error::invalid(format!("`{name}` is not the name of a change"))
                .hint("write such as `drop-column:lab.AppLabResult.unit`; `udal migrate plan` names them"));
        };
        if !KINDS.contains(&kind) {
            return Err(Error::new(ErrorKind::UnknownName, format!("no change of the kind `{kind}` is to be allowed"))
                .hint(format!("the kinds are {}", KINDS.join(" ")))
                .near(nearest(kind, KINDS)));
        }
        model_of(path, catalog)?;
    }
    for (path, json) in &allowances.fills {
        let (model, field) = model_of(path, catalog)?;
        decode(model.field(field)?, json)
            .map_err(|error| Error::fields("this does not fill the field", vec![error]))?;
    }
    Ok(())
}

/// The model, and what follows its name: `lab.AppLabResult.unit`.
fn model_of<'c, 'p>(path: &'p str, catalog: &'c crate::Catalog) -> Result<(&'c Arc<Model>, &'p str)> {
    let mut parts = path.splitn(3, '.');
    let (Some(group), Some(model), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::invalid(format!("`{path}` does not name a group, a model and a field"))
            .hint("write such as `lab.AppLabResult.unit`"));
    };
    Ok((catalog.model(group, model)?, rest))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_slow_one_holds_up_no_other() {
        let others_done = Semaphore::new(0);
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |number: u32| {
            let (others_done, running, most) = (&others_done, &running, &most);
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                match number {
                    // It waits for all the others.
                    0 => drop(others_done.acquire_many(9).await.unwrap()),
                    _ => {
                        tokio::task::yield_now().await;
                        others_done.add_permits(1);
                    }
                }
                running.fetch_sub(1, Ordering::SeqCst);
                number
            }
        };
        let done = side_by_side((0..10).collect(), 3, work);
        let answers = tokio::time::timeout(Duration::from_secs(60), done).await.expect("the others wait for the first");
        assert_eq!(answers, (0..10).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), 3);
    }

    #[test]
    fn no_more_at_once_than_there_are_connections() {
        assert_eq!([0, 1, 3, 4, 64].map(|asked_for| at_once(asked_for, 4)), [1, 1, 3, 4, 4]);
        let reserve = |max_connections| {
            let mut settings = udal_pgpool::Settings::new(tokio_postgres::Config::new());
            settings.limits.max_connections = max_connections;
            at_once(64, udal_pgpool::TenantDatabases::new(settings).maintenance_connections())
        };
        assert_eq!([1, 3, 5, 6, 32].map(reserve), [2, 2, 2, 3, 4]);
    }
}
