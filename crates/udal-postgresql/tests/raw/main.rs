//! SQL of the asker's own on a real server: what must work, and what must not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../../udal-pgpool/tests/support/mod.rs"]
mod support;

mod attacks;
mod bench;
mod limits;
mod roles;
mod works;
