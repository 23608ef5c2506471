//! What is sent in one request, and what comes back.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use udal_core::{Error, ErrorKind};

use crate::failure::{Failure, Rejection, transport};
use crate::settings::Credentials;

/// The header of answers and requests with the database's version.
pub(crate) const DATA_VERSION: &str = "terminusdb-data-version";

/// Who commits, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) author: String,
    pub(crate) message: String,
    /// The version that the database must have.
    pub(crate) at: Option<String>,
}

/// What a write answers.
#[derive(Clone, Debug)]
pub(crate) struct Committed {
    /// The database's version then.
    pub(crate) version: Option<String>,
}

/// What is written by one request.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// New documents, one after the other.
    Insert(Bytes),
    /// A list of the names of documents to delete, in which some may not be there.
    Delete(Bytes),
    /// The text of a WOQL query, which answers no solution where it was not done.
    Query(String),
}

/// An answer that says that the request was done.
pub(crate) struct Answer {
    pub(crate) version: Option<String>,
    pub(crate) body: Bytes,
}

/// Reads an answer to its end.
pub(crate) async fn finish(response: reqwest::Response) -> std::result::Result<Answer, Failure> {
    let status = response.status();
    let version = version_of(response.headers());
    let body = response.bytes().await.map_err(transport)?;
    if status.is_success() {
        return Ok(Answer { version, body });
    }
    let said = Rejection::read(status.as_u16(), &body);
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let error = Error::invalid("the record is larger than the graph database takes").cause(said);
        return Err(Failure::Error(error));
    }
    Err(said.into_failure())
}

fn version_of(headers: &HeaderMap) -> Option<String> {
    headers.get(DATA_VERSION)?.to_str().ok().map(str::to_owned)
}

/// An answer that was cut off or is no JSON: what was asked may have been done.
pub(crate) fn unreadable(error: serde_json::Error) -> Failure {
    let public = Error::new(ErrorKind::Unavailable, "the graph database's answer cannot be read");
    Failure::Unclear(public.hint("try again in a moment").cause(error))
}

/// The header that shows who Udal is.
pub(crate) fn authorization(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Password { user, password } => {
            format!(
                "Basic {}",
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{user}:{password}"))
            )
        }
        Credentials::Token(token) => format!("Bearer {token}"),
    }
}
