//! What a result is made of: a name, and columns with their types.

use serde::ser::{Serialize, SerializeMap, Serializer};
use udal_core::model::{ColumnKind, Field, FieldType, Model, Scalar, Shape, position};
use udal_core::value::Value;

use crate::record::field_order;

/// Whether tables for people show a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InTables {
    Shown,
    LeftOut,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    name: String,
    kind: ColumnKind,
    /// Where its value stands in a row.
    at: usize,
    in_tables: InTables,
}

impl ResultColumn {
    /// A column of values of `field_type`.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        ResultColumn::of_kind(name, ColumnKind::Values(field_type))
    }

    /// A column of what `kind` says.
    pub fn of_kind(name: impl Into<String>, kind: ColumnKind) -> Self {
        ResultColumn { name: name.into(), kind, at: 0, in_tables: InTables::Shown }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    pub fn kind(&self) -> &ColumnKind {
        &self.kind
    }

    /// Its value in `row`.
    pub(crate) fn value<'a>(&self, row: &'a [Option<Value>]) -> Option<&'a Value> {
        row.get(self.at)?.as_ref()
    }

    /// Whether tables for people show it.
    pub(crate) fn is_in_tables(&self) -> bool {
        self.in_tables == InTables::Shown
    }

    /// Whether it holds single numbers, which stand on the right.
    pub(crate) fn is_number(&self) -> bool {
        match &self.kind {
            ColumnKind::Values(FieldType { scalar, shape: Shape::One, optional: _ }) => {
                matches!(scalar, Scalar::Int | Scalar::Float | Scalar::Decimal)
            }
            _ => false,
        }
    }

    /// What its values start with, where they are ids of one model.
    pub(crate) fn prefix(&self) -> Option<String> {
        let model = match &self.kind {
            ColumnKind::Values(field_type) => field_type.target()?,
            ColumnKind::Ids(model) => model,
            ColumnKind::References => return None,
        };
        Some(format!("{model}/"))
    }

    fn is_set(&self) -> bool {
        matches!(&self.kind, ColumnKind::Values(FieldType { shape: Shape::Set, .. }))
    }
}

/// What the rows of a result are, as ISON names it before the result's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// Rows of anything.
    Table,
    /// Nodes of a graph, all of one type.
    Nodes,
    /// Edges of a graph, all of one type.
    Edges,
}

impl ResultKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            ResultKind::Table => "table",
            ResultKind::Nodes => "nodes",
            ResultKind::Edges => "edges",
        }
    }
}

/// A result's name and columns, whatever it comes from: records of a model, an aggregate, a join.
///
/// Two columns never have one name: of `id`, `id` the second is called `id_2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    kind: ResultKind,
    name: String,
    columns: Vec<ResultColumn>,
}

impl Header {
    /// A result of that name, whose rows hold a value for each of these columns, in their order.
    pub fn new(name: impl Into<String>, columns: Vec<ResultColumn>) -> Self {
        let mut header = Header { kind: ResultKind::Table, name: name.into(), columns };
        let mut names: Vec<String> = Vec::new();
        for (at, column) in header.columns.iter_mut().enumerate() {
            column.at = at;
            column.name = unused(&column.name, &names);
            names.push(column.name.clone());
        }
        header
    }

    /// The records of `model`: rows are [the values of a record](udal_core::record::Record::values).
    pub fn of_model(model: &Model) -> Self {
        Header::of_fields(model, |_| true)
    }

    /// The records of `model` as nodes of a graph, without the fields that link: those are edges.
    pub fn of_nodes(model: &Model) -> Self {
        Header { kind: ResultKind::Nodes, ..Header::of_fields(model, |field| !field.is_link()) }
    }

    fn of_fields(model: &Model, included: impl Fn(&Field) -> bool) -> Self {
        let columns = field_order(model).filter(|field| included(field)).map(|field| ResultColumn {
            name: field.name().to_owned(),
            kind: match field.position() {
                position::ID => ColumnKind::Ids(model.name().to_owned()),
                _ => ColumnKind::Values(field.field_type().clone()),
            },
            at: field.position(),
            in_tables: if field.position() == position::UPDATED_AT { InTables::LeftOut } else { InTables::Shown },
        });
        Header { kind: ResultKind::Table, name: model.name().to_owned(), columns: columns.collect() }
    }

    /// The same columns, as rows of that kind.
    #[must_use]
    pub fn of_kind(mut self, kind: ResultKind) -> Self {
        self.kind = kind;
        self
    }

    /// What the rows are.
    pub fn kind(&self) -> ResultKind {
        self.kind
    }

    /// The result's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns.
    pub fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }
}

/// `name`, or where that is among `used`, the first of `name_2`, `name_3`, … that is not.
pub(crate) fn unused(name: &str, used: &[String]) -> String {
    let is_free = |candidate: &String| !used.contains(candidate);
    let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// A row as a JSON object, with the columns' names.
pub(crate) struct JsonRow<'a> {
    pub(crate) header: &'a Header,
    pub(crate) row: &'a [Option<Value>],
}

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.header.columns.len()))?;
        for column in &self.header.columns {
            match column.value(self.row) {
                Some(value) => map.serialize_entry(&column.name, value)?,
                None if column.is_set() => map.serialize_entry::<_, [(); 0]>(&column.name, &[])?,
                None => map.serialize_entry(&column.name, &())?,
            }
        }
        map.end()
    }
}
