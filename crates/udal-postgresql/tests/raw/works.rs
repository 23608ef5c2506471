//! Statements that must work, beside the same over views that were written by hand.
//!
//! `works.txt` has one a line, with its parameters behind `||`.

use serde_json::{Value as Json, json};
use tokio_postgres::SimpleQueryMessage;
use udal_core::ErrorKind;
use udal_core::value::{Decimal, Timestamp, Value};

use crate::bench::{Bench, CANARIES, system};

/// What the user may see, as one would write it who trusts everybody.
const BY_HAND: &str = "CREATE SCHEMA by_hand; \
    CREATE VIEW by_hand.\"AppLabResult\" AS SELECT id, version, created_at, updated_at, created_by, owned_by, assigned_to, team_id, test_type, status, name, \
        value, taken, amount, tags, info, 'it''s ***'::text AS patient FROM public.app_lab_result WHERE status = 'open' AND team_id = 'north'; \
    CREATE VIEW by_hand.applabresult AS SELECT * FROM by_hand.\"AppLabResult\"; \
    CREATE VIEW by_hand.\"AppLabSample\" AS SELECT * FROM public.app_lab_sample WHERE team_id = 'north'; \
    CREATE VIEW by_hand.applabsample AS SELECT * FROM by_hand.\"AppLabSample\"; SET search_path = by_hand; SET TimeZone = 'UTC'";

#[tokio::test(flavor = "multi_thread")]
async fn what_must_work_does() {
    let bench = Bench::start().await;
    let client = bench.client("acme").await;
    client.batch_execute(BY_HAND).await.unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in include_str!("works.txt").lines() {
        let (text, params) = line.split_once(" || [").map_or((line, "]"), |(text, params)| (text, params));
        let text = text.replace("\\n", "\n");
        let params: Vec<Json> = serde_json::from_str(&format!("[{params}")).unwrap();
        let by_hand =
            client.simple_query(&with_params(&text, &params)).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let answer = match bench.ask(&bench.user("acme"), &text, params).await {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{text}: {error:?}"));
                continue;
            }
        };
        let said = format!("{answer:?}");
        assert!(CANARIES.iter().all(|canary| !said.contains(canary)), "{text}: {said}");
        let rows: Vec<_> = by_hand
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            })
            .collect();
        assert!(!rows.is_empty() && rows.len() == answer.rows.len(), "{text}: {said}");
        for (row, values) in rows.iter().zip(&answer.rows) {
            for (at, value) in values.iter().enumerate() {
                let expected = row.get(at).map(|text| read(text, value.as_ref()));
                assert_eq!(expected.as_ref(), value.as_ref(), "{text}: column {}", answer.names[at]);
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 55, "{count}");
    bench.fixture.stop().await;
}

