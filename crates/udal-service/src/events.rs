//! Events: what was committed, told once to each who listens.

use async_trait::async_trait;
use udal_core::{Error, TenantSlug};

use crate::Operation;

/// A record was written, and it is durable.
///
/// It says which record, not what is in it: who listens reads the record from the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The tenant.
    pub tenant: TenantSlug,
    /// The model's group.
    pub group: String,
    /// The model.
    pub model: String,
    /// The record's id.
    pub id: String,
    /// The record's version after the write; of a deleted record its last.
    pub version: i64,
    /// What was done.
    pub operation: Operation,
    /// The request that did it.
    pub request_id: String,
}

/// A hook that ran after a write failed. The write stays.
#[derive(Debug)]
pub struct HookFailure {
    /// The write that the hook followed.
    pub event: Event,
    /// Why it failed.
    pub error: Error,
}

/// Listens to committed writes: the place where search projections attach.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// A write was committed. Called once for each, after the commit and after the hooks.
    async fn on_event(&self, event: &Event);

    /// A hook after a write failed. It is in the log already.
    async fn on_hook_failure(&self, failure: &HookFailure) {
        let _ = failure;
    }
}
