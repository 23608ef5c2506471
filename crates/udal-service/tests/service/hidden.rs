//! Fields that are hidden or masked: in every operation, in, out and in what is refused.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use serde_json::{Value as Json, json};
use udal_core::access::{AccessBuilder, Condition, ConditionOperator, Entitlement, Grant, Subject, Visibility};
use udal_core::contract::{BatchMode, ItemFailure};
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal_core::{AccessContext, Action, Context, Error, ErrorKind, FieldError, Ownership, Result};
use udal_memory::MemoryBackend;
use udal_service::{
    BatchDeleteRequest, BatchRequest, BatchUpdateRequest, CountRequest, CreateRequest, DeleteRequest, HookContext,
    Hooks, ListRequest, ListTextRequest, Members, RecordService, Records, SearchRequest, UpdateRequest, UpsertRequest,
};

use crate::support::{Stopped, acme, tenant};

/// Staff with a salary, a note and a manager; or, where they are not `whole`, as someone knows them who may not know of these.
fn staff(whole: bool, hook: Option<Arc<dyn Hooks>>) -> Records {
    let model = ModelDeclaration::new("Person").permission("staff").field("name", "str").field("age", "Optional[int]");
    let model = if whole {
        model
            .field("salary", "Optional[int]")
            .field("note", "Optional[str]")
            .field("marks", "Set[str]")
            .field("boss", "Optional[Ref[Person]]")
    } else {
        model
    };
    let catalog = Catalog::build(vec![GroupDeclaration::new("hr").model(model)]).unwrap();
    let builder = RecordService::builder(catalog).clock(Arc::new(Stopped("2024-05-01T00:00:00Z")));
    let builder = match hook {
        Some(hook) => builder.hooks("hr", "Person", hook),
        None => builder,
    };
    let service = builder.backend(StorageKind::Terminusdb, Arc::new(MemoryBackend::new())).build().unwrap();
    service.records("hr", "Person").unwrap()
}

fn subject() -> Subject {
    Subject::parse("hr.staff").unwrap()
}

/// Someone of the team `north` with every permission.
fn colleague() -> AccessBuilder {
    AccessContext::user("ada", Some("north")).unwrap().permit_all(&subject(), &Ownership::TeamWide)
}

/// The same, from whom all but name and age is hidden.
fn stranger() -> Context {
    let hidden = ["salary", "note", "marks", "boss"];
    let access =
        hidden.into_iter().fold(colleague(), |access, field| access.restrict(&subject(), field, Visibility::Hidden));
    Context::new(tenant("acme"), access.build())
}

/// The same, to whom salary and note show as masks.
fn visitor() -> Context {
    let mask = |text: &str| Visibility::Masked(text.to_owned());
    let access = colleague().restrict(&subject(), "salary", mask("***")).restrict(&subject(), "note", mask("(note)"));
    Context::new(tenant("acme"), access.build())
}

async fn fill(records: &Records, whole: bool) {
    for (at, name) in ["Eve", "Adam", "Cain"].into_iter().enumerate() {
        let mut person = json!({"id": format!("Person/{at}"), "name": name, "age": 30 - at, "team_id": "north"});
        if whole {
            person["salary"] = json!(1000 * at);
            person["note"] = json!(format!("secretly {name}"));
            person["marks"] = json!([format!("mark-{at}")]);
            person["boss"] = json!("Person/0");
        }
        records.create(&acme(), CreateRequest::new(person)).await.unwrap();
    }
}

