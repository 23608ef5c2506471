//! The clauses that a map could get wrong most easily: what a failure leaves behind, links, reach, and who shares what.
//!
//! The conformance suite compares the other backends with this one; here the answers are written by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use udal_core::contract::{
    Backend, BatchCreate, BatchMode, BatchReport, Count, Create, Created, Delete, Get, Idempotency, List, Start,
    Touched, Update,
};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration, position};
use udal_core::order::Order;
use udal_core::record::{Change, Patch, Record};
use udal_core::value::Value;
use udal_core::{AccessContext, Context, Error, ErrorKind, Ownership, Result, TenantSlug};
use udal_memory::MemoryBackend;

/// What a call answers: nothing in memory has to be waited for.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn catalog() -> Catalog {
    let group = GroupDeclaration::new("shop")
        .model(ModelDeclaration::new("Artist").field("name", "str").on_delete("unlink"))
        .model(
            ModelDeclaration::new("Album")
                .field("by", "Optional[Ref[Artist]]")
                .field("also", "Set[Ref[Artist]]")
                .field("order", "Optional[List[Ref[Artist]]]"),
        )
        .model(ModelDeclaration::new("Contract").field("with", "Ref[Artist]"))
        .model(ModelDeclaration::new("Label").field("parent", "Optional[Ref[Label]]"))
        .model(ModelDeclaration::new("Country").field("name", "str").postgresql().shared());
    Catalog::build(vec![group]).unwrap()
}

fn model(name: &str) -> Arc<Model> {
    Arc::clone(catalog().model("shop", name).unwrap())
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| text(value)).collect()
}

fn record(model_name: &str, key: &str, values: &[(&str, Value)]) -> Record {
    let model = model(model_name);
    let mut record = Record::new(Arc::clone(&model), Vec::new());
    let system = [("id", text(&format!("{model_name}/{key}"))), ("version", Value::Int(1))];
    for (name, value) in system.iter().chain(values) {
        record.set(model.field(name).unwrap(), Some(value.clone()));
    }
    record
}

fn artist(key: &str) -> Record {
    record("Artist", key, &[("name", text(key))])
}

fn tenant(slug: &str) -> TenantSlug {
    TenantSlug::new(slug).unwrap()
}

fn everything(slug: &str) -> Context {
    Context::new(tenant(slug), AccessContext::unrestricted("a test"))
}

fn owner(user: &str) -> Context {
    let access = AccessContext::user(user, None).unwrap();
    let access =
        catalog().models().fold(access, |access, model| access.permit_all(model.subject(), &Ownership::OwnerOnly));
    Context::new(tenant("acme"), access.build())
}

fn create(backend: &MemoryBackend, ctx: &Context, record: Record) -> Result<Created> {
    now(backend.create(ctx, Create { record, idempotency: None }))
}

fn create_once(backend: &MemoryBackend, record: Record, key: &str, fingerprint: &str) -> Result<Created> {
    let idempotency = Some(Idempotency { key: key.to_owned(), fingerprint: fingerprint.to_owned() });
    now(backend.create(&everything("acme"), Create { record, idempotency }))
}

fn get(backend: &MemoryBackend, ctx: &Context, id: &str) -> Option<Record> {
    let model = model(id.split('/').next().unwrap());
    now(backend.get(ctx, Get { model, id: id.to_owned() })).unwrap()
}

fn update(backend: &MemoryBackend, ctx: &Context, id: &str, field: &str, value: Option<Value>) -> Result<Record> {
    let model = model(id.split('/').next().unwrap());
    let field = Arc::clone(model.field(field).unwrap());
    let patch = Patch::new(vec![Change { field, value }]);
    now(backend.update(ctx, Update { model, id: id.to_owned(), patch, if_version: None }))
}

fn delete(backend: &MemoryBackend, ctx: &Context, id: &str) -> Result<Option<Vec<Touched>>> {
    let model = model(id.split('/').next().unwrap());
    let deleted = now(backend.delete(ctx, Delete { model, id: id.to_owned(), if_version: None }))?;
    Ok(deleted.map(|deleted| deleted.unlinked))
}

