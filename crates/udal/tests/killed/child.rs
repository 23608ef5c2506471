//! The process that is killed: writes without pause, in several tasks, and says so.

use std::future::Future;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;
use udal::{
    BatchAnswer, BatchMode, BatchRequest, ChangeAnswer, ChangeRequest, CreateRequest, Created, DeleteRequest, Error,
    ErrorKind, Result, Udal, UpdateRequest,
};

use crate::changes::{Counted, Group, Stage};
use crate::journal::{Answer, Batch, Journal, Keyed, Line, Op, Place, State};
use crate::random::Random;
use crate::site::{OLD_TENANT, context, data, open, records, tag_of, taken, team_of};

/// How many tenants one life makes.
const NEW_TENANTS: u64 = 1;

/// Writes until its input ends or it is killed. `life` tells its records from those of others.
pub(crate) async fn run(data_dir: &Path, life: &str, seed: u64) {
    let journal = Journal::default();
    let udal = match open(data_dir).await {
        Ok(udal) => Arc::new(udal),
        Err(error) => return journal.write(&Line::NotStarted(error.to_string())),
    };
    let writer = Arc::new(Writer { udal: Arc::clone(&udal), journal, life: life.to_owned() });
    let mut random = Random::new(seed);
    let begun = [writer.begin_groups(0, &mut random).await, writer.begin_groups(1, &mut random).await];
    writer.journal.write(&Line::Ready);
    let mut tasks = JoinSet::new();
    for model in ["Member", "Reading", "Sample"] {
        let random = Random::new(random.next());
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.single_records(model, random).await });
    }
    for batch_writer in 0..2 {
        let random = Random::new(random.next());
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.batches(batch_writer, random).await });
    }
    for (change_writer, begun) in begun.into_iter().enumerate() {
        let random = Random::new(random.next());
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.changes(change_writer, begun, random).await });
    }
    let (races, pages) = (Arc::clone(&writer), Arc::clone(&writer));
    tasks.spawn(async move { races.races().await });
    tasks.spawn(async move { pages.pages().await });
    let (keys, tenants) = (Arc::clone(&writer), writer);
    tasks.spawn(async move { keys.keys().await });
    tasks.spawn(async move { tenants.new_tenants().await });
    tokio::select! {
        _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())) => {}
        Some(Err(error)) = tasks.join_next_with_id(), if !tasks.is_empty() => panic!("a task ended: {error}"),
    }
    tasks.shutdown().await;
    if let Some(udal) = Arc::into_inner(udal) {
        udal.stop().await.unwrap();
    }
}

struct Writer {
    udal: Arc<Udal>,
    journal: Journal,
    life: String,
}