fn with_params(text: &str, params: &[Json]) -> String {
    params.iter().enumerate().rev().fold(text.to_owned(), |text, (at, param)| {
        let literal = match param {
            Json::String(text) => format!("'{}'", text.replace('\'', "''")),
            Json::Array(texts) => format!("'{}'", texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
                .replacen('\'', "'{", 1)
                .replace("\"'", "\"}'"),
            Json::Object(_) => format!("'{param}'"),
            other => other.to_string(),
        };
        text.replace(&format!("${}", at + 1), &literal)
    })
}

/// What PostgreSQL writes, as a value of the kind that `like` is.
fn read(text: &str, like: Option<&Value>) -> Value {
    match like {
        Some(Value::Int(_)) => Value::Int(text.parse().unwrap()),
        Some(Value::Float(_)) => Value::Float(text.parse().unwrap()),
        Some(Value::Bool(_)) => Value::Bool(text == "t"),
        Some(Value::Decimal(_)) => Value::Decimal(Decimal::parse(text).unwrap()),
        Some(Value::DateTime(_)) => {
            Value::DateTime(Timestamp::parse(&text.replace(' ', "T").replace("+00", "Z")).unwrap())
        }
        Some(Value::Date(_)) => Value::Date(udal_core::value::Date::parse(text).unwrap()),
        Some(Value::Json(_)) => Value::Json(udal_core::value::canonical_json(serde_json::from_str(text).unwrap())),
        Some(Value::List(elements)) => {
            let inner = text.trim_matches(['{', '}']).split(',').filter(|part| !part.is_empty());
            Value::List(inner.map(|part| read(part, elements.first())).collect())
        }
        _ => Value::from(text),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_typed_and_errors_say_where() {
    let bench = Bench::start().await;
    let user = bench.user("acme");
    let answer = bench
        .ask(&user, "SELECT count(*) AS n, sum(value) AS total, max(name) AS name FROM applabresult;", vec![])
        .await
        .unwrap();
    assert_eq!(answer.names, ["n", "total", "name"]);
    assert_eq!(answer.rows, [[Some(Value::Int(12)), Some(Value::Float(78.0)), Some(Value::from("112"))]]);
    // The system sees all of it.
    let answer =
        bench.ask(&system("acme"), "SELECT count(*), max(note) AS note FROM \"AppLabResult\"", vec![]).await.unwrap();
    assert_eq!(answer.rows, [[Some(Value::Int(16)), Some(Value::from("FIELD-CANARY"))]]);

    for (text, params, kind, message) in [
        ("SELECT FROM WHERE", json!([]), ErrorKind::InvalidInput, "near `where`, line 1, column 13"),
        ("SELECT 1 +", json!([]), ErrorKind::InvalidInput, "ends too early"),
        (
            "SELECT 1\nFROM ApLabResult",
            json!([]),
            ErrorKind::UnknownName,
            "`aplabresult` to read from, line 2, column 6; did you mean `AppLabResult`?",
        ),
        ("SELECT * FROM \"AppCRMContact\"", json!([]), ErrorKind::UnknownName, "kept as linked documents"),
        (
            "SELECT vaule FROM AppLabResult",
            json!([]),
            ErrorKind::UnknownName,
            "`vaule`, line 1, column 8; did you mean `value`?",
        ),
        ("SELECT note FROM AppLabResult", json!([]), ErrorKind::UnknownName, "no column `note`, line 1, column 8"),
        ("SELECT r.noet FROM AppLabResult r", json!([]), ErrorKind::UnknownName, "no column `noet`, line 1, column 8"),
        ("SELECT sum(name) FROM AppLabResult", json!([]), ErrorKind::InvalidInput, "line 1, column 8 (SQLSTATE 42883)"),
        (
            "SELECT pgsleep(1)",
            json!([]),
            ErrorKind::InvalidInput,
            "the function `pgsleep` cannot be used, line 1, column 8",
        ),
        ("SELECT cuont(*) FROM AppLabResult", json!([]), ErrorKind::InvalidInput, "did you mean `count`?"),
        (
            "SELECT id, value FROM AppLabResult GROUP BY id",
            json!([]),
            ErrorKind::InvalidInput,
            "column 12 (SQLSTATE 42803)",
        ),
        (
            "SELECT 1 / (value - 12)::int AS x FROM AppLabResult",
            json!([]),
            ErrorKind::InvalidInput,
            "a division by zero",
        ),
        (
            "SELECT id, id FROM AppLabResult",
            json!([]),
            ErrorKind::InvalidInput,
            "two columns of the answer are called `id`",
        ),
        ("SELECT now() - now() AS x", json!([]), ErrorKind::InvalidInput, "of the type `interval`"),
        ("SELECT r FROM AppLabResult r", json!([]), ErrorKind::InvalidInput, "to_jsonb"),
        ("SELECT 'NaN'::float8 AS x", json!([]), ErrorKind::Unsupported, "the column `x` has a value"),
        (
            "SELECT $1::int AS a, $2::date AS b",
            json!(["x", "2024-13-01"]),
            ErrorKind::InvalidInput,
            "`params[1]`: the statement takes a day",
        ),
        ("SELECT $1::int AS a", json!([]), ErrorKind::InvalidInput, "has 1 parameters, and 0 are given"),
        ("SELECT $2::int AS a", json!([1, 2]), ErrorKind::InvalidInput, "a parameter's type cannot be told"),
        ("SELECT $1::interval::text AS a", json!(["long"]), ErrorKind::InvalidInput, "no value of the type"),
        (
            "SELECT 1 FROM AppLabCode c JOIN AppLabResult r ON true",
            json!([]),
            ErrorKind::Unsupported,
            "are in two databases",
        ),
    ] {
        let Json::Array(params) = params else { unreachable!() };
        let error = bench.ask(&user, text, params).await.unwrap_err();
        let said = error.to_string();
        assert!(!said.contains("`note`?"), "a hidden field is told: {said}");
        assert!(error.kind() == kind && said.contains(message), "{text}: {kind:?} {message}\n{error:?}");
    }
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_were_never_made_are_empty() {
    let bench = Bench::start().await;
    let client = bench.client("acme").await;
    client.batch_execute("DROP TABLE app_lab_sample, app_lab_sample__ids").await.unwrap();
    let text = "SELECT (SELECT count(*) FROM AppLabSample) AS none, (SELECT count(*) FROM AppLabResult) AS some, (SELECT max(volume) FROM \"AppLabSample\") AS most";
    let answer = bench.ask(&bench.user("acme"), text, vec![]).await.unwrap();
    assert_eq!(answer.rows, [[Some(Value::Int(0)), Some(Value::Int(12)), None]]);
    let error = bench.ask(&bench.user("nobody"), "SELECT 1 AS one", vec![]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    assert!(bench.databases.list_tenants().await.unwrap().iter().all(|tenant| tenant.as_str() != "nobody"));
    // What all tenants read is in a database of its own.
    let code = bench.catalog.model("lab", "AppLabCode").unwrap();
    bench.backend.prepare_shared(code).await.unwrap();
    let answer = bench.ask(&system("acme"), "SELECT count(*) AS n FROM AppLabCode", vec![]).await.unwrap();
    assert_eq!(answer.rows, [[Some(Value::Int(0))]]);
    bench.fixture.stop().await;
}
