//! Columns that may be empty though their fields need a value.

use udal_core::model::Field;

use super::columns::{column_of, is_fitting, is_key};
use super::words::validate;
use super::{Change, Due, Fill, Fills, Step, alter, name};
use crate::table::create::constant;
use crate::table::index::index_name;
use crate::table::{FoundTable, Target};
use crate::{Sql, column_type};

/// What is to be done where a value is required and the column does not ask for it.
///
/// An earlier release may still write no value, so it is done when it is allowed. A check that is added without a look at
/// the rows keeps new ones out; the rows are then filled and looked at, and the column takes the check's word for it.
pub(super) fn changes(target: Target<'_>, field: &Field, found: &FoundTable, fills: &Fills) -> Vec<Change> {
    let accepts_none = column_of(field, found).is_some_and(|column| !column.not_null);
    let mut changes = Vec::new();
    let check = index_name(target.table_name(), &[field.name(), "value"]);
    let has_check = found.checks.iter().any(|found| found.name == check);
    if !field.is_required() || !is_fitting(field, found) || !accepts_none || is_key(target, field) {
        if has_check {
            let mut drop = alter(target.table_name());
            drop.push(" DROP CONSTRAINT ").name(&check);
            changes.push(super::at_once(name("lift-check", target, field.name()), vec![drop.into_text()]));
        }
        return changes;
    }
    let fill = fills.get(field.name());
    let reason = format!("a row has no value for `{}`; say what such rows get", field.name());
    let mut steps = Vec::new();
    if fill.is_none() {
        let mut query = Sql::new();
        query.push("SELECT 1 FROM ").name(target.table_name()).push(" WHERE ").column(field).push(" IS NULL LIMIT 1");
        steps.push(Step::Unless { query: query.into_text(), reason: reason.clone() });
    }
    if !has_check {
        let mut add = alter(target.table_name());
        add.push(" ADD CONSTRAINT ").name(&check).push(" CHECK (").column(field).push(" IS NOT NULL) NOT VALID");
        steps.push(Step::Together(vec![add.into_text()]));
    }
    if let Some(value) = fill {
        let (mut set, mut lacks) = (Sql::new(), Sql::new());
        set.column(field).push(" = ");
        constant(&mut set, column_type(field.field_type()), value);
        lacks.column(field).push(" IS NULL");
        let (set, lacks) = (set.into_text(), lacks.into_text());
        let fill = |table: &str| Fill { table: table.to_owned(), set: set.clone(), lacks: lacks.clone() };
        steps.extend(found.parts(target).into_iter().map(|table| Step::Fill(fill(table))));
    }
    steps.extend(validate(target, found, &check, &reason));
    let mut set = alter(target.table_name());
    set.push(" ALTER COLUMN ").column(field).push(" SET NOT NULL");
    let mut drop = alter(target.table_name());
    drop.push(" DROP CONSTRAINT ").name(&check);
    steps.push(Step::Together(vec![set.into_text(), drop.into_text()]));
    let reason = format!("`{}` is required, and the column takes records without it", field.name());
    changes.push(Change {
        name: name("require", target, field.name()),
        due: Due::Allowed { reason, stops_writes: false },
        steps,
    });
    changes
}
