//! Access contexts, remembered: never older than a second.
//!
//! What is remembered of a tenant is used as it is for [`Freshness::ask_after`]. Then whoever asks next has the generations of
//! all tenants in use asked for, behind their back, by one statement. What was not confirmed within [`Freshness::refuse_after`]
//! is not used: whoever asks waits until it is, and is refused where the platform's database cannot say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::sync::Mutex;
use udal_access::{Directory, Granted, access_of};
use udal_core::access::{AccessContext, Permission};
use udal_core::value::Timestamp;
use udal_core::{Result, TenantSlug};

use crate::{DirectoryStore, Stored};

/// How long what is remembered may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// After this it is asked for again, behind the back of who uses it: 400 ms.
    pub ask_after: Duration,
    /// After this it is not used any more: 900 ms.
    pub refuse_after: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Freshness { ask_after: Duration::from_millis(400), refuse_after: Duration::from_millis(900) }
    }
}

/// How long a tenant or user is remembered whom nobody asks for.
const IDLE: Duration = Duration::from_secs(60);
/// The most users that are remembered, of all tenants.
const MOST_USERS: u64 = 100_000;
/// The most tenants that are remembered.
const MOST_TENANTS: u64 = 10_000;

/// The access contexts of the users of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Contexts {
    inner: Arc<Inner>,
}

struct Inner {
    store: DirectoryStore,
    freshness: Freshness,
    start: Instant,
    tenants: Cache<TenantSlug, Arc<Tenant>>,
    users: Cache<UserKey, Arc<Granted>>,
    /// Of many who need a tenant at the same instant, one asks and the others wait.
    lines: Cache<TenantSlug, Arc<Mutex<()>>>,
    /// Whether someone asks for the generations of all.
    is_asking: AtomicBool,
}

/// A user of one generation of a tenant's directory.
#[derive(Clone, PartialEq, Eq, Hash)]
struct UserKey {
    tenant: TenantSlug,
    generation: i64,
    user: Box<str>,
}

/// What is remembered of a tenant: one generation of its directory.
struct Tenant {
    generation: i64,
    directory: Directory,
    /// When the platform's database was asked last, and said that this is the generation: microseconds after the start.
    confirmed_at: AtomicU64,
}

/// What can be done with what is remembered.
enum Use {
    /// It is used as it is.
    Now,
    /// It is used, and asked for again meanwhile.
    AndAsk,
    /// It is not used.
    Not,
}

