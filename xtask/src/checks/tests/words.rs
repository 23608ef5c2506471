use super::{assert_one, found};

#[test]
fn paths_of_one_machine() {
    for line in ["see /work/main", "`/root/x`", "file:///home/you/x", "(/Users/you)", "PATH=/home/x"] {
        assert_one("words", &[("docs/a.md", &format!("\n{line}"))], "docs/a.md:2:", "a path of one machine");
    }
}

#[test]
fn what_only_looks_like_one() {
    let lines = "https://example.org/home/x ../work/x $X_/root/ a/work/b /workspace ~/home/x work/ /roots/";
    assert_eq!(found("words", &[("a.rs", lines), ("Cargo.lock", "/work/x")]), [""; 0]);
}
