//! What is wrong with the parts of a join together.

use udal_core::{FieldError, nearest, shorten};

use super::request::Named;
use super::{Joined, Shown};
use crate::report::reading::name_problem;

const MOST_TABLES: usize = 16;

pub(super) fn check_tables(tables: &[Named], left: &[String], errors: &mut Vec<FieldError>) {
    if !(2..=MOST_TABLES).contains(&tables.len()) {
        let message = format!("a join has 2 to {MOST_TABLES} tables, and this has {}", tables.len());
        errors.push(FieldError::new("tables", "out_of_range", message).hint("write such as `r=lab.AppLabResult`"));
    }
    for (at, table) in tables.iter().enumerate() {
        let path = format!("tables.{}", shorten(&table.alias));
        if let Some(hint) = name_problem(&table.alias) {
            errors.push(FieldError::new(path, "not_allowed", "this cannot name a table").hint(hint));
        } else if tables.iter().take(at).any(|before| before.alias == table.alias) {
            errors.push(FieldError::new(path, "not_allowed", "two tables have this name").hint("name one otherwise"));
        }
    }
    for alias in left {
        let path = format!("left.{}", shorten(alias));
        match tables.iter().position(|table| table.alias == *alias) {
            Some(0) => errors.push(FieldError::new(path, "not_allowed", "nothing stands before the first table")),
            Some(_) => {}
            None => {
                let near = nearest(alias, tables.iter().map(|table| table.alias.as_str()));
                errors.push(FieldError::new(path, "unknown", "the join has no such table").near(near));
            }
        }
    }
}

/// Each table but the first is joined by a condition: all records of one beside all of another are never meant.
pub(super) fn check_joined(tables: &[Joined], errors: &mut Vec<FieldError>) {
    for table in tables.iter().skip(1).filter(|table| table.on.is_empty()) {
        let message = format!("nothing joins `{}` to a table before it", table.alias);
        errors.push(FieldError::new("on", "missing", message).hint("write such as `r.sample = s.id`"));
    }
}

pub(super) fn check_shown(shown: &[Shown], errors: &mut Vec<FieldError>) {
    if shown.is_empty() && errors.is_empty() {
        let error = FieldError::new("select", "missing", "nothing is asked for");
        errors.push(error.hint("write such as `r.value`, or `r.*`"));
    }
    for (at, column) in shown.iter().enumerate() {
        if shown.iter().take(at).any(|before| before.name == column.name) {
            let error = FieldError::new("select", "not_allowed", format!("two columns are named `{}`", column.name));
            errors.push(error.hint("give one of them another name, such as `other=r.value`"));
        }
    }
}
