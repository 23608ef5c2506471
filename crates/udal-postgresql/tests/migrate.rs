//! Tables that are brought up to changed models by an operator, whole or half made.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};
use support::Fixture;
use support::records::{DATABASE, ctx, model, record};
use tokio_postgres::Client;
use udal_core::contract::{Backend, Create, Get};
use udal_core::model::{Model, ModelDeclaration};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_postgresql::{Allowances, ChangeState, PostgresqlBackend, TableChange};

struct Site {
    fixture: Fixture,
}

impl Site {
    async fn start() -> Self {
        Site { fixture: Fixture::start().await }
    }

    /// A backend that knows nothing yet, as another process would.
    fn backend(&self) -> PostgresqlBackend {
        PostgresqlBackend::new(self.fixture.databases())
    }

    /// A connection of one's own to the tenant's database.
    async fn client(&self) -> Client {
        self.fixture.client(DATABASE).await
    }

    async fn create(&self, model: &Arc<Model>, data: Json) {
        let backend = self.backend();
        backend.create(&ctx(), Create { record: record(model, &data), idempotency: None }).await.unwrap();
    }

    async fn get(&self, model: &Arc<Model>, id: &str) -> Record {
        let get = Get { model: Arc::clone(model), id: id.to_owned() };
        self.backend().get(&ctx(), get).await.unwrap().unwrap()
    }

    async fn plan(&self, model: &Arc<Model>, allowances: &Allowances) -> Vec<(String, String)> {
        states(&self.backend().plan(&ctx(), model, allowances).await.unwrap())
    }

    async fn migrate(&self, model: &Arc<Model>, allowances: &Allowances) -> Vec<(String, String)> {
        states(&self.backend().migrate(&ctx(), model, allowances, &|_, _| ()).await.unwrap())
    }
}

fn first() -> ModelDeclaration {
    ModelDeclaration::new("Result").field("kind", "enum[a, b]").field("value", "Optional[float]")
}

/// Each change without its group and model, and what became of it with the reason.
fn states(changes: &[TableChange]) -> Vec<(String, String)> {
    let state = |change: &TableChange| match &change.state {
        ChangeState::Refused { reason } => format!("refused: {reason}"),
        ChangeState::Blocked { reason } => format!("blocked: {reason}"),
        ChangeState::Failed { error } => format!("failed: {error} {:?}", std::error::Error::source(error)),
        state => state.to_string(),
    };
    changes.iter().map(|change| (change.name.replace(":lab.Result.", " "), state(change))).collect()
}

fn named(states: &[(String, String)]) -> Vec<(&str, &str)> {
    states.iter().map(|(name, state)| (name.as_str(), state.as_str())).collect()
}

fn nothing() -> Allowances {
    Allowances::default()
}

fn allow(changes: &[&str], fills: &[(&str, Json)]) -> Allowances {
    Allowances {
        changes: changes.iter().map(|name| name.replace(' ', ":lab.Result.")).collect::<BTreeSet<_>>(),
        fills: fills
            .iter()
            .map(|(name, json)| (format!("lab.Result.{name}"), json.clone()))
            .collect::<BTreeMap<_, _>>(),
    }
}

async fn invalid_indexes(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM pg_index WHERE NOT indisvalid", &[]).await.unwrap().get(0)
}

