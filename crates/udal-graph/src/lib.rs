//! From typed operations and predicates to what TerminusDB understands: GraphQL requests, documents, class definitions.
//!
//! Pure: no connection, no runtime. What neither GraphQL nor a document can say exactly is refused as `Unsupported`.

mod class;
mod commits;
mod document;
mod filter;
mod kind;
mod letters;
mod merge;
mod names;
mod read;
mod request;
mod snapshot;
mod woql;

pub use class::{ANSWERS, Class, answers_class, class_of};
pub use commits::{Commit, Since, commit_named, commits, commits_about, read_commits, seconds_of};
pub use document::{Linker, answer, document, read_answer, read_document};
pub use merge::{Difference, Merge, differences, merge};
pub use names::{answer_node, class_name, field_of, node_id, record_id};
pub use read::{any_of, count, get, list, read_count, read_records, search};
pub use request::Request;
pub use snapshot::{Found, Wanted};
pub use woql::{Document, Script};
