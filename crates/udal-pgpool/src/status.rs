//! What the pools are doing, in numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{BreakerState, ServerName};

/// What the connections of this process are doing now, and have done since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are open, being opened or being closed, those for maintenance included.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Those of them that are for maintenance.
    pub maintenance: usize,
    /// How many calls wait for a connection.
    pub waiting: usize,
    /// The databases that any of these are to or for.
    pub databases: usize,
    /// Each server.
    pub servers: BTreeMap<ServerName, ServerStatus>,
    /// How often a connection was lent to a call, those for maintenance not counted.
    pub lent: u64,
    /// How many connections were opened.
    pub opened: u64,
    /// How many connections could not be opened.
    pub not_opened: u64,
    /// How many calls got no connection in time.
    pub timed_out: u64,
    /// How many calls were sent away because too many waited.
    pub turned_away: u64,
    /// How many statements were cancelled because their callers had gone.
    pub cancelled: u64,
    /// How many statements were cancelled because they took too long.
    pub overdue: u64,
}

/// What is known of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Connections to it that are open, being opened or being closed, without those for maintenance.
    pub open: usize,
    /// Whether it can be reached.
    pub breaker: BreakerState,
}

/// What is counted since the beginning.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    lent: AtomicU64,
    opened: AtomicU64,
    not_opened: AtomicU64,
    timed_out: AtomicU64,
    turned_away: AtomicU64,
    cancelled: AtomicU64,
    overdue: AtomicU64,
}

impl Counts {
    pub(crate) fn lent(&self) {
        self.lent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn not_opened(&self) {
        self.not_opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn timed_out(&self) {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn overdue(&self) {
        self.overdue.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts the counts into `status`.
    pub(crate) fn fill(&self, status: &mut PoolStatus) {
        let Counts { lent, opened, not_opened, timed_out, turned_away, cancelled, overdue } = self;
        status.lent = lent.load(Ordering::Relaxed);
        status.opened = opened.load(Ordering::Relaxed);
        status.not_opened = not_opened.load(Ordering::Relaxed);
        status.timed_out = timed_out.load(Ordering::Relaxed);
        status.turned_away = turned_away.load(Ordering::Relaxed);
        status.cancelled = cancelled.load(Ordering::Relaxed);
        status.overdue = overdue.load(Ordering::Relaxed);
    }
}
