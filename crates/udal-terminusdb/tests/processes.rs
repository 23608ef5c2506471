//! Several processes over one tenant's database: two backends know as little of each other as two processes do.
//!
//! It needs a server, at `UDAL_TERMINUSDB_URL`: what is tested is what that server does when transactions meet.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use udal_core::contract::{
    Backend, BatchCreate, BatchMode, Create, Delete, Get, History, Idempotency, List, Start, Update,
};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::order::Order;
use udal_core::record::{Record, read_changes};
use udal_core::value::{Timestamp, decode};
use udal_core::{AccessContext, Context, ErrorKind, TenantSlug};
use udal_terminusdb::{
    ClassAllowances, ClassChange, ClassChangeState, Credentials, Endpoint, Settings, TerminusdbBackend,
};

const PROCESSES: usize = 3;
const ROUNDS: usize = 12;

struct World {
    backends: Vec<Arc<TerminusdbBackend>>,
    context: Context,
    catalog: Catalog,
}

impl World {
    /// None where there is no server.
    fn new() -> Option<Self> {
        let Ok(url) = std::env::var("UDAL_TERMINUSDB_URL") else {
            eprintln!("UDAL_TERMINUSDB_URL is not set: what several processes do to each other is not tested");
            return None;
        };
        let password = std::env::var("UDAL_TERMINUSDB_PASSWORD").unwrap_or_else(|_| "root".to_owned());
        let credentials = Credentials::Password { user: "admin".to_owned(), password };
        let settings = Settings::new(Endpoint { url, credentials });
        let backend = |_| Arc::new(TerminusdbBackend::new(settings.clone()).unwrap());
        static WORLDS: AtomicUsize = AtomicUsize::new(0);
        let (number, since_1970) =
            (WORLDS.fetch_add(1, Ordering::Relaxed), SystemTime::now().duration_since(UNIX_EPOCH));
        let tenant = TenantSlug::new(&format!("p{:x}-{number}", since_1970.unwrap().as_micros())).unwrap();
        let group = GroupDeclaration::new("crm")
            .model(ModelDeclaration::new("Account").field("name", "Optional[str]").field("tags", "Set[str]"))
            .model(ModelDeclaration::new("Contact").field("account", "Optional[Ref[Account]]"));
        Some(World {
            backends: (0..PROCESSES).map(backend).collect(),
            context: Context::new(tenant, AccessContext::unrestricted("a test")),
            catalog: Catalog::build(vec![group]).unwrap(),
        })
    }

    fn model(&self, name: &str) -> Arc<Model> {
        Arc::clone(self.catalog.model("crm", name).unwrap())
    }

    fn record(&self, model: &str, key: &str, members: serde_json::Value) -> Record {
        let mut all = json!({
            "id": format!("{model}/{key}"), "version": 1, "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
        });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        Record::from_members(&self.model(model), all.as_object().unwrap()).unwrap()
    }

    fn create(&self, model: &str, key: &str, members: serde_json::Value) -> Create {
        Create { record: self.record(model, key, members), idempotency: None }
    }

    async fn end(&self) {
        self.backends.first().unwrap().drop_tenant(self.context.tenant()).await.unwrap();
    }
}

