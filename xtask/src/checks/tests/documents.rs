use super::{assert_one, found};

const PAGE: &str = "# A\n\nSee `crates/udal-core/src/lib.rs`, `crates/*/Cargo.toml`, `docs/adr/` and [why](docs/adr/0001.md#a).\n\
                    `AppLabResult/1` and `GET /x` are no paths. `udal-core` is a crate.\n\n```\n`crates/gone`\n```\n\n\
                    - Invariant: holds. (test: `crates/udal-core/src/lib.rs::it_holds`)\n- Invariant: holds,\n  test: `docs/adr`.\n";
const DECISION: &str = "[index](../../README.md) [web](https://example.org) [here](#here)";

fn tree<'a>(page: &'a str, decision: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("ARCHITECTURE.md", page),
        ("README.md", ""),
        ("CONTRIBUTING.md", ""),
        ("docs/adr/0001.md", decision),
        ("crates/udal-core/Cargo.toml", "[package]\nname = \"udal-core\"\n"),
        ("crates/udal-core/src/lib.rs", "fn it_holds() {}"),
    ]
}

#[test]
fn pages_that_point_at_what_is_there() {
    assert_eq!(found("paths", &tree(PAGE, DECISION)), [""; 0]);
}

#[test]
fn dead_paths_and_links() {
    for dead in
        ["`crates/udal-core/src/main.rs`", "`docs/no/*.md`", "`GLOSSARY.md`", "[x](docs/x.md)", "[x](../README.md)"]
    {
        assert_one("paths", &tree(&format!("{PAGE}\n{dead}\n"), DECISION), "ARCHITECTURE.md:14:", "is not there");
    }
    assert_one("paths", &tree(PAGE, "[x](README.md)"), "docs/adr/0001.md:1:", "`README.md` is not there");
    let without_readme: Vec<_> = tree(PAGE, "").into_iter().filter(|(path, _)| *path != "README.md").collect();
    assert_one("paths", &without_readme, "README.md:1:", "missing");
}

#[test]
fn a_crate_that_is_not_on_the_page() {
    let page = PAGE.replace("`udal-core` is", "udal-core is");
    assert_one("paths", &tree(&page, DECISION), "ARCHITECTURE.md:1:", "the crate `udal-core`");
}

#[test]
fn invariants_without_a_test() {
    let renamed = PAGE.replace("::it_holds", "::it_held");
    assert!(found("paths", &tree(&renamed, DECISION)).iter().any(|problem| problem.contains("the invariant's test")));
    let unheld = format!("{PAGE}- Invariant: never.\n");
    assert_one("paths", &tree(&unheld, DECISION), "ARCHITECTURE.md:13:", "names no test");
    let gone = format!("{PAGE}- Invariant: never, test: `nowhere`\n");
    assert_one("paths", &tree(&gone, DECISION), "ARCHITECTURE.md:13:", "`nowhere` is not there");
}

#[test]
fn a_changelog_without_a_place_for_the_next_entry() {
    let page = |text| found("changelog", &[("CHANGELOG.md", text)]);
    assert_eq!(page("# Changelog\n\n## Unreleased\n"), [""; 0]);
    assert_eq!(page("## [Unreleased]\n"), [""; 0]);
    for text in ["## 0.1.0\n", "Unreleased\n", "```\n## Unreleased\n```\n"] {
        assert_one("changelog", &[("CHANGELOG.md", text)], "CHANGELOG.md:1:", "Unreleased");
    }
    assert_one("changelog", &[], "CHANGELOG.md:1:", "missing");
}
