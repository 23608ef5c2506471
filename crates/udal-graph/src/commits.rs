//! Requests to a database's own graph of commits, and what they answer.
//!
//! Its timestamps are seconds, with more digits than a float has: they are kept as the texts in which they come.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use udal_core::value::Timestamp;
use udal_core::{Error, Result, shorten};

use crate::letters::literally;
use crate::request::{Request, Writer};

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// When it was made, by the server's clock, exactly.
    pub seconds: String,
    /// When it was made, to the microsecond.
    pub at: Timestamp,
    /// Who made it.
    pub author: String,
    /// What it says of itself.
    pub message: String,
}

/// Where a page of commits, the newest first, begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// With the newest.
    Newest,
    /// With the newest that was made then or before, in seconds.
    At(String),
    /// With the one before the one that was made then, in seconds.
    Before(String),
}

const SELECTION: &str = ") {identifier timestamp author message}";

/// The seconds of a time, as commits have them.
pub fn seconds_of(time: Timestamp) -> String {
    let micros = time.as_micros();
    let sign = if micros < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000)
}

/// Reads commits, the newest first.
pub fn commits(since: &Since, limit: usize) -> Request {
    let mut writer = Writer::default();
    writer.push("Commit(filter: {");
    match since {
        Since::Newest => writer.push("_and: []"),
        Since::At(seconds) => writer.push("timestamp: {le: ").number(seconds).push("}"),
        Since::Before(seconds) => writer.push("timestamp: {lt: ").number(seconds).push("}"),
    };
    writer.push(&format!("}}, orderBy: {{timestamp: DESC}}, limit: {limit}")).push(SELECTION);
    writer.finish()
}

/// Reads the commit of that name.
pub fn commit_named(id: &str) -> Request {
    let mut writer = Writer::default();
    writer.push("Commit(filter: {identifier: {eq: ").text(id).push("}}, limit: 1").push(SELECTION);
    writer.finish()
}

/// What a commit says of itself that deletes records of a model in a batch.
pub fn batch_of_deletes(model: &str) -> String {
    format!("delete a batch of {model} records")
}

/// What a commit says of itself that makes more deletes than those that it names.
pub fn more_deletes(count: usize) -> String {
    format!("and {count} more deletes")
}

/// Reads the commits whose messages may tell of a delete of the record, the newest first: that name it, or deletes without their
/// names.
pub fn commits_about(model: &str, id: &str, limit: usize) -> Request {
    let mut writer = Writer::default();
    let batch = batch_of_deletes(model);
    let pattern = format!("delete {}|{}|and [0-9]+ more deletes", literally(&shorten(id)), literally(&batch));
    writer.push("Commit(filter: {message: {regex: ").text(&pattern);
    writer.push(&format!("}}}}, orderBy: {{timestamp: DESC}}, limit: {limit}")).push(SELECTION);
    writer.finish()
}

/// Reads the commit whose message has that text in it.
pub fn commit_told(text: &str) -> Request {
    let mut writer = Writer::default();
    writer.push("Commit(filter: {message: {regex: ").text(&literally(text)).push("}}, limit: 1").push(SELECTION);
    writer.finish()
}

/// Reads the answer to such a request.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) for an answer of another form.
pub fn read_commits(data: &RawValue) -> Result<Vec<Commit>> {
    #[derive(serde::Deserialize)]
    struct Node<'a> {
        identifier: String,
        #[serde(borrow)]
        timestamp: &'a RawValue,
        author: String,
        message: String,
    }
    let lists: BTreeMap<&str, Vec<Node<'_>>> = serde_json::from_str(data.get()).map_err(Error::internal)?;
    let read = |node: Node<'_>| {
        let Node { identifier, timestamp, author, message } = node;
        let seconds = timestamp.get().trim_matches('"').to_owned();
        let at = time_of(&seconds).ok_or_else(|| Error::internal(format!("`{seconds}` is no time of a commit")))?;
        Ok(Commit { id: identifier, seconds, at, author, message })
    };
    lists.into_values().flatten().map(read).collect()
}

/// The time, cut to the microsecond.
fn time_of(seconds: &str) -> Option<Timestamp> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros: i64 = digits.parse().ok()?;
    Timestamp::from_micros(whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_every_digit_as_text_and_are_cut_to_microseconds() {
        let text = r#"{"Commit":[{"identifier":"c1","timestamp":1795518278.70554854981084489281,"author":"ann","message":"m"}]}"#;
        let data = serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
        let commits = read_commits(&data).unwrap();
        assert_eq!(commits[0].seconds, "1795518278.70554854981084489281");
        assert_eq!(commits[0].at.as_micros(), 1_795_518_278_705_548);
        assert_eq!(seconds_of(commits[0].at), "1795518278.705548");
        assert_eq!(time_of("5").unwrap().as_micros(), 5_000_000);
        assert_eq!(time_of("x"), None);
    }

    #[test]
    fn requests_hold_values_as_variables() {
        let before = commits(&Since::Before("1.5".to_owned()), 9);
        let text = "query($v0: BigFloat!) {Commit(filter: {timestamp: {lt: $v0}}, orderBy: {timestamp: DESC}, limit: 9) \
                    {identifier timestamp author message}}";
        assert_eq!(before.text, text);
        assert_eq!(before.variables["v0"], "1.5");
        let about = commits_about("Account", "Account/a.b", 5);
        let pattern = "delete Account/a\\.b|delete a batch of Account records|and [0-9]+ more deletes";
        assert_eq!(about.variables["v0"], pattern);
        assert_eq!(commit_told("[0a]").variables["v0"], "\\[0a\\]");
        assert_eq!(commit_named("x\"y").variables["v0"], "x\"y");
    }
}
