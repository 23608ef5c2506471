//! YAML as a tree that remembers lines and duplicate keys, bounded in size and depth.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::FileKind;

/// The most nodes of a file, with what its aliases stand for: a few lines of nested aliases could stand for billions.
const MAX_NODES: usize = 100_000;
/// How deep a file may nest.
const MAX_DEPTH: usize = 32;

/// A piece of YAML with the line on which it starts.
#[derive(Clone, Debug)]
pub struct Node {
    /// The line, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// How many nodes it is, with itself.
    size: usize,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text; `plain` when it stands without quotes.
    Scalar {
        /// The text.
        text: String,
        /// Whether it stands without quotes.
        plain: bool,
    },
    /// What a list holds.
    Sequence(Vec<Node>),
    /// Keys and values in their order, duplicates included.
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is not a tree.
#[derive(Debug)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

impl Node {
    /// Its text, where it is a scalar that is not YAML's null.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// Whether nothing stands there.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if ["", "~", "null"].contains(&text.as_str()))
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        match &self.kind {
            _ if self.is_null() => "nothing".to_owned(),
            Kind::Scalar { text, .. } => format!("`{}`", udal_core::shorten(text)),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    line: usize,
    anchor: usize,
    inside: Inside,
    size: usize,
}

/// What a collection holds so far.
enum Inside {
    Items(Vec<Node>),
    /// The members, and the key that waits for its value.
    Members(Vec<(Node, Node)>, Option<Node>),
}

/// The one document in `text`, which is that kind of file; `None` when there is none.
///
/// # Errors
/// Why the text is not a tree.
pub fn parse(text: &str, file: &FileKind) -> Result<Option<Node>, Fault> {
    let mut builder = Builder::new(file);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        builder.event(event, span.start.line())?;
    }
    Ok(builder.document)
}

fn syntax(error: &ScanError) -> Fault {
    Fault {
        line: error.marker().line(),
        message: format!("this is not YAML: {}", error.info()),
        hint: "check the indentation; inside {} quote what holds a bracket, a comma or a colon".to_owned(),
    }
}

struct Builder<'a> {
    file: &'a FileKind,
    document: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn new(file: &'a FileKind) -> Self {
        Builder { file, document: None, open: Vec::new(), anchors: HashMap::new(), nodes: 0 }
    }

    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let node = Node { line, kind: Kind::Scalar { text: text.into_owned(), plain }, size: 1 };
                self.finish(node, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::SequenceStart(anchor, _) => self.start(line, anchor, Inside::Items(Vec::new())),
            Event::MappingStart(anchor, _) => self.start(line, anchor, Inside::Members(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn start(&mut self, line: usize, anchor: usize, inside: Inside) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("this nests deeper than {MAX_DEPTH}");
            return Err(Fault { line, message, hint: self.file.deep.to_owned() });
        }
        self.open.push(Open { line, anchor, inside, size: 1 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let kind = match open.inside {
            Inside::Items(items) => Kind::Sequence(items),
            Inside::Members(members, _) => Kind::Mapping(members),
        };
        self.finish(Node { line: open.line, kind, size: open.size }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), Fault> {
        match self.anchors.get(&anchor) {
            Some(node) if self.nodes + node.size <= MAX_NODES => {
                let copy = node.clone();
                self.nodes += copy.size;
                self.place(copy, line)
            }
            Some(_) => Err(self.too_large(line)),
            None => Err(Fault {
                line,
                message: "this alias stands inside what it names".to_owned(),
                hint: "write it out".to_owned(),
            }),
        }
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.too_large(node.line));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let line = node.line;
        self.place(node, line)
    }

    /// Puts a node where it belongs: under its key, into its list, or as the document.
    fn place(&mut self, node: Node, line: usize) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(open) => {
                open.size += node.size;
                match &mut open.inside {
                    Inside::Items(items) => items.push(node),
                    Inside::Members(members, key) => match key.take() {
                        None => *key = Some(node),
                        Some(key) => members.push((key, node)),
                    },
                }
            }
            None if self.document.is_some() => {
                let message = "a second document starts here".to_owned();
                return Err(Fault { line, message, hint: self.file.second.to_owned() });
            }
            None => self.document = Some(node),
        }
        Ok(())
    }

    fn too_large(&self, line: usize) -> Fault {
        let message = format!("with what its aliases stand for, this file holds more than {MAX_NODES} values");
        Fault { line, message, hint: format!("write less, or {}", self.file.large) }
    }
}
