//! The reference backend: a map and core's evaluator.
