//! A tree to a declaration: known keys, each once, each with the kind of value it takes.

use udal_core::model::{FieldDeclaration, GroupDeclaration, ModelDeclaration};
use udal_core::{nearest, shorten};

use crate::error::LoadError;
use crate::node::{self, Kind, Node};
use crate::places::{ModelPlaces, Places};

const GROUP_KEYS: [&str; 3] = ["group", "description", "models"];
const MODEL_KEYS: [&str; 11] = [
    "description",
    "storage",
    "table_name",
    "high_volume",
    "partition_by",
    "partition_interval",
    "shared",
    "on_delete",
    "indexes",
    "retention",
    "fields",
];
const RETENTION_KEYS: [&str; 2] = ["keep", "then"];
const FIELD_KEYS: [&str; 2] = ["type", "description"];
/// Stands for a type that could not be read: whatever else is said of the field is then not about its type.
const UNREAD_TYPE: &str = "datetime";

/// A group file as it was read.
pub(crate) struct GroupFile {
    pub(crate) name: String,
    pub(crate) declaration: GroupDeclaration,
    pub(crate) places: Places,
}

/// What reading a group file's text gives.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) file: Option<GroupFile>,
    pub(crate) errors: Vec<LoadError>,
    /// Models that it declares, but in a way that could not be read.
    pub(crate) unread_models: Vec<String>,
    /// Whether it may declare models whose names could not be read.
    pub(crate) models_unread: bool,
}

/// Reads the text of a group file.
pub(crate) fn group_file(name: &str, text: &str) -> Read {
    let mut reader = Reader { file: name, errors: Vec::new(), unread_models: Vec::new(), models_unread: false };
    let file = match node::parse(text) {
        Ok(Some(root)) => reader.group(&root),
        Ok(None) => reader.unread(1, "this file is empty", "start it with `group:` and the group's name"),
        Err(fault) => reader.unread(fault.line, fault.message, fault.hint),
    };
    Read { file, errors: reader.errors, unread_models: reader.unread_models, models_unread: reader.models_unread }
}

struct Reader<'a> {
    file: &'a str,
    errors: Vec<LoadError>,
    unread_models: Vec<String>,
    models_unread: bool,
}

