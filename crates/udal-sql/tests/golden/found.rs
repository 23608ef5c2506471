//! A table as it was found: as the model says, but for what the case tells.

use serde_json::Value as Json;
use udal_core::model::Model;
use udal_sql::column_type;
use udal_sql::table::{FoundCheck, FoundColumn, FoundIndex, FoundTable};

use crate::input::Input;

/// Reads `found`: `without` and `nullable` name columns, `types` gives some another type, `beyond` adds some;
/// `checks` are `[name, definition, is valid]`, `indexes` `[name, table, is valid, method, part of, is in making]`.
pub(crate) fn found(model: &Model, input: &mut Input) -> FoundTable {
    let Some(Json::Object(mut told)) = input.take("found") else { panic!("`found` says what the table is") };
    let mut take = |name: &str| told.remove(name).unwrap_or(Json::Null);
    let (without, nullable, types) = (texts(&take("without")), texts(&take("nullable")), take("types"));
    let mut columns = Vec::new();
    for field in model.fields().iter().filter(|field| !without.contains(&field.name().to_owned())) {
        let name = field.name().to_owned();
        let usual = column_type(field.field_type()).name().replace("timestamptz", "timestamp with time zone");
        let type_name = types.get(&name).and_then(Json::as_str).unwrap_or(&usual).to_owned();
        columns.push(FoundColumn { not_null: field.is_required() && !nullable.contains(&name), name, type_name });
    }
    for beyond in rows(&take("beyond")) {
        let (name, type_name) = (text(&beyond[0]), text(&beyond[1]));
        columns.push(FoundColumn { name, type_name, not_null: beyond[2] == Json::Bool(true) });
    }
    let checks = rows(&take("checks")).into_iter().map(|row| FoundCheck {
        name: text(&row[0]),
        definition: text(&row[1]),
        is_valid: row[2] == Json::Bool(true),
    });
    let indexes = rows(&take("indexes")).into_iter().map(|row| FoundIndex {
        name: text(&row[0]),
        table: text(&row[1]),
        is_valid: row[2] == Json::Bool(true),
        method: text(&row[3]),
        part_of: row.get(4).and_then(Json::as_str).map(str::to_owned),
        is_in_making: row.get(5) == Some(&Json::Bool(true)),
    });
    let found = FoundTable {
        columns,
        checks: checks.collect(),
        indexes: indexes.collect(),
        has_rows: take("has_rows") != Json::Bool(false),
        split_by: take("split_by").as_str().map(str::to_owned),
        partitions: texts(&take("partitions")),
        options: rows(&take("options")).iter().map(|row| (text(&row[0]), texts(&row[1]))).collect(),
    };
    assert!(told.is_empty(), "nothing reads {told:?}");
    found
}

fn rows(json: &Json) -> Vec<Vec<Json>> {
    json.as_array().into_iter().flatten().filter_map(Json::as_array).cloned().collect()
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().map(text).collect()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("{json} is no text")).to_owned()
}
