//! Checks the settings of a model that lives in a table.

use std::sync::Arc;

use super::{Findings, table_name};
use crate::model::{
    Expiry, Field, Interval, ModelDeclaration, Partition, Retention, Scalar, Shape, Storage, Table, position,
};
use crate::names::{lower_name_problem, shorten, suggestion};

/// How many fields an index may have, and how many of them may be strings: what a row of an index can hold.
const MAX_INDEX_FIELDS: usize = 4;
const MAX_INDEX_STRINGS: usize = 2;

pub(super) fn storage(
    group: &str,
    declared: &ModelDeclaration,
    fields: &[Arc<Field>],
    findings: &mut Findings<'_>,
) -> Storage {
    match declared.storage.as_deref() {
        None | Some("terminusdb") => {
            table_settings_without_table(declared, findings);
            Storage::Terminusdb
        }
        Some("postgresql") => Storage::Postgresql(table(group, declared, fields, findings)),
        Some(other) => {
            let hint = suggestion(other, ["terminusdb", "postgresql"], || {
                "use `terminusdb` (the default) or `postgresql`".to_owned()
            });
            findings.add(Some("storage"), None, format!("`{}` is not a storage", shorten(other)), hint);
            Storage::Terminusdb
        }
    }
}

fn table_settings_without_table(declared: &ModelDeclaration, findings: &mut Findings<'_>) {
    let given = [
        ("table_name", declared.table_name.is_some()),
        ("high_volume", declared.high_volume == Some(true)),
        ("partition_by", declared.partition_by.is_some()),
        ("partition_interval", declared.partition_interval.is_some()),
        ("shared", declared.shared == Some(true)),
        ("indexes", !declared.indexes.is_empty()),
        ("retention", declared.retention.is_some() || declared.retention_then.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("`{key}` is only for models with `storage: postgresql`");
        findings.add(Some(key), None, message, "add `storage: postgresql`, or leave it out");
    }
}

/// The partitions of a table and its table of ids are named after it, with `__` between: a table of that name would be taken
/// for one of them, and dropped when their time is over.
fn part_name_problem(name: &str) -> Option<&'static str> {
    name.contains("__").then_some("names with __ are kept for the partitions of tables; use one _")
}

fn table(group: &str, declared: &ModelDeclaration, fields: &[Arc<Field>], findings: &mut Findings<'_>) -> Table {
    let name = table_name(group, declared);
    if let Some(hint) = lower_name_problem(&name).or_else(|| part_name_problem(&name)) {
        let hint = if declared.table_name.is_some() { hint.to_owned() } else { format!("give a `table_name`: {hint}") };
        findings.add(Some("table_name"), None, format!("`{}` cannot name a table", shorten(&name)), hint);
    }
    if declared.on_delete.is_some() {
        let message = "`on_delete` is only for linked documents";
        findings.add(Some("on_delete"), None, message, "leave it out: ids that tables hold are not links");
    }
    Table {
        name,
        high_volume: declared.high_volume.unwrap_or(false),
        partition: partition(declared, fields, findings),
        shared: declared.shared.unwrap_or(false),
        indexes: indexes(declared, fields, findings),
        retention: retention(declared, findings),
    }
}

fn partition(declared: &ModelDeclaration, fields: &[Arc<Field>], findings: &mut Findings<'_>) -> Option<Partition> {
    let interval = match declared.partition_interval.as_deref() {
        None | Some("month") => Interval::Month,
        Some("day") => Interval::Day,
        Some("year") => Interval::Year,
        Some(other) => {
            let message = format!("`{}` is not an interval", shorten(other));
            findings.add(Some("partition_interval"), None, message, "use `day`, `month` or `year`");
            Interval::Month
        }
    };
    let Some(name) = declared.partition_by.as_deref() else {
        if declared.partition_interval.is_some() {
            let message = "`partition_interval` needs `partition_by`";
            findings.add(Some("partition_interval"), None, message, "add `partition_by: created_at`, or leave it out");
        }
        return None;
    };
    let key = Some("partition_by");
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        if is_declared(declared, name) {
            return None;
        }
        let hint = suggestion(name, fields.iter().map(|field| field.name.as_str()), || {
            "name a `date` or `datetime` field, such as `created_at`".to_owned()
        });
        findings.add(key, None, format!("there is no field `{}`", shorten(name)), hint);
        return None;
    };
    let field_type = &field.field_type;
    let is_time = matches!(field_type.scalar, Scalar::Date | Scalar::DateTime) && field_type.shape == Shape::One;
    if !is_time || field_type.optional || name == "updated_at" {
        let message = format!("a table cannot be partitioned by `{name}`, which is `{field_type}`");
        findings.add(
            key,
            None,
            message,
            "name a `date` or `datetime` field that is not optional, such as `created_at`",
        );
    }
    Some(Partition { field: name.to_owned(), interval })
}

