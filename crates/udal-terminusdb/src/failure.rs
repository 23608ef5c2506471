//! What can go wrong with a server, as what Udal's callers can do about it.

use std::error::Error as StdError;
use std::fmt;

use serde_json::Value as Json;
use udal_core::{Error, ErrorKind, shorten};

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database, the class or the document is not there.
    Missing(Rejection),
    /// The database has another version than the one that the request was made for.
    Overtaken,
    /// The server refused what was sent: nothing was stored.
    Rejected(Rejection),
    /// A GraphQL answer without data and without errors: a link was followed back that no document ever had.
    Nothing,
    /// The request was sent, and no answer came: it may have been stored.
    Unclear(Error),
    /// Everything else, as the caller sees it. Nothing was stored.
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing(said) => Error::new(ErrorKind::Unavailable, "the tenant's database is gone")
                .hint("try again: it is made anew")
                .cause(said),
            Failure::Overtaken => {
                Error::new(ErrorKind::Unavailable, "another change came in the way").hint("try again in a moment")
            }
            Failure::Rejected(said) => crate::witness::error_of(said),
            Failure::Nothing => Error::internal("a GraphQL answer has neither data nor errors"),
            Failure::Unclear(error) | Failure::Error(error) => error,
        }
    }
}

/// What a server said when it refused a request. For the log: it may hold values of records.
#[derive(Debug, Clone)]
pub(crate) struct Rejection {
    /// The status of the HTTP answer.
    pub(crate) status: u16,
    /// The kind of error, such as `api:SchemaCheckFailure`.
    pub(crate) kind: String,
    /// What it said, whole.
    pub(crate) body: Json,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.body.get("api:message").and_then(Json::as_str);
        let said = said.map_or_else(|| self.body.to_string(), str::to_owned);
        write!(f, "the server answered {} {}: {}", self.status, self.kind, shorten(&said))
    }
}

impl StdError for Rejection {}

impl Rejection {
    /// Reads what the server said.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let json: Json = serde_json::from_slice(body)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(body).chars().take(2_000).collect()));
        let kind = json.pointer("/api:error/@type").or_else(|| json.get("@type")).and_then(Json::as_str);
        Rejection { status, kind: kind.unwrap_or_default().to_owned(), body: json }
    }

    /// What a GraphQL answer's list of errors says.
    pub(crate) fn of_graphql(errors: &Json) -> Self {
        let each = errors.as_array().into_iter().flatten();
        let messages: Vec<&str> = each.filter_map(|error| error.get("message").and_then(Json::as_str)).collect();
        let body = Json::Object([("api:message".to_owned(), Json::String(messages.join("; ")))].into_iter().collect());
        Rejection { status: 200, kind: "graphql".to_owned(), body }
    }

    /// Whether the database is there already.
    pub(crate) fn is_there_already(&self) -> bool {
        self.kind == "api:DatabaseAlreadyExists"
    }

    /// Whether a GraphQL request named a class or a property that is not there.
    pub(crate) fn is_unknown_name(&self) -> bool {
        const SAID: [&str; 3] = ["Unknown field", "Unknown argument", "Invalid value for argument"];
        self.kind == "graphql" && SAID.iter().any(|said| self.says(said))
    }

    /// Whether a GraphQL request named that class, and it is not there.
    pub(crate) fn is_unknown_class(&self, class: &str) -> bool {
        self.says(&format!("\"{class}\" on type \"Query\"")) || self.says(&format!("\"{class}\" on field \"_count\""))
    }

    fn says(&self, text: &str) -> bool {
        self.body.get("api:message").and_then(Json::as_str).is_some_and(|said| said.contains(text))
            || self.body.as_str().is_some_and(|said| said.contains(text))
    }

    /// Whether the server gave up because other commits came in the way: nothing was stored.
    pub(crate) fn is_overrun(&self) -> bool {
        self.status == 500 && (self.says("retry count exceeded") || self.body.to_string().contains("retry_exceeded"))
    }

    /// Whether another process is making the database just now: there is nothing in it yet.
    fn is_of_a_database_being_made(&self) -> bool {
        let said = ["database_not_finalized", "branch_does_not_exist("];
        match self.status {
            400 => matches!(self.kind.as_str(), "api:UnresolvableAbsoluteDescriptor" | "api:DatabaseNotFinalized"),
            500 => said.iter().any(|said| self.body.to_string().contains(said)),
            _ => false,
        }
    }

    /// Whether the server failed, and did not say why: as it does also while a database is being made.
    pub(crate) fn is_unexplained(&self) -> bool {
        self.status == 500
    }

    /// As what the answer to a request is taken.
    pub(crate) fn into_failure(self) -> Failure {
        match (self.status, self.kind.as_str()) {
            (_, "api:DataVersionMismatch" | "api:BadDataVersion") => Failure::Overtaken,
            _ if self.is_overrun() => Failure::Overtaken,
            (404, _) => Failure::Missing(self),
            // What GraphQL says of a database that is not there.
            (403, _) if self.body.to_string().contains("Unable to resolve") => Failure::Missing(self),
            _ if self.is_of_a_database_being_made() => Failure::Missing(self),
            (401, _) => Failure::Error(
                Error::new(ErrorKind::Unavailable, "the graph database does not know Udal")
                    .hint("check the credentials in the configuration")
                    .cause(self),
            ),
            (403, _) => Failure::Error(
                Error::new(ErrorKind::Unavailable, "the graph database does not let Udal do this")
                    .hint("give Udal's user the rights to make and write databases of its organization")
                    .cause(self),
            ),
            (502..=504, _) => Failure::Unclear(
                Error::new(ErrorKind::Unavailable, "the graph database cannot take requests now")
                    .hint("try again in a moment")
                    .cause(self),
            ),
            _ => Failure::Rejected(self),
        }
    }
}

/// The error for a request that did not get through, or whose answer did not come whole.
pub(crate) fn transport(error: reqwest::Error) -> Failure {
    // The URL may hold a tenant's name and an author's; where it was sent is known without it.
    let error = error.without_url();
    let was_sent = !error.is_connect() && !error.is_builder();
    let (kind, message) = match error.is_timeout() {
        true => (ErrorKind::TimedOut, "the graph database took too long"),
        false => (ErrorKind::Unavailable, "the graph database cannot be reached"),
    };
    let public = Error::new(kind, message).hint("try again in a moment").cause(error);
    if was_sent { Failure::Unclear(public) } else { Failure::Error(public) }
}