fn told<T>(answer: Result<T>, show: impl FnOnce(T) -> Json) -> Json {
    match answer {
        Ok(answer) => show(answer),
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> Json {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    json!({"kind": error.kind().code(), "text": error.to_string(), "cause": cause})
}

fn failures(failures: &[ItemFailure]) -> Json {
    failures.iter().map(|failed| json!([failed.index, failure(&failed.error)])).collect()
}

async fn text(records: &Records, ctx: &Context, request: ListRequest) -> Result<Json> {
    let mut listed = records.list_text(ctx, ListTextRequest::new(request)).await?;
    let mut text = Vec::new();
    while let Some(piece) = listed.next_piece().await? {
        text.push(String::from_utf8(piece).unwrap());
    }
    Ok(json!([text, listed.records(), listed.next()]))
}

/// Every operation with every field that may be hidden, in each place where a field is named, and what it answers.
async fn everything(records: &Records, ctx: &Context) -> Vec<(String, Json)> {
    let mut told_all = Vec::new();
    let mut note = |what: String, answer: Json| told_all.push((what, answer));
    for name in ["salary", "note", "marks", "boss", "salaries", "Note", "nam", "mark"] {
        let filters = [
            json!({ name: 1 }),
            json!({ name: "x" }),
            json!({ name: {"has": "mark-1"} }),
            json!({ name: {"is_null": true} }),
            json!({"not": { name: {"gt": 5} }}),
            json!({"or": [{"age": 30}, { name: {"contains": "s"} }]}),
            json!({ name: {"bogus": 1} }),
            json!({ name: null }),
            json!({ name: {} }),
        ];
        for filter in filters {
            let request = || ListRequest::new().filter(filter.clone());
            let listed = records.list(ctx, request()).await;
            note(format!("list {filter}"), told(listed, |page| json!([page.records, page.next])));
            note(format!("text {filter}"), told(text(records, ctx, request()).await, |text| text));
            note(
                format!("count {filter}"),
                told(records.count(ctx, CountRequest::new().filter(filter)).await, Json::from),
            );
        }
        for order in [name.to_owned(), format!("-{name}"), format!("age,{name}"), format!("{name},{name}")] {
            let listed = records.list(ctx, ListRequest::new().order_by(&order).limit(1)).await;
            note(format!("order {order}"), told(listed, |page| json!([page.records, page.next])));
        }
        let found = records.search(ctx, SearchRequest::new("eve").fields([name])).await;
        note(format!("search {name}"), told(found, |found| json!(found)));
        for value in [json!(1), json!("x"), json!(null), json!(["a"]), json!("Person/none")] {
            let data = json!({"id": format!("Person/{name}-{value}"), "name": "n", name: value});
            let created = records.create(ctx, CreateRequest::new(data.clone())).await;
            note(format!("create {data}"), told(created, |created| json!(created.record)));
            let changed = records.update(ctx, UpdateRequest::new("Person/0", json!({ name: value }))).await;
            note(format!("update {name} {value}"), told(changed, |record| json!(record)));
            for mode in [BatchMode::Atomic, BatchMode::PerItem] {
                let items = || vec![json!({"id": "Person/9", "name": "n"}), data.clone()];
                let batch = BatchRequest::from_items(items()).mode(mode);
                let answer = records.batch_create(ctx, batch).await;
                note(format!("batch {mode:?} {data}"), told(answer, |answer| failures(&answer.failures)));
                let answer = records.upsert(ctx, UpsertRequest::from_items(items()).mode(mode)).await;
                note(format!("upsert {mode:?} {data}"), told(answer, |answer| failures(&answer.failures)));
                let items = vec![UpdateRequest::new("Person/0", json!({ name: value }))];
                let answer = records.batch_update(ctx, BatchUpdateRequest::from_items(items).mode(mode)).await;
                note(format!("change {mode:?} {name} {value}"), told(answer, |answer| failures(&answer.failures)));
                let parts = records.batch_create_parts(ctx, BatchRequest::from_items(vec![data.clone()]).mode(mode));
                let parts: Vec<Json> =
                    parts.map(|part| told(part, |answer| failures(&answer.failures))).collect().await;
                note(format!("parts {mode:?} {data}"), json!(parts));
                let ids = stream::iter(["Person/9"].map(|id| Ok(DeleteRequest::new(id))));
                records.batch_delete(ctx, BatchDeleteRequest::new(ids)).await.unwrap();
            }
        }
    }
    for word in ["eve", "secretly", "mark-1", "1000"] {
        let found = records.search(ctx, SearchRequest::new(word)).await;
        note(format!("search for {word}"), told(found, |found| json!(found)));
    }
    note("get".to_owned(), told(records.get(ctx, "Person/1").await, |record| json!(record)));
    let mut page = ListRequest::new().order_by("-name").limit(1);
    loop {
        let listing = records.list(ctx, page).await.unwrap();
        note("page".to_owned(), json!([listing.records, listing.next]));
        note("shown".to_owned(), json!(format!("{:?}", listing.records)));
        let Some(next) = listing.next else { break };
        page = ListRequest::new().order_by("-name").limit(1).cursor(next);
    }
    note("whole text".to_owned(), told(text(records, ctx, ListRequest::new()).await, |text| text));
    told_all
}

#[tokio::test]
async fn a_hidden_field_answers_as_one_that_is_not_there() {
    let (whole, known) = (staff(true, None), staff(false, None));
    fill(&whole, true).await;
    fill(&known, false).await;
    let (hidden, absent) = (everything(&whole, &stranger()).await, everything(&known, &stranger()).await);
    assert_eq!(hidden.len(), absent.len());
    for (hidden, absent) in hidden.iter().zip(&absent) {
        assert_eq!(hidden, absent);
    }
    let all = json!(hidden).to_string();
    assert!(!all.contains("secretly Eve") && !all.contains("mark-0\\"));
    // It is there for others, as it was.
    let eve = whole.get(&acme(), "Person/0").await.unwrap().unwrap();
    assert_eq!((eve.value("salary").unwrap().as_int(), eve.version()), (Some(0), 1));
}

#[tokio::test]
async fn what_a_hidden_field_holds_stays_when_others_change() {
    let records = staff(true, None);
    fill(&records, true).await;
    let ctx = stranger();
    let shown = records.update(&ctx, UpdateRequest::new("Person/1", json!({"name": "Abel"}))).await.unwrap();
    assert_eq!(shown.value("salary"), None);
    let item = json!({"id": "Person/1", "name": "Seth"});
    assert_eq!(records.upsert(&ctx, UpsertRequest::from_items(vec![item])).await.unwrap().updated, 1);
    let kept = records.get(&acme(), "Person/1").await.unwrap().unwrap();
    assert_eq!(
        (kept.value("salary").unwrap().as_int(), kept.value("name").unwrap().as_str()),
        (Some(1000), Some("Seth"))
    );
}

#[tokio::test]
async fn a_masked_field_shows_its_mask_and_nothing_else() {
    let records = staff(true, None);
    fill(&records, true).await;
    let ctx = visitor();
    // Also where there is no value.
    let bare = records
        .create(&ctx, CreateRequest::new(json!({"id": "Person/3", "name": "Zoe", "age": 1})))
        .await
        .unwrap()
        .record;
    assert_eq!((&bare.to_json()["salary"], &bare.to_json()["note"]), (&json!("***"), &json!("(note)")));
    let listed = records.list(&ctx, ListRequest::new()).await.unwrap().records;
    let found = records.search(&ctx, SearchRequest::new("e")).await.unwrap();
    let got = records.get(&ctx, "Person/1").await.unwrap();
    let changed = records.update(&ctx, UpdateRequest::new("Person/1", json!({"age": 9}))).await.unwrap();
    for record in listed.iter().chain(&found).chain(&got).chain([&changed]) {
        let json = record.to_json();
        assert_eq!((&json["salary"], &json["note"]), (&json!("***"), &json!("(note)")), "{json}");
        assert!(json["age"].is_number());
    }
    let told = text(&records, &ctx, ListRequest::new()).await.unwrap().to_string();
    assert!(told.contains("***") && !told.contains("1000") && !told.contains("secretly"), "{told}");
    assert_eq!(records.search(&ctx, SearchRequest::new("secretly")).await.unwrap(), []);
    for filter in [json!({"salary": 1000}), json!({"salary": "***"}), json!({"not": {"note": {"is_null": true}}})] {
        for error in [
            records.list(&ctx, ListRequest::new().filter(filter.clone())).await.map(drop).unwrap_err(),
            records.count(&ctx, CountRequest::new().filter(filter.clone())).await.map(drop).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.field_errors()[0].code), (ErrorKind::InvalidInput, "not_allowed"));
        }
    }
    let refused = [
        records.list(&ctx, ListRequest::new().order_by("-salary")).await.map(drop),
        records.search(&ctx, SearchRequest::new("x").fields(["note"])).await.map(drop),
        records.update(&ctx, UpdateRequest::new("Person/1", json!({"salary": 5}))).await.map(drop),
        // What was read goes back as it is: the mask is no value.
        records.update(&ctx, UpdateRequest::new("Person/1", json!({"note": "(note)"}))).await.map(drop),
        records.create(&ctx, CreateRequest::new(json!({"name": "n", "note": "mine"}))).await.map(drop),
    ];
    for error in refused.into_iter().map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.field_errors()[0].code), (ErrorKind::InvalidInput, "not_allowed"), "{error}");
    }
    let kept = records.get(&acme(), "Person/1").await.unwrap().unwrap();
    assert_eq!(kept.value("note").unwrap().as_str(), Some("secretly Adam"));
}