fn batch(backend: &MemoryBackend, ctx: &Context, mode: BatchMode, items: Vec<Result<Record>>) -> Result<BatchReport> {
    let model = items.iter().flatten().map(|record| Arc::clone(record.model())).next().unwrap();
    let numbered = items.into_iter().enumerate().map(|(index, item)| Ok((index as u64, item?)));
    let records = stream::iter(numbered.collect::<Vec<_>>()).boxed();
    now(backend.batch_create(ctx, BatchCreate { model, records, mode }))
}

fn ids(backend: &MemoryBackend, ctx: &Context, model_name: &str) -> Vec<String> {
    let model = model(model_name);
    let order = Order::by_id(&model);
    let op = List { model, filter: Predicate::always(), order, limit: 100, start: Start::Beginning };
    now(backend.list(ctx, op)).unwrap().records.iter().map(|record| record.id().to_owned()).collect()
}

fn kind<T: std::fmt::Debug>(answer: Result<T>) -> ErrorKind {
    answer.unwrap_err().kind()
}

#[test]
fn reading_makes_no_tenant() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    assert_eq!(get(&backend, &ctx, "Artist/a"), None);
    assert_eq!(now(backend.count(&ctx, Count { model: model("Artist"), filter: Predicate::always() })).unwrap(), 0);
    assert_eq!(kind(update(&backend, &ctx, "Artist/a", "name", Some(text("b")))), ErrorKind::NotFound);
    assert_eq!(delete(&backend, &ctx, "Artist/a").unwrap(), None);
    assert_eq!(now(backend.list_tenants()).unwrap(), []);
}

#[test]
fn dropping_a_tenant_forgets_it_alone() {
    let backend = MemoryBackend::new();
    create_once(&backend, artist("a"), "key", "one").unwrap();
    create(&backend, &everything("umbrella"), artist("a")).unwrap();
    create(&backend, &everything("acme"), record("Country", "at", &[("name", text("Austria"))])).unwrap();
    assert!(now(backend.drop_tenant(&tenant("acme"))).unwrap());
    assert!(!now(backend.drop_tenant(&tenant("acme"))).unwrap());
    assert_eq!(now(backend.list_tenants()).unwrap(), [tenant("umbrella")]);
    assert_eq!(ids(&backend, &everything("umbrella"), "Artist"), ["Artist/a"]);
    assert_eq!(ids(&backend, &everything("umbrella"), "Country"), ["Country/at"]);
    // Made again it is empty: the key is as new as the record.
    let again = create_once(&backend, artist("b"), "key", "two").unwrap();
    assert!(!again.replayed);
    assert_eq!(ids(&backend, &everything("acme"), "Artist"), ["Artist/b"]);
}

#[test]
fn what_every_tenant_reads_is_written_with_the_permission_only() {
    let backend = MemoryBackend::new();
    let country = |key: &str| {
        record("Country", key, &[("name", text("x")), ("owned_by", text("ada")), ("team_id", text("north"))])
    };
    let user = |may_write_shared: bool| {
        let access = AccessContext::user("ada", Some("north")).unwrap();
        let access = access.permit_all(model("Country").subject(), &Ownership::TeamWide);
        let access = if may_write_shared { access.permit_shared_reference_write() } else { access };
        Context::new(tenant("acme"), access.build())
    };
    assert_eq!(kind(create(&backend, &user(false), country("at"))), ErrorKind::Denied);
    create(&backend, &user(true), country("at")).unwrap();
    assert_eq!(ids(&backend, &everything("umbrella"), "Country"), ["Country/at"]);
    assert_eq!(kind(update(&backend, &user(false), "Country/at", "name", Some(text("y")))), ErrorKind::Denied);
    assert_eq!(kind(delete(&backend, &user(false), "Country/at")), ErrorKind::Denied);
    let report = batch(&backend, &user(false), BatchMode::PerItem, vec![Ok(country("de"))]).unwrap();
    assert_eq!((report.created, report.failures[0].error.kind()), (0, ErrorKind::Denied));
    assert_eq!(get(&backend, &everything("acme"), "Country/at").unwrap().version(), 1);
}

