//! What is read and what is refused before anything reaches a database. What works, and every attack, is run on a real server
//! by the tests of `udal-postgresql`.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token as Theirs, Tokenizer};
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};

use super::lexer::{Kind, tokens};
use super::{MAX_STATEMENT_BYTES, RawStatement};

fn catalog() -> Catalog {
    let table = |name: &str| ModelDeclaration::new(name).field("value", "float").postgresql();
    let lab = GroupDeclaration::new("lab").model(table("AppLabResult")).model(table("Sample"));
    Catalog::build(vec![lab.model(ModelDeclaration::new("Contact").field("name", "str"))]).unwrap()
}

fn read(text: &str) -> udal_core::Result<RawStatement> {
    RawStatement::parse(text, &catalog())
}

#[test]
fn models_are_named_with_and_without_quotes() {
    let statement = read("SELECT a.sample FROM AppLabResult a, \"Sample\" b JOIN \"AppLabResult\" ON true").unwrap();
    let named: Vec<_> = statement.models().iter().map(|named| (named.spelling.as_str(), named.is_table)).collect();
    assert_eq!(named, [("applabresult", true), ("Sample", false), ("AppLabResult", true)]);
}

#[test]
fn names_behind_with_and_as_call_nothing() {
    for text in [
        "WITH RECURSIVE a (n) AS (SELECT 1), b (m) AS NOT MATERIALIZED (SELECT n FROM a) SELECT * FROM b AS c (x)",
        "SELECT sum(n) FILTER (WHERE n > 1) OVER (ORDER BY n) FROM unnest($1::int[]) WITH ORDINALITY AS t (n, at)",
        "SELECT CAST(1 AS numeric(4, 2)), x::varchar(3), (SELECT 1), ARRAY(SELECT 1) FROM (VALUES (1)) AS v (x);;",
    ] {
        assert!(read(text).is_ok(), "{text}: {:?}", read(text));
    }
    for text in [
        "SELECT a (1)",
        "SELECT DISTINCT ON (value) a (1)",
        "WITH a (n) AS (SELECT 1) SELECT a (1)",
        "WITH a AS (SELECT 1), set_config ('x') SELECT 1",
        "SELECT 1 FROM x, dblink ('y') AS (n int)",
        "SELECT count.count(1)",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn errors_say_where() {
    for (text, message) in [
        ("SELECT 'é',\n  pg_sleep(1)", "`pg_sleep`, line 2, column 3"),
        ("SELECT 1 FROM a.b.c", "a name of more than two parts: `c`, line 1, column 19"),
        ("SELECT 'a", "this quote has no end, line 1, column 8"),
        ("SELECT é", "`é` stands outside of quotes, line 1, column 8"),
        ("(SELECT 1", "a `(` is never closed, line 1, column 1"),
        ("delete from x", "not with `delete`"),
        ("", "the statement is empty"),
        ("SELECT \0", "U+0000"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
    assert!(read(&format!("SELECT '{}'", "x".repeat(MAX_STATEMENT_BYTES))).is_err());
}

#[test]
fn places_are_found_again_after_rewriting() {
    let statement = read("SELECT 'é', $1, $10 + $1 FROM t WHERE x").unwrap();
    assert_eq!(statement.params(), 10);
    let rewritten = statement.rewritten(|number| format!("(CAST(($1)[{number}] AS text))"));
    assert_eq!(
        rewritten.text,
        "SELECT 'é', (CAST(($1)[1] AS text)), (CAST(($1)[10] AS text)) + (CAST(($1)[1] AS text)) FROM t WHERE x"
    );
    let at =
        |text: &str, part: &str| text.find(part).map(|byte| text.get(..byte).unwrap().chars().count() + 1).unwrap();
    for part in ["SELECT", "FROM", "WHERE", " x"] {
        assert_eq!(rewritten.original(at(&rewritten.text, part)), at(statement.text(), part), "{part}");
    }
    assert_eq!(rewritten.original(at(&rewritten.text, "[10]")), at(statement.text(), "$10"));
    assert_eq!(statement.word_at(at(statement.text(), "FROM"), false).as_deref(), Some("from"));
}

/// What this lexer reads, a whole parser of PostgreSQL's dialect reads the same.
#[test]
fn another_lexer_agrees() {
    let works = include_str!("../../../udal-postgresql/tests/raw/works.txt").lines();
    let works = works.map(|line| line.split(" || [").next().unwrap().to_owned());
    let attacks = include_str!("../../../udal-postgresql/tests/raw/attacks.txt").lines();
    let attacks = attacks.map(|line| line.split_once('|').unwrap().1.to_owned());
    let mut compared = 0;
    for text in works.chain(attacks).map(|text| text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")) {
        let Ok(ours) = tokens(&text) else { continue };
        let theirs = Tokenizer::new(&PostgreSqlDialect {}, &text).tokenize().unwrap_or_else(|e| panic!("{text}: {e}"));
        let names = |kind: Kind| ours.iter().filter(move |token| token.kind == kind).map(|token| token.text.clone());
        let of = |quote: Option<char>| {
            theirs.iter().filter_map(move |token| match token {
                Theirs::Word(word) if word.quote_style == quote => Some(match quote {
                    None => word.value.to_ascii_lowercase(),
                    Some(_) => word.value.replace("\"\"", "\""),
                }),
                _ => None,
            })
        };
        assert!(names(Kind::Word).eq(of(None)), "{text}: {ours:?} {theirs:?}");
        assert!(names(Kind::Quoted).eq(of(Some('"'))), "{text}: {ours:?} {theirs:?}");
        let texts = theirs.iter().filter(|token| matches!(token, Theirs::SingleQuotedString(_))).count();
        assert_eq!(names(Kind::Text).count(), texts, "{text}");
        compared += 1;
    }
    assert!(compared > 800, "{compared}");
}
