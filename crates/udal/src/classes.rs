//! What an operator does about graph databases: bringing classes up to their models, and optimising layers.

use std::sync::Arc;

use udal_core::model::{Model, StorageKind};
use udal_core::{Error, TenantSlug};
use udal_postgresql::{ChangeState, TableChange};
use udal_terminusdb::{ClassChange, Layers};

use crate::{DatabaseMigration, Udal};

/// Adds to `done` what differs between the tenant's classes and their models; with `applies` it is settled where nothing stands
/// against that.
pub(crate) async fn migrate_classes(udal: &Udal, applies: bool, done: &mut DatabaseMigration) {
    let (Some(graph), Some(tenant), None) = (udal.graph(), done.tenant.clone(), &done.error) else { return };
    let models = udal.service().catalog().models();
    for model in models.filter(|model| model.storage_kind() == StorageKind::Terminusdb) {
        let changes = match applies {
            true => graph.backend.migrate(&tenant, model).await,
            false => graph.backend.plan(&tenant, model).await,
        };
        match changes {
            Ok(changes) if changes.is_empty() => {}
            Ok(changes) => drop(done.models.insert(name_of(model), as_table_changes(changes, applies))),
            Err(error) => {
                done.error = Some(error);
                return;
            }
        }
    }
}

fn name_of(model: &Arc<Model>) -> String {
    format!("{}.{}", model.group(), model.name())
}

/// In the words of tables: a change that something stands against blocks the others of its class.
fn as_table_changes(changes: Vec<ClassChange>, applies: bool) -> Vec<TableChange> {
    let is_blocked = changes.iter().any(|change| change.refusal.is_some());
    let state = |refusal: Option<String>| match refusal {
        Some(reason) => ChangeState::Blocked { reason },
        None if is_blocked => ChangeState::Blocked { reason: "another change of the class is blocked".to_owned() },
        None if applies => ChangeState::Applied,
        None => ChangeState::Due,
    };
    let change = |ClassChange { name, definition, refusal }| TableChange {
        name,
        statements: vec![definition],
        state: state(refusal),
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
    fn one_change_that_is_blocked_blocks_its_class() {
        let change = |name: &str, refusal: Option<&str>| ClassChange {
            name: name.to_owned(),
            definition: "{}".to_owned(),
            refusal: refusal.map(str::to_owned),
        };
        let states = |changes, applies| -> Vec<String> {
            as_table_changes(changes, applies).iter().map(|change| change.state.to_string()).collect()
        };
        assert_eq!(states(vec![change("a", None)], false), ["due"]);
        assert_eq!(states(vec![change("a", None)], true), ["applied"]);
        assert_eq!(states(vec![change("a", None), change("b", Some("it is kept"))], true), ["blocked", "blocked"]);
    }
}
