//! What is due from time to time for what a tenant keeps.

use std::time::{SystemTime, UNIX_EPOCH};

use udal_core::contract::Idempotency;
use udal_core::value::{Date, Timestamp};
use udal_core::{Context, Error, TenantSlug};
use udal_pgpool::{Database, idempotency};
use udal_postgresql::Maintenance;
use udal_terminusdb::Layers;

use crate::Udal;

/// What was done for a tenant, and what could not be.
#[derive(Debug, Default)]
#[must_use = "what failed is in here"]
pub struct TenantMaintenance {
    /// What was done to the table of each model that is split by time, by the model's name.
    pub tables: Vec<(String, Maintenance)>,
    /// How many entries of the audit log were forgotten, because their time was over.
    pub forgotten_entries: u64,
    /// How many idempotency keys were forgotten, because their time was over.
    pub forgotten_keys: u64,
    /// What the layers of the tenant's graph database were before they were optimised; none where it has none.
    pub layers: Option<Layers>,
    /// What failed, by the model's name, or [`IDEMPOTENCY_KEYS`], or [`LAYERS`], or [`AUDIT_LOG`]. The others had their turn; done again, each goes on where it ended.
    pub failures: Vec<(String, Error)>,
}

/// What failed where keys could not be forgotten.
pub const IDEMPOTENCY_KEYS: &str = "(idempotency keys)";

/// What failed where layers could not be optimised.
pub const LAYERS: &str = "(layers)";

/// What failed where the audit log could not be written or shortened.
pub const AUDIT_LOG: &str = "(audit log)";

impl TenantMaintenance {
    /// What was done, where nothing failed.
    ///
    /// # Errors
    /// The first of what failed.
    pub fn whole(self) -> Result<Vec<(String, Maintenance)>, Error> {
        let TenantMaintenance { tables, forgotten_entries: _, forgotten_keys: _, layers: _, failures } = self;
        failures.into_iter().next().map_or(Ok(tables), |(_, error)| Err(error))
    }
}

impl Udal {
    /// Does what is due for the tenant's tables that are split by time: makes the partitions of the time to come, and drops
    /// those that the model's `retention` is over for. Forgets the idempotency keys that are older than
    /// [`KEPT_FOR`](udal_core::contract::Idempotency::KEPT_FOR). Optimises the layers of the tenant's graph database. To be called once a day or so; it may be called at any time,
    /// also by several at once.
    ///
    /// A table that fails does not keep the others from their turn.
    pub async fn maintain(&self, ctx: &Context, today: Date) -> TenantMaintenance {
        let mut done = TenantMaintenance::default();
        match self.forget_audit(ctx.tenant()).await {
            Ok(entries) => done.forgotten_entries = entries,
            Err(error) => done.failures.push((AUDIT_LOG.to_owned(), error)),
        }
        if let Err(error) = self.note_task(ctx, "maintain").await {
            done.failures.push((AUDIT_LOG.to_owned(), error));
        }
        self.forget_answers(ctx.tenant(), &mut done).await;
        match self.optimize_layers(ctx.tenant()).await {
            Ok(layers) => done.layers = layers,
            Err(error) => done.failures.push((LAYERS.to_owned(), error)),
        }
        let Some(tables) = self.tables() else { return done };
        let models = self.service().catalog().models();
        for model in models.filter(|model| model.table().is_some_and(|table| table.partition.is_some())) {
            let name = model.name().to_owned();
            match tables.maintain(ctx, model, today).await {
                Ok(maintained) => done.tables.push((name, maintained)),
                Err(error) => done.failures.push((name, error)),
            }
        }
        self.forget_keys(ctx, &mut done).await;
        done
    }

    /// What TerminusDB keeps of keys goes by that server's clock; seven days are kept well, whatever the two clocks say.
    async fn forget_answers(&self, tenant: &TenantSlug, done: &mut TenantMaintenance) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let until =
            since_1970.checked_sub(Idempotency::KEPT_FOR).and_then(|until| i64::try_from(until.as_micros()).ok());
        let (Some(graph), Some(until)) = (self.graph(), until.and_then(Timestamp::from_micros)) else { return };
        match graph.backend.forget_answers(tenant, until).await {
            Ok(keys) => done.forgotten_keys += keys,
            Err(error) => done.failures.push((IDEMPOTENCY_KEYS.to_owned(), error)),
        }
    }

    /// Both storages in PostgreSQL keep their keys in one table of the tenant's database; shared models keep theirs in the shared one.
    async fn forget_keys(&self, ctx: &Context, done: &mut TenantMaintenance) {
        let Some(databases) = self.databases() else { return };
        let has_shared = self.service().catalog().models().any(|model| model.is_shared());
        let shared = has_shared.then_some(Database::Shared);
        for database in std::iter::once(Database::Tenant(ctx.tenant().clone())).chain(shared) {
            match idempotency::forget(databases, &database).await {
                Ok(keys) => done.forgotten_keys += keys,
                Err(error) => done.failures.push((IDEMPOTENCY_KEYS.to_owned(), error)),
            }
        }
    }
}
