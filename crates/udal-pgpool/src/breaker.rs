//! A server that cannot be reached is left alone for a while: its tenants are answered at once, and nobody else feels it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use udal_core::{Error, ErrorKind};

use crate::{BreakerSettings, ServerName};

/// What is known of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It answers, or was not asked yet.
    Closed,
    /// It could not be reached again and again: it is asked again after this time.
    Open {
        /// How long nobody tries; zero where the next who asks does.
        retry_in: Duration,
    },
    /// One tries now whether it answers again.
    Probing,
}

#[derive(Debug)]
enum Gate {
    Closed { failures: u32 },
    Open { until: Instant, backoff: Duration },
    Probing { backoff: Duration },
}

/// The breakers of every server.
#[derive(Debug)]
pub(crate) struct Breakers {
    settings: BreakerSettings,
    gates: BTreeMap<ServerName, Mutex<Gate>>,
}

impl Breakers {
    pub(crate) fn new<'a>(settings: BreakerSettings, servers: impl Iterator<Item = &'a ServerName>) -> Self {
        let gates = servers.map(|server| (server.clone(), Mutex::new(Gate::Closed { failures: 0 }))).collect();
        Breakers { settings, gates }
    }

    /// What is known of the server at the instant `now`.
    pub(crate) fn state(&self, server: &ServerName, now: Instant) -> BreakerState {
        match self.gate(server).as_deref() {
            None | Some(Gate::Closed { .. }) => BreakerState::Closed,
            Some(Gate::Probing { .. }) => BreakerState::Probing,
            Some(Gate::Open { until, .. }) => BreakerState::Open { retry_in: until.saturating_duration_since(now) },
        }
    }

    /// Whether the server may be asked for a connection, now or when one is to be had.
    ///
    /// # Errors
    /// `Unavailable`, with the server's name and when it is tried again.
    pub(crate) fn check(&self, server: &ServerName, now: Instant) -> Result<(), Error> {
        match self.state(server, now) {
            BreakerState::Open { retry_in } if !retry_in.is_zero() => Err(left_alone(server, retry_in)),
            BreakerState::Probing => Err(being_tried(server)),
            _ => Ok(()),
        }
    }

    /// Lets one ask the server for a connection; after a pause only one at a time, to see whether it answers.
    ///
    /// # Errors
    /// As [`check`](Breakers::check).
    pub(crate) fn admit<'a>(&'a self, server: &'a ServerName, now: Instant) -> Result<Attempt<'a>, Error> {
        self.check(server, now)?;
        let Some(mut gate) = self.gate(server) else { return Ok(Attempt { breakers: self, server, is_probe: false }) };
        let is_probe = match *gate {
            Gate::Closed { .. } => false,
            Gate::Open { backoff, .. } => {
                *gate = Gate::Probing { backoff };
                true
            }
            // Another came first since the check.
            Gate::Probing { .. } => return Err(being_tried(server)),
        };
        Ok(Attempt { breakers: self, server, is_probe })
    }

    /// Notes that the server did not answer; answers for how long it is left alone from now on, where it is.
    pub(crate) fn failed(&self, server: &ServerName, now: Instant) -> Option<Duration> {
        let BreakerSettings { failures: enough, backoff: first, longest_backoff } = self.settings;
        let mut gate = self.gate(server)?;
        let backoff = match *gate {
            Gate::Closed { failures } if failures + 1 < enough => {
                *gate = Gate::Closed { failures: failures + 1 };
                return None;
            }
            Gate::Closed { .. } => first,
            Gate::Probing { backoff } => (backoff * 2).min(longest_backoff),
            // Attempts that began before it was left alone.
            Gate::Open { .. } => return None,
        };
        let pause = with_jitter(backoff);
        *gate = Gate::Open { until: now + pause, backoff };
        tracing::warn!(%server, ?pause, "a server cannot be reached; it is left alone for a while");
        Some(pause)
    }

    /// Notes that the server answered.
    fn answered(&self, server: &ServerName) {
        let Some(mut gate) = self.gate(server) else { return };
        if !matches!(*gate, Gate::Closed { .. }) {
            tracing::info!(%server, "a server answers again");
        }
        *gate = Gate::Closed { failures: 0 };
    }

    fn gate(&self, server: &ServerName) -> Option<MutexGuard<'_, Gate>> {
        Some(self.gates.get(server)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One that was let through. Dropped without a result, another may try in its place.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    breakers: &'a Breakers,
    server: &'a ServerName,
    is_probe: bool,
}

impl Attempt<'_> {
    /// The server answered, be it with a refusal.
    pub(crate) fn answered(mut self) {
        self.is_probe = false;
        self.breakers.answered(self.server);
    }

    /// The server did not answer; answers for how long it is left alone from now on, where it is.
    pub(crate) fn failed(mut self, now: Instant) -> Option<Duration> {
        self.is_probe = false;
        self.breakers.failed(self.server, now)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_probe {
            return;
        }
        if let Some(mut gate) = self.breakers.gate(self.server)
            && let Gate::Probing { backoff } = *gate
        {
            *gate = Gate::Open { until: Instant::now(), backoff };
        }
    }
}

/// The answer to who asks for a server that is left alone.
pub(crate) fn left_alone(server: &ServerName, retry_in: Duration) -> Error {
    let seconds = retry_in.as_millis().div_ceil(1_000).max(1);
    let message = format!("the server `{server}` cannot be reached; it is tried again in {seconds} s");
    Error::new(ErrorKind::Unavailable, message).hint("try again after that")
}

fn being_tried(server: &ServerName) -> Error {
    let message = format!("the server `{server}` cannot be reached; it is being tried again now");
    Error::new(ErrorKind::Unavailable, message).hint("try again in a moment")
}

/// Between three quarters of `pause` and all of it, so that many processes do not try at one instant.
fn with_jitter(pause: Duration) -> Duration {
    // Each of these has keys of its own, which the system makes at random.
    let chance = RandomState::new().build_hasher().finish() % 1_000;
    pause * 3 / 4 + pause / 4 * u32::try_from(chance).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests;