impl Contexts {
    /// Nothing is remembered yet.
    pub fn new(store: DirectoryStore, freshness: Freshness) -> Self {
        fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
            most: u64,
        ) -> Cache<K, V> {
            Cache::builder().max_capacity(most).time_to_idle(IDLE).build()
        }
        let inner = Inner {
            store,
            freshness,
            start: Instant::now(),
            tenants: cache(MOST_TENANTS),
            users: cache(MOST_USERS),
            lines: cache(MOST_TENANTS),
            is_asking: AtomicBool::new(false),
        };
        Contexts { inner: Arc::new(inner) }
    }

    /// Where directories are kept.
    pub fn store(&self) -> &DirectoryStore {
        &self.inner.store
    }

    /// The access of `user` for `permission`: that of somebody who may do nothing, where they do not hold it, are not there, or
    /// the tenant has no directory.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one;
    /// [`Unavailable`](udal_core::ErrorKind::Unavailable) where the platform's database cannot say what is granted.
    pub async fn get(&self, tenant: &TenantSlug, user: &str, permission: &Permission) -> Result<AccessContext> {
        self.granted(tenant, user).await?.to_use(user, permission)
    }

    /// Everything that `user` may do, for what is about several models: that of somebody who may do nothing, where they are not
    /// there, or the tenant has no directory.
    ///
    /// # Errors
    /// As for [`get`](Contexts::get).
    pub async fn get_all(&self, tenant: &TenantSlug, user: &str) -> Result<AccessContext> {
        Ok(self.granted(tenant, user).await?.access.clone())
    }

    /// Forgets what is remembered of the tenant, whose directory was changed here.
    pub fn forget(&self, tenant: &TenantSlug) {
        self.inner.tenants.invalidate(tenant);
    }

    async fn granted(&self, tenant: &TenantSlug, user: &str) -> Result<Arc<Granted>> {
        let known = match self.remembered(tenant) {
            Some(known) => known,
            None => self.ask(tenant).await?,
        };
        let now = Timestamp::now();
        let key = UserKey { tenant: tenant.clone(), generation: known.generation, user: user.into() };
        if let Some(granted) = self.inner.users.get(&key)
            && granted.until.is_none_or(|until| now < until)
        {
            return Ok(granted);
        }
        let granted = Arc::new(access_of(&known.directory, self.inner.store.catalog(), user, now)?);
        self.inner.users.insert(key, Arc::clone(&granted));
        Ok(granted)
    }

    /// What is remembered of the tenant, where that can be used.
    fn remembered(&self, tenant: &TenantSlug) -> Option<Arc<Tenant>> {
        let known = self.inner.tenants.get(tenant)?;
        match self.inner.can_be_used(&known) {
            Use::Now => Some(known),
            Use::AndAsk => {
                self.ask_behind();
                Some(known)
            }
            Use::Not => None,
        }
    }

    /// Asks for the tenant's generation, and reads the directory where it is another.
    async fn ask(&self, tenant: &TenantSlug) -> Result<Arc<Tenant>> {
        let inner = &self.inner;
        let line = inner.lines.get_with_by_ref(tenant, Arc::default);
        let _turn = line.lock().await;
        // Another may have asked meanwhile.
        let known = inner.tenants.get(tenant);
        if let Some(known) = known.as_ref().filter(|known| !matches!(inner.can_be_used(known), Use::Not)) {
            return Ok(Arc::clone(known));
        }
        if let Some(known) = known {
            let asked_at = inner.now();
            let generations = inner.store.generations(std::slice::from_ref(tenant)).await?;
            if generation_in(&generations, tenant) == known.generation {
                known.confirmed_at.fetch_max(asked_at, Ordering::AcqRel);
                return Ok(known);
            }
        }
        let asked_at = inner.now();
        let Stored { generation, directory } = inner.store.read(tenant).await?;
        let known = Arc::new(Tenant { generation, directory, confirmed_at: AtomicU64::new(asked_at) });
        inner.tenants.insert(tenant.clone(), Arc::clone(&known));
        Ok(known)
    }

    /// Asks for the generations of all tenants that are remembered, while they are used as they are.
    fn ask_behind(&self) {
        if self.inner.is_asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let asking = Asking(Arc::clone(&self.inner));
        tokio::spawn(async move {
            if let Err(error) = asking.0.confirm_all().await {
                tracing::warn!(%error, "it is not known whether what is remembered of access directories still holds");
            }
        });
    }
}

/// Somebody asks for the generations of all, until this is dropped.
struct Asking(Arc<Inner>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.is_asking.store(false, Ordering::Release);
    }
}

impl Inner {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn can_be_used(&self, known: &Tenant) -> Use {
        let age = Duration::from_micros(self.now().saturating_sub(known.confirmed_at.load(Ordering::Acquire)));
        match age {
            age if age < self.freshness.ask_after => Use::Now,
            age if age < self.freshness.refuse_after => Use::AndAsk,
            _ => Use::Not,
        }
    }

    /// Confirms each tenant whose generation is the one that is remembered, and forgets the others.
    async fn confirm_all(&self) -> Result<()> {
        let known: Vec<(Arc<TenantSlug>, Arc<Tenant>)> = self.tenants.iter().collect();
        let slugs: Vec<TenantSlug> = known.iter().map(|(slug, _)| slug.as_ref().clone()).collect();
        let asked_at = self.now();
        let mut generations = self.store.generations(&slugs).await?;
        generations.sort();
        for (slug, tenant) in known {
            if generation_in(&generations, &slug) == tenant.generation {
                tenant.confirmed_at.fetch_max(asked_at, Ordering::AcqRel);
            } else {
                self.tenants.invalidate(slug.as_ref());
            }
        }
        Ok(())
    }
}

/// The tenant's generation among these, which are sorted; 0 where it has no directory.
fn generation_in(generations: &[(TenantSlug, i64)], tenant: &TenantSlug) -> i64 {
    let found = generations.binary_search_by(|(slug, _)| slug.cmp(tenant));
    found.ok().and_then(|at| generations.get(at)).map_or(0, |(_, generation)| *generation)
}

impl std::fmt::Debug for Contexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenants = self.inner.tenants.entry_count();
        f.debug_struct("Contexts").field("tenants", &tenants).finish_non_exhaustive()
    }
}
