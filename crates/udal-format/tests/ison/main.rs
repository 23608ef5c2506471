//! What is written as ISON is read back by the parsers that others have written: ison-rs always, ison-py where it is installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says what it skips"
)]

mod corpus;
mod fuzz;
mod graph;
mod options;
mod oracle;
mod picture;
mod python;
mod reading;
mod results;
