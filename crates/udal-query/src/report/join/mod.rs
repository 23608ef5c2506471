//! Records of several models side by side.

mod check;
mod request;
mod scope;

use std::sync::Arc;

use udal_core::filter::{self, Comparison, Predicate};
use udal_core::model::{Field, Model};
use udal_core::{Error, ErrorKind, Result};

use self::check::{check_joined, check_shown, check_tables};
pub use self::request::JoinRequest;
use self::scope::Scope;
use super::result::{Sorting, read_limit, read_order};
use super::window::kind_of;
use crate::{Budget, Column};

/// Records of several models side by side, checked against the models.
#[derive(Clone, Debug)]
pub struct Join {
    /// The tables: each but the first is joined to those before it.
    pub tables: Vec<Joined>,
    /// What is answered.
    pub select: Vec<Shown>,
    /// Every field that may be filtered and ordered by: predicates and orders name them by their places here.
    pub places: Vec<Place>,
    /// Which rows.
    pub filter: Predicate,
    /// The order, which the ids end; none where rows come in any.
    pub order: Option<Vec<Sorting>>,
    /// The most rows.
    pub limit: Option<u64>,
    /// What it may cost.
    pub budget: Budget,
}

/// A table of a join.
#[derive(Clone, Debug)]
pub struct Joined {
    /// What it is called.
    pub alias: String,
    /// Its model.
    pub model: Arc<Model>,
    /// Whether rows stay for which no record of it fits.
    pub is_left: bool,
    /// What must hold of its records and those of the tables before it.
    pub on: Vec<Condition>,
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it is called.
    pub name: String,
    /// Where it is from; the field as the asker sees it: of a masked one its mask.
    pub place: Place,
}

/// A field of one of the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The table, by its place.
    pub table: usize,
    /// The field.
    pub field: Arc<Field>,
}

/// What must hold of two fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// A field.
    pub left: Place,
    /// How it compares.
    pub comparison: Comparison,
    /// With which other.
    pub right: Place,
}

impl Join {
    /// Checks a request against its models, each with its view: the model as the asker sees it.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) or [`UnknownName`](udal_core::ErrorKind::UnknownName), with what
    /// is wrong.
    pub fn read(models: &[(Arc<Model>, Arc<Model>)], budget: Budget, request: &JoinRequest) -> Result<Self> {
        let JoinRequest { tables, left, on, select, filter, order_by, limit } = request;
        let mut errors = Vec::new();
        check_tables(tables, left, &mut errors);
        let scope = Scope {
            tables: tables.iter().zip(models).map(|(table, (_, view))| (table.alias.as_str(), view)).collect(),
        };
        let mut joined: Vec<Joined> =
            tables.iter().zip(models).map(|(table, (model, _))| table.joined(model, left)).collect();
        for (at, text) in on.iter().enumerate() {
            match scope.condition(text) {
                Ok(condition) => {
                    let last = condition.left.table.max(condition.right.table);
                    if let Some(table) = joined.get_mut(last) {
                        table.on.push(condition);
                    }
                }
                Err(fault) => errors.push(fault.of(&format!("on[{at}]"), text)),
            }
        }
        if errors.is_empty() {
            check_joined(&joined, &mut errors);
        }
        let mut shown = Vec::new();
        for (at, text) in select.iter().enumerate() {
            match scope.shown(text) {
                Ok(columns) => shown.extend(columns),
                Err(fault) => errors.push(fault.of(&format!("select[{at}]"), text)),
            }
        }
        check_shown(&shown, &mut errors);
        let (places, fields) = scope.places();
        let order = read_order(&fields, order_by).map_err(|error| errors.push(error)).unwrap_or_default();
        let limit = read_limit(*limit).map_err(|error| errors.push(error)).unwrap_or_default();
        if !errors.is_empty() {
            let all_unknown = errors.iter().all(|error| error.code == "unknown");
            let kind = if all_unknown { ErrorKind::UnknownName } else { ErrorKind::InvalidInput };
            return Err(Error::with_fields(kind, "the join does not fit its models", errors));
        }
        let filter =
            filter.as_ref().map_or(Ok(Predicate::always()), |json| filter::parse_row("join", &fields, json))?;
        let order = (!order.is_empty() || limit.is_some()).then_some(order);
        Ok(Join { tables: joined, select: shown, places, filter, order, limit, budget })
    }

    /// The columns of the answer.
    pub fn columns(&self) -> Vec<Column> {
        let model = |place: &Place| self.tables.get(place.table).map_or("", |table| table.model.name());
        let kind = |place: &Place| kind_of(&place.field, model(place));
        self.select.iter().map(|shown| Column { name: shown.name.clone(), kind: kind(&shown.place) }).collect()
    }
}

impl Join {
    /// The fields of each table that the statement names: of a masked one only its mask is answered.
    pub fn needed(&self) -> Vec<Vec<Arc<Field>>> {
        let ids = |table: usize| self.tables.get(table).and_then(|table| table.model.fields().first());
        let conditions = self.tables.iter().flat_map(|table| &table.on).flat_map(|on| [&on.left, &on.right]);
        let shown = self.select.iter().map(|shown| &shown.place).filter(|place| place.field.mask().is_none());
        let asked = self.places.iter().enumerate().filter(|(at, _)| {
            self.filter.mentions(*at) || self.order.iter().flatten().any(|sorting| sorting.column == *at)
        });
        let places: Vec<&Place> = conditions.chain(shown).chain(asked.map(|(_, place)| place)).collect();
        let of = |table: usize| {
            let mut fields: Vec<Arc<Field>> = ids(table).into_iter().cloned().collect();
            for place in places.iter().filter(|place| place.table == table) {
                if fields.iter().all(|field| field.position() != place.field.position()) {
                    fields.push(Arc::clone(&place.field));
                }
            }
            fields
        };
        (0..self.tables.len()).map(of).collect()
    }

    /// What the filter says of a table's records alone, where a record that does not fit leaves its row out.
    pub fn own_filter(&self, table: usize) -> Predicate {
        if self.tables.get(table).is_none_or(|table| table.is_left) {
            return Predicate::always();
        }
        let parts = match &self.filter {
            Predicate::All(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        Predicate::All(parts.iter().filter_map(|part| self.of_table(part, table)).collect())
    }

    /// The predicate over the fields of that table; none where it tests others.
    fn of_table(&self, predicate: &Predicate, table: usize) -> Option<Predicate> {
        let all = |parts: &[Predicate]| parts.iter().map(|part| self.of_table(part, table)).collect::<Option<Vec<_>>>();
        Some(match predicate {
            Predicate::All(parts) => Predicate::All(all(parts)?),
            Predicate::Any(parts) => Predicate::Any(all(parts)?),
            Predicate::Not(inner) => Predicate::Not(Box::new(self.of_table(inner, table)?)),
            Predicate::Test(field, test) => {
                let place = self.places.get(field.position()).filter(|place| place.table == table)?;
                Predicate::Test(Arc::clone(&place.field), test.clone())
            }
        })
    }
}