/// Whether that field is declared, though with a type that is none: that is said already.
fn is_declared(declared: &ModelDeclaration, name: &str) -> bool {
    declared.fields.iter().any(|field| field.name == name)
}

fn indexes(declared: &ModelDeclaration, fields: &[Arc<Field>], findings: &mut Findings<'_>) -> Vec<Vec<String>> {
    for (at, index) in declared.indexes.iter().enumerate() {
        if let Some((message, hint)) = index_problem(declared, index, fields) {
            findings.add(Some("indexes"), None, format!("index {}: {message}", at + 1), hint);
        } else if declared.indexes.iter().take(at).any(|before| before == index) {
            findings.add(Some("indexes"), None, format!("index {} stands twice", at + 1), "leave one out");
        }
    }
    declared.indexes.clone()
}

fn index_problem(declared: &ModelDeclaration, index: &[String], fields: &[Arc<Field>]) -> Option<(String, String)> {
    if !(1..=MAX_INDEX_FIELDS).contains(&index.len()) {
        return Some((format!("it has {} fields", index.len()), "name 1 to 4 fields".to_owned()));
    }
    let mut strings = 0;
    for (at, name) in index.iter().enumerate() {
        let Some(field) = fields.iter().find(|field| field.name() == name) else {
            if is_declared(declared, name) {
                return None;
            }
            let hint =
                suggestion(name, fields.iter().map(|field| field.name()), || "name fields of the model".to_owned());
            return Some((format!("there is no field `{}`", shorten(name)), hint));
        };
        if field.field_type().shape == Shape::List && index.len() == 1 {
            return None;
        }
        if !field.field_type().is_sortable() {
            let hint = match field.field_type().shape {
                Shape::List => "a list has an index by itself, such as `[steps]`",
                Shape::Set => "sets have an index of their own; leave it out",
                Shape::One => "leave it out",
            };
            return Some((format!("`{name}` has no order"), hint.to_owned()));
        }
        if index.iter().take(at).any(|before| before == name) {
            return Some((format!("`{name}` stands twice"), "name each field once".to_owned()));
        }
        strings += usize::from(field.field_type().scalar == Scalar::Str && field.position() > position::TEAM_ID);
    }
    (strings > MAX_INDEX_STRINGS)
        .then(|| ("it has more than two `str` fields".to_owned(), "an entry of an index has room for two".to_owned()))
}

/// Reads such as `24 months`.
fn retention(declared: &ModelDeclaration, findings: &mut Findings<'_>) -> Option<Retention> {
    let key = Some("retention");
    let Some(text) = declared.retention.as_deref() else {
        if declared.retention_then.is_some() {
            findings.add(key, None, "`then` needs `keep`", "write such as `{keep: 2 years, then: detach}`");
        }
        return None;
    };
    if declared.partition_by.is_none() {
        findings.add(key, None, "`retention` needs `partition_by`", "old records are dropped by partitions");
    }
    let then = match declared.retention_then.as_deref() {
        None | Some("drop") => Expiry::Drop,
        Some("detach") => Expiry::Detach,
        Some(other) => {
            let message = format!("`{}` is not what can become of a partition", shorten(other));
            findings.add(key, None, message, "use `drop` (the default) or `detach`");
            Expiry::Drop
        }
    };
    let parsed = text.split_once(' ').and_then(|(count, unit)| {
        let interval = match unit.trim().trim_end_matches('s') {
            "day" => Interval::Day,
            "month" => Interval::Month,
            "year" => Interval::Year,
            _ => return None,
        };
        let count = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
        Some(Retention { count, interval, then })
    });
    if parsed.is_none() {
        findings.add(key, None, format!("`{}` is not a time", shorten(text)), "write such as `24 months` or `90 days`");
    }
    parsed
}
