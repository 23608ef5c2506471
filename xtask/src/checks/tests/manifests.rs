use super::{assert_one, found};

const TABLE: &str =
    "# A\n\n| crate | may depend on |\n| --- | --- |\n| `udal-core` | nothing |\n| `udal-sql` | `udal-core` |\n";
const CORE: &str = "[package]\nname = \"udal-core\"\ndescription = \"d\"\n[lints]\nworkspace = true\n";
const SQL: &str = "[package]\nname = \"udal-sql\"\ndescription = \"d\"\n[lints]\nworkspace = true\n[dependencies]\nudal-core.workspace = true\n";

fn tree<'a>(table: &'a str, core: &'a str, sql: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("ARCHITECTURE.md", table), ("crates/udal-core/Cargo.toml", core), ("crates/udal-sql/Cargo.toml", sql)]
}

#[test]
fn a_tree_that_keeps_the_rules() {
    for check in ["dependencies", "no-io", "crates"] {
        assert_eq!(found(check, &tree(TABLE, CORE, SQL)), [""; 0], "{check}");
    }
}

#[test]
fn a_dependency_outside_the_table() {
    let core = format!("{CORE}[dependencies]\nserde = \"1\"\nudal-sql.workspace = true\n");
    let message = "`udal-core` may not depend on `udal-sql`; see ARCHITECTURE.md:5";
    assert_one("dependencies", &tree(TABLE, &core, SQL), "crates/udal-core/Cargo.toml:8:", message);
    let tested = format!("{CORE}[dev-dependencies]\nudal-sql.workspace = true\n");
    assert_eq!(found("dependencies", &tree(TABLE, &tested, SQL)), [""; 0], "tests may");
}

#[test]
fn a_table_that_is_not_the_workspaces() {
    let short = TABLE.replace("| `udal-core` | nothing |\n", "");
    assert_one("dependencies", &tree(&short, CORE, SQL), "crates/udal-core/Cargo.toml:1:", "not in the table");
    let long = format!("{TABLE}| `udal-old` | `udal-core` |\n");
    assert_one("dependencies", &tree(&long, CORE, SQL), "ARCHITECTURE.md:7:", "no crate `udal-old`");
    assert_one("dependencies", &tree("# none", CORE, SQL), "ARCHITECTURE.md:1:", "no table");
    assert_one("dependencies", &[("crates/udal-core/Cargo.toml", CORE)], "ARCHITECTURE.md:1:", "missing");
}

#[test]
fn only_the_facade_reaches_a_backend() {
    let memory = [("crates/udal-memory/Cargo.toml", "[package]\n"), ("crates/udal/Cargo.toml", "[package]\n")];
    let rows = format!("{TABLE}| `udal-memory` | `udal-core` |\n| `udal` | `udal-memory` |\n");
    let files = |table| tree(table, CORE, SQL).into_iter().chain(memory).collect::<Vec<_>>();
    assert_eq!(found("dependencies", &files(&rows)), [""; 0]);
    let leaky = rows.replace("| `udal-sql` | `udal-core` |", "| `udal-sql` | `udal-core`, `udal-memory` |");
    assert_one("dependencies", &files(&leaky), "ARCHITECTURE.md:6:", "only `udal` may depend on a backend");
}

#[test]
fn core_that_does_io() {
    let tokio = format!("{CORE}[dependencies]\ntokio.workspace = true\n");
    assert_one("no-io", &tree(TABLE, &tokio, SQL), "crates/udal-core/Cargo.toml:7:", "`tokio`");
    let file = |code| vec![("crates/udal-core/src/a.rs", code)];
    for code in
        ["\nuse std::fs;", "\nlet a = ::std::net::lookup();", "\nuse std::{fmt, io::{A, net}, process::{exit}};"]
    {
        assert_one("no-io", &file(code), "crates/udal-core/src/a.rs:2:", "it does no IO");
    }
    for code in
        ["use std::fmt; // std::fs", "use std::{fmt::{self, net}, io};", "let a = \"std::net\";", "use std::fs_like;"]
    {
        assert_eq!(found("no-io", &file(code)), [""; 0], "{code}");
    }
}

#[test]
fn a_crate_that_is_not_as_its_directory() {
    let named = CORE.replace("udal-core", "udal-kernel");
    assert_one("crates", &tree(TABLE, &named, SQL), "crates/udal-core/Cargo.toml:1:", "`udal-kernel`");
    let silent = CORE.replace("description = \"d\"\n", "");
    assert_one("crates", &tree(TABLE, &silent, SQL), "crates/udal-core/Cargo.toml:1:", "no description");
    let free = CORE.replace("workspace = true", "workspace = false");
    assert_one("crates", &tree(TABLE, &free, SQL), "crates/udal-core/Cargo.toml:1:", "lints");
    assert_one("crates", &[], "Cargo.toml:1:", "no crate");
}