#[tokio::test]
async fn of_two_rules_for_one_field_the_stricter_counts_and_some_fields_are_never_kept_back() {
    let records = staff(true, None);
    fill(&records, true).await;
    let mask = || Visibility::Masked("***".to_owned());
    for (first, second) in [(mask(), Visibility::Hidden), (Visibility::Hidden, mask())] {
        let access = colleague().restrict(&subject(), "note", first).restrict(&subject(), "note", second);
        let access = access.restrict(&subject(), "id", Visibility::Hidden).restrict(&subject(), "version", mask());
        let ctx = Context::new(tenant("acme"), access.build());
        let shown = records.get(&ctx, "Person/1").await.unwrap().unwrap().to_json();
        assert_eq!((shown.get("note"), &shown["id"], &shown["version"]), (None, &json!("Person/1"), &json!(1)));
    }
}

#[tokio::test]
async fn a_condition_may_be_on_what_is_hidden() {
    let records = staff(true, None);
    fill(&records, true).await;
    let poor = Condition::new("salary", ConditionOperator::In, json!([0, 2000]));
    let entitlement = Entitlement::of(Ownership::TeamWide).grant(Grant::new("a test").when(poor));
    let access = AccessContext::user("ada", Some("north")).unwrap();
    let access = access.permit(subject().permission(Action::View), entitlement);
    let access = access.restrict(&subject(), "salary", Visibility::Hidden);
    let ctx = Context::new(tenant("acme"), access.build());
    let listed = records.list(&ctx, ListRequest::new()).await.unwrap().records;
    let ids: Vec<&str> = listed.iter().map(udal_core::record::Record::id).collect();
    assert_eq!(ids, ["Person/0", "Person/2"]);
    assert!(listed.iter().all(|record| record.to_json().get("salary").is_none()));
}