/// A process may be told to try again: then nothing of it was done.
fn is_retry(kind: ErrorKind) -> bool {
    kind == ErrorKind::Unavailable
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_update_of_several_processes_is_lost() {
    let Some(world) = World::new() else { return };
    let first = world.backends.first().unwrap();
    first.create(&world.context, world.create("Account", "a", json!({}))).await.unwrap();
    let tasks = world.backends.iter().enumerate().map(|(process, backend)| {
        let (backend, context, model) = (Arc::clone(backend), world.context.clone(), world.model("Account"));
        tokio::spawn(async move {
            let mut done = 0;
            for round in 0..ROUNDS {
                let patch = read_changes(&model, &json!({"name": format!("{process} {round}")})).unwrap();
                let op = Update { model: Arc::clone(&model), id: "Account/a".to_owned(), patch, if_version: None };
                match backend.update(&context, op).await {
                    Ok(_) => done += 1,
                    Err(error) => assert!(is_retry(error.kind()), "{error:?}"),
                }
            }
            done
        })
    });
    let mut updates = 0;
    for task in tasks.collect::<Vec<_>>() {
        updates += task.await.unwrap();
    }
    let op = Get { model: world.model("Account"), id: "Account/a".to_owned() };
    let left = first.get(&world.context, op).await.unwrap().unwrap();
    eprintln!("{updates} of {} updates were done", PROCESSES * ROUNDS);
    assert_eq!(left.version(), 1 + updates);
    assert!(updates > 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_and_a_link_of_several_processes_leave_no_link_to_nothing() {
    let Some(world) = World::new() else { return };
    let (one, other) = (world.backends.first().unwrap(), world.backends.last().unwrap());
    for round in 0..ROUNDS {
        let (account, contact) = (format!("a{round}"), format!("c{round}"));
        one.create(&world.context, world.create("Account", &account, json!({}))).await.unwrap();
        let link = world.create("Contact", &contact, json!({"account": format!("Account/{account}")}));
        let delete = Delete { model: world.model("Account"), id: format!("Account/{account}"), if_version: None };
        let (linked, deleted) = tokio::join!(other.create(&world.context, link), one.delete(&world.context, delete));
        assert!(linked.is_err() || deleted.is_err(), "round {round}: both were done");
        for error in linked.err().into_iter().chain(deleted.err()) {
            let expected = [ErrorKind::InvalidInput, ErrorKind::StillLinked];
            assert!(expected.contains(&error.kind()) || is_retry(error.kind()), "round {round}: {error:?}");
        }
    }
    let model = world.model("Contact");
    let op = List {
        order: Order::by_id(&model),
        model,
        filter: Predicate::always(),
        limit: ROUNDS,
        start: Start::Beginning,
    };
    for contact in one.list(&world.context, op).await.unwrap().records {
        for (_, id) in contact.links() {
            let op = Get { model: world.model("Account"), id: id.to_owned() };
            assert!(one.get(&world.context, op).await.unwrap().is_some(), "{} links to nothing", contact.id());
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_list_comes_to_records_that_are_there_and_goes_again() {
    let Some(world) = World::new() else { return };
    let [old, new, other] = [0, 1, 2].map(|at| Arc::clone(&world.backends[at]));
    let ctx = &world.context;
    for key in ["a", "b"] {
        old.create(ctx, world.create("Account", key, json!({"name": key}))).await.unwrap();
    }
    let account = ModelDeclaration::new("Account")
        .field("name", "Optional[str]")
        .field("tags", "Set[str]")
        .field("labels", "Optional[List[str]]")
        .field("friends", "Optional[List[Ref[Account]]]");
    let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account)]).unwrap();
    let model = Arc::clone(catalog.model("crm", "Account").unwrap());
    let get = async |backend: &TerminusdbBackend, model: &Arc<Model>, id: &str| {
        backend.get(ctx, Get { model: Arc::clone(model), id: id.to_owned() }).await.unwrap().unwrap()
    };
    let patch = read_changes(&model, &json!({"labels": ["x", "x"], "friends": ["Account/b"]})).unwrap();
    let op = Update { model: Arc::clone(&model), id: "Account/a".to_owned(), patch, if_version: None };
    let changed = new.update(ctx, op).await.unwrap();
    assert_eq!(get(&other, &model, "Account/a").await, changed);
    let untouched = get(&new, &model, "Account/b").await;
    assert_eq!((untouched.value("labels"), untouched.version()), (None, 1));
    // The process whose model has no list goes on, alone and in batches.
    old.create(ctx, world.create("Account", "c", json!({"name": "c"}))).await.unwrap();
    let items = ["d", "e"].map(|key| Ok((0, world.record("Account", key, json!({})))));
    let records = Box::pin(futures_util::stream::iter(items));
    let batch = BatchCreate { model: world.model("Account"), records, mode: BatchMode::Atomic };
    assert_eq!(old.batch_create(ctx, batch).await.unwrap().created, 2);
    let patch = read_changes(&world.model("Account"), &json!({"name": "now"})).unwrap();
    let op = Update { model: world.model("Account"), id: "Account/a".to_owned(), patch, if_version: None };
    old.update(ctx, op).await.unwrap();
    let kept = get(&new, &model, "Account/a").await;
    assert_eq!((kept.value("labels"), kept.version()), (changed.value("labels"), 3));
    assert_eq!(get(&new, &model, "Account/e").await.value("labels"), None);
    world.end().await;
}

/// Each type of a single value, with one that is easily changed on its way.
fn fills() -> Vec<(&'static str, &'static str, serde_json::Value)> {
    vec![
        ("name", "str", json!("it's \"\\\n")),
        ("whole", "int", json!(9_007_199_254_740_993_i64)),
        ("number", "float", json!(-1e308)),
        ("truth", "bool", json!(false)),
        ("instant", "datetime", json!("1969-12-31T23:59:59.999999Z")),
        ("day", "date", json!("0001-01-01")),
        ("amount", "decimal", json!("0.10")),
        ("choice", "enum[low, a b]", json!("a b")),
        ("anything", "json", json!({"a": [null, 1.5, "12"]})),
    ]
}

#[tokio::test]
async fn a_field_that_is_required_now_is_filled_where_that_is_allowed() {
    let Some(world) = World::new() else { return };
    let (old, new, ctx) = (&world.backends[0], &world.backends[1], &world.context);
    for (key, members) in [("a", json!({"name": "A"})), ("b", json!({}))] {
        old.create(ctx, world.create("Account", key, members)).await.unwrap();
    }
    let account =
        fills().iter().fold(ModelDeclaration::new("Account"), |model, (name, kind, _)| model.field(*name, *kind));
    let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account)]).unwrap();
    let model = Arc::clone(catalog.model("crm", "Account").unwrap());
    let states = |changes: Vec<ClassChange>| -> Vec<(String, ClassChangeState)> {
        changes.into_iter().map(|change| (change.name, change.state)).collect()
    };
    let nothing = ClassAllowances::default();
    let planned = states(new.plan(ctx.tenant(), &model, &nothing).await.unwrap());
    assert_eq!(planned.len(), fills().len(), "{planned:?}");
    assert!(planned.iter().all(|(_, state)| matches!(state, ClassChangeState::Refused(_))), "{planned:?}");
    assert_eq!(states(new.migrate(ctx.tenant(), &model, &nothing).await.unwrap()), planned);
    // Allowed, but nothing is said of what they get.
    let changes = planned.iter().map(|(name, _)| name.clone()).collect();
    let mut allowed = ClassAllowances { changes, ..nothing };
    let blocked = states(new.migrate(ctx.tenant(), &model, &allowed).await.unwrap());
    assert!(blocked.iter().all(|(_, state)| matches!(state, ClassChangeState::Blocked(_))), "{blocked:?}");
    let filled = |name: &str, value: &serde_json::Value| decode(model.field(name).unwrap(), value).unwrap().unwrap();
    allowed.fills = fills().iter().map(|(name, _, value)| ((*name).to_owned(), filled(name, value))).collect();
    let done = states(new.migrate(ctx.tenant(), &model, &allowed).await.unwrap());
    assert!(done.iter().all(|(_, state)| *state == ClassChangeState::Due), "{done:?}");
    assert_eq!(new.plan(ctx.tenant(), &model, &allowed).await.unwrap(), []);
    for (id, own) in [("Account/a", Some("A")), ("Account/b", None)] {
        let record = new.get(ctx, Get { model: Arc::clone(&model), id: id.to_owned() }).await.unwrap().unwrap();
        for (name, _, value) in fills() {
            let expected = match own {
                Some(own) if name == "name" => filled(name, &json!(own)),
                _ => filled(name, &value),
            };
            assert_eq!((id, name, record.value(name)), (id, name, Some(&expected)));
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_key_is_forgotten_with_its_time() {
    let Some(world) = World::new() else { return };
    let (backend, ctx) = (world.backends.first().unwrap(), &world.context);
    let create = async |id: &str, key: &str| {
        let idempotency = Some(Idempotency { key: key.to_owned(), fingerprint: "print".to_owned() });
        let created =
            backend.create(ctx, Create { idempotency, ..world.create("Account", id, json!({})) }).await.unwrap();
        (created.record.id().to_owned(), created.replayed)
    };
    create("a", "old").await;
    let first = History { model: world.model("Account"), id: "Account/a".to_owned(), limit: 1 };
    let then = backend.history(ctx, first).await.unwrap().versions.first().unwrap().at;
    create("b", "new").await;
    let forget = async |until| backend.forget_answers(ctx.tenant(), until).await.unwrap();
    assert_eq!(forget(Timestamp::from_micros(then.as_micros() - 1).unwrap()).await, 0);
    assert_eq!(create("c", "old").await, ("Account/a".to_owned(), true));
    assert_eq!(forget(then).await, 1);
    assert_eq!(create("d", "old").await, ("Account/d".to_owned(), false));
    assert_eq!(create("e", "new").await, ("Account/b".to_owned(), true));
    // The key was taken again since.
    assert_eq!(forget(then).await, 0);
    assert_eq!(create("f", "old").await, ("Account/d".to_owned(), true));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_make_one_tenant() {
    for round in 0..ROUNDS {
        let Some(world) = World::new() else { return };
        let creates = world.backends.iter().enumerate().map(|(process, backend)| {
            backend.create(&world.context, world.create("Account", &format!("p{process}"), json!({})))
        });
        let reads = world.backends.iter().map(|backend| {
            backend.get(&world.context, Get { model: world.model("Account"), id: "Account/p0".to_owned() })
        });
        let (created, read) =
            tokio::join!(futures_util::future::join_all(creates), futures_util::future::join_all(reads));
        assert!(created.iter().all(Result::is_ok), "round {round}: {created:?}");
        assert!(read.iter().all(Result::is_ok), "round {round}: {read:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_several_processes_creates_a_record() {
    let Some(world) = World::new() else { return };
    for round in 0..ROUNDS {
        let creates = world.backends.iter().enumerate().map(|(process, backend)| {
            backend.create(
                &world.context,
                world.create("Account", &format!("r{round}"), json!({"name": format!("{process}")})),
            )
        });
        let answers = futures_util::future::join_all(creates).await;
        let created: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(created.len(), 1, "round {round}: {answers:?}");
        let op = Get { model: world.model("Account"), id: format!("Account/r{round}") };
        let left = world.backends.first().unwrap().get(&world.context, op).await.unwrap();
        assert_eq!(left.as_ref(), created.first().map(|created| &created.record));
    }
    world.end().await;
}
