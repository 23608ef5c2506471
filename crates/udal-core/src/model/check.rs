//! Checks declarations together, and makes models of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalog::Group;
use super::{
    Field, FieldDeclaration, FieldType, GroupDeclaration, IncomingLink, Interval, Model, ModelDeclaration, OnDelete,
    Partition, Place, Problem, SYSTEM_FIELDS, Scalar, Shape, Storage, StorageKind, Table, system_fields,
};
use crate::names::{field_name_problem, lower_name_problem, model_name_problem, nearest, shorten, snake_case};

const MAX_FIELDS: usize = 500;

/// Collects what is wrong while the declarations are walked.
struct Findings<'a> {
    group: &'a str,
    model: Option<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Findings<'a> {
    fn add(&mut self, key: Option<&str>, field: Option<&str>, message: impl Into<String>, hint: impl Into<String>) {
        let place = Place {
            group: self.group.to_owned(),
            model: self.model.map(str::to_owned),
            key: key.map(str::to_owned),
            field: field.map(str::to_owned),
        };
        self.problems.push(Problem { place, message: message.into(), hint: hint.into() });
    }

    fn at(&mut self, group: &'a str, model: Option<&'a str>) {
        self.group = group;
        self.model = model;
    }
}

/// Checks every declaration; answers the groups, or everything that is wrong.
pub(super) fn check(declarations: &[GroupDeclaration]) -> Result<BTreeMap<String, Group>, Vec<Problem>> {
    let mut findings = Findings { group: "", model: None, problems: Vec::new() };
    let mut models: Vec<Model> = Vec::new();
    collisions(declarations, &mut findings);
    for group in declarations {
        findings.at(&group.name, None);
        if let Some(hint) = lower_name_problem(&group.name) {
            findings.add(None, None, format!("`{}` cannot name a group", shorten(&group.name)), hint);
        }
        for declared in &group.models {
            findings.at(&group.name, Some(&declared.name));
            models.extend(model(&group.name, declared, &mut findings));
        }
    }
    references(declarations, &mut findings);
    if !findings.problems.is_empty() {
        return Err(findings.problems);
    }
    resolve_links(&mut models);
    Ok(assemble(declarations, models))
}

fn assemble(declarations: &[GroupDeclaration], models: Vec<Model>) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = declarations
        .iter()
        .map(|declared| {
            let group = Group {
                name: declared.name.clone(),
                description: declared.description.clone(),
                models: BTreeMap::new(),
            };
            (declared.name.clone(), group)
        })
        .collect();
    for model in models {
        if let Some(group) = groups.get_mut(&model.group) {
            group.models.insert(model.name.clone(), Arc::new(model));
        }
    }
    groups
}

/// Names that are given twice: groups, models (across groups, since a graph database has one space of classes), tables.
fn collisions<'a>(declarations: &'a [GroupDeclaration], findings: &mut Findings<'a>) {
    let mut groups: HashMap<&str, ()> = HashMap::new();
    let mut models: HashMap<String, &str> = HashMap::new();
    let mut tables: HashMap<String, &str> = HashMap::new();
    for group in declarations {
        findings.at(&group.name, None);
        if groups.insert(&group.name, ()).is_some() {
            findings.add(None, None, format!("group `{}` is declared twice", group.name), "give one another name");
        }
        for declared in &group.models {
            findings.at(&group.name, Some(&declared.name));
            if let Some(other) = models.insert(declared.name.to_lowercase(), &group.name) {
                let message = format!("model `{}` is declared already, in group `{other}`", declared.name);
                findings.add(None, None, message, "model names are unique in all groups, also when case is ignored");
            }
            if declared.storage.as_deref() != Some("postgresql") {
                continue;
            }
            if let Some(other) = tables.insert(table_name(&group.name, declared), &declared.name) {
                let message = format!("model `{other}` has the same table");
                findings.add(Some("table_name"), None, message, "give one of them another `table_name`");
            }
        }
    }
}

fn table_name(group: &str, declared: &ModelDeclaration) -> String {
    declared.table_name.clone().unwrap_or_else(|| format!("{group}_{}", snake_case(&declared.name)))
}

fn model(group: &str, declared: &ModelDeclaration, findings: &mut Findings<'_>) -> Option<Model> {
    let before = findings.problems.len();
    if let Some(hint) = model_name_problem(&declared.name) {
        findings.add(None, None, format!("`{}` cannot name a model", shorten(&declared.name)), hint);
    }
    let fields = fields(declared, findings);
    let storage = storage(group, declared, &fields, findings);
    let on_delete = on_delete(declared, findings);
    (findings.problems.len() == before).then(|| Model {
        group: group.to_owned(),
        name: declared.name.clone(),
        description: declared.description.clone(),
        fields,
        storage,
        on_delete,
        incoming: Vec::new(),
    })
}

