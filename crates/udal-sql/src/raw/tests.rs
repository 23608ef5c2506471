use udal_core::access::{AccessContext, Visibility};
use udal_core::filter::{self, Predicate};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::value::Value;

use super::*;
use crate::Param;

fn model() -> std::sync::Arc<Model> {
    let note =
        ModelDeclaration::new("Note").field("text", "str").field("xmin", "int").field("rank", "Optional[decimal]");
    let lab = GroupDeclaration::new("lab").model(note.postgresql().table_name("notes"));
    Catalog::build(vec![lab]).unwrap().model("lab", "Note").unwrap().clone()
}

#[test]
fn a_view_has_what_is_shown_of_what_is_in_reach() {
    let model = model();
    let access = AccessContext::user("ada", None).unwrap();
    let access = access.restrict(model.subject(), "text", Visibility::Masked("it's \\".to_owned()));
    let access = ["created_by", "assigned_to", "created_at", "updated_at", "owned_by"]
        .into_iter()
        .fold(access, |access, field| access.restrict(model.subject(), field, Visibility::Hidden));
    let seen = model.seen_by(&access.build());
    let filter =
        serde_json::json!({"text": {"in": ["a'; DROP TABLE notes; --", "$1"]}, "not": {"rank": {"gte": "1.50"}}});
    let reach = filter::parse(&model, &filter).unwrap();
    let table = |is_there| SeenTable { name: "no\"te", model: &seen, reach: &reach, is_there };
    assert_eq!(
        view_statements(&[table(true)]),
        [
            "CREATE TEMP VIEW \"no\"\"te\" WITH (security_barrier) AS SELECT \"id\" AS \"id\", \"version\" AS \"version\", \
             \"team_id\" AS \"team_id\",  E'it''s \\\\'::text AS \"text\", \"xmin$\" AS \"xmin\", \"rank\" AS \"rank\" \
             FROM \"notes\" WHERE ((\"rank\" IS NULL OR \"rank\" < '1.5'::numeric) AND \
             \"text\" = ANY (ARRAY['$1'::text, 'a''; DROP TABLE notes; --'::text]::text[]))",
            "GRANT SELECT ON pg_temp.\"no\"\"te\" TO \"udal_reader\"",
        ]
    );
    let empty = view_statements(&[SeenTable { reach: &Predicate::never(), ..table(false) }]);
    assert!(empty.first().unwrap().ends_with("NULL::bigint AS \"xmin\", NULL::numeric AS \"rank\" WHERE false"));
    assert!(view_statements(&[]).is_empty());
}

#[test]
fn the_statement_is_a_value() {
    let (text, before) = wrapped("SELECT 1 AS a --", 11);
    assert_eq!((text.as_str(), before), ("SELECT * FROM (SELECT 1 AS a --\n) AS \"answer\" LIMIT 11", 15));
    let columns =
        [AnswerColumn { given: "integer", read_as: Some("bigint") }, AnswerColumn { given: "text", read_as: None }];
    let asked = ask(text.clone(), vec![Some("x".to_owned()), None], &columns);
    let (start, rest) = asked.text.split_once("ask_").unwrap();
    assert_eq!(start, "SELECT \"c0\"::bigint, \"c1\" FROM \"udal_reader\".\"");
    let rest = rest.split_once('"').unwrap().1;
    assert_eq!(rest, "($1, ARRAY[$2, $3]::text[]) AS answer (\"c0\" integer, \"c1\" text)");
    assert_eq!(asked.params[0], Param::text(text));
    assert_eq!(asked.params[2].value, None::<Value>);
}

#[test]
fn the_role_comes_last_and_the_transaction_only_reads() {
    let begun = confine(&["CREATE TEMP VIEW x AS SELECT 1".to_owned()], 1500);
    assert!(
        begun.starts_with("BEGIN; SET LOCAL statement_timeout = '1500'; SELECT set_config('search_path'"),
        "{begun}"
    );
    assert!(begun.ends_with("SET TRANSACTION READ ONLY; SET LOCAL ROLE \"udal_reader\""), "{begun}");
    assert!(begun.contains("CREATE TEMP VIEW x AS SELECT 1; SET LOCAL search_path = ''; "), "{begun}");
}
