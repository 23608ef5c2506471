//! Measuring ways of doing one thing: in turns, so that what the machine does meanwhile meets each.

use std::future::Future;
use std::time::{Duration, Instant};

/// How often the two ways take turns.
const ROUNDS: usize = 25;
/// How long one turn takes, at least.
const TURN: Duration = Duration::from_millis(120);
/// How long ways are compared closely.
const CLOSELY: Duration = Duration::from_secs(9);

/// What two ways of doing one thing did a second, turn after turn: the turns of one place came one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    bare: Vec<f64>,
    udal: Vec<f64>,
}

impl Turns {
    pub(crate) fn add(&mut self, bare: f64, udal: f64) {
        self.bare.push(bare);
        self.udal.push(udal);
    }

    /// What the bare driver did a second, at the median.
    pub(crate) fn bare(&self) -> f64 {
        median(self.bare.clone())
    }

    /// What Udal did a second, at the median.
    pub(crate) fn udal(&self) -> f64 {
        median(self.udal.clone())
    }

    /// Udal's rate as a part of the bare driver's in the turn beside it: the lower quartile, the median and the upper quartile.
    /// A machine that is slow for a second or two is slow for both of a pair.
    pub(crate) fn ratios(&self) -> [f64; 3] {
        let mut ratios: Vec<f64> = self.udal.iter().zip(&self.bare).map(|(udal, bare)| udal / bare).collect();
        ratios.sort_by(f64::total_cmp);
        [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4])
    }
}

/// Runs `bare` and `udal` in turns, each as often as fits a turn; which comes first changes from pair to pair.
pub(crate) async fn compare<B: Future<Output = usize>, U: Future<Output = usize>>(
    mut bare: impl FnMut() -> B,
    mut udal: impl FnMut() -> U,
) -> Turns {
    let mut turns = Turns::default();
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            let bare = rate(&mut bare).await;
            turns.add(bare, rate(&mut udal).await);
        } else {
            let udal = rate(&mut udal).await;
            turns.add(rate(&mut bare).await, udal);
        }
    }
    turns
}

/// Runs ways that are to be nearly equal in turns of one call, so that a busy machine meets each alike; answers how many calls
/// a second each makes at the median of what one takes.
pub(crate) async fn compare_closely<F: Future<Output = ()>>(ways: &mut [impl FnMut() -> F]) -> Vec<f64> {
    let mut times = vec![Vec::new(); ways.len()];
    let began = Instant::now();
    while began.elapsed() < CLOSELY {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let started = Instant::now();
            way().await;
            times.push(started.elapsed().as_secs_f64());
        }
    }
    times.into_iter().map(|times| 1.0 / median(times)).collect()
}

/// How much is done a second.
async fn rate<F: Future<Output = usize>>(work: &mut impl FnMut() -> F) -> f64 {
    let started = Instant::now();
    let mut done = 0;
    while started.elapsed() < TURN {
        done += work().await;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench are small")]
    let done = done as f64;
    done / started.elapsed().as_secs_f64()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