impl Reader<'_> {
    fn add(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        let file = self.file.to_owned();
        self.errors.push(LoadError { file, line: Some(line), message: message.into(), hint: hint.into() });
    }

    /// Adds an error that hides models.
    fn unread<T>(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) -> Option<T> {
        self.models_unread = true;
        self.add(line, message, hint);
        None
    }

    fn group(&mut self, root: &Node) -> Option<GroupFile> {
        let hint = "write `group:`, `description:` and `models:`, a line each";
        let Kind::Mapping(members) = &root.kind else {
            return self.unread(root.line, format!("a group file holds keys, not {}", root.describe()), hint);
        };
        let mut declaration = GroupDeclaration::default();
        let mut places = Places { line: root.line, ..Places::default() };
        for (key, at, value) in self.keys(members, &GROUP_KEYS) {
            match key {
                "group" => {
                    places.line = at;
                    declaration.name = self.text("group", value).unwrap_or_default();
                }
                "description" => declaration.description = self.text("description", value).unwrap_or_default(),
                _ => self.models(value, &mut declaration, &mut places),
            }
        }
        self.models_unread |= members.iter().all(|(key, _)| key.text() != Some("models"));
        if !has_key(members, "models") {
            self.unread::<()>(root.line, "`models` is missing", "add `models:` with a model's name under it");
        }
        if !has_key(members, "group") {
            self.add(root.line, "`group` is missing", "add `group:` and the group's name");
        }
        if declaration.name.is_empty() {
            // Without a name there is nothing to check it as: a name of its own keeps it apart from other groups.
            declaration.name = "unnamed".to_owned();
        }
        places.group.clone_from(&declaration.name);
        Some(GroupFile { name: self.file.to_owned(), declaration, places })
    }

    fn models(&mut self, value: &Node, declaration: &mut GroupDeclaration, places: &mut Places) {
        let Kind::Mapping(members) = &value.kind else {
            let message = format!("`models` holds models by name, not {}", value.describe());
            self.unread::<()>(value.line, message, "write a model's name and a colon, then its keys under it");
            return;
        };
        if members.is_empty() {
            self.unread::<()>(value.line, "a group needs a model", "write a model's name and a colon under `models:`");
        }
        for (name, at, value) in self.names(members, "a model's name") {
            let model_places = ModelPlaces { line: at, ..ModelPlaces::default() };
            let model_places = places.models.entry(name.to_owned()).or_insert(model_places);
            if let Some(model) = self.model(name, value, model_places) {
                declaration.models.push(model);
            }
        }
    }

    fn model(&mut self, name: &str, value: &Node, places: &mut ModelPlaces) -> Option<ModelDeclaration> {
        let Kind::Mapping(members) = &value.kind else {
            let message = format!("model `{}` holds keys, not {}", shorten(name), value.describe());
            self.add(value.line, message, "add `fields:` with a name and a type a line");
            self.unread_models.push(name.to_owned());
            return None;
        };
        let mut model = ModelDeclaration::new(name);
        for (key, at, value) in self.keys(members, &MODEL_KEYS) {
            places.keys.insert(key.to_owned(), at);
            match key {
                "description" => model.description = self.text(key, value).unwrap_or_default(),
                "storage" => model.storage = self.text(key, value),
                "table_name" => model.table_name = self.text(key, value),
                "high_volume" => model.high_volume = self.truth(key, value),
                "partition_by" => model.partition_by = self.text(key, value),
                "partition_interval" => model.partition_interval = self.text(key, value),
                "shared" => model.shared = self.truth(key, value),
                "on_delete" => model.on_delete = self.text(key, value),
                "indexes" => model.indexes = self.indexes(value),
                "retention" => self.retention(value, &mut model),
                _ => model.fields = self.fields(value, places),
            }
        }
        Some(model)
    }

    fn indexes(&mut self, value: &Node) -> Vec<Vec<String>> {
        let names = |node: &Node| match &node.kind {
            Kind::Sequence(items) => {
                items.iter().map(|item| item.text().map(str::to_owned)).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        let indexes = match &value.kind {
            Kind::Sequence(items) => items.iter().map(names).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        indexes.unwrap_or_else(|| {
            let message = format!("`indexes` is a list of lists of fields, not {}", value.describe());
            self.add(value.line, message, "write such as `[[test_type, created_at]]`");
            Vec::new()
        })
    }

    /// Reads `24 months`, or `{keep: 24 months, then: detach}`.
    fn retention(&mut self, value: &Node, model: &mut ModelDeclaration) {
        let Kind::Mapping(members) = &value.kind else {
            model.retention = self.text("retention", value);
            return;
        };
        for (key, _, value) in self.keys(members, &RETENTION_KEYS) {
            match key {
                "keep" => model.retention = self.text(key, value),
                _ => model.retention_then = self.text(key, value),
            }
        }
    }

    fn fields(&mut self, value: &Node, places: &mut ModelPlaces) -> Vec<FieldDeclaration> {
        let Kind::Mapping(members) = &value.kind else {
            if !value.is_null() {
                let message = format!("`fields` holds fields by name, not {}", value.describe());
                self.add(value.line, message, "write a name and a type a line, such as `name: str`");
                return vec![FieldDeclaration {
                    name: "unread".to_owned(),
                    field_type: UNREAD_TYPE.to_owned(),
                    ..FieldDeclaration::default()
                }];
            }
            return Vec::new();
        };
        let mut fields = Vec::with_capacity(members.len());
        for (name, at, value) in self.names(members, "a field's name") {
            places.fields.insert(name.to_owned(), at);
            let (field_type, description) = self.field(name, value);
            let field_type = field_type.unwrap_or_else(|| UNREAD_TYPE.to_owned());
            fields.push(FieldDeclaration { name: name.to_owned(), field_type, description });
        }
        fields
    }

    /// The type, where it could be read, and the description of a field.
    fn field(&mut self, name: &str, value: &Node) -> (Option<String>, String) {
        let members = match &value.kind {
            Kind::Scalar { .. } if !value.is_null() => return (value.text().map(str::to_owned), String::new()),
            Kind::Mapping(members) => members,
            _ => {
                let message = format!("field `{}` needs a type, not {}", shorten(name), value.describe());
                self.add(value.line, message, "write such as `str`, `Optional[int]` or `List[str]`");
                return (None, String::new());
            }
        };
        let mut field_type = None;
        let mut description = String::new();
        for (key, _, value) in self.keys(members, &FIELD_KEYS) {
            match key {
                "type" => field_type = self.text("type", value),
                _ => description = self.text("description", value).unwrap_or_default(),
            }
        }
        if !has_key(members, "type") {
            self.add(
                value.line,
                format!("field `{}` has no `type`", shorten(name)),
                "add `type:`, such as `type: str`",
            );
        }
        (field_type, description)
    }

    /// The members whose keys are among `known`, each once; the others are errors.
    fn keys<'n, 'k>(&mut self, members: &'n [(Node, Node)], known: &[&'k str]) -> Vec<(&'k str, usize, &'n Node)> {
        let mut found: Vec<(&'k str, usize, &'n Node)> = Vec::new();
        for (name, line, value) in self.names(members, "a key") {
            match known.iter().find(|key| **key == name) {
                Some(key) => found.push((*key, line, value)),
                None => {
                    let hint = match nearest(name, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if value.is_null() => "quote a text that holds a comma or a colon".to_owned(),
                        None => format!("keys here are {}", known.join(" ")),
                    };
                    self.add(line, format!("`{}` is not a key here", shorten(name)), hint);
                }
            }
        }
        found
    }

    /// The members with their names, each once, and lines.
    fn names<'n>(&mut self, members: &'n [(Node, Node)], what: &str) -> Vec<(&'n str, usize, &'n Node)> {
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

    fn text(&mut self, key: &str, value: &Node) -> Option<String> {
        let text = value.text().map(str::to_owned);
        if text.is_none() {
            let message = format!("`{key}` takes text, not {}", value.describe());
            self.add(value.line, message, format!("write `{key}:` and a word, or leave it out"));
        }
        text
    }

    fn truth(&mut self, key: &str, value: &Node) -> Option<bool> {
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
fn has_key(members: &[(Node, Node)], key: &str) -> bool {
    members.iter().filter_map(|(name, _)| name.text()).any(|name| nearest(name, [key]).is_some())
}
