//! Case folding in the database is case folding in core, for every character there is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use support::Fixture;
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
use udal_core::search::{Query, fold};
use udal_sql::{Columns, Sql, write_search};

#[tokio::test(flavor = "multi_thread")]
async fn the_database_folds_as_core_does() {
    let fixture = Fixture::start().await;
    let (client, connection) = fixture.server.config().connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let characters: Vec<String> = ('\u{1}'..=char::MAX)
        .map(|c| c.to_string())
        .chain(["ΣΊΣΥΦΟΣ".into(), "İstanbul".into(), "ẞß".into()])
        .collect();
    let fold_column = fold_expression();
    let text = format!("SELECT u.name, {fold_column} FROM unnest($1::text[]) AS u(name)");
    let mut different = Vec::new();
    for row in client.query(&text, &[&characters]).await.unwrap() {
        let (given, folded): (String, String) = (row.get(0), row.get(1));
        if fold(&given) != folded {
            different.push((given, folded));
        }
    }
    assert!(
        different.is_empty(),
        "{} differ, such as {:?}",
        different.len(),
        different.iter().take(20).collect::<Vec<_>>()
    );
    fixture.stop().await;
}

/// The expression that the compiler writes for the field `name`, cut out of a search.
fn fold_expression() -> String {
    let group = GroupDeclaration::new("g").model(ModelDeclaration::new("M").field("name", "str").postgresql());
    let catalog = Catalog::build(vec![group]).unwrap();
    let query = Query::new(catalog.model("g", "M").unwrap(), "x", &["name"]).unwrap();
    let mut sql = Sql::new();
    write_search(&mut sql, &Columns, &query);
    let text = sql.into_text();
    let (_, rest) = text.split_once("strpos(").unwrap();
    let (expression, _) = rest.rsplit_once(", $1").unwrap();
    expression.to_owned()
}
