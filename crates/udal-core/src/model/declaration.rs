//! What a developer declares, before it is checked: the same from a group file and from Rust.

use std::fmt;

/// A group of models, as declared.
///
/// ```
/// use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
/// let lab = GroupDeclaration::new("lab").model(
///     ModelDeclaration::new("AppLabResult")
///         .field("test_type", "str")
///         .field("value", "Optional[float]")
///         .postgresql()
///         .high_volume()
///         .partition_by("created_at"),
/// );
/// let catalog = Catalog::build(vec![lab]).unwrap();
/// assert!(catalog.model("lab", "AppLabResult").is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupDeclaration {
    /// The group's name.
    pub name: String,
    /// What the group is for.
    pub description: String,
    /// Its models.
    pub models: Vec<ModelDeclaration>,
}

impl GroupDeclaration {
    /// A group without models.
    pub fn new(name: impl Into<String>) -> Self {
        GroupDeclaration { name: name.into(), ..GroupDeclaration::default() }
    }

    /// Adds a model.
    #[must_use]
    pub fn model(mut self, model: ModelDeclaration) -> Self {
        self.models.push(model);
        self
    }
}

/// A model, as declared. What is `None` takes its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelDeclaration {
    /// The model's name.
    pub name: String,
    /// What a record of it is.
    pub description: String,
    /// What it is called in permissions, such as `accounts`; by default its name.
    pub permission: Option<String>,
    /// Its fields, in their order.
    pub fields: Vec<FieldDeclaration>,
    /// `terminusdb` (the default) or `postgresql`.
    pub storage: Option<String>,
    /// The table's name; by default made of the group's and the model's.
    pub table_name: Option<String>,
    /// Whether the table takes many appends.
    pub high_volume: Option<bool>,
    /// The field that splits the table by time.
    pub partition_by: Option<String>,
    /// `day`, `month` (the default) or `year`.
    pub partition_interval: Option<String>,
    /// Whether the table is the one that every tenant reads.
    pub shared: Option<bool>,
    /// `restrict` (the default) or `unlink`.
    pub on_delete: Option<String>,
    /// Whether what is read of it is noted in the audit log.
    pub audit_reads: Option<bool>,
    /// The indexes of the table: the fields of each.
    pub indexes: Vec<Vec<String>>,
    /// How long the table's partitions are kept, such as `24 months`.
    pub retention: Option<String>,
    /// What becomes of a partition whose time is over: `drop` (the default) or `detach`.
    pub retention_then: Option<String>,
}

impl ModelDeclaration {
    /// A model without fields, kept as linked documents.
    pub fn new(name: impl Into<String>) -> Self {
        ModelDeclaration { name: name.into(), ..ModelDeclaration::default() }
    }

    /// Says what a record of it is.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Says what it is called in permissions, such as `accounts` in `crm.accounts.view`.
    #[must_use]
    pub fn permission(mut self, name: impl Into<String>) -> Self {
        self.permission = Some(name.into());
        self
    }

    /// Adds a field with its type, such as `Optional[str]`.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, field_type: impl Into<String>) -> Self {
        self.fields.push(FieldDeclaration {
            name: name.into(),
            field_type: field_type.into(),
            description: String::new(),
        });
        self
    }

    /// Says that what is read of it is noted in the audit log.
    #[must_use]
    pub fn audit_reads(mut self) -> Self {
        self.audit_reads = Some(true);
        self
    }

    /// Keeps the records in a table.
    #[must_use]
    pub fn postgresql(mut self) -> Self {
        self.storage = Some("postgresql".to_owned());
        self
    }

    /// Names the table.
    #[must_use]
    pub fn table_name(mut self, name: impl Into<String>) -> Self {
        self.table_name = Some(name.into());
        self
    }

    /// Says that the table takes many appends.
    #[must_use]
    pub fn high_volume(mut self) -> Self {
        self.high_volume = Some(true);
        self
    }

    /// Splits the table by time.
    #[must_use]
    pub fn partition_by(mut self, field: impl Into<String>) -> Self {
        self.partition_by = Some(field.into());
        self
    }

    /// Says how long a partition is: `day`, `month` or `year`.
    #[must_use]
    pub fn partition_interval(mut self, interval: impl Into<String>) -> Self {
        self.partition_interval = Some(interval.into());
        self
    }

    /// Keeps the records in the one database that every tenant reads.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.shared = Some(true);
        self
    }

    /// Adds an index on these fields.
    #[must_use]
    pub fn index(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.indexes.push(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Says how long the table's partitions are kept, such as `24 months`.
    #[must_use]
    pub fn retention(mut self, time: impl Into<String>) -> Self {
        self.retention = Some(time.into());
        self
    }

    /// Says what becomes of a partition whose time is over: `drop` or `detach`.
    #[must_use]
    pub fn retention_then(mut self, expiry: impl Into<String>) -> Self {
        self.retention_then = Some(expiry.into());
        self
    }

    /// Says what a delete does to links: `restrict` or `unlink`.
    #[must_use]
    pub fn on_delete(mut self, rule: impl Into<String>) -> Self {
        self.on_delete = Some(rule.into());
        self
    }
}

/// A field, as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldDeclaration {
    /// The field's name.
    pub name: String,
    /// The type's text.
    pub field_type: String,
    /// What the field holds.
    pub description: String,
}

/// Where in a declaration something is wrong, so that a file's reader can name the line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The group.
    pub group: String,
    /// The model, unless it is the group's own name.
    pub model: Option<String>,
    /// The key of the model's declaration (`storage`, `partition_by`), or `fields`, or the field's name under `fields`.
    pub key: Option<String>,
    /// The field, where it is one.
    pub field: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.group)?;
        for part in [&self.model, &self.key, &self.field].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.hint)
    }
}
