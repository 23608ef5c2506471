//! A tree to a declaration: known keys, each once, each with the kind of value it takes.

use udal_core::model::{FieldDeclaration, GroupDeclaration, ModelDeclaration};
use udal_core::shorten;
use udal_yaml::{Kind, LoadError, Node, has_key};

use crate::files::GROUP_FILE;
use crate::places::{ModelPlaces, Places};

const GROUP_KEYS: [&str; 3] = ["group", "description", "models"];
const MODEL_KEYS: [&str; 13] = [
    "description",
    "permission",
    "storage",
    "table_name",
    "high_volume",
    "partition_by",
    "partition_interval",
    "shared",
    "on_delete",
    "audit_reads",
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
    let mut reader = Reader { base: udal_yaml::Reader::new(name), unread_models: Vec::new(), models_unread: false };
    let file = match udal_yaml::parse(text, &GROUP_FILE) {
        Ok(Some(root)) => reader.group(&root),
        Ok(None) => reader.unread(1, "this file is empty", "start it with `group:` and the group's name"),
        Err(fault) => reader.unread(fault.line, fault.message, fault.hint),
    };
    let Reader { base, unread_models, models_unread } = reader;
    Read { file, errors: base.into_errors(), unread_models, models_unread }
}

struct Reader<'a> {
    base: udal_yaml::Reader<'a>,
    unread_models: Vec<String>,
    models_unread: bool,
}

impl Reader<'_> {
    /// Adds an error that hides models.
    fn unread<T>(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) -> Option<T> {
        self.models_unread = true;
        self.base.add(line, message, hint);
        None
    }

    fn group(&mut self, root: &Node) -> Option<GroupFile> {
        let hint = "write `group:`, `description:` and `models:`, a line each";
        let Kind::Mapping(members) = &root.kind else {
            return self.unread(root.line, format!("a group file holds keys, not {}", root.describe()), hint);
        };
        let mut declaration = GroupDeclaration::default();
        let mut places = Places { line: root.line, ..Places::default() };
        for (key, at, value) in self.base.keys(members, &GROUP_KEYS) {
            match key {
                "group" => {
                    places.line = at;
                    declaration.name = self.base.text("group", value).unwrap_or_default();
                }
                "description" => declaration.description = self.base.text("description", value).unwrap_or_default(),
                _ => self.models(value, &mut declaration, &mut places),
            }
        }
        self.models_unread |= members.iter().all(|(key, _)| key.text() != Some("models"));
        if !has_key(members, "models") {
            self.unread::<()>(root.line, "`models` is missing", "add `models:` with a model's name under it");
        }
        if !has_key(members, "group") {
            self.base.add(root.line, "`group` is missing", "add `group:` and the group's name");
        }
        if declaration.name.is_empty() {
            // Without a name there is nothing to check it as: a name of its own keeps it apart from other groups.
            declaration.name = "unnamed".to_owned();
        }
        places.group.clone_from(&declaration.name);
        Some(GroupFile { name: self.base.file().to_owned(), declaration, places })
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
        for (name, at, value) in self.base.names(members, "a model's name") {
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
            self.base.add(value.line, message, "add `fields:` with a name and a type a line");
            self.unread_models.push(name.to_owned());
            return None;
        };
        let mut model = ModelDeclaration::new(name);
        for (key, at, value) in self.base.keys(members, &MODEL_KEYS) {
            places.keys.insert(key.to_owned(), at);
            match key {
                "description" => model.description = self.base.text(key, value).unwrap_or_default(),
                "permission" => model.permission = self.base.text(key, value),
                "storage" => model.storage = self.base.text(key, value),
                "table_name" => model.table_name = self.base.text(key, value),
                "high_volume" => model.high_volume = self.base.truth(key, value),
                "partition_by" => model.partition_by = self.base.text(key, value),
                "partition_interval" => model.partition_interval = self.base.text(key, value),
                "shared" => model.shared = self.base.truth(key, value),
                "on_delete" => model.on_delete = self.base.text(key, value),
                "audit_reads" => model.audit_reads = self.base.truth(key, value),
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
            self.base.add(value.line, message, "write such as `[[test_type, created_at]]`");
            Vec::new()
        })
    }

    /// Reads `24 months`, or `{keep: 24 months, then: detach}`.
    fn retention(&mut self, value: &Node, model: &mut ModelDeclaration) {
        let Kind::Mapping(members) = &value.kind else {
            model.retention = self.base.text("retention", value);
            return;
        };
        for (key, _, value) in self.base.keys(members, &RETENTION_KEYS) {
            match key {
                "keep" => model.retention = self.base.text(key, value),
                _ => model.retention_then = self.base.text(key, value),
            }
        }
    }

    fn fields(&mut self, value: &Node, places: &mut ModelPlaces) -> Vec<FieldDeclaration> {
        let Kind::Mapping(members) = &value.kind else {
            if !value.is_null() {
                let message = format!("`fields` holds fields by name, not {}", value.describe());
                self.base.add(value.line, message, "write a name and a type a line, such as `name: str`");
                return vec![FieldDeclaration {
                    name: "unread".to_owned(),
                    field_type: UNREAD_TYPE.to_owned(),
                    ..FieldDeclaration::default()
                }];
            }
            return Vec::new();
        };
        let mut fields = Vec::with_capacity(members.len());
        for (name, at, value) in self.base.names(members, "a field's name") {
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
                self.base.add(value.line, message, "write such as `str`, `Optional[int]` or `List[str]`");
                return (None, String::new());
            }
        };
        let mut field_type = None;
        let mut description = String::new();
        for (key, _, value) in self.base.keys(members, &FIELD_KEYS) {
            match key {
                "type" => field_type = self.base.text("type", value),
                _ => description = self.base.text("description", value).unwrap_or_default(),
            }
        }
        if !has_key(members, "type") {
            self.base.add(
                value.line,
                format!("field `{}` has no `type`", shorten(name)),
                "add `type:`, such as `type: str`",
            );
        }
        (field_type, description)
    }
}
