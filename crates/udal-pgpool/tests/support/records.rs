//! What the tests of backends write, and who writes it.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration, position};
use udal_core::record::{Record, read_new};
use udal_core::value::{Timestamp, Value};
use udal_core::{AccessContext, Context, TenantSlug};

/// The database of the tenant `acme`.
pub(crate) const DATABASE: &str = "sqh_tenant_acme";

/// One of the tenant `acme` who may do everything.
pub(crate) fn ctx() -> Context {
    Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"))
}

/// The model in a table, of the group `lab`.
pub(crate) fn model(declared: ModelDeclaration) -> Arc<Model> {
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(declared.postgresql())]).unwrap();
    let model = catalog.models().next().unwrap();
    Arc::clone(model)
}

/// A record of `data`, filled as the service does.
pub(crate) fn record(model: &Arc<Model>, data: &Json) -> Record {
    let mut draft = read_new(model, data).unwrap();
    let now = Value::DateTime(Timestamp::parse("2024-05-05T00:00:00Z").unwrap());
    draft.fill(position::VERSION, Some(Value::Int(1)));
    draft.fill(position::CREATED_AT, Some(now.clone()));
    draft.fill(position::UPDATED_AT, Some(now));
    draft.into_record()
}
