//! Classes that differ from their models, as an operator sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::model::{Field, Model};
use udal_core::value::Value;
use udal_core::{AccessContext, Context, Error, Result, TenantSlug};
use udal_graph::{Difference, can_be_filled, class_name, class_of, fill};

use crate::TerminusdbBackend;
use crate::call::{Commit, Write};
use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::group::ATTEMPTS;
use crate::writer::{Job, Work};

/// What an operator allows beyond adding, for one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassAllowances {
    /// The changes that are allowed, by name, such as `require:crm.Account.city`.
    pub changes: BTreeSet<String>,
    /// What records get that have no value for a field that needs one, by the field's name.
    pub fills: BTreeMap<String, Value>,
}

/// A difference between a model and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassChange {
    /// What it is called, such as `add-property:crm.Account.city`.
    pub name: String,
    /// The definition that the class would get, as JSON.
    pub definition: String,
    /// What becomes of it.
    pub state: ClassChangeState,
}

/// What becomes of a difference. No change of a class is done while one of it is refused or blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassChangeState {
    /// It is done by a migration.
    Due,
    /// It is done where it is allowed by its name, and this is why it must be.
    Refused(String),
    /// It cannot be done: what is kept stands against it.
    Blocked(String),
}

impl TerminusdbBackend {
    /// What differs between the model and its class in the tenant's database. Changes nothing. A class that is not there yet
    /// is made whole by the first write.
    ///
    /// # Errors
    /// What the server says.
    pub async fn plan(
        &self,
        tenant: &TenantSlug,
        model: &Model,
        allowances: &ClassAllowances,
    ) -> Result<Vec<ClassChange>> {
        let Some(database) = self.databases.find(tenant).await? else { return Ok(Vec::new()) };
        let (differences, definition) = database.differences(model).await.map_err(Error::from)?;
        let definition = definition.to_string();
        let change = |difference: Difference| {
            let name = format!("{}:{}.{}.{}", difference.kind, model.group(), model.name(), difference.property);
            let state = state_of(model, &difference, allowances.changes.contains(&name));
            ClassChange { name, definition: definition.clone(), state }
        };
        Ok(differences.into_iter().map(change).collect())
    }

    /// Brings the class of the model up to it, if nothing stands against that; answers what differed.
    ///
    /// Ended at any instant and done again, it goes on.
    ///
    /// # Errors
    /// What the server says.
    pub async fn migrate(
        &self,
        tenant: &TenantSlug,
        model: &Arc<Model>,
        allowances: &ClassAllowances,
    ) -> Result<Vec<ClassChange>> {
        let mut changes = self.plan(tenant, model, allowances).await?;
        if changes.is_empty() || changes.iter().any(|change| change.state != ClassChangeState::Due) {
            return Ok(changes);
        }
        let database = self.databases.of(tenant).await?;
        let prefix = format!("require:{}.{}.", model.group(), model.name());
        let required: Vec<&Arc<Field>> =
            changes.iter().filter_map(|change| model.find(change.name.strip_prefix(&prefix)?)).collect();
        if !required.is_empty() && !database.require(model, &required, allowances).await? {
            let reason = "there are records without a value: say with `--fill` what they get";
            for change in changes.iter_mut().filter(|change| change.name.starts_with(&prefix)) {
                change.state = ClassChangeState::Blocked(reason.to_owned());
            }
            return Ok(changes);
        }
        let ctx = Context::new(tenant.clone(), AccessContext::unrestricted("a migration"));
        let (job, answer) = Job::new(ctx, Work::Ensure(Arc::clone(model)));
        database.queue(job).await?;
        answer.await.unwrap_or_else(|_| Err(Error::internal("the writer ended without an answer")))?;
        Ok(changes)
    }
}

fn state_of(model: &Model, difference: &Difference, is_allowed: bool) -> ClassChangeState {
    let Difference { kind, property, refusal } = difference;
    match refusal {
        None => ClassChangeState::Due,
        Some(_) if *kind == "require" && is_allowed && is_fillable(model, property) => ClassChangeState::Due,
        Some(reason) if *kind == "require" && is_fillable(model, property) => ClassChangeState::Refused(reason.clone()),
        Some(reason) => ClassChangeState::Blocked(reason.clone()),
    }
}

fn is_fillable(model: &Model, property: &str) -> bool {
    model.find(property).is_some_and(|field| can_be_filled(field))
}

impl Database {
    /// Makes these fields of the model required in its class, after records without a value got one; answers false where some have none
    /// and nothing was said of what they get.
    async fn require(&self, model: &Model, fields: &[&Arc<Field>], allowances: &ClassAllowances) -> Result<bool> {
        let mut known = self.known.lock().await;
        for _ in 0..ATTEMPTS {
            let done = self.require_now(&mut known, model, fields, allowances).await;
            // Whatever became of it, the classes are to be looked at anew.
            known.forget();
            match done {
                Err(Failure::Overtaken) => {}
                Err(Failure::Rejected(said)) => {
                    tracing::warn!(database = self.name, error = %said, "records lack what is to be required");
                    return Ok(false);
                }
                done => return done.map(|()| true).map_err(Error::from),
            }
        }
        Err(Failure::Overtaken.into())
    }

    async fn require_now(
        &self,
        known: &mut Known,
        model: &Model,
        fields: &[&Arc<Field>],
        allowances: &ClassAllowances,
    ) -> std::result::Result<(), Failure> {
        self.look(known).await?;
        let (found, wanted) = (known.class(&class_name(model.name()))?.clone(), class_of(model).definition);
        // First it may be there, then every record has it, then it must be there.
        let (mut weak, mut strong) = (found.clone(), found.clone());
        for field in fields {
            let range = wanted.get(field.name()).cloned().unwrap_or_default();
            if found.get(field.name()).is_none() {
                set(&mut weak, field.name(), json!({"@type": "Optional", "@class": range}));
            }
            set(&mut strong, field.name(), range);
        }
        if weak != found {
            self.put_class(known, weak, "a class gets a property").await?;
        }
        for field in fields {
            let Some(value) = allowances.fills.get(field.name()) else { continue };
            let query = Write::Query(fill(model, field, value)?);
            let commit = Commit {
                author: "udal".to_owned(),
                message: format!("fill `{}` of {}", field.name(), model.name()),
                at: known.version.clone(),
            };
            known.version = self.client.write(&self.name, query, &commit).await?.version;
        }
        self.put_class(known, strong, "a property is required").await
    }

    async fn put_class(&self, known: &mut Known, class: Json, message: &str) -> std::result::Result<(), Failure> {
        let commit = Commit { author: "udal".to_owned(), message: message.to_owned(), at: known.version.clone() };
        known.version = self.client.put_classes(&self.name, &[class], &commit).await?.version;
        Ok(())
    }
}

fn set(class: &mut Json, property: &str, range: Json) {
    if let Some(members) = class.as_object_mut() {
        members.insert(property.to_owned(), range);
    }
}
