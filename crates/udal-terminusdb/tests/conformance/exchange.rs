//! What was asked and answered, as it is kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path, with the query.
    pub(crate) target: String,
    pub(crate) version: Option<String>,
    pub(crate) body: String,
}

/// A request as it is kept: long bodies by their length and a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) line: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) long: Option<(usize, String)>,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    pub(crate) body: String,
}

/// One request, and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) tenant: String,
    pub(crate) asked: Kept,
    pub(crate) answer: Answer,
}

/// The exchanges of each tenant, in the order in which they were.
pub(crate) type Exchanges = BTreeMap<String, Vec<Exchange>>;

/// How much of a long body is kept.
const LONG: usize = 6_000;

impl Asked {
    /// The tenant whose database it names.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let path = self.target.split('?').next()?;
        path.split('/').find_map(|part| part.strip_prefix("sqh_tenant_"))
    }

    /// The request without what differs each time: the token in a commit's message.
    pub(crate) fn kept(&self) -> Kept {
        let line = without_token(&format!("{} {}", self.method, self.target), "%5B", "%5D");
        let body = without_token(&self.body, "[", "]");
        let version = self.version.clone();
        if body.len() <= LONG {
            return Kept { line, version, body, long: None };
        }
        let head: String = body.chars().take(LONG / 10).collect();
        Kept { line, version, long: Some((body.len(), hash_of(&body))), body: head }
    }
}

/// FNV-1a, which is the same everywhere.
fn hash_of(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Leaves out 32 digits between these marks.
fn without_token(text: &str, open: &str, close: &str) -> String {
    let is_token = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut from = 0;
    while let Some(at) = text[from..].find(open).map(|at| from + at + open.len()) {
        if text.get(at..at + 32).is_some_and(is_token) && text[at + 32..].starts_with(close) {
            return format!("{}token{}", &text[..at], &text[at + 32..]);
        }
        from = at;
    }
    text.to_owned()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/recordings")
}

/// What stands in a recording for the suite's long text: no JSON has such letters.
const LONG_TEXT: &str = "\u{1}long text\u{1}";

/// The suite's long text, as it stands in an answer: a string in a document's text, which is a string itself.
fn long_text() -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let twice = quoted(&quoted(&udal_conformance::long_text_without_end()));
    // Without its own quotes, and without those of the document, which are escaped.
    twice[3..twice.len() - 3].to_owned()
}

/// Reads every recording.
pub(crate) fn read() -> Exchanges {
    let (mut exchanges, long_text) = (Exchanges::new(), long_text());
    let Ok(entries) = std::fs::read_dir(folder()) else { return exchanges };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "gz")) {
        for line in BufReader::new(GzDecoder::new(File::open(&path).unwrap())).lines() {
            let mut exchange: Exchange = serde_json::from_str(&line.unwrap()).unwrap();
            if exchange.answer.body.contains(LONG_TEXT) {
                exchange.answer.body = exchange.answer.body.replace(LONG_TEXT, &long_text);
            }
            exchanges.entry(exchange.tenant.clone()).or_default().push(exchange);
        }
    }
    exchanges
}

/// Writes the recordings, a file for each group of cases.
pub(crate) fn write(exchanges: &Exchanges, group_of: impl Fn(&str) -> Option<String>) {
    std::fs::create_dir_all(folder()).unwrap();
    let long_text = long_text();
    let mut groups: BTreeMap<String, Vec<&Exchange>> = BTreeMap::new();
    for (tenant, of_tenant) in exchanges {
        // A case that is no more has no group, and no recording.
        if let Some(group) = group_of(tenant) {
            groups.entry(group).or_default().extend(of_tenant);
        }
    }
    for (group, exchanges) in groups {
        let file = File::create(folder().join(format!("{group}.jsonl.gz"))).unwrap();
        let mut encoder = GzEncoder::new(file, Compression::best());
        for exchange in exchanges {
            let body = exchange.answer.body.replace(&long_text, LONG_TEXT);
            let exchange = Exchange { answer: Answer { body, ..exchange.answer.clone() }, ..exchange.clone() };
            writeln!(encoder, "{}", serde_json::to_string(&exchange).unwrap()).unwrap();
        }
        encoder.finish().unwrap();
    }
}
