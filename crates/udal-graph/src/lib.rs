//! From typed operations and predicates to what TerminusDB understands: GraphQL requests, documents, class definitions.
//!
//! Pure: no connection, no runtime. What neither GraphQL nor a document can say exactly is refused as `Unsupported`.

mod answers;
mod class;
mod commits;
mod document;
mod fill;
mod filter;
mod kind;
mod letters;
mod merge;
mod names;
mod read;
mod request;
mod snapshot;
mod walk;
mod woql;

pub use answers::{answers, answers_of, read_answers};
pub use class::{ANSWERS, Class, answers_class, class_of};
pub use commits::{
    Commit, Since, batch_of_deletes, commit_named, commit_told, commits, commits_about, more_deletes, read_commits,
    seconds_of,
};
pub use document::{Linker, answer, document, read_answer, read_document};
pub use fill::{can_be_filled, fill};
pub use merge::{Difference, Merge, differences, lists_beside, merge, new_lists};
pub use names::{answer_node, class_name, field_of, node_id, record_id};
pub use read::{any_of, count, get, list, read_count, read_records, search};
pub use request::Request;
pub use snapshot::{Found, Wanted};
pub use walk::{Fetch, fetch, links_to, read_fetched};
pub use woql::{Document, Script};
