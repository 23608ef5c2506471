//! Checks declarations together, and makes models of them.

mod table;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalog::Group;
use super::{
    Field, FieldDeclaration, FieldType, GroupDeclaration, IncomingLink, Model, ModelDeclaration, OnDelete, Place,
    Problem, SYSTEM_FIELDS, Scalar, StorageKind, system_fields,
};
use crate::access::Subject;
use crate::names::{
    field_name_problem, lower_name_problem, model_name_problem, shorten, snake_case, subject_name_problem, suggestion,
};

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
        if let Some(group) = groups.get_mut(model.group()) {
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
        let mut called_so: HashMap<String, &str> = HashMap::new();
        for declared in &group.models {
            findings.at(&group.name, Some(&declared.name));
            if let Some(other) = called_so.insert(called(declared).to_lowercase(), &declared.name)
                && other != declared.name
            {
                let message = format!("permissions call model `{other}` so already, but for case");
                findings.add(Some("permission"), None, message, "give one of them another `permission`");
            }
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
    let subject = subject(group, declared, findings);
    let fields = fields(declared, findings);
    let storage = table::storage(group, declared, &fields, findings);
    let on_delete = on_delete(declared, findings);
    (findings.problems.len() == before).then(|| Model {
        subject,
        name: declared.name.clone(),
        description: declared.description.clone(),
        fields,
        storage,
        on_delete,
        audits_reads: declared.audit_reads.unwrap_or(false),
        incoming: Vec::new(),
    })
}

/// What permissions call the model.
fn subject(group: &str, declared: &ModelDeclaration, findings: &mut Findings<'_>) -> Subject {
    let name = called(declared);
    if let Some(hint) = declared.permission.as_deref().and_then(subject_name_problem) {
        findings.add(Some("permission"), None, format!("`{}` cannot name a permission", shorten(name)), hint);
    }
    Subject::checked(group, name)
}

fn called(declared: &ModelDeclaration) -> &str {
    declared.permission.as_deref().unwrap_or(&declared.name)
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
        fields.push(Arc::new(Field {
            name,
            position,
            field_type,
            description: String::new(),
            link: false,
            indexed: false,
            kept_back: None,
        }));
    }
    for field in &declared.fields {
        if let Some(field_type) = field_type(field, &fields, findings) {
            fields.push(Arc::new(Field {
                name: field.name.clone(),
                position: fields.len(),
                field_type,
                description: field.description.clone(),
                link: false,
                indexed: declared.indexes.iter().flatten().any(|name| *name == field.name),
                kept_back: None,
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
                    let hint =
                        suggestion(&target, known.iter().copied(), || "declare it in one of the groups".to_owned());
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
