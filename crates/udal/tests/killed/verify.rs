//! Holds what is there to what must be, and goes on writing where the killed stopped.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio_postgres::NoTls;
use udal::{BatchMode, BatchRequest, ChangeRequest, CreateRequest, ErrorKind, Udal};
use udal_embedded::Server;

use crate::changes::{GROUP, Group, Stage};
use crate::expected::{Expected, KnownStage};
use crate::found::{Found, marker};
use crate::journal::{Batch, Keyed, Place, State};
use crate::site::{MODELS, context, data, open, records, tag_of, team_of};

/// Every tenant as it was found last.
pub(crate) type Settled = BTreeMap<String, Found>;

/// Looks at every tenant that was written to; what is found is settled from here on.
pub(crate) async fn verify(server: &Server, expected: &Expected, settled: &mut Settled, name: &str) -> Lost {
    let udal = open(server.data_dir()).await.unwrap();
    let tenants = expected.tenants();
    let looks = tenants.iter().map(|tenant| verify_tenant(server, &udal, tenant, expected, settled.get(tenant), name));
    let mut lost = Lost::default();
    let looked = join_all(looks).await;
    for (tenant, (found, lost_here)) in tenants.into_iter().zip(looked) {
        settled.insert(tenant, found);
        lost.add(&lost_here);
    }
    udal.stop().await.unwrap();
    lost
}

async fn verify_tenant(
    server: &Server,
    udal: &Udal,
    tenant: &str,
    expected: &Expected,
    settled: Option<&Found>,
    name: &str,
) -> (Found, Lost) {
    let found = Found::read(udal, tenant).await;
    if let Some(earlier) = settled {
        found.holds(earlier);
    }
    let check = Check { udal, tenant, found: &found, expected };
    check.records();
    check.batches();
    check.groups();
    check.keys();
    check.nothing_else(settled);
    found.links_lead_somewhere();
    tables_agree(server, tenant).await;
    check.each_is_found_by_id().await;
    check.go_on(name).await;
    tables_agree(server, tenant).await;
    (Found::read(udal, tenant).await, check.lost())
}

/// Checks that every tenant is as it was found last.
pub(crate) async fn verify_settled(server: &Server, settled: &Settled) {
    let udal = open(server.data_dir()).await.unwrap();
    for (tenant, found) in settled {
        Found::read(&udal, tenant).await.holds(found);
        tables_agree(server, tenant).await;
    }
    udal.stop().await.unwrap();
}

/// What had begun, was never acknowledged, and is not there; and what is there all the same.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    pub(crate) lost: usize,
    pub(crate) kept: usize,
}

struct Check<'a> {
    udal: &'a Udal,
    tenant: &'a str,
    found: &'a Found,
    expected: &'a Expected,
}

impl<'a> Check<'a> {
    fn places(&self) -> impl Iterator<Item = &'a Place> + use<'a> {
        let tenant = self.tenant;
        self.expected.records.keys().filter(move |place| place.tenant == tenant)
    }

