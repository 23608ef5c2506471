//! What cannot be connected to is left alone for a while, and who asks for it is answered at once: a server that does not
//! answer, and a database that takes no more connections, which is no fault of its server.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use udal_core::{Error, ErrorKind};

use crate::{BreakerSettings, Place, ServerName};

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

impl Gate {
    const NEW: Gate = Gate::Closed { failures: 0 };
}

/// What has a breaker.
pub(crate) trait Guarded: Clone + Ord + fmt::Display {
    /// What the log says when it begins to be left alone.
    const LEFT_ALONE: &'static str;

    /// What is wrong with it while it is left alone, as callers see it.
    fn fault(&self) -> String;
}

impl Guarded for ServerName {
    const LEFT_ALONE: &'static str = "a server cannot be reached; it is left alone for a while";

    fn fault(&self) -> String {
        format!("the server `{self}` cannot be reached")
    }
}

impl Guarded for Place {
    const LEFT_ALONE: &'static str = "a database takes no more connections; it is left alone for a while";

    fn fault(&self) -> String {
        FULL.to_owned()
    }
}

/// What is said of a database that has all the connections that it, or its server, may have.
pub(crate) const FULL: &str = "the database takes no more connections now";

/// The breakers of every server, or every database.
#[derive(Debug)]
pub(crate) struct Breakers<K> {
    settings: BreakerSettings,
    /// Those that failed since they answered last.
    gates: Mutex<BTreeMap<K, Gate>>,
}

impl<K: Guarded> Breakers<K> {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        Breakers { settings, gates: Mutex::default() }
    }

    /// What is known of it at the instant `now`.
    pub(crate) fn state(&self, of: &K, now: Instant) -> BreakerState {
        match self.gates().get(of) {
            None | Some(Gate::Closed { .. }) => BreakerState::Closed,
            Some(Gate::Probing { .. }) => BreakerState::Probing,
            Some(Gate::Open { until, .. }) => BreakerState::Open { retry_in: until.saturating_duration_since(now) },
        }
    }

    /// Whether it may be asked for a connection, now or when one is to be had.
    ///
    /// # Errors
    /// `Unavailable`, with what is wrong and when it is tried again.
    pub(crate) fn check(&self, of: &K, now: Instant) -> Result<(), Error> {
        match self.state(of, now) {
            BreakerState::Open { retry_in } if !retry_in.is_zero() => Err(left_alone(of, retry_in)),
            BreakerState::Probing => Err(being_tried(of)),
            _ => Ok(()),
        }
    }

    /// Lets one ask it for a connection; after a pause only one at a time, to see whether it answers.
    ///
    /// # Errors
    /// As [`check`](Breakers::check).
    pub(crate) fn admit<'a>(&'a self, of: &'a K, now: Instant) -> Result<Attempt<'a, K>, Error> {
        self.check(of, now)?;
        let mut gates = self.gates();
        let is_probe = match gates.get_mut(of) {
            None | Some(Gate::Closed { .. }) => false,
            Some(gate @ Gate::Open { .. }) => {
                if let Gate::Open { backoff, .. } = *gate {
                    *gate = Gate::Probing { backoff };
                }
                true
            }
            // Another came first since the check.
            Some(Gate::Probing { .. }) => return Err(being_tried(of)),
        };
        Ok(Attempt { breakers: self, of, is_probe })
    }

    /// Notes that it did not answer; answers for how long it is left alone from now on, where it is.
    pub(crate) fn failed(&self, of: &K, now: Instant) -> Option<Duration> {
        let BreakerSettings { failures: enough, backoff: first, longest_backoff } = self.settings;
        let mut gates = self.gates();
        let gate = gates.entry(of.clone()).or_insert(Gate::NEW);
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
        tracing::warn!(%of, ?pause, "{}", K::LEFT_ALONE);
        Some(pause)
    }

    /// Notes that it answered.
    fn answered(&self, of: &K) {
        match self.gates().remove(of) {
            None | Some(Gate::Closed { .. }) => {}
            Some(_) => tracing::info!(%of, "connections can be opened again"),
        }
    }

    fn gates(&self) -> MutexGuard<'_, BTreeMap<K, Gate>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that was let through. Dropped without a result, another may try in its place.
#[derive(Debug)]
pub(crate) struct Attempt<'a, K: Guarded> {
    breakers: &'a Breakers<K>,
    of: &'a K,
    is_probe: bool,
}

impl<K: Guarded> Attempt<'_, K> {
    /// It answered, be it with a refusal.
    pub(crate) fn answered(mut self) {
        self.is_probe = false;
        self.breakers.answered(self.of);
    }

    /// It did not answer; answers for how long it is left alone from now on, where it is.
    pub(crate) fn failed(mut self, now: Instant) -> Option<Duration> {
        self.is_probe = false;
        self.breakers.failed(self.of, now)
    }
}

impl<K: Guarded> Drop for Attempt<'_, K> {
    fn drop(&mut self) {
        if !self.is_probe {
            return;
        }
        if let Some(gate) = self.breakers.gates().get_mut(self.of)
            && let Gate::Probing { backoff } = *gate
        {
            *gate = Gate::Open { until: Instant::now(), backoff };
        }
    }
}

/// The answer to who asks for what is left alone.
pub(crate) fn left_alone(of: &impl Guarded, retry_in: Duration) -> Error {
    let seconds = retry_in.as_millis().div_ceil(1_000).max(1);
    let message = format!("{}; it is tried again in {seconds} s", of.fault());
    Error::new(ErrorKind::Unavailable, message).hint("try again after that")
}

fn being_tried(of: &impl Guarded) -> Error {
    let message = format!("{}; it is being tried again now", of.fault());
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
