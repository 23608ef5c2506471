//! The scanner over what misleads a reader of lines.

use super::{Function, Source, words};

fn code(text: &str) -> String {
    let source = Source::new(text);
    assert_eq!(source.code().len(), text.len(), "bytes keep their places: {text}");
    source.code().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn comments_and_literals_are_blank() {
    for (text, left) in [
        ("a // b { \"c\"\nd", "a d"),
        ("a /* { /* nested */ } */ b", "a b"),
        ("f(\"{ \\\" // }\")", "f(\" \")"),
        ("r#\"{ \" }\"# + x", "r#\" \"# + x"),
        ("br\"{\" r#type", "br\" \" r#type"),
        ("['{', '\\'', '\\u{7b}', 'é', '\u{1F980}']", "[' ', ' ', ' ', ' ', ' ']"),
        ("fn f<'a>(x: &'a str) -> &'static str {}", "fn f<'a>(x: &'a str) -> &'static str {}"),
        ("b'{' b'\\\\' 'x'", "b' ' b' ' ' '"),
    ] {
        assert_eq!(code(text), left, "{text}");
    }
}

#[test]
fn what_is_not_closed_ends_with_the_file() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'\\", "fn f() {", "#[allow(", "r#\"a\""] {
        let source = Source::new(text);
        assert!(source.functions().is_empty() && source.attributes().is_empty(), "{text}");
    }
}

#[test]
fn literals_know_their_lines() {
    let source = Source::new("// \"no\"\nlet a = \"one\";\nlet b = r##\"t\nw\"#o\"##; // \"no\"\nlet c = \"three\";");
    let found: Vec<(usize, &str)> =
        source.literals().iter().map(|literal| (literal.line, literal.text.as_str())).collect();
    assert_eq!(found, [(2, "one"), (3, "t\nw\"#o"), (5, "three")]);
}

#[test]
fn functions_have_their_lines() {
    let text = "trait T {\n    fn none(&self, x: [u8; 2]) -> u8;\n}\ntype F = fn(u8) -> u8;\n\
                fn one(\n    a: [u8; 2],\n) -> [u8; 2] {\n    let b = '}';\n    a // }\n}\nfn two() {}\n";
    let function = |name: &str, first_line, last_line| Function { name: name.to_owned(), first_line, last_line };
    assert_eq!(Source::new(text).functions(), [function("one", 5, 10), function("two", 11, 11)]);
}

#[test]
fn tests_are_what_follows_the_attribute() {
    let text = "mod a;\n#[cfg(test)]\nmod tests;\nfn f() {}\n#[cfg(test)]\nmod more {\n    #[cfg(test)]\n    fn g() {\n    }\n}\nfn h() {}\n";
    assert_eq!(Source::new(text).test_lines(), [(2, 3), (5, 10)]);
}

#[test]
fn attributes_are_whole() {
    let text = "#![deny(x)]\n#[allow(\n    a[0],\n    reason = \"#[no]\"\n)]\nfn f() {}\nlet a = b # c;";
    let source = Source::new(text);
    let found: Vec<(usize, bool)> =
        source.attributes().iter().map(|(at, text)| (source.line_of(*at), text.ends_with(")]"))).collect();
    assert_eq!(found, [(1, true), (2, true)]);
}

#[test]
fn words_are_whole_names() {
    assert_eq!(words("fn a_b(c1) -> d").map(|(_, word)| word).collect::<Vec<_>>(), ["fn", "a_b", "c1", "d"]);
}