    fn own_batches(&self) -> impl Iterator<Item = (&'a Batch, bool)> + use<'a> {
        let tenant = self.tenant;
        self.expected
            .batches
            .iter()
            .map(|(batch, done)| (batch, *done))
            .filter(move |(batch, _)| batch.tenant == tenant)
    }

    fn own_groups(&self) -> impl Iterator<Item = (&'a Group, KnownStage)> + use<'a> {
        let tenant = self.tenant;
        self.expected
            .groups
            .iter()
            .map(|(group, known)| (group, *known))
            .filter(move |(group, _)| group.tenant == tenant)
    }

    fn own_keys(&self) -> impl Iterator<Item = &'a Keyed> + use<'a> {
        let tenant = self.tenant;
        self.expected.keyed.keys().filter(move |keyed| keyed.tenant == tenant)
    }

    /// Each record is as it was acknowledged, or as what was begun after that leaves it.
    fn records(&self) {
        for place in self.places() {
            let (known, state) = (&self.expected.records[place], self.found.state(&place.model, &place.id));
            assert!(known.allows(state), "{place:?} is {state:?}, and must be {known:?}");
        }
    }

    /// Each batch is there or not, never in part; and so is what the end of a tag does to the pages of a batch.
    fn batches(&self) {
        for (batch, done) in self.own_batches() {
            let there = self.found.marked(&batch.model, &batch.marker);
            let whole = there.len() as u64 == batch.size();
            assert!(whole || (there.is_empty() && !done), "{batch:?}: {} are there, acknowledged: {done}", there.len());
            if batch.model == "Page" {
                let tagged = self.found.get("Tag", &tag_of(&batch.marker)).is_some();
                let (version, tags) = if tagged { (1, 1) } else { (2, 0) };
                for page in there {
                    let found = (page.version(), page.links().count());
                    assert_eq!(found, (version, tags), "{} has its tag and version 1, or none and 2", page.id());
                }
            }
        }
    }

    /// Each record of a group is as the last batch that was acknowledged leaves it, or each as the one does that was begun
    /// after that.
    fn groups(&self) {
        for (group, known) in self.own_groups() {
            let found = self.states(group);
            let there = found.iter().flatten().count();
            let marked = self.found.marked(&group.model, &group.marker).len();
            assert_eq!(marked, there, "{group:?} has records of other ids");
            let allowed = |stage| (0..GROUP).map(|index| group.state(index, stage)).eq(found.iter().copied());
            let whole = allowed(known.acknowledged) || known.begun.is_some_and(allowed);
            assert!(whole, "{group:?} must be {known:?}, and is {found:?}");
        }
    }

    fn states(&self, group: &Group) -> Vec<Option<State>> {
        (0..GROUP).map(|index| self.found.state(&group.model, &group.id(index))).collect()
    }

    /// One record to a key, however often it was asked for.
    fn keys(&self) {
        for keyed in self.own_keys() {
            let answered = &self.expected.keyed[keyed];
            let there = self.found.marked(&keyed.model, &keyed.key);
            let ids: Vec<&str> = there.iter().map(|record| record.id()).collect();
            let answered: Vec<&str> = answered.iter().map(String::as_str).collect();
            assert!(
                answered.is_empty() || ids == answered,
                "{keyed:?} was answered {answered:?}, and {ids:?} are there"
            );
            assert!(ids.len() <= 1, "{keyed:?} has made {ids:?}");
        }
    }

    /// Nothing is there that was never begun.
    fn nothing_else(&self, settled: Option<&Found>) {
        let begun: HashSet<&str> = self.places().map(|place| place.id.as_str()).collect();
        let batches = self.own_batches().map(|(batch, _)| batch.marker.as_str());
        let groups = self.own_groups().map(|(group, _)| group.marker.as_str());
        let keys = self.own_keys().map(|keyed| keyed.key.as_str());
        let markers: HashSet<&str> = batches.chain(groups).chain(keys).collect();
        for model in MODELS {
            for record in self.found.of(model) {
                let known = begun.contains(record.id()) || markers.contains(marker(record));
                let known = known || settled.is_some_and(|settled| settled.get(model, record.id()).is_some());
                assert!(known, "{} is there, and nobody began to write it", record.id());
            }
        }
    }

    /// `get` answers what `list` does. Of a batch and of a group each tenth record is asked for.
    async fn each_is_found_by_id(&self) {
        let singles = self.places().map(|place| (place.model.as_str(), place.id.clone()));
        let tenths =
            |batch: &'a Batch| (0..batch.size()).step_by(10).map(|index| (batch.model.as_str(), batch.id(index)));
        let keyed = self.own_keys().flat_map(|keyed| {
            let there = self.found.marked(&keyed.model, &keyed.key);
            there.into_iter().map(|record| (keyed.model.as_str(), record.id().to_owned()))
        });
        let ctx = context(self.tenant);
        let grouped = self
            .own_groups()
            .flat_map(|(group, _)| (0..GROUP).step_by(10).map(|index| (group.model.as_str(), group.id(index))));
        let all = singles.chain(self.own_batches().flat_map(|(batch, _)| tenths(batch))).chain(keyed).chain(grouped);
        side_by_side(all.map(async |(model, id)| {
            let got = records(self.udal, model).get(&ctx, &id).await.unwrap();
            assert_eq!(got.as_ref(), self.found.get(model, &id), "{id} by its id");
        }))
        .await;
    }

    /// What was lost can be written, what is there cannot be again, and every model takes new records.
    async fn go_on(&self, name: &str) {
        for model in MODELS.into_iter().filter(|model| !["Member", "Page"].contains(model)) {
            self.create(model, &format!("{model}/after-{name}"), "", 1).await.unwrap();
        }
        let simple = self.places().filter(|place| ["Team", "Reading", "Sample"].contains(&place.model.as_str()));
        side_by_side(simple.map(|place| self.place_again(place))).await;
        side_by_side(self.own_batches().map(|(batch, _)| self.batch_again(batch))).await;
        side_by_side(self.own_keys().map(|keyed| self.key_again(keyed))).await;
        side_by_side(self.own_groups().map(|(group, _)| self.group_again(group))).await;
    }

    async fn place_again(&self, place: &Place) {
        let is_there = self.found.get(&place.model, &place.id).is_some();
        match self.create(&place.model, &place.id, "", 0).await {
            Ok(()) => assert!(!is_there, "{place:?} is there twice"),
            Err(error) => assert!(is_there && error.kind() == ErrorKind::AlreadyExists, "{place:?}: {error}"),
        }
    }

    /// What is there of a group is changed, the rest created; all of it is changed again, and half of it deleted.
    async fn group_again(&self, group: &Group) {
        if group.model == "Member" && self.found.get("Team", &team_of(&group.marker)).is_none() {
            return;
        }
        let group = Group { per_item: false, ..group.clone() };
        let (ctx, records) = (context(self.tenant), records(self.udal, &group.model));
        let there = self.states(&group).iter().flatten().count() as u64;
        let request = ChangeRequest::from_items(group.upserts(Stage::Whole));
        let answer = records.upsert(&ctx, request).await.unwrap();
        assert_eq!((answer.created, answer.updated), (GROUP - there, there), "{group:?} is upserted");
        let request = ChangeRequest::from_items(group.updates(Stage::Changed));
        assert_eq!(records.batch_update(&ctx, request).await.unwrap().updated, GROUP, "{group:?} is updated");
        let request = ChangeRequest::from_items(group.deletes(Stage::Thinned));
        assert_eq!(records.batch_delete(&ctx, request).await.unwrap().deleted, GROUP / 2, "{group:?} is thinned");
    }

    async fn key_again(&self, keyed: &Keyed) {
        let (ctx, records) = (context(self.tenant), records(self.udal, &keyed.model));
        let there = self.found.marked(&keyed.model, &keyed.key);
        let again = records.create(&ctx, keyed.request()).await.unwrap();
        assert_eq!(again.replayed, !there.is_empty(), "{keyed:?}");
        assert!(there.iter().all(|record| record.id() == again.record.id()), "{keyed:?} answers what it did first");
        assert_eq!(records.get(&ctx, again.record.id()).await.unwrap(), Some(again.record), "{keyed:?}");
    }

    /// What became of what was begun and not acknowledged.
    fn lost(&self) -> Lost {
        let mut lost = Lost::default();
        for place in self.places() {
            if let Some(begun) = self.expected.records[place].begun {
                lost.count(self.found.state(&place.model, &place.id) == begun);
            }
        }
        for (batch, _) in self.own_batches().filter(|(_, done)| !done) {
            lost.count(!self.found.marked(&batch.model, &batch.marker).is_empty());
        }
        for (group, known) in self.own_groups() {
            if let Some(begun) = known.begun {
                let kept = (0..GROUP)
                    .all(|index| self.found.state(&group.model, &group.id(index)) == group.state(index, begun));
                lost.count(kept);
            }
        }
        lost
    }

    async fn create(&self, model: &str, id: &str, marker: &str, at: u64) -> udal::Result<()> {
        let mut data = data(model, marker, 1, at);
        data["id"] = id.into();
        records(self.udal, model).create(&context(self.tenant), CreateRequest::new(data)).await.map(|_| ())
    }

    async fn batch_again(&self, batch: &Batch) {
        let is_there = !self.found.marked(&batch.model, &batch.marker).is_empty();
        let tag = tag_of(&batch.marker);
        if batch.model == "Page" && !is_there && self.found.get("Tag", &tag).is_none() {
            return;
        }
        let mode = if batch.per_item { BatchMode::PerItem } else { BatchMode::Atomic };
        let request = BatchRequest::from_items(batch.items()).mode(mode);
        let again = records(self.udal, &batch.model).batch_create(&context(self.tenant), request).await;
        let expected = if is_there { 0 } else { batch.size() };
        match again {
            Ok(answer) => assert_eq!(answer.created, expected, "{batch:?}: {:?}", answer.failures.first()),
            Err(error) => assert!(is_there && !batch.per_item, "{batch:?}: {error}"),
        }
    }
}

/// Does work of which nothing depends on the order.
async fn side_by_side(work: impl Iterator<Item = impl Future<Output = ()>>) {
    stream::iter(work).for_each_concurrent(16, |work| work).await;
}

impl Lost {
    pub(crate) fn add(&mut self, other: &Lost) {
        self.lost += other.lost;
        self.kept += other.kept;
    }

    fn count(&mut self, is_there: bool) {
        if is_there {
            self.kept += 1;
        } else {
            self.lost += 1;
        }
    }
}

/// Checks, past the service, that what is kept in two tables agrees.
async fn tables_agree(server: &Server, tenant: &str) {
    const READINGS: &str = "SELECT count(*) FROM readings r FULL JOIN readings__ids i USING (id) \
        WHERE r.id IS NULL OR i.id IS NULL OR r.taken <> i.taken";
    const LINKS: &str = "SELECT count(*) FROM udal_links l WHERE NOT EXISTS (SELECT FROM udal_documents d WHERE d.id = l.source) \
        OR NOT EXISTS (SELECT FROM udal_documents d WHERE d.id = l.target)";
    let mut config = server.config();
    config.dbname(format!("sqh_tenant_{tenant}"));
    let Ok((client, connection)) = config.connect(NoTls).await else { return };
    tokio::spawn(connection);
    for (table, question) in [("readings", READINGS), ("udal_links", LINKS)] {
        let is_there: bool = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await.unwrap().get(0);
        if is_there {
            let wrong: i64 = client.query_one(question, &[]).await.unwrap().get(0);
            assert_eq!(wrong, 0, "{table} of {tenant} disagree with what is beside them");
        }
    }
}
