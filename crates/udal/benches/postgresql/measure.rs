//! Measuring ways of doing one thing: in turns, so that what the machine does meanwhile meets each.

use std::future::Future;
use std::time::{Duration, Instant};

/// How often the two ways take turns.
const ROUNDS: usize = 9;
/// How long one turn takes, at least.
const TURN: Duration = Duration::from_millis(300);
/// How long ways are compared closely.
const CLOSELY: Duration = Duration::from_secs(9);

/// Runs `bare` and `udal` in turns, each as often as fits a turn; answers the median rate of each.
pub(crate) async fn compare<B: Future<Output = usize>, U: Future<Output = usize>>(
    mut bare: impl FnMut() -> B,
    mut udal: impl FnMut() -> U,
) -> (f64, f64) {
    let (mut bare_rates, mut udal_rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare_rates.push(rate(&mut bare).await);
        udal_rates.push(rate(&mut udal).await);
    }
    (median(bare_rates), median(udal_rates))
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