fn fields(declared: &ModelDeclaration, findings: &mut Findings<'_>) -> Vec<Arc<Field>> {
    if declared.fields.is_empty() {
        findings.add(Some("fields"), None, "a model needs a field", "add `fields:` with a name and a type a line");
    }
    if declared.fields.len() > MAX_FIELDS {
        findings.add(
            Some("fields"),
            None,
            "a model has at most 500 fields",
            "split it, or keep some of it in a `json` field",
        );
    }
    let mut fields: Vec<Arc<Field>> = Vec::with_capacity(SYSTEM_FIELDS + declared.fields.len());
    for (position, (name, field_type)) in system_fields().into_iter().enumerate() {
        let name = name.to_owned();
        fields.push(Arc::new(Field { name, position, field_type, description: String::new(), link: false }));
    }
    for field in &declared.fields {
        if let Some(field_type) = field_type(field, &fields, findings) {
            fields.push(Arc::new(Field {
                name: field.name.clone(),
                position: fields.len(),
                field_type,
                description: field.description.clone(),
                link: false,
            }));
        }
    }
    fields
}

fn field_type(field: &FieldDeclaration, before: &[Arc<Field>], findings: &mut Findings<'_>) -> Option<FieldType> {
    let key = Some("fields");
    let name = Some(field.name.as_str());
    if let Some(hint) = field_name_problem(&field.name) {
        findings.add(key, name, format!("`{}` cannot name a field", shorten(&field.name)), hint);
    }
    match before.iter().find(|other| other.name.eq_ignore_ascii_case(&field.name)) {
        Some(other) if other.is_system() => {
            let message = format!("every record has `{}`; it is not declared", other.name);
            findings.add(key, name, message, "leave it out");
        }
        Some(other) => {
            let message = format!("`{}` and `{}` differ in case at most", other.name, field.name);
            findings.add(key, name, message, "give one another name");
        }
        None => {}
    }
    match FieldType::parse(&field.field_type) {
        Ok(field_type) => Some(field_type),
        Err(problem) => {
            findings.add(key, name, problem.message, problem.hint);
            None
        }
    }
}

fn storage(group: &str, declared: &ModelDeclaration, fields: &[Arc<Field>], findings: &mut Findings<'_>) -> Storage {
    match declared.storage.as_deref() {
        None | Some("terminusdb") => {
            table_settings_without_table(declared, findings);
            Storage::Terminusdb
        }
        Some("postgresql") => Storage::Postgresql(table(group, declared, fields, findings)),
        Some(other) => {
            let hint = match nearest(other, ["terminusdb", "postgresql"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "use `terminusdb` (the default) or `postgresql`".to_owned(),
            };
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
    ];
    for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("`{key}` is only for models with `storage: postgresql`");
        findings.add(Some(key), None, message, "add `storage: postgresql`, or leave it out");
    }
}

fn table(group: &str, declared: &ModelDeclaration, fields: &[Arc<Field>], findings: &mut Findings<'_>) -> Table {
    let name = table_name(group, declared);
    if let Some(hint) = lower_name_problem(&name) {
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
        let hint = match nearest(name, fields.iter().map(|field| field.name.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a `date` or `datetime` field, such as `created_at`".to_owned(),
        };
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

fn on_delete(declared: &ModelDeclaration, findings: &mut Findings<'_>) -> OnDelete {
    match declared.on_delete.as_deref() {
        None | Some("restrict") => OnDelete::Restrict,
        Some("unlink") => OnDelete::Unlink,
        Some(other) => {
            let message = format!("`{}` is not a rule", shorten(other));
            findings.add(Some("on_delete"), None, message, "use `restrict` (the default) or `unlink`");
            OnDelete::Restrict
        }
    }
}

/// Every `Ref` names a model that is declared.
fn references<'a>(declarations: &'a [GroupDeclaration], findings: &mut Findings<'a>) {
    let known: Vec<&str> = declarations.iter().flat_map(|group| group.models.iter().map(|m| m.name.as_str())).collect();
    for group in declarations {
        for declared in &group.models {
            findings.at(&group.name, Some(&declared.name));
            for field in &declared.fields {
                let Ok(FieldType { scalar: Scalar::Ref(target), .. }) = FieldType::parse(&field.field_type) else {
                    continue;
                };
                if !known.contains(&target.as_str()) {
                    let hint = match nearest(&target, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "declare it in one of the groups".to_owned(),
                    };
                    findings.add(Some("fields"), Some(&field.name), format!("there is no model `{target}`"), hint);
                }
            }
        }
    }
}

/// Marks the links, and tells each model which fields link to it.
fn resolve_links(models: &mut [Model]) {
    let kinds: HashMap<String, StorageKind> = models.iter().map(|m| (m.name.clone(), m.storage_kind())).collect();
    let is_document = |name: &str| kinds.get(name) == Some(&StorageKind::Terminusdb);
    let mut incoming: HashMap<String, Vec<IncomingLink>> = HashMap::new();
    for model in models.iter_mut().filter(|model| is_document(&model.name)) {
        for field in &mut model.fields {
            let Some(target) = field.field_type.target().filter(|target| is_document(target)).map(str::to_owned) else {
                continue;
            };
            let link = IncomingLink {
                model: model.name.clone(),
                field: field.name.clone(),
                field_type: field.field_type.clone(),
            };
            incoming.entry(target).or_default().push(link);
            Arc::make_mut(field).link = true;
        }
    }
    for model in models {
        model.incoming = incoming.remove(&model.name).unwrap_or_default();
    }
}
