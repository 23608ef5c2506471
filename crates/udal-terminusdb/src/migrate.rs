//! Classes that differ from their models, as an operator sees them.

use std::sync::Arc;

use udal_core::model::Model;
use udal_core::{AccessContext, Context, Error, Result, TenantSlug};
use udal_graph::Difference;

use crate::TerminusdbBackend;
use crate::writer::{Job, Work};

/// A difference between a model and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassChange {
    /// What it is called, such as `add-property:crm.Account.city`.
    pub name: String,
    /// The definition that the class would get, as JSON.
    pub definition: String,
    /// Why it is not done: what is kept stands against it. No change of a class is done while one of it is not.
    pub refusal: Option<String>,
}

impl TerminusdbBackend {
    /// What differs between the model and its class in the tenant's database. Changes nothing. A class that is not there yet
    /// is made whole by the first write.
    ///
    /// # Errors
    /// What the server says.
    pub async fn plan(&self, tenant: &TenantSlug, model: &Model) -> Result<Vec<ClassChange>> {
        let Some(database) = self.databases.find(tenant).await? else { return Ok(Vec::new()) };
        let (differences, definition) = database.differences(model).await.map_err(Error::from)?;
        let definition = definition.to_string();
        let change = |Difference { kind, property, refusal }| ClassChange {
            name: format!("{kind}:{}.{}.{property}", model.group(), model.name()),
            definition: definition.clone(),
            refusal,
        };
        Ok(differences.into_iter().map(change).collect())
    }

    /// Brings the class of the model up to it, if nothing stands against that; answers what differed.
    ///
    /// # Errors
    /// What the server says.
    pub async fn migrate(&self, tenant: &TenantSlug, model: &Arc<Model>) -> Result<Vec<ClassChange>> {
        let changes = self.plan(tenant, model).await?;
        if changes.is_empty() || changes.iter().any(|change| change.refusal.is_some()) {
            return Ok(changes);
        }
        let database = self.databases.of(tenant).await?;
        let ctx = Context::new(tenant.clone(), AccessContext::unrestricted("a migration"));
        let (job, answer) = Job::new(ctx, Work::Ensure(Arc::clone(model)));
        database.queue(job).await?;
        answer.await.unwrap_or_else(|_| Err(Error::internal("the writer ended without an answer")))?;
        Ok(changes)
    }
}
