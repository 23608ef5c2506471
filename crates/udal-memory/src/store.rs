//! What is kept: for each tenant, records by model and id.

use std::collections::{BTreeMap, HashMap};

use udal_core::contract::Idempotency;
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, TenantSlug};

use crate::history::Past;

/// Every tenant's records.
#[derive(Debug, Default)]
pub(crate) struct Store {
    tenants: BTreeMap<TenantSlug, Tenant>,
    /// The records of the models that every tenant reads.
    shared: Tenant,
}

/// One tenant's records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenant {
    models: HashMap<String, BTreeMap<String, Record>>,
    /// What was answered, by model and idempotency key.
    answers: HashMap<(String, String), (String, Record)>,
    /// What every record was, by model and id.
    pub(crate) past: Past,
}

impl Store {
    pub(crate) fn create_tenant(&mut self, tenant: &TenantSlug) -> bool {
        let is_new = !self.tenants.contains_key(tenant);
        self.tenants.entry(tenant.clone()).or_default();
        is_new
    }

    pub(crate) fn drop_tenant(&mut self, tenant: &TenantSlug) -> bool {
        self.tenants.remove(tenant).is_some()
    }

    pub(crate) fn tenants(&self) -> Vec<TenantSlug> {
        self.tenants.keys().cloned().collect()
    }

    /// The tenant's records, or everyone's where `model` is shared; `None` where the tenant was never written.
    pub(crate) fn home(&self, ctx: &Context, model: &Model) -> Option<&Tenant> {
        if model.is_shared() { Some(&self.shared) } else { self.tenants.get(ctx.tenant()) }
    }

    /// The same, made where the tenant was never written.
    pub(crate) fn home_mut(&mut self, ctx: &Context, model: &Model) -> &mut Tenant {
        if model.is_shared() { &mut self.shared } else { self.tenants.entry(ctx.tenant().clone()).or_default() }
    }

    /// Takes back that the tenant was written.
    pub(crate) fn forget(&mut self, ctx: &Context, model: &Model) {
        if !model.is_shared() {
            self.tenants.remove(ctx.tenant());
        }
    }
}

impl Tenant {
    /// The records of `model`, in the order of their ids.
    pub(crate) fn records(&self, model: &str) -> impl Iterator<Item = &Record> {
        self.models.get(model).into_iter().flat_map(BTreeMap::values)
    }

    pub(crate) fn get(&self, model: &str, id: &str) -> Option<&Record> {
        self.models.get(model)?.get(id)
    }

    pub(crate) fn put(&mut self, record: Record) {
        self.past.note(record.model(), record.id());
        let records = self.models.entry(record.model().name().to_owned()).or_default();
        records.insert(record.id().to_owned(), record);
    }

    pub(crate) fn remove(&mut self, model: &Model, id: &str) {
        self.past.note(model, id);
        if let Some(records) = self.models.get_mut(model.name()) {
            records.remove(id);
        }
    }

    /// Makes one commit of what changed since the last one.
    pub(crate) fn commit(&mut self, author: &str, message: &str) {
        for key in self.past.begin(author, message) {
            let record = self.models.get(&key.0).and_then(|records| records.get(&key.1)).cloned();
            self.past.add(key, record);
        }
    }

    /// What was answered under that key, with the fingerprint of what was asked.
    pub(crate) fn answer(&self, model: &Model, key: &str) -> Option<&(String, Record)> {
        self.answers.get(&(model.name().to_owned(), key.to_owned()))
    }

    pub(crate) fn remember(&mut self, idempotency: Idempotency, record: &Record) {
        let Idempotency { key, fingerprint } = idempotency;
        self.answers.insert((record.model().name().to_owned(), key), (fingerprint, record.clone()));
    }
}