#[tokio::test]
async fn a_required_field_that_is_hidden_makes_creating_as_if_it_were_not_permitted() {
    let model = ModelDeclaration::new("Person").permission("staff").field("name", "str").field("salary", "int");
    let catalog = Catalog::build(vec![GroupDeclaration::new("hr").model(model)]).unwrap();
    let backend = Arc::new(MemoryBackend::new());
    let service = RecordService::builder(catalog).backend(StorageKind::Terminusdb, backend).build().unwrap();
    let records = service.records("hr", "Person").unwrap();
    let without = AccessContext::user("ada", Some("north")).unwrap().build();
    let hidden = colleague().restrict(&subject(), "salary", Visibility::Hidden).build();
    let masked = colleague().restrict(&subject(), "salary", Visibility::Masked("*".to_owned())).build();
    let mut errors = Vec::new();
    for access in [without, hidden, masked] {
        let ctx = Context::new(tenant("acme"), access);
        let error = records.create(&ctx, CreateRequest::new(json!({"name": "n"}))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        errors.push(error.to_string());
    }
    assert!(errors.iter().all(|error| *error == errors[0] && !error.contains("salary")), "{errors:?}");
}

/// Sets the salary, which whoever writes may not know of, and notes what it is shown.
struct Payroll;

#[async_trait]
impl Hooks for Payroll {
    async fn before_create(&self, _: &HookContext, data: &mut Members) -> Result<()> {
        data.insert("salary".to_owned(), json!(7));
        Ok(())
    }

    async fn before_update(&self, ctx: &HookContext, changes: &mut Members) -> Result<()> {
        let before = ctx.before().and_then(|before| before.value("salary")?.as_int()).unwrap_or_default();
        changes.insert("salary".to_owned(), json!(before + 1));
        if changes.get("name") == Some(&json!("bad")) {
            let broken =
                vec![FieldError::new("salary", "rejected", "is 8"), FieldError::new("name", "rejected", "is bad")];
            return Err(Error::fields("the payroll refuses it", broken));
        }
        Ok(())
    }
}

#[tokio::test]
async fn hooks_see_and_set_what_is_hidden_from_who_writes() {
    let records = staff(true, Some(Arc::new(Payroll)));
    let ctx = stranger();
    let created = records.create(&ctx, CreateRequest::new(json!({"id": "Person/1", "name": "n"}))).await.unwrap();
    let changed = records.update(&ctx, UpdateRequest::new("Person/1", json!({"name": "m"}))).await.unwrap();
    assert!([&created.record, &changed].iter().all(|record| record.to_json().get("salary").is_none()));
    let whole = records.get(&acme(), "Person/1").await.unwrap().unwrap();
    assert_eq!(whole.value("salary").unwrap().as_int(), Some(8));
    let bad = || UpdateRequest::new("Person/1", json!({"name": "bad"}));
    let single = records.update(&ctx, bad()).await.unwrap_err();
    let batch = BatchUpdateRequest::from_items(vec![bad()]);
    let whole = records.batch_update(&ctx, batch).await.unwrap_err();
    let each = BatchUpdateRequest::from_items(vec![bad()]).mode(BatchMode::PerItem);
    let each = records.batch_update(&ctx, each).await.unwrap().failures.remove(0).error;
    for error in [single, whole, each] {
        let fields: Vec<&str> = error.field_errors().iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["name"], "{error}");
    }
}
