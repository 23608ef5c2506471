//! Filters: what they say, how they are read, and what they mean.
//!
//! Logic is two-valued. A test of a missing value is false, also `ne` and `not_in`; `not` is the complement.
//! [`evaluate()`] is the meaning; [`Predicate::normal`] is the one construction that compilers start from.

mod evaluate;
mod normal;
mod parse;
mod predicate;

pub use evaluate::{evaluate, evaluate_row};
pub use normal::Normal;
pub(crate) use parse::field_test;
pub use parse::{MAX_CONDITIONS, MAX_DEPTH, MAX_LISTED, parse, parse_row};
pub use predicate::{Comparison, Predicate, Test};
