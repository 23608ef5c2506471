//! What is asked of tables.

mod aggregate;
mod bucket;
mod frame;
mod function;
mod join;
mod metric;
mod reading;
mod result;
#[cfg(test)]
mod tests;
mod window;

pub use aggregate::{Aggregate, AggregateRequest, Gaps, Group, Key};
use async_trait::async_trait;
pub use bucket::{Bucket, TimeZone, Unit};
pub use frame::{Frame, FrameUnit};
pub use function::WindowFunction;
pub use join::{Condition, Join, JoinRequest, Joined, Place, Shown};
pub use metric::{Function, Metric, Timed};
pub use result::Sorting;
use udal_core::{Context, Result};
pub use window::{Window, WindowColumn, WindowRequest};

use crate::Rows;

/// A storage that answers reports.
#[async_trait]
pub trait ReportBackend: Send + Sync {
    /// Answers groups of records with what is measured of each.
    ///
    /// # Errors
    /// What the database says; [`OverBudget`](udal_core::ErrorKind::OverBudget) where it would cost too much.
    async fn aggregate(&self, ctx: &Context, op: Aggregate) -> Result<Rows>;

    /// Answers records of several models side by side.
    ///
    /// # Errors
    /// As for [`aggregate`](ReportBackend::aggregate).
    async fn join(&self, ctx: &Context, op: Join) -> Result<Rows>;

    /// Answers records with what is worked out of their neighbours.
    ///
    /// # Errors
    /// As for [`aggregate`](ReportBackend::aggregate).
    async fn window(&self, ctx: &Context, op: Window) -> Result<Rows>;

    /// What the storage would be asked, and how it would go about it. It tells what rules hide.
    ///
    /// # Errors
    /// What the database says.
    async fn explain(&self, ctx: &Context, op: Report) -> Result<Plan>;
}

/// A report, of whichever kind.
#[derive(Clone, Debug)]
pub enum Report {
    /// Groups of records.
    Aggregate(Aggregate),
    /// Records side by side.
    Join(Join),
    /// Records and their neighbours.
    Window(Window),
}

/// What a storage is asked, and how it goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The statement.
    pub statement: String,
    /// The plan, a line each; empty where there is nothing yet to read.
    pub plan: Vec<String>,
}
