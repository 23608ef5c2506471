//! What an operator does about graph databases: bringing classes up to their models, and optimising layers.

use std::collections::BTreeMap;
use std::sync::Arc;

use udal_core::model::{Model, StorageKind};
use udal_core::value::decode;
use udal_core::{Error, TenantSlug};
use udal_postgresql::{Allowances, ChangeState, TableChange};
use udal_terminusdb::{ClassAllowances, ClassChange, ClassChangeState, Layers};

use crate::{DatabaseMigration, Udal};

/// Adds to `done` what differs between the tenant's classes and their models; with `applies` it is settled where nothing stands
/// against that.
pub(crate) async fn migrate_classes(udal: &Udal, applies: bool, allowances: &Allowances, done: &mut DatabaseMigration) {
    let (Some(graph), Some(tenant), None) = (udal.graph(), done.tenant.clone(), &done.error) else { return };
    let models = udal.service().catalog().models();
    for model in models.filter(|model| model.storage_kind() == StorageKind::Terminusdb) {
        let changes = async {
            let allowances = of_model(allowances, model)?;
            match applies {
                true => graph.backend.migrate(&tenant, model, &allowances).await,
                false => graph.backend.plan(&tenant, model, &allowances).await,
            }
        };
        match changes.await {
            Ok(changes) if changes.is_empty() => {}
            Ok(changes) => drop(done.models.insert(name_of(model), as_table_changes(changes, applies))),
            Err(error) => {
                done.error = Some(error);
                return;
            }
        }
    }
}

/// What is allowed for that model.
fn of_model(allowances: &Allowances, model: &Arc<Model>) -> Result<ClassAllowances, Error> {
    let prefix = format!("{}.", name_of(model));
    let mut fills = BTreeMap::new();
    for (path, json) in &allowances.fills {
        let Some(field) = path.strip_prefix(&prefix) else { continue };
        let value = decode(model.field(field)?, json)
            .map_err(|error| Error::fields("this does not fill the field", vec![error]))?;
        fills.extend(value.map(|value| (field.to_owned(), value)));
    }
    Ok(ClassAllowances { changes: allowances.changes.clone(), fills })
}

fn name_of(model: &Arc<Model>) -> String {
    format!("{}.{}", model.group(), model.name())
}

/// In the words of tables: a change that something stands against blocks the others of its class.
fn as_table_changes(changes: Vec<ClassChange>, applies: bool) -> Vec<TableChange> {
    let is_blocked = changes.iter().any(|change| change.state != ClassChangeState::Due);
    let state = |state: ClassChangeState| match state {
        ClassChangeState::Refused(reason) => ChangeState::Refused { reason },
        ClassChangeState::Blocked(reason) => ChangeState::Blocked { reason },
        ClassChangeState::Due if is_blocked => {
            ChangeState::Blocked { reason: "another change of the class is not done".to_owned() }
        }
        ClassChangeState::Due if applies => ChangeState::Applied,
        ClassChangeState::Due => ChangeState::Due,
    };
    let change = |ClassChange { name, definition, state: before }| TableChange {
        name,
        statements: vec![definition],
        state: state(before),
    };
    changes.into_iter().map(change).collect()
}

impl Udal {
    /// Optimises the layers of the tenant's graph database: each commit adds one, and reads go through them. To be called once
    /// a day or so; readers and writers go on meanwhile. Answers what the layers were before; none where there is no such
    /// database.
    ///
    /// # Errors
    /// What the TerminusDB server says.
    pub async fn optimize_layers(&self, tenant: &TenantSlug) -> Result<Option<Layers>, Error> {
        match self.graph() {
            Some(graph) => graph.backend.optimize(tenant).await,
            None => Ok(None),
        }
    }

    /// How many layers the tenant's graph database has; none where there is no such database.
    ///
    /// # Errors
    /// What the TerminusDB server says.
    pub async fn layers(&self, tenant: &TenantSlug) -> Result<Option<Layers>, Error> {
        match self.graph() {
            Some(graph) => graph.backend.layers(tenant).await,
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_that_is_not_done_blocks_its_class() {
        use ClassChangeState::{Blocked, Due, Refused};
        let change = |name: &str, state| ClassChange { name: name.to_owned(), definition: "{}".to_owned(), state };
        let states = |changes, applies| -> Vec<String> {
            as_table_changes(changes, applies).iter().map(|change| change.state.to_string()).collect()
        };
        assert_eq!(states(vec![change("a", Due)], false), ["due"]);
        assert_eq!(states(vec![change("a", Due)], true), ["applied"]);
        let kept = || Blocked("it is kept".to_owned());
        assert_eq!(states(vec![change("a", Due), change("b", kept())], true), ["blocked", "blocked"]);
        let none = || Refused("they have none".to_owned());
        assert_eq!(states(vec![change("a", Due), change("b", none())], true), ["blocked", "refused"]);
    }
}
