//! What a query may cost.

use std::time::{Duration, Instant};

use udal_core::value::Value;
use udal_core::{Error, ErrorKind, Result};

/// The most that one query may answer, take and cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// How many rows it may answer.
    pub rows: u64,
    /// How many bytes they may have in memory, about.
    pub bytes: u64,
    /// How long it may take, until its last row is taken.
    pub time: Duration,
    /// What the database may estimate that it costs, in the planner's units; any where nothing is said.
    pub cost: Option<f64>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { rows: 1_000_000, bytes: 256 << 20, time: Duration::from_secs(60), cost: None }
    }
}

impl Budget {
    /// What both allow.
    #[must_use]
    pub fn within(self, other: Budget) -> Self {
        let cost = match (self.cost, other.cost) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Budget {
            rows: self.rows.min(other.rows),
            bytes: self.bytes.min(other.bytes),
            time: self.time.min(other.time),
            cost,
        }
    }

    /// Checks what a database estimates before it begins.
    ///
    /// # Errors
    /// [`OverBudget`](ErrorKind::OverBudget), with both numbers.
    pub fn check_cost(&self, estimated: f64) -> Result<()> {
        match self.cost {
            Some(most) if estimated > most => {
                let message = format!("the query would cost about {estimated:.0}, and its budget is {most:.0}");
                Err(Error::new(ErrorKind::OverBudget, message)
                    .hint("filter more, so that an index or fewer partitions are read"))
            }
            _ => Ok(()),
        }
    }

    /// How many rows a database need answer, so that too many are noticed.
    pub fn rows_to_ask(&self, limit: Option<u64>) -> u64 {
        let most = self.rows.saturating_add(1);
        limit.map_or(most, |limit| limit.min(most))
    }

    /// That it took longer than it may.
    pub fn out_of_time(&self) -> Error {
        let message = format!("the query took longer than its budget of {}", spoken(self.time));
        Error::new(ErrorKind::TimedOut, message).hint("filter more, or ask for a larger budget")
    }
}

/// A length of time for people.
fn spoken(time: Duration) -> String {
    match time.subsec_millis() {
        0 if time.as_secs() == 1 => "1 second".to_owned(),
        0 => format!("{} seconds", time.as_secs()),
        _ => format!("{} milliseconds", time.as_millis()),
    }
}

/// Counts what a query answers while it runs.
#[derive(Clone, Debug)]
pub struct Meter {
    budget: Budget,
    started: Instant,
    rows: u64,
    bytes: u64,
}

impl Meter {
    /// A meter that starts now.
    pub fn start(budget: Budget) -> Self {
        Meter { budget, started: Instant::now(), rows: 0, bytes: 0 }
    }

    /// Counts a row.
    ///
    /// # Errors
    /// [`OverBudget`](ErrorKind::OverBudget) for the row that is too many, or too large;
    /// [`TimedOut`](ErrorKind::TimedOut) for one that comes too late.
    pub fn count(&mut self, row: &[Option<Value>]) -> Result<()> {
        self.rows += 1;
        self.bytes += row.iter().flatten().map(Value::weight).sum::<usize>() as u64;
        let Budget { rows, bytes, time, cost: _ } = self.budget;
        let over = |what: String| {
            Error::new(ErrorKind::OverBudget, what).hint("filter more, group more coarsely, or set a limit")
        };
        if self.rows > rows {
            return Err(over(format!("the query answers more than {rows} rows, which is its budget")));
        }
        if self.bytes > bytes {
            return Err(over(format!("the query answers more than {bytes} bytes, which is its budget")));
        }
        if self.started.elapsed() > time { Err(self.budget.out_of_time()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_that_is_too_many_is_refused() {
        let mut meter = Meter::start(Budget { rows: 2, ..Budget::default() });
        assert!(meter.count(&[]).is_ok() && meter.count(&[]).is_ok());
        let error = meter.count(&[]).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::OverBudget, "the query answers more than 2 rows, which is its budget")
        );
        let mut meter = Meter::start(Budget { bytes: 100, ..Budget::default() });
        let error = meter.count(&[Some(Value::Str("x".repeat(101)))]).unwrap_err();
        assert_eq!(error.message(), "the query answers more than 100 bytes, which is its budget");
        let mut meter = Meter::start(Budget { time: Duration::ZERO, ..Budget::default() });
        assert_eq!(meter.count(&[]).unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn two_budgets_allow_what_both_do() {
        let small = Budget { rows: 1, cost: Some(5.0), ..Budget::default() };
        assert_eq!(Budget::default().within(small), small);
        assert!(small.check_cost(5.0).is_ok() && small.check_cost(6.0).is_err());
        assert_eq!((small.rows_to_ask(None), small.rows_to_ask(Some(1))), (2, 1));
    }
}
