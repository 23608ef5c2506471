//! What is there: every record of a tenant, as the service answers it.

use std::collections::{BTreeMap, HashMap, HashSet};

use udal::record::Record;
use udal::{ListRequest, Udal};

use crate::journal::State;
use crate::site::{MODELS, context, records};

/// The records of one tenant: by model and id.
#[derive(Debug, Default)]
pub(crate) struct Found {
    by_model: BTreeMap<String, HashMap<String, Record>>,
    /// The ids of the records of a model that share a marker.
    by_marker: HashMap<(String, String), Vec<String>>,
}

impl Found {
    /// Lists everything that the tenant has.
    pub(crate) async fn read(udal: &Udal, tenant: &str) -> Self {
        let (ctx, mut found) = (context(tenant), Found::default());
        for model in MODELS {
            let listed = found.by_model.entry(model.to_owned()).or_default();
            let mut request = ListRequest::new().limit(5_000);
            loop {
                let page = records(udal, model).list(&ctx, request).await.unwrap();
                for record in page.records {
                    let id = record.id().to_owned();
                    let marker = (model.to_owned(), marker(&record).to_owned());
                    found.by_marker.entry(marker).or_default().push(id.clone());
                    assert!(listed.insert(id.clone(), record).is_none(), "{tenant} lists {id} twice");
                }
                let Some(next) = page.next else { break };
                request = ListRequest::new().limit(5_000).cursor(next);
            }
        }
        found
    }

    pub(crate) fn get(&self, model: &str, id: &str) -> Option<&Record> {
        self.by_model[model].get(id)
    }

    pub(crate) fn state(&self, model: &str, id: &str) -> Option<State> {
        let record = self.get(model, id)?;
        Some(State { version: record.version(), value: record.value("value").unwrap().to_json().as_i64().unwrap() })
    }

    pub(crate) fn of(&self, model: &str) -> impl Iterator<Item = &Record> {
        self.by_model[model].values()
    }

    pub(crate) fn marked(&self, model: &str, marker: &str) -> Vec<&Record> {
        let ids = self.by_marker.get(&(model.to_owned(), marker.to_owned()));
        ids.into_iter().flatten().map(|id| &self.by_model[model][id]).collect()
    }

    /// Checks that every record of `earlier` is here, and unchanged.
    pub(crate) fn holds(&self, earlier: &Found) {
        for (model, records) in &earlier.by_model {
            for (id, record) in records {
                assert_eq!(self.get(model, id), Some(record), "{id} is as it was before");
            }
        }
    }

    /// Checks that no document links to nothing.
    pub(crate) fn links_lead_somewhere(&self) {
        let documents = ["Team", "Tag", "Member", "Page"];
        let ids: HashSet<&str> = documents.iter().flat_map(|model| self.of(model)).map(Record::id).collect();
        for record in documents.iter().flat_map(|model| self.of(model)) {
            for (field, target) in record.links() {
                assert!(
                    ids.contains(target),
                    "`{}` of {} links to {target}, which is not there",
                    field.name(),
                    record.id()
                );
            }
        }
    }
}

pub(crate) fn marker(record: &Record) -> &str {
    record.value("marker").and_then(|value| value.as_str()).unwrap()
}
