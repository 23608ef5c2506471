//! Checking and showing models; no database is needed.

use std::path::Path;

use serde_json::{Value as Json, json};
use udal::model::{Catalog, Field, Interval, Model, OnDelete, Storage};
use udal::{Config, LoadErrors, StartError};
use udal_format::{Column, Format, Table};

use crate::args::ModelCommand;
use crate::exit::Exit;
use crate::failure::{Failure, load_error_json};
use crate::output::Output;

pub(super) fn run(command: &ModelCommand, configuration: &Config, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        ModelCommand::Check { directory } => check(directory.as_deref().unwrap_or(&configuration.groups), output),
        ModelCommand::List | ModelCommand::Show { .. } => {
            let catalog = udal::load_dir(&configuration.groups).map_err(StartError::Groups)?;
            show_of(&catalog, command, output)
        }
    }
}

/// Shows models of `catalog`, which is checked already.
pub(super) fn show_of(catalog: &Catalog, command: &ModelCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        ModelCommand::Check { .. } => sound(catalog, output)?,
        ModelCommand::List => list(catalog, output)?,
        ModelCommand::Show { group, model } => show(catalog.model(group, model)?, output)?,
    }
    Ok(Exit::Done)
}

fn check(directory: &Path, output: &mut Output) -> Result<Exit, Failure> {
    match udal::load_dir(directory) {
        Ok(catalog) => {
            sound(&catalog, output)?;
            Ok(Exit::Done)
        }
        Err(errors) => {
            report(&errors, output)?;
            Ok(Exit::Invalid)
        }
    }
}

/// Says that nothing is wrong.
fn sound(catalog: &Catalog, output: &mut Output) -> Result<(), Failure> {
    let (groups, models) = (catalog.groups().count(), catalog.models().count());
    let text = format!("{groups} groups, {models} models, no errors");
    let json = json!({"groups": groups, "models": models, "errors": []});
    output.answer(&json, &text, &[&["file", "line", "message", "hint"]])
}

/// Writes every error: as the answer for programs, as messages for people.
fn report(errors: &LoadErrors, output: &mut Output) -> Result<(), Failure> {
    let count = errors.errors().len();
    let listed: Vec<Json> = errors.errors().iter().map(load_error_json).collect();
    if output.was_asked_for(Format::Json) || output.was_asked_for(Format::Ndjson) {
        return output.answer(&json!({"errors": listed}), "", &[]);
    }
    output.message(&format!("{errors}\n{count} {}", if count == 1 { "error" } else { "errors" }));
    Ok(())
}

fn list(catalog: &Catalog, output: &mut Output) -> Result<(), Failure> {
    if output.format() == Format::Table {
        let columns = ["group", "model", "storage", "description"].map(Column::text).to_vec();
        let mut table = Table::new(columns, output.layout().columns());
        for model in catalog.models() {
            let storage = model.storage_kind().to_string();
            table.push(vec![
                model.group().to_owned(),
                model.name().to_owned(),
                storage,
                model.description().to_owned(),
            ]);
        }
        return output.table(&table);
    }
    let described: Vec<Json> = catalog
        .models()
        .map(|model| {
            let storage = model.storage_kind().to_string();
            json!({"group": model.group(), "model": model.name(), "storage": storage, "description": model.description()})
        })
        .collect();
    let storages: Vec<String> = catalog.models().map(|model| model.storage_kind().to_string()).collect();
    let mut rows: Vec<Vec<&str>> = vec![vec!["group", "model", "storage", "description"]];
    rows.extend(
        catalog
            .models()
            .zip(&storages)
            .map(|(model, storage)| vec![model.group(), model.name(), storage.as_str(), model.description()]),
    );
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    output.answer(&Json::Array(described), "", &rows)
}

fn show(model: &Model, output: &mut Output) -> Result<(), Failure> {
    let fields: Vec<Json> = model.fields().iter().map(|field| field_json(field)).collect();
    if output.format() != Format::Table {
        let json = json!({
            "group": model.group(),
            "model": model.name(),
            "description": model.description(),
            "storage": storage_json(model),
            "fields": fields,
        });
        let types: Vec<String> = model.fields().iter().map(|field| field.field_type().to_string()).collect();
        let mut rows: Vec<Vec<&str>> = vec![vec!["field", "type", "required", "description"]];
        rows.extend(model.fields().iter().zip(&types).map(|(field, field_type)| {
            let required = if field.is_required() { "true" } else { "false" };
            vec![field.name(), field_type.as_str(), required, about(field)]
        }));
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        return output.answer(&json, "", &rows);
    }
    output.text(&format!("{} in group {}: {}", model.name(), model.group(), model.description()))?;
    output.text(&format!("storage: {}", storage_text(model)))?;
    let columns = ["field", "type", "", "description"].map(Column::text).to_vec();
    let mut table = Table::new(columns, output.layout().columns()).wrapped();
    for field in model.declared_fields().chain(model.fields().iter().filter(|field| field.is_system())) {
        let required = if field.is_system() || !field.is_required() { "" } else { "required" };
        let field_type = field.field_type().to_string();
        table.push(vec![field.name().to_owned(), field_type, required.to_owned(), about(field).to_owned()]);
    }
    output.table(&table)
}

/// What a field holds; the system fields' texts are the same for every model.
fn about(field: &Field) -> &str {
    match field.name() {
        _ if !field.is_system() => field.description(),
        "id" => "given, or made",
        "version" => "counts the writes",
        "created_at" => "given, or the time of the create",
        "updated_at" => "the time of the last write",
        "created_by" => "who wrote it first",
        "owned_by" => "whose it is",
        "assigned_to" => "the users who work on it",
        "team_id" => "the team it belongs to",
        _ => "",
    }
}

fn field_json(field: &Field) -> Json {
    json!({
        "field": field.name(),
        "type": field.field_type().to_string(),
        "required": field.is_required(),
        "system": field.is_system(),
        "link": field.is_link(),
        "description": about(field),
    })
}

fn storage_json(model: &Model) -> Json {
    match model.storage() {
        Storage::Terminusdb => json!({"kind": "terminusdb", "on_delete": on_delete(model)}),
        Storage::Postgresql(table) => json!({
            "kind": "postgresql",
            "table_name": table.name,
            "high_volume": table.high_volume,
            "partition_by": table.partition.as_ref().map(|partition| partition.field.as_str()),
            "partition_interval": table.partition.as_ref().map(|partition| interval(partition.interval)),
            "shared": table.shared,
        }),
    }
}

fn storage_text(model: &Model) -> String {
    match model.storage() {
        Storage::Terminusdb => format!(
            "linked documents; a delete of what others link to is {}",
            match model.on_delete() {
                OnDelete::Restrict => "refused",
                OnDelete::Unlink => "taken out of the links",
            }
        ),
        Storage::Postgresql(table) => {
            let mut text = format!("table `{}`", table.name);
            if let Some(partition) = &table.partition {
                text.push_str(&format!(", a partition a {} of `{}`", interval(partition.interval), partition.field));
            }
            if table.high_volume {
                text.push_str(", many appends");
            }
            if table.shared {
                text.push_str(", shared by every tenant");
            }
            text
        }
    }
}

fn on_delete(model: &Model) -> &'static str {
    match model.on_delete() {
        OnDelete::Restrict => "restrict",
        OnDelete::Unlink => "unlink",
    }
}

fn interval(interval: Interval) -> &'static str {
    match interval {
        Interval::Day => "day",
        Interval::Month => "month",
        Interval::Year => "year",
    }
}
