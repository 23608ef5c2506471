//! The audit log: what is noted, asked for and forgotten.

use async_trait::async_trait;
use udal_core::audit::{AuditEntry, AuditKind};
use udal_core::value::Timestamp;
use udal_core::{Context, Error, ErrorKind, Result, TenantSlug};
use udal_pgaccess::{AuditFilter, AuditStore, Kept};
use udal_service::AuditLog;

use crate::Udal;

/// How many days entries of the audit log are kept, where nothing else is configured.
pub const DEFAULT_AUDIT_DAYS: u32 = 400;
/// The most entries that are answered at once.
pub const MAX_AUDIT_ENTRIES: usize = 10_000;

/// The service's log, kept with the records.
pub(crate) struct KeptAside(pub(crate) AuditStore);

#[async_trait]
impl AuditLog for KeptAside {
    async fn keep(&self, tenant: &TenantSlug, entries: &[AuditEntry]) -> Result<()> {
        self.0.keep(tenant, entries).await
    }
}

impl Udal {
    /// Entries of the tenant's audit log, the latest first.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a limit that is none of 1 to 10,000; [`NotFound`](ErrorKind::NotFound) where
    /// there is no such tenant; [`Unsupported`](ErrorKind::Unsupported) where records are kept in memory; what the database says.
    pub async fn audit(&self, tenant: &TenantSlug, filter: &AuditFilter, limit: usize) -> Result<Vec<Kept>> {
        if !(1..=MAX_AUDIT_ENTRIES).contains(&limit) {
            let error = Error::invalid(format!("a limit of {limit} is out of range"));
            return Err(error.hint(format!("use 1 to {MAX_AUDIT_ENTRIES}")));
        }
        self.needs_tenant(tenant).await?;
        self.audit_store()?.list(tenant, filter, limit).await
    }

    /// Forgets the entries of the tenant's audit log that are older than what is configured; answers how many.
    ///
    /// # Errors
    /// What the database says; done again, it goes on.
    pub(crate) async fn forget_audit(&self, tenant: &TenantSlug) -> Result<u64> {
        let Ok(store) = self.audit_store() else { return Ok(0) };
        let kept = i64::from(self.audit_days()) * 86_400_000_000;
        let before = Timestamp::from_micros(Timestamp::now().as_micros().saturating_sub(kept));
        match before {
            Some(before) => store.forget(tenant, before).await,
            None => Ok(0),
        }
    }

    /// Notes that the system did something that is about no record.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn note_task(&self, ctx: &Context, operation: &str) -> Result<()> {
        let Ok(store) = self.audit_store() else { return Ok(()) };
        store.keep(ctx.tenant(), &[AuditEntry::new(ctx, AuditKind::Task, operation)]).await
    }

    /// Notes that something was denied. That it cannot be noted does not permit it.
    pub(crate) async fn note_denial(&self, ctx: &Context, operation: &str, detail: Option<String>) {
        let Ok(store) = self.audit_store() else { return };
        let entry = AuditEntry { detail, ..AuditEntry::new(ctx, AuditKind::Denial, operation) };
        if let Err(error) = store.keep(ctx.tenant(), &[entry]).await {
            tracing::error!(tenant = %ctx.tenant(), operation, %error, "a denial is missing in the audit log");
        }
    }

    fn audit_store(&self) -> Result<AuditStore> {
        let databases = self.databases().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "there is no audit log: records are kept in memory")
                .hint("keep them in PostgreSQL")
        })?;
        Ok(AuditStore::new(databases.clone()))
    }
}
