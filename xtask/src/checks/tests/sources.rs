use super::{assert_one, found};

const CONTRACT: &str = "crates/udal-core/src/contract/mod.rs";
const SUITE: &str = "crates/udal-conformance/src/cases/list.rs";
const DOCS: &str =
    "/// - [LIST-1] The order is total.\n/// - [LIST-2] Missing is lowest, as in [LIST-1].\n// [LIST-9]\n";
const CASES: &str = "case(\"LIST-1\"); case(\"LIST-2 missing first\"); say(\"UTF-8\"); // \"LIST-7\"";

#[test]
fn clauses_and_cases_that_match() {
    assert_eq!(found("clauses", &[(CONTRACT, DOCS), (SUITE, CASES)]), [""; 0]);
    assert_eq!(found("clauses", &[]), [""; 0], "there is no contract yet");
}

#[test]
fn a_clause_without_a_case_and_a_case_without_a_clause() {
    let unheld = format!("{DOCS}//! [GET-1] None where there is none.\n");
    assert_one(
        "clauses",
        &[(CONTRACT, &unheld), (SUITE, CASES)],
        &format!("{CONTRACT}:4:"),
        "clause GET-1 has no case",
    );
    let stray = format!("{CASES}\ncase(\"BATCH-CREATE-10\");");
    assert_one("clauses", &[(CONTRACT, DOCS), (SUITE, &stray)], &format!("{SUITE}:2:"), "BATCH-CREATE-10");
    let twice = format!("{DOCS}/// **[LIST-2]** Again.\n");
    assert_one("clauses", &[(CONTRACT, &twice), (SUITE, CASES)], &format!("{CONTRACT}:4:"), "twice");
    let loose = format!("{DOCS}/// As in [GET-2].\n");
    assert_one("clauses", &[(CONTRACT, &loose), (SUITE, CASES)], &format!("{CONTRACT}:4:"), "GET-2 that is named here");
    assert_one("clauses", &[(CONTRACT, "/// No number.\n")], &format!("{CONTRACT}:1:"), "no numbered clause");
}

fn function(name: &str, lines: usize) -> String {
    format!("fn {name}() {{\n{}}}\n", "    go();\n".repeat(lines - 2))
}

#[test]
fn files_and_functions_at_the_limit() {
    let file = |text: &str| found("sizes", &[("crates/a/src/lib.rs", text)]);
    assert_eq!(file(&format!("{}\n", function("f", 59).repeat(6))), [""; 0]);
    assert_eq!(file(&"// line\n".repeat(399)), [""; 0]);
    assert_one("sizes", &[("a.rs", &"// line\n".repeat(400))], "a.rs:1:", "400 lines");
    assert_one("sizes", &[("a.rs", &format!("\n{}", function("long", 60)))], "a.rs:2:", "`long` has 60 lines");
}

#[test]
fn tests_do_not_count() {
    let tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", function("long", 500));
    assert_eq!(found("sizes", &[("a.rs", &tests)]), [""; 0]);
    let long = function("long", 500);
    for path in ["crates/a/src/tests.rs", "crates/a/tests/it.rs", "crates/a/benches/b.rs", "crates/a/src/x/tests/y.rs"]
    {
        assert_eq!(found("sizes", &[(path, &long)]), [""; 0], "{path}");
    }
    assert_eq!(found("sizes", &[("crates/a/src/contests.rs", &long)]).len(), 2);
}

#[test]
fn exceptions_are_needed_and_reasoned() {
    let long = function("long", 60);
    let with = |exceptions: &str| found("sizes", &[("a.rs", &long), ("xtask/exceptions.txt", exceptions)]);
    assert_eq!(with("# comment\n\na.rs::long: one table, read at once\n"), [""; 0]);
    assert_eq!(with("a.rs::long: \n").len(), 1);
    assert_eq!(with("a.rs::long\n").len(), 1);
    let stale = with("a.rs::long: one table\na.rs: a table\n");
    assert!(
        matches!(stale.as_slice(), [one] if one.starts_with("xtask/exceptions.txt:2: `a.rs` is not too long")),
        "{stale:?}"
    );
}

#[test]
fn exceptions_to_lints_have_reasons() {
    let file = |code: &str| found("allows", &[("a.rs", code)]);
    for code in [
        "#[allow(dead_code, reason = \"kept\")]",
        "#![expect(\n  a,\n  reason = \"b\"\n)]",
        "#[must_use] x.expect(\"a\"); // #[allow(b)]",
        "let a = \"#[allow(b)]\";",
    ] {
        assert_eq!(file(code), [""; 0], "{code}");
    }
    for code in [
        "#[allow(a)]",
        "#![allow(a)]",
        "#[expect(a)]",
        "#[allow(a, reason = \"\")]",
        "#[cfg_attr(test, allow(reason))]",
    ] {
        assert_one("allows", &[("a.rs", &format!("\n{code}\n"))], "a.rs:2:", "reason");
    }
}
