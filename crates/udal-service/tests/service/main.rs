//! The record service over the reference backend: one behaviour a test, through the public API alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod attacks;
mod bad_input;
mod batch;
mod builder;
mod changes;
mod faulty;
mod hidden;
mod hooks;
mod parts;
mod reads;
mod support;
mod writes;
