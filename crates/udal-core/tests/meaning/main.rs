//! What models, filters, orders, cursors, searches and reaches mean: the parts of the crate that must agree with each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod access;
mod cursor;
mod filter;
mod input;
mod model;
mod order;
mod sample;
mod search;
