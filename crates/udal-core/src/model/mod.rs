//! Models: typed record shapes with a storage, and the catalog that holds them.

mod catalog;
mod check;
mod column;
mod declaration;
mod field_type;
mod view;

use std::fmt;
use std::sync::Arc;

pub use catalog::{Catalog, Group};
pub use column::ColumnKind;
pub use declaration::{FieldDeclaration, GroupDeclaration, ModelDeclaration, Place, Problem};
pub use field_type::{FieldType, Scalar, Shape, TypeProblem};

use crate::access::{Action, Permission, Subject, Visibility};
use crate::error::{Error, ErrorKind, Result};
use crate::names::{nearest, shorten};

/// A field of a model: one of the system fields, or a declared one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    position: usize,
    field_type: FieldType,
    description: String,
    link: bool,
    indexed: bool,
    /// How it is kept from whoever sees the model: set in views alone.
    kept_back: Option<Visibility>,
}

impl Field {
    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its value stands in a record: the system fields first, then the declared ones in their order.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The field's type.
    pub fn field_type(&self) -> &FieldType {
        &self.field_type
    }

    /// What the model's author says of it; empty where nothing was said.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether every record has it and the service keeps it.
    pub fn is_system(&self) -> bool {
        self.position < SYSTEM_FIELDS
    }

    /// Whether it refers to a record that must exist: a `Ref` between two models that are both kept as linked documents.
    pub fn is_link(&self) -> bool {
        self.link
    }

    /// Whether a declared index holds it: then a string has at most 1,000 bytes.
    pub fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// Whether a record must have a value here.
    pub fn is_required(&self) -> bool {
        !self.field_type.optional && self.field_type.shape != Shape::Set
    }
}

/// The positions of the system fields in every record.
pub mod position {
    /// `id`.
    pub const ID: usize = 0;
    /// `version`.
    pub const VERSION: usize = 1;
    /// `created_at`.
    pub const CREATED_AT: usize = 2;
    /// `updated_at`.
    pub const UPDATED_AT: usize = 3;
    /// `created_by`.
    pub const CREATED_BY: usize = 4;
    /// `owned_by`.
    pub const OWNED_BY: usize = 5;
    /// `assigned_to`.
    pub const ASSIGNED_TO: usize = 6;
    /// `team_id`.
    pub const TEAM_ID: usize = 7;
}

/// How many system fields there are; declared fields start at this position.
pub const SYSTEM_FIELDS: usize = 8;

/// The system fields' names and types, in the order of their positions.
pub(crate) fn system_fields() -> [(&'static str, FieldType); SYSTEM_FIELDS] {
    let optional_text = FieldType::optional(Scalar::Str);
    [
        ("id", FieldType::required(Scalar::Str)),
        ("version", FieldType::required(Scalar::Int)),
        ("created_at", FieldType::required(Scalar::DateTime)),
        ("updated_at", FieldType::required(Scalar::DateTime)),
        ("created_by", optional_text.clone()),
        ("owned_by", optional_text.clone()),
        ("assigned_to", FieldType { scalar: Scalar::Str, shape: Shape::Set, optional: false }),
        ("team_id", optional_text),
    ]
}

/// Where a model's records live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Linked documents: a TerminusDB, or documents kept in PostgreSQL where none is configured. The default.
    Terminusdb,
    /// A table in the tenant's PostgreSQL database.
    Postgresql(Table),
}

/// The table of a model that lives in PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: String,
    /// Whether it takes many appends and few updates.
    pub high_volume: bool,
    /// How it is partitioned, where it is.
    pub partition: Option<Partition>,
    /// Whether it lives in the one reference database that every tenant reads.
    pub shared: bool,
    /// The indexes that its author asks for: the fields of each, in order.
    pub indexes: Vec<Vec<String>>,
    /// How long a partition is kept; for ever where nothing is said.
    pub retention: Option<Retention>,
}

/// How long the partitions of a table are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many of the interval.
    pub count: u32,
    /// What is counted.
    pub interval: Interval,
    /// What becomes of a partition whose time is over.
    pub then: Expiry,
}

