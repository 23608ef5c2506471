//! The reference backend: a map and core's evaluator.
//!
//! What it answers is what every other backend must answer. It keeps everything in memory, under one lock, and is plain
//! rather than fast.

mod backend;
mod changes;
mod history;
mod read;
mod store;
mod write;

pub use backend::MemoryBackend;
