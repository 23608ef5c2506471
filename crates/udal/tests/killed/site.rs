//! What child and parent agree on: the tenants, the models, the data of each record, and where it is kept.

use std::path::Path;

use serde_json::{Value as Json, json};
use udal::{AccessContext, Context, Durability, Records, StartError, TenantSlug, Udal};

use crate::journal::Batch;

/// The tenant that lives through every kill.
pub(crate) const OLD_TENANT: &str = "old";
/// Each model after those it links to.
pub(crate) const MODELS: [&str; 6] = ["Team", "Tag", "Member", "Page", "Reading", "Sample"];
/// How many records a whole batch has.
pub(crate) const WHOLE: u64 = 300;
/// How many items a batch by item has; each tenth of them repeats the id before it.
const ITEMS: u64 = 200;

pub(crate) async fn open(data_dir: &Path) -> Result<Udal, StartError> {
    let groups = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/killed");
    Udal::builder().groups_dir(groups).data_dir(data_dir).durability(Durability::Full).start().await
}

pub(crate) fn context(tenant: &str) -> Context {
    Context::new(TenantSlug::new(tenant).unwrap(), AccessContext::unrestricted("the test writes as the platform"))
}

pub(crate) fn records(udal: &Udal, model: &str) -> Records {
    udal.service().records("killed", model).unwrap()
}

/// The members that every model needs; `at` spreads readings over the partitions of six months.
pub(crate) fn data(model: &str, marker: &str, value: i64, at: u64) -> Json {
    let mut data = json!({"marker": marker, "value": value});
    if model == "Reading" {
        data["taken"] = Json::from(taken(at));
    }
    data
}

pub(crate) fn taken(at: u64) -> String {
    format!("2024-{:02}-{:02}T12:00:00Z", 1 + at % 6, 1 + at % 28)
}

/// The team that a batch's members belong to: made before it.
pub(crate) fn team_of(marker: &str) -> String {
    format!("Team/{marker}")
}

/// The tag that the pages of a batch have: made before it.
pub(crate) fn tag_of(marker: &str) -> String {
    format!("Tag/{marker}")
}

impl Batch {
    /// How many records there are when all is done.
    pub(crate) fn size(&self) -> u64 {
        if self.per_item { ITEMS - ITEMS / 10 } else { WHOLE }
    }

    /// The items, the same each time.
    pub(crate) fn items(&self) -> Vec<Json> {
        let Batch { model, marker, per_item, .. } = self;
        (0..if *per_item { ITEMS } else { WHOLE })
            .map(|index| {
                let repeats = *per_item && index % 10 == 9;
                let mut item = data(model, marker, i64::try_from(index).unwrap(), index);
                item["id"] = Json::from(self.id(if repeats { index - 1 } else { index }));
                match model.as_str() {
                    "Member" => {
                        item["team"] = Json::from(team_of(marker));
                        // Of an item that is not written nobody is a friend.
                        item["friend"] =
                            if index % 10 == 0 { Json::Null } else { Json::from(self.id(index - index % 10)) };
                    }
                    "Page" => item["tags"] = json!([tag_of(marker)]),
                    _ => {}
                }
                item
            })
            .collect()
    }

    pub(crate) fn id(&self, index: u64) -> String {
        format!("{}/{}-{index}", self.model, self.marker)
    }
}