impl Writer {
    /// Does `work` between two lines of the journal; `None` where it failed or was refused.
    async fn journaled<T>(
        &self,
        op: Op,
        work: impl Future<Output = Result<T>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        let number = self.journal.begin(op);
        match work.await {
            Ok(done) => {
                self.journal.write(&Line::Done(number, answer(&done)));
                Some(done)
            }
            Err(error) => {
                self.journal.write(&self.failure(number, &error));
                // A dead server is asked again, but not all the time.
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }

    fn failure(&self, number: u64, error: &Error) -> Line {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let text = format!("{error:?} {cause:?}");
        if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::TimedOut) {
            return Line::Failed(number, text);
        }
        Line::Refused(number, error.kind().code().to_owned(), text)
    }

    async fn create(&self, tenant: &str, model: &str, name: &str, mut data: Json) -> Option<(Place, State)> {
        let id = format!("{model}/{name}");
        let state = State { version: 1, value: data["value"].as_i64().unwrap() };
        let place = Place { tenant: tenant.to_owned(), model: model.to_owned(), id: id.clone() };
        data["id"] = Json::from(id);
        let (ctx, records) = (context(tenant), records(&self.udal, model));
        let work = records.create(&ctx, CreateRequest::new(data));
        self.journaled(Op::Put(place.clone(), state), work, of_created).await?;
        Some((place, state))
    }

    async fn update(&self, place: &Place, state: State, changes: Json) -> Option<State> {
        let next = State { version: state.version + 1, value: changes["value"].as_i64().unwrap() };
        let (ctx, records) = (context(&place.tenant), records(&self.udal, &place.model));
        let work = records.update(&ctx, UpdateRequest::new(&place.id, changes).if_version(state.version));
        let answer =
            |record: &udal::record::Record| Answer { id: record.id().to_owned(), version: record.version(), count: 1 };
        self.journaled(Op::Put(place.clone(), next), work, answer).await?;
        Some(next)
    }

    async fn remove(&self, place: &Place) -> Option<bool> {
        let (ctx, records) = (context(&place.tenant), records(&self.udal, &place.model));
        let work = records.delete(&ctx, DeleteRequest::new(&place.id));
        let answer = |deleted: &bool| Answer { id: place.id.clone(), version: 0, count: u64::from(*deleted) };
        self.journaled(Op::Remove(place.clone()), work, answer).await
    }

    async fn remove_by_batch(&self, place: &Place) {
        let (ctx, records) = (context(&place.tenant), records(&self.udal, &place.model));
        let work = records.batch_delete(&ctx, ChangeRequest::from_items(vec![DeleteRequest::new(&place.id)]));
        let answer = |answer: &ChangeAnswer| Answer { id: place.id.clone(), version: 0, count: answer.deleted };
        self.journaled(Op::Remove(place.clone()), work, answer).await;
    }

    async fn write_batch(&self, batch: Batch) -> Option<BatchAnswer> {
        let (ctx, records) = (context(&batch.tenant), records(&self.udal, &batch.model));
        let mode = if batch.per_item { BatchMode::PerItem } else { BatchMode::Atomic };
        let request = BatchRequest::from_items(batch.items()).mode(mode);
        let work = async {
            let answer = records.batch_create(&ctx, request).await?;
            match answer.stopped {
                Some(stopped) => Err(stopped),
                None => Ok(answer),
            }
        };
        let marker = batch.marker.clone();
        let answer = |answer: &BatchAnswer| Answer { id: marker, version: 1, count: answer.created };
        self.journaled(Op::Batch(batch), work, answer).await
    }

    /// Brings the group to that stage, by one batch; answers whether that is done.
    async fn change(&self, group: &Group, stage: Stage) -> bool {
        let (ctx, records) = (context(&group.tenant), records(&self.udal, &group.model));
        let mode = if group.per_item { BatchMode::PerItem } else { BatchMode::Atomic };
        let work = async {
            let answer: ChangeAnswer = match stage {
                Stage::Nothing => return Err(Error::internal("no batch leads to nothing")),
                Stage::Begun | Stage::Whole => {
                    records.upsert(&ctx, ChangeRequest::from_items(group.upserts(stage)).mode(mode)).await?
                }
                Stage::Changed => {
                    records.batch_update(&ctx, ChangeRequest::from_items(group.updates(stage)).mode(mode)).await?
                }
                Stage::Thinned | Stage::Gone => {
                    records.batch_delete(&ctx, ChangeRequest::from_items(group.deletes(stage)).mode(mode)).await?
                }
            };
            let counted = Counted::of(&answer);
            answer.stopped.map_or(Ok(counted), Err)
        };
        let answer = |counted: &Counted| Answer { id: counted.to_string(), version: 0, count: 0 };
        self.journaled(Op::Change(group.clone(), stage), work, answer).await.is_some()
    }

    /// Creates, changes and deletes records of its own, one after the other.
    async fn single_records(&self, model: &str, mut random: Random) {
        let mut own: Vec<(Place, State)> = Vec::new();
        let mut team = None;
        for number in 0.. {
            let value = i64::try_from(random.below(1_000_000)).unwrap();
            let name = format!("{}-{number}", self.life);
            if model == "Member" && (team.is_none() || number % 20 == 0) {
                let made = self.create(OLD_TENANT, "Team", &name, data("Team", "", value, 0)).await;
                team = made.map(|(place, _)| place.id);
                continue;
            }
            let mut changed = data(model, "", value, random.next());
            if let Some(team) = &team {
                changed["team"] = Json::from(team.clone());
            }
            let dice = random.below(10);
            if own.is_empty() || dice < 5 {
                own.extend(self.create(OLD_TENANT, model, &name, changed).await);
                continue;
            }
            let chosen = usize::try_from(random.below(own.len() as u64)).unwrap();
            let (place, state) = own.swap_remove(chosen);
            if dice < 8 {
                own.extend(self.update(&place, state, changed).await.map(|state| (place, state)));
            } else {
                self.remove(&place).await;
            }
        }
    }

    /// Creates a member and deletes its team at the same time: one of them is refused.
    async fn races(&self) {
        for number in 0.. {
            let name = format!("{}-race-{number}", self.life);
            let team = self.create(OLD_TENANT, "Team", &name, data("Team", "", 0, 0)).await;
            let Some((team, _)) = team else { continue };
            let member = json!({"marker": "", "value": number, "team": team.id});
            tokio::join!(self.create(OLD_TENANT, "Member", &name, member), self.remove(&team));
        }
    }

    /// Whole batches, and batches by item.
    async fn batches(&self, writer: u64, mut random: Random) {
        for number in 0.. {
            let marker = format!("{}-batch{writer}-{number}", self.life);
            let model = (*random.pick(&["Member", "Reading", "Sample"])).to_owned();
            if model == "Member" {
                let team = team_of(&marker);
                let name = team.strip_prefix("Team/").unwrap();
                if self.create(OLD_TENANT, "Team", name, data("Team", "", 0, 0)).await.is_none() {
                    continue;
                }
            }
            let per_item = random.below(3) == 0;
            self.write_batch(Batch { tenant: OLD_TENANT.to_owned(), model, marker, per_item }).await;
        }
    }

    /// Groups of which something is there: so that the kill meets changes and deletes as often as what comes before them.
    async fn begin_groups(&self, writer: usize, random: &mut Random) -> Vec<(Group, Stage)> {
        let mut begun = Vec::new();
        for stage in [Stage::Changed, Stage::Whole, Stage::Begun] {
            let marker = format!("{}-begun{writer}-{stage:?}", self.life);
            if let Some(group) = self.new_group(marker, random).await
                && self.bring(&group, Stage::Nothing, stage).await
            {
                begun.push((group, stage));
            }
        }
        begun
    }

    /// Groups that batches create, change and delete, each until some stage.
    async fn changes(&self, writer: usize, begun: Vec<(Group, Stage)>, mut random: Random) {
        for (group, stage) in begun {
            self.bring(&group, stage, Stage::Gone).await;
        }
        for number in 0.. {
            let marker = format!("{}-changes{writer}-{number}", self.life);
            if let Some(group) = self.new_group(marker, &mut random).await {
                self.bring(&group, Stage::Nothing, *random.pick(&Stage::ALL)).await;
            }
        }
    }

    /// A group of which nothing is there but the team that its members are of.
    async fn new_group(&self, marker: String, random: &mut Random) -> Option<Group> {
        let model = (*random.pick(&["Member", "Reading", "Sample"])).to_owned();
        if model == "Member" {
            let team = team_of(&marker);
            let name = team.strip_prefix("Team/").unwrap();
            self.create(OLD_TENANT, "Team", name, data("Team", "", 0, 0)).await?;
        }
        let per_item = random.below(3) == 0;
        Some(Group { tenant: OLD_TENANT.to_owned(), model, marker, per_item })
    }

    /// Brings a group from one stage to another, a batch for each step; answers whether each is done.
    async fn bring(&self, group: &Group, from: Stage, to: Stage) -> bool {
        for stage in Stage::ALL.into_iter().filter(|stage| from < *stage && *stage <= to) {
            if !self.change(group, stage).await {
                return false;
            }
        }
        true
    }

    /// A tag, pages that have it, and the end of the tag, which changes every page.
    async fn pages(&self) {
        for number in 0.. {
            let marker = format!("{}-pages-{number}", self.life);
            let tag = tag_of(&marker);
            let name = tag.strip_prefix("Tag/").unwrap();
            let Some((tag, _)) = self.create(OLD_TENANT, "Tag", name, data("Tag", "", 0, 0)).await else { continue };
            let batch = Batch { tenant: OLD_TENANT.to_owned(), model: "Page".to_owned(), marker, per_item: false };
            if self.write_batch(batch).await.is_none() {
                continue;
            }
            if number % 2 == 0 {
                self.remove(&tag).await;
            } else {
                self.remove_by_batch(&tag).await;
            }
        }
    }

    /// The same create again and again under one key, also at the same time.
    async fn keys(&self) {
        for number in 0_i64.. {
            let model = ["Team", "Reading", "Sample"][usize::try_from(number % 3).unwrap()];
            let key = format!("{}-key-{number}", self.life);
            let keyed = Keyed { tenant: OLD_TENANT.to_owned(), model: model.to_owned(), key, value: number };
            tokio::join!(self.create_keyed(&keyed), self.create_keyed(&keyed));
            self.create_keyed(&keyed).await;
        }
    }

    async fn create_keyed(&self, keyed: &Keyed) {
        let (ctx, records) = (context(&keyed.tenant), records(&self.udal, &keyed.model));
        self.journaled(Op::Keyed(keyed.clone()), records.create(&ctx, keyed.request()), of_created).await;
    }

    /// First writes to new tenants, of every model at the same time.
    async fn new_tenants(&self) {
        for number in 0..NEW_TENANTS {
            let tenant = format!("{}-{number}", self.life);
            let first = async |model: &str| {
                let (tenant, name) = (&tenant, "first");
                if model == "Member" {
                    self.create(tenant, "Team", name, data("Team", "", 0, 0)).await?;
                    let member = json!({"marker": "", "value": 1, "team": format!("Team/{name}")});
                    return self.create(tenant, model, name, member).await;
                }
                self.create(tenant, model, name, data(model, "", 1, number)).await
            };
            let later = async |model: &str| {
                let Some((place, state)) = first(model).await else { return };
                let changes = json!({"value": 2, "taken": taken(number + 1)});
                let changes = if model == "Reading" { changes } else { json!({"value": 2}) };
                self.update(&place, state, changes).await;
            };
            let batch = |model: &str| Batch {
                tenant: tenant.clone(),
                model: model.to_owned(),
                marker: format!("{}-first-{number}", self.life),
                per_item: false,
            };
            tokio::join!(
                later("Member"),
                later("Reading"),
                later("Sample"),
                self.write_batch(batch("Reading")),
                self.write_batch(batch("Sample")),
            );
        }
        std::future::pending::<()>().await;
    }
}

impl Keyed {
    /// The request, the same each time.
    pub(crate) fn request(&self) -> CreateRequest {
        let data = data(&self.model, &self.key, self.value, self.value.unsigned_abs());
        CreateRequest::new(data).idempotency_key(&self.key)
    }
}

fn of_created(created: &Created) -> Answer {
    Answer { id: created.record.id().to_owned(), version: created.record.version(), count: 1 }
}
