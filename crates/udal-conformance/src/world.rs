//! Where a case happens: a backend, models, and a tenant of its own.

use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{Semaphore, SemaphorePermit};
use udal_core::contract::Backend;
use udal_core::model::{Catalog, StorageKind};
use udal_core::{AccessContext, Context, Ownership, TenantSlug};

use crate::case::{Failure, Outcome};
use crate::models;
use crate::rows::Rows;
use crate::subject::Subject;

/// A backend, models, and a tenant that no other case has. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    /// The backend itself, for what [`Rows`] has no word for.
    pub(crate) backend: Arc<dyn Backend>,
    /// What the backend is asked to keep models as.
    pub(crate) storage: StorageKind,
    /// The case's own tenant.
    pub(crate) tenant: TenantSlug,
    catalog: Catalog,
    /// By what the numbers of records are divided of which it matters only that they are many.
    fewer: usize,
    /// What the names of its tenants start with, where every run is to have the same.
    name: Option<String>,
    others: Arc<Mutex<Vec<TenantSlug>>>,
}

impl World {
    /// A world with the suite's models, for what is called `title`.
    pub(crate) fn new(subject: &Subject, title: &str) -> Result<Self, Failure> {
        World::with(subject, title, models::catalog(subject.storage)?)
    }

    /// A world with these models.
    pub(crate) fn with(subject: &Subject, title: &str, catalog: Catalog) -> Result<Self, Failure> {
        let (backend, storage) = (Arc::clone(&subject.backend), subject.storage);
        let name = subject.repeats.map(|_| tenant_of(title));
        let tenant = if let Some(name) = &name { TenantSlug::new(name)? } else { new_tenant()? };
        Ok(World { backend, storage, tenant, catalog, fewer: subject.fewer, name, others: Arc::default() })
    }

    /// So many records, or fewer where the subject takes long: still more than go into one part of a batch.
    pub(crate) fn many(&self, count: usize) -> usize {
        count / self.fewer
    }

    /// The records of that model, as the operator sees them.
    pub(crate) fn rows(&self, model: &str) -> Result<Rows, Failure> {
        self.rows_of(&self.tenant, model)
    }

    /// The records of that model in another tenant.
    pub(crate) fn rows_of(&self, tenant: &TenantSlug, model: &str) -> Result<Rows, Failure> {
        let model = self.catalog.model(models::GROUP, model)?;
        Ok(Rows::new(Arc::clone(&self.backend), operator(tenant), Arc::clone(model)))
    }

    /// Whoever asks as this user under this policy, with every permission for every model.
    pub(crate) fn user(&self, user: &str, team: Option<&str>, ownership: Ownership) -> Result<Context, Failure> {
        let access = AccessContext::user(user, team)?;
        let permitted =
            self.catalog.models().fold(access, |access, model| access.permit_all(model.subject(), &ownership));
        Ok(self.asker(permitted.build()))
    }

    /// Whoever asks with that access.
    pub(crate) fn asker(&self, access: AccessContext) -> Context {
        Context::new(self.tenant.clone(), access)
    }

    /// Another tenant, which is dropped with this world.
    pub(crate) fn other_tenant(&self) -> Result<TenantSlug, Failure> {
        let number = self.others.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.also(match &self.name {
            Some(name) => TenantSlug::new(&format!("{name}-{number}"))?,
            None => new_tenant()?,
        })
    }

    /// A tenant whose name starts with this world's tenant's.
    pub(crate) fn longer_tenant(&self, suffix: &str) -> Result<TenantSlug, Failure> {
        self.also(TenantSlug::new(&format!("{}{suffix}", self.tenant))?)
    }

    fn also(&self, tenant: TenantSlug) -> Result<TenantSlug, Failure> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).push(tenant.clone());
        Ok(tenant)
    }

    /// Does the same `count` times at one instant, each on a task of its own; answers in the order of the numbers.
    pub(crate) async fn at_once<F, T>(&self, count: usize, act: impl Fn(usize) -> F) -> Result<Vec<T>, Failure>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        // The last one to come opens the gate; they go through it in the order in which they came.
        let gate = Arc::new((AtomicUsize::new(0), Semaphore::new(0)));
        let spawn = |number| {
            let (gate, future) = (Arc::clone(&gate), act(number));
            tokio::spawn(async move {
                let (came, open) = &*gate;
                if came.fetch_add(1, Ordering::SeqCst) + 1 == count {
                    open.add_permits(count);
                }
                open.acquire().await.map(SemaphorePermit::forget).ok();
                future.await
            })
        };
        let tasks: Vec<_> = (0..count).map(spawn).collect();
        let mut answers = Vec::with_capacity(count);
        for task in tasks {
            answers.push(task.await.map_err(|error| Failure::new(format!("a task ended: {error}")))?);
        }
        Ok(answers)
    }

    /// Drops every tenant of this world.
    pub(crate) async fn end(&self) -> Outcome {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for tenant in others.iter().chain([&self.tenant]) {
            self.backend.drop_tenant(tenant).await?;
        }
        Ok(())
    }
}

/// Someone who sees and writes everything of the tenant.
pub(crate) fn operator(tenant: &TenantSlug) -> Context {
    Context::new(tenant.clone(), AccessContext::unrestricted("the conformance suite"))
}

/// What the tenant of that case is called in every [repeatable](Subject::repeatable) run: its title's FNV-1a hash.
pub fn tenant_of(title: &str) -> String {
    let hash = title
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("t{hash:016x}")
}

/// A tenant that no other case and no other run has.
fn new_tenant() -> Result<TenantSlug, Failure> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(TenantSlug::new(&format!("t{:x}-{:x}-{number}", std::process::id(), since_1970.as_micros()))?)
}
