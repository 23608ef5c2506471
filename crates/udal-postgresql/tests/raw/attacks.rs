//! Statements that must not do what they try: each with the look at its words, and with PostgreSQL alone.
//!
//! `attacks.txt` has one a line, behind what stops it: `both`, `words` (PostgreSQL alone answers it: the ADR says what of),
//! `postgresql` (its words are those of any statement), `neither` (it is answered, and tells nothing that it should not).
//! `\n`, `\t` and `\\` in it are a new line, a tab and a backslash.

use udal_core::Context;
use udal_query::raw::RawStatement;
use udal_sql::Statement;

use crate::bench::{Bench, CANARIES, system};

/// What a session keeps from one transaction to the next.
const KEPT: &str = "\
    SELECT 'a prepared statement: ' || statement FROM pg_prepared_statements \
    UNION ALL SELECT 'a setting: ' || name || setting FROM pg_settings WHERE source = 'session' \
    UNION ALL SELECT 'a lock: ' || locktype FROM pg_locks \
        WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid') \
    UNION ALL SELECT 'a cursor: ' || name FROM pg_cursors WHERE name <> '' \
    UNION ALL SELECT 'a temporary table: ' || relname FROM pg_class \
        WHERE relnamespace = pg_my_temp_schema() AND pg_my_temp_schema() <> 0 \
    UNION ALL SELECT 'a channel: ' || channel FROM pg_listening_channels() AS channel \
    UNION ALL SELECT 'a role: ' || current_user WHERE current_user <> session_user";

/// Everything that a statement could have changed. Of what came with PostgreSQL, it is looked at once, at the end.
fn state(first_oid: u32) -> String {
    format!(
        "SELECT md5(concat_ws('|', \
        (SELECT string_agg(t::text, ',' ORDER BY id) FROM app_lab_result AS t), \
        (SELECT string_agg(t::text, ',' ORDER BY id) FROM app_lab_sample AS t), \
        (SELECT string_agg(concat(oid, relname, relacl, relowner, reloptions), ',' ORDER BY oid) FROM pg_class WHERE oid >= {first_oid}), \
        (SELECT string_agg(concat(oid, proname, proacl, proowner), ',' ORDER BY oid) FROM pg_proc WHERE oid >= {first_oid}), \
        (SELECT string_agg(concat(oid, nspname, nspacl), ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ 'temp'), \
        (SELECT string_agg(r::text, ',' ORDER BY oid) FROM pg_authid AS r), \
        (SELECT string_agg(m::text, ',' ORDER BY roleid, member) FROM pg_auth_members AS m), \
        (SELECT string_agg(s::text, ',') FROM pg_db_role_setting AS s), \
        (SELECT string_agg(concat(datname, datacl), ',' ORDER BY datname) FROM pg_database), \
        (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_extension), \
        (SELECT count(*) FROM pg_replication_slots)))"
    )
}

/// The first number that a database gives to what is made in it.
const FIRST_OF_OURS: u32 = 16_384;

struct Attack {
    stopped_by: String,
    text: String,
}

fn attacks() -> Vec<Attack> {
    let lines = include_str!("attacks.txt").lines();
    let attack = |line: &str| {
        let (stopped_by, text) = line.split_once('|').unwrap();
        let text = text.replace("\\\\", "\u{1}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{1}', "\\");
        Attack { stopped_by: stopped_by.trim().to_owned(), text }
    };
    lines.map(attack).collect()
}

/// The outcome of a statement as text, in which nothing may be that must not get out.
async fn outcome(bench: &Bench, ctx: &Context, statement: udal_core::Result<RawStatement>) -> Result<String, String> {
    let answered = match statement {
        Ok(statement) => {
            let params = vec![serde_json::Value::Null; statement.params()];
            bench.run(ctx, statement, params).await
        }
        Err(error) => Err(error),
    };
    match answered {
        Ok(answer) => Ok(format!("{answer:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_possible_is_not() {
    let bench = Bench::start().await;
    let (ctx, twin) = (bench.user("acme"), bench.user("twin"));
    bench.ask(&twin, "SELECT 1", Vec::new()).await.unwrap();
    let mut look = Look::new(&bench).await;
    let mut wrong = Vec::new();
    for Attack { stopped_by, text } in attacks() {
        let checked = outcome(&bench, &ctx, RawStatement::parse(&text, &bench.catalog)).await;
        let is_read = RawStatement::parse(&text, &bench.catalog).is_ok();
        if is_read {
            look.after(&bench, &text, &checked).await;
        }
        let alone = outcome(&bench, &ctx, Ok(RawStatement::without_a_look(&text, &bench.catalog))).await;
        look.after(&bench, &text, &alone).await;
        if is_read {
            // What is hidden makes no difference: neither to an answer nor to whether there is one.
            let of_twin = outcome(&bench, &twin, RawStatement::parse(&text, &bench.catalog)).await;
            assert_eq!(checked, of_twin, "{text}");
        }
        let found = match (is_read, checked.is_ok(), alone.is_ok()) {
            (false, _, false) => "both",
            (false, _, true) => "words",
            (true, false, _) => "postgresql",
            (true, true, _) => "neither",
        };
        if found != stopped_by {
            wrong.push(format!("{found}|{text}    [{checked:?} / {alone:?}]"));
        }
    }
    assert_eq!(look.state(0).await, look.whole);
    assert!(wrong.is_empty(), "{} are stopped by something else than is said:\n{}", wrong.len(), wrong.join("\n"));
    bench.fixture.stop().await;
}

/// Looks what a statement has left behind.
struct Look {
    client: tokio_postgres::Client,
    globex: tokio_postgres::Client,
    before: Vec<String>,
    whole: Vec<String>,
}

impl Look {
    async fn new(bench: &Bench) -> Self {
        bench.ask(&system("acme"), "SELECT 1", Vec::new()).await.unwrap();
        let (client, globex) = (bench.client("acme").await, bench.client("globex").await);
        let mut look = Look { client, globex, before: Vec::new(), whole: Vec::new() };
        look.before = look.state(FIRST_OF_OURS).await;
        look.whole = look.state(0).await;
        look
    }

    async fn state(&self, first_oid: u32) -> Vec<String> {
        let mut states = Vec::new();
        for client in [&self.client, &self.globex] {
            states.push(client.query_one(&state(first_oid), &[]).await.unwrap().get(0));
        }
        states
    }

    async fn after(&mut self, bench: &Bench, text: &str, outcome: &Result<String, String>) {
        let (Ok(said) | Err(said)) = outcome;
        for canary in CANARIES {
            assert!(!said.contains(canary), "`{text}` told {canary}: {said}");
        }
        assert_eq!(self.state(FIRST_OF_OURS).await, self.before, "`{text}` changed something");
        let place = bench.databases.place_of(system("acme").tenant()).await.unwrap().unwrap();
        let connection = bench.databases.connect(&place).await.unwrap();
        let rows = connection.query(&Statement { text: KEPT.to_owned(), params: Vec::new() }).await.unwrap();
        let kept: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(kept.is_empty(), "`{text}` left behind {kept:?}");
    }
}
