//! What the queue is made of.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use tokio::sync::oneshot;
use udal_core::Error;

/// How many there may be of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections that are open, being opened or being closed.
    pub(crate) total: usize,
    /// The same on one server.
    pub(crate) per_server: usize,
    /// Connections that are being opened on one server.
    pub(crate) opening_per_server: usize,
    /// Connections in use or being opened at one place.
    pub(crate) per_place: usize,
    /// Who waits.
    pub(crate) waiting: usize,
    /// Who waits for one place.
    pub(crate) waiting_per_place: usize,
}

/// What one who asked gets.
#[derive(Debug)]
pub(crate) enum Grant<C> {
    /// A connection that was idle.
    Connection(C),
    /// The right to open one, which is to be known by this number.
    MayOpen(u64),
    /// Nothing: the server cannot be reached.
    Refused(Error),
}

/// The answer to one who asks.
pub(crate) enum Taken<C> {
    Granted(Grant<C>),
    /// The grant comes later, under this number.
    Waits(u64, oneshot::Receiver<Grant<C>>),
    /// Too many wait already.
    Full,
}

/// Why one cannot be served now.
pub(super) enum Lack {
    /// The place has as many as it may, or the server is busy with opening as many as it may at once.
    Turn,
    /// The server has as many as it may.
    OnServer,
    /// The budget is spent.
    Everywhere,
}

/// What there is of one place.
pub(super) struct Stock<C> {
    /// The connections that are idle, the longest first, by the number under which they became idle.
    pub(super) idle: VecDeque<Idle<C>>,
    /// How many are in use or being opened.
    pub(super) used: usize,
    pub(super) waiting: BTreeMap<u64, oneshot::Sender<Grant<C>>>,
    /// Connections with a lower number are closed when they come back.
    pub(super) closed_below: u64,
}

impl<C> Default for Stock<C> {
    fn default() -> Self {
        Stock { idle: VecDeque::new(), used: 0, waiting: BTreeMap::new(), closed_below: 0 }
    }
}

pub(super) struct Idle<C> {
    pub(super) turn: u64,
    pub(super) id: u64,
    pub(super) since: Instant,
    pub(super) connection: C,
}

/// How much of a server is taken.
#[derive(Clone, Copy, Default)]
pub(super) struct Load {
    /// Connections that are open, being opened or being closed.
    pub(super) held: usize,
    pub(super) opening: usize,
    pub(super) closing: usize,
}
