use std::fs;

use udal_core::model::{Expiry, Interval, OnDelete, StorageKind};

use super::*;

fn errors(texts: &[(&str, &str)]) -> String {
    load_texts(texts).unwrap_err().to_string()
}

fn fixtures(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken").join(name)
}

/// The errors of a directory of fixtures, with file names instead of paths.
fn errors_of(name: &str) -> String {
    let directory = fixtures(name);
    let text = load_dir(&directory).unwrap_err().to_string();
    text.replace(&format!("{}/", directory.display()), "")
}

#[test]
fn the_platform_s_groups_load() {
    let catalog = load_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../groups")).unwrap();
    let result = catalog.model("lab", "AppLabResult").unwrap();
    let table = result.table().unwrap();
    assert!(table.high_volume && !table.shared);
    let partition = table.partition.as_ref().unwrap();
    assert_eq!((partition.field.as_str(), partition.interval), ("created_at", Interval::Month));
    let account = catalog.model("crm", "AppCRMAccount").unwrap();
    assert_eq!(account.storage_kind(), StorageKind::Terminusdb);
    assert!(account.field("contacts").unwrap().is_link());
    let contact = catalog.model("crm", "AppCRMContact").unwrap();
    assert!(contact.field("opportunities").unwrap().is_link());
    assert_eq!(contact.on_delete(), OnDelete::Unlink);
    assert!(catalog.models().all(|model| !model.description().is_empty()));
    assert!(catalog.models().all(|model| model.declared_fields().all(|field| !field.description().is_empty())));
}

#[test]
fn every_error_of_every_file_at_once() {
    for name in ["many", "keys"] {
        let expected = fs::read_to_string(fixtures(name).join("expected.txt")).unwrap();
        assert_eq!(errors_of(name), expected.trim_end());
    }
}

#[test]
fn a_text_that_is_not_yaml_does_not_hide_the_other_files() {
    let texts = [
        ("a.yaml", "group: a\nmodels:\n  X:\n    fields: {a: str\n"),
        ("b.yaml", "group: b\nmodels:\n  Y:\n    fields:\n      x: Ref[X]\n      y: strr\n"),
    ];
    let text = errors(&texts);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("a.yaml:") && lines[0].contains("this is not YAML"), "{text}");
    assert_eq!(lines[1..], ["b.yaml:6: `strr`: this is not a type (did you mean `str`?)"]);
}

#[test]
fn empty_files_and_second_documents() {
    assert_eq!(
        errors(&[("a.yaml", "# nothing\n")]),
        "a.yaml:1: this file is empty (start it with `group:` and the group's name)"
    );
    let two = "group: a\nmodels:\n  X:\n    fields:\n      a: str\n---\ngroup: b\n";
    assert_eq!(
        errors(&[("a.yaml", two)]),
        "a.yaml:7: a second document starts here (put each group into a file of its own)"
    );
    assert_eq!(
        errors(&[("a.yaml", "- a\n- b\n")]),
        "a.yaml:1: a group file holds keys, not a list (write `group:`, `description:` and `models:`, a line each)"
    );
}

#[test]
fn a_group_in_two_files_is_named_at_the_second() {
    let texts = [
        ("a.yaml", "group: lab\nmodels:\n  X:\n    fields:\n      a: strr\n"),
        ("b.yaml", "\ngroup: lab\nmodels:\n  Y:\n    fields:\n      b: intt\n"),
    ];
    assert_eq!(
        errors(&texts),
        "a.yaml:5: `strr`: this is not a type (did you mean `str`?)\n\
         b.yaml:2: group `lab` is declared twice (give one another name)\n\
         b.yaml:6: `intt`: this is not a type (did you mean `int`?)"
    );
}

#[test]
fn aliases_are_followed_within_bounds() {
    let shared = "group: a\nmodels:\n  X:\n    fields: &common\n      a: str\n  Y:\n    fields: *common\n";
    let catalog = load_texts(&[("a.yaml", shared)]).unwrap();
    assert!(catalog.model("a", "Y").unwrap().field("a").is_ok());

    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let text = errors(&[("bomb.yaml", &bomb)]);
    assert_eq!(
        text,
        "bomb.yaml:5: with what its aliases stand for, this file holds more than 100000 values \
         (write less, or split it into several groups)"
    );
    assert!(errors(&[("deep.yaml", &"- ".repeat(40))]).starts_with("deep.yaml:1: this nests deeper than 32"));
    assert!(errors(&[("deep.yaml", &"[".repeat(100_000))]).starts_with("deep.yaml:1: "));
}

