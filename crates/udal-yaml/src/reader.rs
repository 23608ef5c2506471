//! A tree to what it says: known keys, each once, each with the kind of value it takes.

use udal_core::{nearest, shorten, suggestion};

use crate::{Kind, LoadError, Node};

/// Reads a file's tree, and collects what is wrong with it.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a str,
    errors: Vec<LoadError>,
}

impl<'a> Reader<'a> {
    /// A reader of the file of that name.
    pub fn new(file: &'a str) -> Self {
        Reader { file, errors: Vec::new() }
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        self.file
    }

    /// Everything that was wrong.
    pub fn into_errors(self) -> Vec<LoadError> {
        self.errors
    }

    /// Adds what is wrong at a line.
    pub fn add(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        let file = self.file.to_owned();
        self.errors.push(LoadError { file, line: Some(line), message: message.into(), hint: hint.into() });
    }

    /// The members whose keys are among `known`, each once; the others are errors.
    pub fn keys<'n, 'k>(&mut self, members: &'n [(Node, Node)], known: &[&'k str]) -> Vec<(&'k str, usize, &'n Node)> {
        let mut found: Vec<(&'k str, usize, &'n Node)> = Vec::new();
        for (name, line, value) in self.names(members, "a key") {
            match known.iter().find(|key| **key == name) {
                Some(key) => found.push((*key, line, value)),
                None => {
                    let hint = suggestion(name, known.iter().copied(), || match value.is_null() {
                        true => "quote a text that holds a comma or a colon".to_owned(),
                        false => format!("keys here are {}", known.join(" ")),
                    });
                    self.add(line, format!("`{}` is not a key here", shorten(name)), hint);
                }
            }
        }
        found
    }

    /// The members with their names, each once, and lines.
    pub fn names<'n>(&mut self, members: &'n [(Node, Node)], what: &str) -> Vec<(&'n str, usize, &'n Node)> {
        let mut found: Vec<(&'n str, usize, &'n Node)> = Vec::with_capacity(members.len());
        for (key, value) in members {
            let Some(name) = key.text() else {
                self.add(
                    key.line,
                    format!("{} stands where {what} belongs", key.describe()),
                    "write a name and a colon",
                );
                continue;
            };
            match found.iter().find(|(earlier, ..)| *earlier == name) {
                Some((_, line, _)) => {
                    let message = format!("`{}` is given twice, first in line {line}", shorten(name));
                    self.add(key.line, message, "leave one of them out");
                }
                None => found.push((name, key.line, value)),
            }
        }
        found
    }

    /// The text of `key`, which takes one.
    pub fn text(&mut self, key: &str, value: &Node) -> Option<String> {
        let text = value.text().map(str::to_owned);
        if text.is_none() {
            let message = format!("`{key}` takes text, not {}", value.describe());
            self.add(value.line, message, format!("write `{key}:` and a word, or leave it out"));
        }
        text
    }

    /// The truth value of `key`, which takes one.
    pub fn truth(&mut self, key: &str, value: &Node) -> Option<bool> {
        match &value.kind {
            Kind::Scalar { text, plain: true } if text == "true" => return Some(true),
            Kind::Scalar { text, plain: true } if text == "false" => return Some(false),
            _ => {}
        }
        let message = format!("`{key}` is true or false, not {}", value.describe());
        self.add(value.line, message, format!("write `{key}: true`, or leave it out"));
        None
    }
}

/// Whether one of the members has this key, or one so near that it was said to be meant.
pub fn has_key(members: &[(Node, Node)], key: &str) -> bool {
    members.iter().filter_map(|(name, _)| name.text()).any(|name| nearest(name, [key]).is_some())
}