#[test]
fn a_repeated_create_answers_what_the_first_did() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    let first = create_once(&backend, artist("a"), "key", "one").unwrap();
    assert!(!first.replayed);
    update(&backend, &ctx, "Artist/a", "name", Some(text("changed"))).unwrap();
    let again = create_once(&backend, artist("b"), "key", "one").unwrap();
    assert_eq!((again.replayed, &again.record), (true, &first.record));
    delete(&backend, &ctx, "Artist/a").unwrap();
    assert!(create_once(&backend, artist("c"), "key", "one").unwrap().replayed);
    assert_eq!(kind(create_once(&backend, artist("d"), "key", "two")), ErrorKind::InvalidInput);
    assert!(ids(&backend, &ctx, "Artist").is_empty());
    // A create that failed leaves its key free.
    create(&backend, &ctx, artist("e")).unwrap();
    assert_eq!(kind(create_once(&backend, artist("e"), "other", "one")), ErrorKind::AlreadyExists);
    assert!(!create_once(&backend, artist("f"), "other", "two").unwrap().replayed);
}

#[test]
fn an_atomic_batch_that_fails_leaves_nothing() {
    let backend = MemoryBackend::new();
    let (ctx, ada) = (everything("acme"), owner("ada"));
    let of = |user: &str, key: &str| record("Artist", key, &[("name", text(key)), ("owned_by", text(user))]);
    let album = |key: &str, by: &str| record("Album", key, &[("by", text(by))]);
    create(&backend, &ctx, of("ada", "taken")).unwrap();
    let fails: [(&Context, Vec<Result<Record>>, ErrorKind); 5] = [
        (&ctx, vec![Ok(artist("a")), Ok(artist("taken"))], ErrorKind::AlreadyExists),
        (&ctx, vec![Ok(artist("a")), Ok(artist("a"))], ErrorKind::AlreadyExists),
        (&ada, vec![Ok(of("ada", "a")), Ok(of("bob", "b"))], ErrorKind::Denied),
        (&ctx, vec![Ok(album("a", "Artist/taken")), Ok(album("b", "Artist/gone"))], ErrorKind::InvalidInput),
        (&ctx, vec![Ok(artist("a")), Err(Error::invalid("item 1: no JSON"))], ErrorKind::InvalidInput),
    ];
    for (ctx, items, expected) in fails {
        let error = batch(&backend, ctx, BatchMode::Atomic, items).unwrap_err();
        assert_eq!(error.kind(), expected);
        assert!(error.message().starts_with("item 1: "), "{error}");
    }
    assert_eq!(ids(&backend, &ctx, "Artist"), ["Artist/taken"]);
    assert!(ids(&backend, &ctx, "Album").is_empty());
}

