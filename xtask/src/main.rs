//! Checks and generators, run inside the test command.
fn main() {}