async fn file_of(client: &Client) -> u32 {
    client.query_one("SELECT pg_relation_filenode('lab_result')", &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn additions_are_applied_without_writing_the_table_anew() {
    let site = Site::start().await;
    let old = model(first());
    site.create(&old, json!({"id": "Result/1", "kind": "a", "value": 1})).await;
    let client = site.client().await;
    let before = file_of(&client).await;
    let new = model(
        ModelDeclaration::new("Result")
            .field("kind", "Optional[enum[a, b, c]]")
            .field("value", "Optional[float]")
            .field("tags", "Set[str]")
            .field("state", "Optional[enum[open, shut]]")
            .high_volume()
            .index(["value", "kind"]),
    );
    assert_eq!(site.plan(&old, &nothing()).await, []);
    let planned = site.plan(&new, &nothing()).await;
    assert!(planned.iter().all(|(_, state)| state == "due"), "{planned:?}");
    assert_eq!(file_of(&client).await, before);

    let done = site.migrate(&new, &nothing()).await;
    let expected = [
        "lift-not-null kind",
        "add-words kind",
        "add-column tags",
        "add-column state",
        "make-index lab_result_created_at_3edf6ad9",
        "make-index lab_result_tags_7c8c4a85",
        "make-index lab_result_value_kind_id_9aa2dd10",
        "check-words kind",
        "check-words state",
        "set-storage:lab.Result",
    ];
    let mut names: Vec<&str> = done.iter().map(|(name, _)| name.as_str()).collect();
    let mut expected = expected.to_vec();
    names.sort_unstable();
    expected.sort_unstable();
    let cut = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| name.rsplit_once('_').map_or(*name, |(start, _)| start).to_owned()).collect()
    };
    assert_eq!(cut(&names), cut(&expected));
    assert!(done.iter().all(|(_, state)| state == "applied"), "{done:?}");
    assert_eq!(site.plan(&new, &nothing()).await, []);
    assert_eq!((file_of(&client).await, invalid_indexes(&client).await), (before, 0));
    site.create(&new, json!({"id": "Result/2", "kind": "c", "tags": ["x"], "state": "open"})).await;
    site.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_lose_data_waits_until_it_is_allowed() {
    let site = Site::start().await;
    let declared = first().field("unit", "Optional[str]").field("code", "Optional[str]").index(["unit"]);
    let old = model(declared.clone());
    for (id, kind) in [("Result/1", "a"), ("Result/2", "b")] {
        site.create(&old, json!({"id": id, "kind": kind, "value": 1.5, "unit": "g", "code": "7"})).await;
    }
    let new = model(
        ModelDeclaration::new("Result").field("kind", "enum[a]").field("value", "Optional[int]").field("code", "int"),
    );
    let planned = site.plan(&new, &nothing()).await;
    let names: Vec<&str> = planned.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.first(), Some(&"narrow-words kind"));
    assert!(names.contains(&"change-type value") && names.contains(&"change-type code"), "{names:?}");
    assert!(names.contains(&"drop-column unit"), "{names:?}");
    assert!(planned.iter().all(|(_, state)| state.starts_with("refused: ")), "{planned:?}");
    // Nothing is done that is not allowed.
    assert_eq!(site.migrate(&new, &nothing()).await, planned);
    assert_eq!(site.get(&old, "Result/1").await.value("unit"), Some(&Value::Str("g".to_owned())));

    // What rows stand against is not done though it is allowed.
    let all =
        allow(&["narrow-words kind", "change-type value", "change-type code", "drop-column unit", "require code"], &[]);
    let done = site.migrate(&new, &all).await;
    let find = |name: &str| done.iter().find(|(known, _)| known == name).map(|(_, state)| state.as_str());
    assert_eq!(find("narrow-words kind"), Some("blocked: a row's `kind` is a word that the model has not"));
    assert_eq!(find("change-type value"), Some("blocked: a row's `value` would not be the same as `Optional[int]`"));
    assert_eq!(find("change-type code"), Some("applied"));
    assert_eq!(find("require code"), Some("applied"));
    assert_eq!(find("drop-column unit"), Some("applied"));

    // With the rows mended it goes on.
    let client = site.client().await;
    client.batch_execute("UPDATE lab_result SET kind = 'a', value = 2").await.unwrap();
    let done = site.migrate(&new, &all).await;
    assert_eq!(named(&done), [("narrow-words kind", "applied"), ("change-type value", "applied")]);
    assert_eq!(site.plan(&new, &nothing()).await, []);
    let found = site.get(&new, "Result/2").await;
    assert_eq!((found.value("value"), found.value("code")), (Some(&Value::Int(2)), Some(&Value::Int(7))));
    site.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_required_is_filled_in() {
    let site = Site::start().await;
    for (table, split) in [("whole", false), ("split", true)] {
        let declared = |declared: ModelDeclaration| {
            let declared = declared.table_name(table);
            model(if split { declared.partition_by("created_at") } else { declared })
        };
        let old = declared(first());
        for number in 0..3 {
            let data = json!({"id": format!("Result/{number}"), "kind": "a", "created_at": format!("2024-0{}-01T00:00:00Z", number + 1)});
            site.create(&old, data).await;
        }
        let new = declared(
            ModelDeclaration::new("Result")
                .field("kind", "enum[a, b]")
                .field("value", "float")
                .field("unit", "enum[g, it's]"),
        );
        let planned = site.plan(&new, &nothing()).await;
        let reasons = [
            "refused: `value` is required, and the column takes records without it",
            "blocked: `unit` is required, and the rows that are there have no value for it",
        ];
        assert_eq!(named(&planned), [("require value", reasons[0]), ("add-column unit", reasons[1])]);
        let blocked = site.migrate(&new, &allow(&["require value"], &[])).await;
        assert_eq!(blocked[0].1, "blocked: a row has no value for `value`; say what such rows get");
        let wrong = site.backend().plan(&ctx(), &new, &allow(&[], &[("value", json!("x"))])).await.unwrap_err();
        assert_eq!(wrong.kind(), udal_core::ErrorKind::InvalidInput);

        let done =
            site.migrate(&new, &allow(&["require value"], &[("value", json!(7.5)), ("unit", json!("it's"))])).await;
        assert_eq!(
            named(&done),
            [("require value", "applied"), ("add-column unit", "applied"), ("check-words unit", "applied")]
        );
        assert_eq!(site.plan(&new, &nothing()).await, []);
        let found = site.get(&new, "Result/1").await;
        assert_eq!(
            (found.value("value"), found.value("unit")),
            (Some(&Value::Float(7.5)), Some(&Value::Str("it's".to_owned())))
        );
        // An earlier release, which knows nothing of the new field, still writes.
        site.create(&old, json!({"id": "Result/9", "kind": "b", "value": 1})).await;
        assert_eq!(site.get(&new, "Result/9").await.value("unit"), Some(&Value::Str("it's".to_owned())));
    }
    site.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_migration_left_is_settled_by_the_next() {
    let site = Site::start().await;
    let whole = |declared: ModelDeclaration| model(declared.table_name("whole"));
    let split = |declared: ModelDeclaration| model(declared.table_name("split").partition_by("created_at"));
    for declared in [&whole as &dyn Fn(ModelDeclaration) -> Arc<Model>, &split] {
        for number in 1..4 {
            let data = json!({"id": format!("Result/{number}"), "kind": "a", "created_at": format!("2024-0{number}-01T00:00:00Z")});
            site.create(&declared(first()), data).await;
        }
    }
    let client = site.client().await;
    // Killed while it made an index.
    let new = whole(first().index(["kind"]));
    let plan = site.backend().plan(&ctx(), &new, &nothing()).await.unwrap();
    client.batch_execute(&plan[0].statements[0]).await.unwrap();
    client.batch_execute("UPDATE pg_index SET indisvalid = false WHERE indrelid = 'whole'::regclass AND NOT indisprimary AND indexrelid::regclass::text ~ 'kind'").await.unwrap();
    assert_eq!(invalid_indexes(&client).await, 1);
    assert_eq!(site.migrate(&new, &nothing()).await.len(), 1);
    assert_eq!((invalid_indexes(&client).await, site.plan(&new, &nothing()).await.len()), (0, 0));

    // Killed after each of the statements that make the index of a split table.
    let statements = site.backend().plan(&ctx(), &split(first().index(["kind"])), &nothing()).await.unwrap();
    let count = statements[0].statements.len();
    assert_eq!(count, 7, "{statements:?}");
    for (killed_after, field) in (1..count).zip(["kind", "value", "updated_at", "created_by", "version", "owned_by"]) {
        let new = split(first().index([field]));
        let plan = site.backend().plan(&ctx(), &new, &nothing()).await.unwrap();
        let making = plan.iter().find(|change| change.name.starts_with("make-index")).unwrap();
        for statement in making.statements.iter().take(killed_after) {
            client.batch_execute(statement).await.unwrap();
        }
        assert_eq!(invalid_indexes(&client).await, 1, "{field}");
        // A partition comes before the next run, and one of the others was left half made.
        let data = json!({"id": format!("Result/{field}"), "kind": "a", "created_at": format!("2025-0{killed_after}-01T00:00:00Z")});
        site.create(&new, data).await;
        let half = format!(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text ~ 'p2024_03_{field}' AND indexrelid NOT IN (SELECT inhrelid FROM pg_inherits)"
        );
        client.batch_execute(&half).await.unwrap();
        let done = site.migrate(&new, &nothing()).await;
        assert!(done.iter().any(|(name, state)| name.starts_with("make-index") && state == "applied"), "{done:?}");
        assert_eq!(invalid_indexes(&client).await, 0, "{field}");
        let left = site.plan(&new, &nothing()).await;
        assert!(left.iter().all(|(name, _)| name.starts_with("drop-index")), "{left:?}");
    }
    // The indexes that the model asks for no more are dropped, when that is allowed.
    let new = split(first());
    let names: Vec<String> = site.plan(&new, &nothing()).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    site.migrate(&new, &allow(&names, &[])).await;
    assert_eq!(site.plan(&new, &nothing()).await, []);
    site.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_for_a_long_transaction_lets_the_others_pass() {
    let site = Arc::new(Site::start().await);
    let old = model(first());
    site.create(&old, json!({"id": "Result/1", "kind": "a"})).await;
    let client = site.client().await;
    // Someone reads the table and does not end.
    client.batch_execute("BEGIN; SELECT 1 FROM lab_result").await.unwrap();
    let new = model(first().field("note", "Optional[str]").index(["value"]));
    let ended = Arc::new(AtomicBool::new(false));
    let migration = tokio::spawn({
        let (site, new, ended) = (Arc::clone(&site), Arc::clone(&new), Arc::clone(&ended));
        async move {
            let done = site.migrate(&new, &nothing()).await;
            ended.store(true, Ordering::Release);
            done
        }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let watcher = site.client().await;
    while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    // Who reads and writes waits for the attempt at most, not for the one who does not end.
    for number in 2..20 {
        site.create(&old, json!({"id": format!("Result/{number}"), "kind": "b"})).await;
        assert_eq!(site.get(&old, &format!("Result/{number}")).await.version(), 1);
    }
    assert!(!ended.load(Ordering::Acquire));
    client.batch_execute("COMMIT").await.unwrap();
    let done = migration.await.unwrap();
    assert!(done.len() == 2 && done.iter().all(|(_, state)| state == "applied"), "{done:?}");
    Arc::into_inner(site).unwrap().fixture.stop().await;
}

/// Migrates while another's transaction, which is not ended yet, has done `meanwhile`; it ends once the migration waits for it.
async fn migrate_while(
    site: &Arc<Site>,
    meanwhile: &str,
    new: &Arc<Model>,
    allowances: Allowances,
) -> Vec<(String, String)> {
    let (writer, watcher) = (site.client().await, site.client().await);
    writer.batch_execute(&format!("BEGIN; {meanwhile}")).await.unwrap();
    let migration = tokio::spawn({
        let (site, new) = (Arc::clone(site), Arc::clone(new));
        async move { site.migrate(&new, &allowances).await }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    writer.batch_execute("COMMIT").await.unwrap();
    migration.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_release_writes_meanwhile_is_not_rounded() {
    let site = Arc::new(Site::start().await);
    for (table, split) in [("whole", false), ("split", true)] {
        let declared = |declared: ModelDeclaration| {
            let declared = declared.table_name(table);
            model(if split { declared.partition_by("created_at") } else { declared })
        };
        let (old, new) = (
            declared(first()),
            declared(ModelDeclaration::new("Result").field("kind", "enum[a, b]").field("value", "Optional[int]")),
        );
        site.create(&old, json!({"id": "Result/1", "kind": "a", "value": 1})).await;
        let all = allow(&["change-type value"], &[]);
        let done = migrate_while(&site, &format!("UPDATE {table} SET value = 1.5"), &new, all.clone()).await;
        let reason = "blocked: a row's `value` would not be the same as `Optional[int]`";
        assert_eq!(named(&done), [("change-type value", reason)]);
        assert_eq!(site.get(&old, "Result/1").await.value("value"), Some(&Value::Float(1.5)));
        // What fits is cast.
        let done = migrate_while(&site, &format!("UPDATE {table} SET value = 3"), &new, all).await;
        assert_eq!(named(&done), [("change-type value", "applied")]);
        assert_eq!(site.get(&new, "Result/1").await.value("value"), Some(&Value::Int(3)));
    }
    Arc::into_inner(site).unwrap().fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_before_the_check_blocks_it() {
    let site = Arc::new(Site::start().await);
    let old = model(first());
    site.create(&old, json!({"id": "Result/1", "kind": "a", "value": 1})).await;
    let new = model(ModelDeclaration::new("Result").field("kind", "enum[a]").field("value", "float"));
    let reason = "blocked: a row's `kind` is a word that the model has not";
    let narrowed = allow(&["narrow-words kind"], &[]);
    let done = migrate_while(&site, "UPDATE lab_result SET kind = 'b'", &new, narrowed.clone()).await;
    assert_eq!(named(&done)[..2], [("narrow-words kind", reason), ("check-words kind", reason)]);
    let reason = "blocked: a row has no value for `value`; say what such rows get";
    let required = allow(&["require value"], &[]);
    let emptied = "UPDATE lab_result SET kind = 'a', value = NULL";
    let done = migrate_while(&site, emptied, &new, required.clone()).await;
    assert!(named(&done).contains(&("require value", reason)), "{done:?}");
    // With the rows mended it goes on.
    site.client().await.batch_execute("UPDATE lab_result SET value = 2").await.unwrap();
    let done = site.migrate(&new, &required).await;
    assert!(done.iter().all(|(_, state)| state == "applied"), "{done:?}");
    assert_eq!(site.plan(&new, &nothing()).await, []);
    Arc::into_inner(site).unwrap().fixture.stop().await;
}

/// Types, values of the first that no field of the second can have, and one that is its last, as the database and as Udal writes it.
fn beyond_range() -> Vec<(&'static str, &'static str, Vec<String>, String)> {
    let digits = |count: usize| "9".repeat(count);
    let finite = ["NaN", "Infinity", "-Infinity"].map(str::to_owned);
    let days = ["10000-01-01", "infinity", "-infinity", "0001-12-31 BC"].map(str::to_owned);
    let instants = ["10000-01-01 00:00:00+00", "infinity", "-infinity", "0001-12-31 00:00:00+00 BC"].map(str::to_owned);
    let mut decimals = finite.to_vec();
    decimals.extend([digits(201), format!("-{}", digits(201)), format!("0.{}1", "0".repeat(199))]);
    let mut floats = finite.to_vec();
    floats.extend(["1e200", "-1e200", "1e-200"].map(str::to_owned));
    vec![
        ("str", "float", finite.to_vec(), "1.5".to_owned()),
        ("str", "decimal", decimals, format!("-{}.5", digits(199))),
        ("str", "date", days.to_vec(), "9999-12-31".to_owned()),
        ("float", "decimal", floats, "1e199".to_owned()),
        ("decimal", "float", finite.to_vec(), "1.5".to_owned()),
        ("date", "datetime", days.to_vec(), "9999-12-31".to_owned()),
        ("datetime", "date", instants.to_vec(), "0001-01-01 00:00:00+00".to_owned()),
        ("List[float]", "float", ["{NaN}", "{-Infinity}"].map(str::to_owned).to_vec(), "{1.5}".to_owned()),
        ("List[decimal]", "decimal", vec!["{NaN}".to_owned(), format!("{{{}}}", digits(201))], "{1}".to_owned()),
        ("List[date]", "date", vec!["{10000-01-01}".to_owned()], "{0001-01-01}".to_owned()),
        ("int", "enum[open, shut]", vec!["7".to_owned()], String::new()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_field_of_the_new_type_can_hold_blocks_the_cast() {
    let site = Site::start().await;
    let backend = site.backend();
    let migrate = async |model: &Arc<Model>| {
        states(&backend.migrate(&ctx(), model, &allow(&["change-type kept"], &[]), &|_, _| ()).await.unwrap())
    };
    for (at, (from, to, beyond, last)) in beyond_range().into_iter().enumerate() {
        let table = format!("cast_{at}");
        let declared = |kind: &str| model(ModelDeclaration::new("Result").table_name(&table).field("kept", kind));
        let optional =
            |kind: &str| if kind.starts_with("List") { kind.to_owned() } else { format!("Optional[{kind}]") };
        let (old, new) = (declared(&optional(from)), declared(&optional(to)));
        let data =
            if from.starts_with("List") { json!({"id": "Result/1", "kept": []}) } else { json!({"id": "Result/1"}) };
        site.create(&old, data).await;
        let client = site.client().await;
        for value in &beyond {
            client.execute(&format!("UPDATE {table} SET kept = '{value}'"), &[]).await.unwrap();
            let done = migrate(&new).await;
            let reason = format!("blocked: a row's `kept` would not be the same as `{}`", optional(to));
            assert_eq!(named(&done), [("change-type kept", reason.as_str())], "{from} {value} to {to}");
        }
        if !last.is_empty() {
            client.execute(&format!("UPDATE {table} SET kept = '{last}'"), &[]).await.unwrap();
            let done = migrate(&new).await;
            assert!(done.iter().all(|(_, state)| state == "applied"), "{from} {last} to {to}: {done:?}");
            assert!(site.get(&new, "Result/1").await.value("kept").is_some(), "{last} as {to}");
        }
    }
    site.fixture.stop().await;
}
