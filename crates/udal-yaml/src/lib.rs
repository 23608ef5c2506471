//! YAML files that people write: a tree with lines, known keys, and every error at its line.

mod error;
mod files;
mod node;
mod reader;

pub use error::{LoadError, LoadErrors};
pub use files::{MAX_FILE_BYTES, fault, plain, read};
pub use node::{Fault, Kind, Node, parse};
pub use reader::{Reader, has_key};

/// What is said of a kind of file where one is not as it should be.
#[derive(Clone, Copy, Debug)]
pub struct FileKind {
    /// How to mend one that is too large.
    pub large: &'static str,
    /// How to mend one that nests too deep.
    pub deep: &'static str,
    /// How to mend one that holds a second document.
    pub second: &'static str,
}