/// What becomes of a partition whose time is over. Its records are gone from the model either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It is dropped: the default.
    Drop,
    /// It stays in the database as a table of its own, which Udal does not look at again.
    Detach,
}

/// How a table is split by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The field, a required `date` or `datetime`, that decides.
    pub field: String,
    /// The time that one partition spans.
    pub interval: Interval,
}

/// The time that one partition spans, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// A day.
    Day,
    /// A calendar month: the default.
    Month,
    /// A calendar year.
    Year,
}

/// Which backend keeps a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StorageKind {
    /// Linked documents.
    Terminusdb,
    /// Tables.
    Postgresql,
}

impl fmt::Display for StorageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StorageKind::Terminusdb => "terminusdb",
            StorageKind::Postgresql => "postgresql",
        })
    }
}

/// What happens to a linked document that others link to, when it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The delete is refused: the default.
    Restrict,
    /// The links are taken out of the records that hold them; refused where such a link is required.
    Unlink,
}

/// A field of some model that links to the records of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingLink {
    /// The model that holds the link.
    pub model: String,
    /// The field that holds it.
    pub field: String,
    /// The field's type.
    pub field_type: FieldType,
}

/// A typed record shape with a storage. Made by a [`Catalog`], which has checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    subject: Subject,
    name: String,
    description: String,
    fields: Vec<Arc<Field>>,
    storage: Storage,
    on_delete: OnDelete,
    audits_reads: bool,
    incoming: Vec<IncomingLink>,
}

impl Model {
    /// The group it belongs to.
    pub fn group(&self) -> &str {
        self.subject.group()
    }

    /// What permissions for its records are about: its group and its permission name, such as `crm.accounts`.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The permission to do `action` with its records, such as `crm.accounts.view`.
    pub fn permission(&self, action: Action) -> Permission {
        self.subject.permission(action)
    }

    /// Its name, unique in the catalog.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its author says of it.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Every field: the system fields first, then the declared ones in their order.
    pub fn fields(&self) -> &[Arc<Field>] {
        &self.fields
    }

    /// The declared fields in their order.
    pub fn declared_fields(&self) -> impl Iterator<Item = &Arc<Field>> {
        self.fields.iter().skip(SYSTEM_FIELDS)
    }

    /// The field of that name.
    pub fn find(&self, name: &str) -> Option<&Arc<Field>> {
        self.visible_fields().find(|field| field.name == name)
    }

    /// The field of that name.
    ///
    /// # Errors
    /// [`UnknownName`](ErrorKind::UnknownName), with the nearest name.
    pub fn field(&self, name: &str) -> Result<&Arc<Field>> {
        self.find(name).ok_or_else(|| {
            let message = format!("model `{}` has no field `{}`", self.name, shorten(name));
            Error::new(ErrorKind::UnknownName, message).near(self.nearest_field(name))
        })
    }

    /// The field whose name is nearest to `name`.
    pub fn nearest_field(&self, name: &str) -> Option<&str> {
        nearest(name, self.visible_fields().map(|field| field.name.as_str()))
    }

    /// Where its records live.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Which backend keeps it.
    pub fn storage_kind(&self) -> StorageKind {
        match self.storage {
            Storage::Terminusdb => StorageKind::Terminusdb,
            Storage::Postgresql(_) => StorageKind::Postgresql,
        }
    }

    /// Its table, where it lives in one.
    pub fn table(&self) -> Option<&Table> {
        match &self.storage {
            Storage::Terminusdb => None,
            Storage::Postgresql(table) => Some(table),
        }
    }

    /// Whether every tenant reads the same records of it.
    pub fn is_shared(&self) -> bool {
        self.table().is_some_and(|table| table.shared)
    }

    /// What happens when a record that others link to is deleted.
    pub fn on_delete(&self) -> OnDelete {
        self.on_delete
    }

    /// Whether what is read of it is noted in the audit log.
    pub fn audits_reads(&self) -> bool {
        self.audits_reads
    }

    /// The fields, of this model or others, that link to its records.
    pub fn incoming_links(&self) -> &[IncomingLink] {
        &self.incoming
    }
}