#[test]
fn files_that_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let message = |text: String| text.replace(&directory.path().display().to_string(), "DIR");
    assert_eq!(
        message(load_dir(directory.path()).unwrap_err().to_string()),
        "DIR: this directory holds no group files (add one such as `crm.yaml`, or name another directory)"
    );
    assert_eq!(
        message(load_dir(path("none")).unwrap_err().to_string()),
        "DIR/none: this directory cannot be read: it is not there (name a directory that holds group files, such as `groups`)"
    );
    fs::write(path("latin.yaml"), b"group: a\n# caf\xe9\n").unwrap();
    let large = usize::try_from(MAX_FILE_BYTES).unwrap() + 1;
    fs::write(path("large.yaml"), vec![b'#'; large]).unwrap();
    fs::write(path(".hidden.yaml"), b"group: {").unwrap();
    fs::write(path("notes.txt"), b"group: {").unwrap();
    assert_eq!(
        message(load_dir(directory.path()).unwrap_err().to_string()),
        "DIR/large.yaml: this file is larger than 1 MiB (split it into several groups)\n\
         DIR/latin.yaml:2: this line is not UTF-8 (save the file as UTF-8)"
    );
}

#[test]
fn what_yaml_reads_as_other_kinds_is_still_text() {
    let text =
        "group: a\ndescription: 2024\nmodels:\n  X:\n    fields:\n      no: str\n      year: \"enum[2023, 2024]\"\n";
    let declaration = parse("a.yaml", text).unwrap();
    assert_eq!(declaration.description, "2024");
    assert_eq!(declaration.models[0].fields[0].name, "no");
}

#[test]
fn indexes_and_retention() {
    let text = "group: a\nmodels:\n  X:\n    storage: postgresql\n    partition_by: day\n    retention: 24 months\n    \
                indexes: [[a, day], [day]]\n    fields:\n      a: str\n      day: date\n";
    let catalog = load_texts(&[("a.yaml", text)]).unwrap();
    let table = catalog.model("a", "X").unwrap().table().unwrap();
    assert_eq!(table.indexes, [vec!["a", "day"], vec!["day"]]);
    assert_eq!(table.retention.unwrap().count, 24);

    let bad = text.replace("[[a, day], [day]]", "[[a, dya], day]").replace("24 months", "soon");
    let errors = load_texts(&[("a.yaml", &bad)]).unwrap_err().to_string();
    assert!(errors.contains("a.yaml:7: `indexes` is a list of lists of fields, not a list"), "{errors}");
    assert!(errors.contains("a.yaml:6: `soon` is not a time (write such as `24 months` or `90 days`)"), "{errors}");
    let kept = text.replace("24 months", "{keep: 2 years, then: detach}");
    let retention =
        load_texts(&[("a.yaml", &kept)]).unwrap().model("a", "X").unwrap().table().unwrap().retention.unwrap();
    assert_eq!((retention.count, retention.interval, retention.then), (2, Interval::Year, Expiry::Detach));
    for (bad, message) in [
        ("{keep: 2 years, then: burn}", "a.yaml:6: `burn` is not what can become of a partition (use `drop`"),
        ("{then: detach}", "a.yaml:6: `then` needs `keep`"),
        ("{kepe: 2 years}", "a.yaml:6: `kepe` is not a key here (did you mean `keep`?)"),
        ("[2 years]", "a.yaml:6: `retention` takes text, not a list"),
    ] {
        let errors = load_texts(&[("a.yaml", &text.replace("24 months", bad))]).unwrap_err().to_string();
        assert!(errors.contains(message), "{errors}");
    }
    let bad = text.replace("[[a, day], [day]]", "[[a, dya]]");
    let errors = load_texts(&[("a.yaml", &bad)]).unwrap_err().to_string();
    assert!(errors.contains("a.yaml:7: index 1: there is no field `dya` (did you mean `day`?)"), "{errors}");
}
