//! The steps of making and dropping a tenant, and who is told when one is done.

use async_trait::async_trait;
use udal_core::Result;

/// A step of bringing a tenant about, or of dropping it: reached when what it names is done.
///
/// Work that ends at any of them, by an error or by the end of its process, is taken up again by the next who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The platform's database is there, maybe empty.
    PlatformMade,
    /// The tables of the platform's database are there.
    PlatformFilled,
    /// A server was searched for tenants of earlier releases.
    ServerSearched,
    /// The database that tenants' databases are copied from is there, maybe empty.
    TemplateMade,
    /// It holds what every tenant's database holds.
    TemplateFilled,
    /// Nobody can connect to it any more.
    TemplateClosed,
    /// The tenant has a place, and the state `creating`.
    TenantPlaced,
    /// The tenant's database is there.
    DatabaseMade,
    /// The tenant has the state `active`.
    TenantActivated,
    /// The tenant has the state `dropping`.
    DropDecided,
    /// This process has no connection to the tenant's database any more.
    PoolClosed,
    /// The tenant's database was dropped.
    DatabaseDropped,
    /// The server was asked whether it still has the database.
    AbsenceVerified,
    /// The platform does not know the tenant any more.
    TenantForgotten,
}

impl Step {
    /// Every step, in the order in which the first tenant of a platform goes through them.
    pub const ALL: [Step; 14] = [
        Step::PlatformMade,
        Step::PlatformFilled,
        Step::ServerSearched,
        Step::TenantPlaced,
        Step::TemplateMade,
        Step::TemplateFilled,
        Step::TemplateClosed,
        Step::DatabaseMade,
        Step::TenantActivated,
        Step::DropDecided,
        Step::PoolClosed,
        Step::DatabaseDropped,
        Step::AbsenceVerified,
        Step::TenantForgotten,
    ];
}

/// Is told of each step when it is done. Tests fail, wait or end the process there; in production nobody is told.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// Goes on, or fails as the step itself would have failed.
    async fn reached(&self, step: Step) -> Result<()>;
}

/// Goes on at every step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

#[async_trait]
impl Checkpoints for Unwatched {
    async fn reached(&self, _: Step) -> Result<()> {
        Ok(())
    }
}