#[test]
fn links_within_a_batch() {
    let backend = MemoryBackend::new();
    let label = |key: &str, parent: &str| Ok(record("Label", key, &[("parent", text(&format!("Label/{parent}")))]));
    let circle = || vec![label("a", "b"), label("b", "c"), label("c", "a"), label("d", "d")];
    let (each, whole) = (everything("each"), everything("whole"));
    assert_eq!(batch(&backend, &whole, BatchMode::Atomic, circle()).unwrap().created, 4);
    let report = batch(&backend, &each, BatchMode::PerItem, circle()).unwrap();
    assert_eq!(report.created, 1);
    assert_eq!(report.failures.iter().map(|failure| failure.index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(report.failures[2].error.field_errors()[0].code, "broken_link");
    let twice = vec![label("e", "d"), label("f", "e"), label("e", "f")];
    let report = batch(&backend, &each, BatchMode::PerItem, twice).unwrap();
    assert_eq!((report.created, report.failures[0].index), (2, 2));
    assert_eq!(report.failures[0].error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(get(&backend, &each, "Label/e").unwrap().value("parent"), Some(&text("Label/d")));
}

#[test]
fn a_link_leads_to_a_record_that_is_there() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    create(&backend, &everything("umbrella"), artist("a")).unwrap();
    let album = |key: &str| record("Album", key, &[("also", Value::set(texts(&["Artist/a", "Artist/b"])).unwrap())]);
    let error = create(&backend, &ctx, album("x")).unwrap_err();
    let broken: Vec<_> = error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
    assert_eq!(broken, [("also", "broken_link"), ("also", "broken_link")]);
    create(&backend, &ctx, record("Album", "y", &[])).unwrap();
    let error = update(&backend, &ctx, "Album/y", "by", Some(text("Artist/a"))).unwrap_err();
    assert_eq!(error.field_errors()[0].code, "broken_link");
    assert_eq!(get(&backend, &ctx, "Album/y"), Some(record("Album", "y", &[])));
    assert_eq!(ids(&backend, &ctx, "Album"), ["Album/y"]);
}

#[test]
fn a_delete_takes_out_links_or_changes_nothing() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    create(&backend, &ctx, artist("a")).unwrap();
    create(&backend, &ctx, artist("b")).unwrap();
    let both = texts(&["Artist/a", "Artist/b", "Artist/a"]);
    let by = ("by", text("Artist/a"));
    let also = ("also", Value::set(texts(&["Artist/a"])).unwrap());
    create(&backend, &ctx, record("Album", "z", &[by, also, ("order", Value::List(both))])).unwrap();
    create(&backend, &ctx, record("Album", "y", &[("by", text("Artist/a"))])).unwrap();
    create(&backend, &ctx, record("Album", "x", &[("by", text("Artist/b"))])).unwrap();
    create(&backend, &ctx, record("Contract", "c", &[("with", text("Artist/a"))])).unwrap();

    // A contract must have its artist.
    assert_eq!(kind(delete(&backend, &ctx, "Artist/a")), ErrorKind::StillLinked);
    assert_eq!(get(&backend, &ctx, "Album/y").unwrap().version(), 1);
    assert_eq!(ids(&backend, &ctx, "Artist"), ["Artist/a", "Artist/b"]);

    delete(&backend, &ctx, "Contract/c").unwrap();
    let touched = |id: &str| Touched { model: "Album".to_owned(), id: id.to_owned(), version: 2 };
    assert_eq!(delete(&backend, &ctx, "Artist/a").unwrap(), Some(vec![touched("Album/y"), touched("Album/z")]));
    let album = get(&backend, &ctx, "Album/z").unwrap();
    assert_eq!((album.value("by"), album.value("also"), album.version()), (None, None, 2));
    assert_eq!(album.value("order"), Some(&Value::List(texts(&["Artist/b"]))));
    assert_eq!(get(&backend, &ctx, "Album/x").unwrap().version(), 1);
}

#[test]
fn a_delete_is_refused_where_others_link_unless_the_record_itself() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    let label = |key: &str, parent: &str| record("Label", key, &[("parent", text(&format!("Label/{parent}")))]);
    create(&backend, &ctx, label("a", "a")).unwrap();
    create(&backend, &ctx, label("b", "a")).unwrap();
    assert_eq!(kind(delete(&backend, &ctx, "Label/a")), ErrorKind::StillLinked);
    update(&backend, &ctx, "Label/b", "parent", None).unwrap();
    assert_eq!(delete(&backend, &ctx, "Label/a").unwrap(), Some(Vec::new()));
    assert_eq!(ids(&backend, &ctx, "Label"), ["Label/b"]);
}

#[test]
fn what_is_out_of_reach_is_not_there_and_cannot_be_written() {
    let backend = MemoryBackend::new();
    let (ada, bob) = (owner("ada"), owner("bob"));
    let of = |user: &str, key: &str| record("Artist", key, &[("name", text(key)), ("owned_by", text(user))]);
    create(&backend, &ada, of("ada", "a")).unwrap();
    assert_eq!(kind(create(&backend, &ada, of("bob", "b"))), ErrorKind::Denied);
    assert_eq!(get(&backend, &bob, "Artist/a"), None);
    assert!(ids(&backend, &bob, "Artist").is_empty());
    assert_eq!(kind(create(&backend, &bob, of("bob", "a"))), ErrorKind::AlreadyExists);
    assert_eq!(kind(update(&backend, &bob, "Artist/a", "name", Some(text("mine")))), ErrorKind::NotFound);
    assert_eq!(delete(&backend, &bob, "Artist/a").unwrap(), None);
    assert_eq!(kind(update(&backend, &ada, "Artist/a", "owned_by", Some(text("bob")))), ErrorKind::Denied);
    assert_eq!(get(&backend, &ada, "Artist/a"), Some(of("ada", "a")));
}

#[test]
fn of_many_updates_at_one_instant_none_is_lost() {
    let (backend, ctx) = (MemoryBackend::new(), everything("acme"));
    create(&backend, &ctx, artist("a")).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (backend, ctx) = (&backend, &ctx);
            let write = move || update(backend, ctx, "Artist/a", "name", Some(text(&writer.to_string()))).unwrap();
            scope.spawn(move || (0..50).for_each(|_| drop(write())));
        }
    });
    let record = get(&backend, &ctx, "Artist/a").unwrap();
    assert_eq!(record.values()[position::VERSION], Some(Value::Int(401)));
}
