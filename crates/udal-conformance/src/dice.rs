//! Seeded chance: what one seed gives once it gives always.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::case::Failure;

/// A source of chance, made of a seed.
pub(crate) struct Dice(TestRunner);

impl Dice {
    /// The dice of that seed and number: different numbers give different rolls.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut bytes = [0; 32];
        for (byte, from) in bytes.iter_mut().zip(seed.to_le_bytes().into_iter().chain(number.to_le_bytes())) {
            *byte = from;
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Dice(TestRunner::new_with_rng(Config::default(), rng))
    }

    /// A value of the strategy.
    pub(crate) fn draw<S: Strategy>(&mut self, strategy: S) -> Result<S::Value, Failure> {
        let tree = strategy.new_tree(&mut self.0);
        tree.map(|tree| tree.current()).map_err(|reason| Failure::new(format!("nothing to draw: {reason}")))
    }

    /// A number below `end`; 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.draw(0..end).unwrap_or(0) }
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; `None` where there is none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len());
        from.get(at)
    }
}
