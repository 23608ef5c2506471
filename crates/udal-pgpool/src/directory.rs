//! What this process remembers of where tenants are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use udal_core::TenantSlug;

use crate::Place;

/// The most tenants whose places are remembered.
const MOST: u64 = 100_000;
/// How long a place is remembered that nobody asks for.
const IDLE: Duration = Duration::from_secs(3600);

/// The places of tenants that were looked up. Those asked for least are forgotten first.
#[derive(Clone)]
pub(crate) struct Directory {
    places: Cache<TenantSlug, Known>,
    /// How long a place is taken as it is.
    fresh_for: Duration,
}

/// A place, and when the registry said so.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) place: Place,
    pub(crate) at: Instant,
    asked_again: Arc<AtomicBool>,
}

impl Directory {
    pub(crate) fn new(fresh_for: Duration) -> Self {
        Directory { places: Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build(), fresh_for }
    }

    /// What is known of the tenant's place.
    pub(crate) fn get(&self, tenant: &TenantSlug) -> Option<Known> {
        self.places.get(tenant)
    }

    /// Whether the registry is to be asked again, behind the back of who uses the place: true once for each `Known`.
    pub(crate) fn is_due(&self, known: &Known) -> bool {
        known.at.elapsed() > self.fresh_for && !known.asked_again.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn put(&self, tenant: &TenantSlug, place: Place) {
        let known = Known { place, at: Instant::now(), asked_again: Arc::default() };
        self.places.insert(tenant.clone(), known);
    }

    pub(crate) fn forget(&self, tenant: &TenantSlug) {
        self.places.invalidate(tenant);
    }
}
