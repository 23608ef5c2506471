//! Requests and documents as text that people read.

use std::fmt;

use serde_json::Value as Json;
use udal_core::Result;
use udal_graph::Request;

/// What a case expects.
pub(crate) enum Golden {
    Request(Request),
    Refused(String),
    Documents(Vec<Json>),
}

impl From<Request> for Golden {
    fn from(request: Request) -> Self {
        Golden::Request(request)
    }
}

impl From<Result<Request>> for Golden {
    fn from(request: Result<Request>) -> Self {
        request.map_or_else(|error| Golden::Refused(format!("{}: {error}", error.kind().code())), Golden::Request)
    }
}

impl Golden {
    pub(crate) fn file_name(&self) -> &'static str {
        match self {
            Golden::Request(_) | Golden::Refused(_) => "expected.graphql",
            Golden::Documents(_) => "expected.json",
        }
    }
}

impl fmt::Display for Golden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Golden::Refused(error) => writeln!(f, "# {error}"),
            Golden::Request(Request { text, variables }) => {
                writeln!(f, "{}", in_lines(text))?;
                // In the order of their numbers, which is that of their first use.
                (0..variables.len()).try_for_each(|at| {
                    let name = format!("v{at}");
                    let value = variables.get(&name).unwrap_or_else(|| panic!("there is no variable {name}"));
                    writeln!(f, "# ${name} = {value}")
                })
            }
            Golden::Documents(documents) => documents.iter().try_for_each(|document| match document.get("@type") {
                // A goal of a query is read best in one line.
                Some(kind) if kind != "Class" && document.get("@id").is_none() => writeln!(f, "{document}"),
                _ => writeln!(f, "{document:#}"),
            }),
        }
    }
}

/// The request in lines, broken before each branch of a filter; with the breaks and their blanks left out it is the request.
fn in_lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut depth = 0;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        lines.push(letter);
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        let breaks = (letter == '[' && rest.starts_with('{')) || (letter == ' ' && lines.ends_with(", ") && depth > 0);
        if breaks && rest.starts_with('{') {
            lines.push('\n');
            lines.push_str(&"  ".repeat(depth));
        }
    }
    lines
}
