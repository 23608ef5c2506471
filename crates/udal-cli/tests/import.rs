//! Importing files: what is written, what is reported, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, Desk};

fn import(desk: &Desk, tenant: &str, file: &str, rest: &[&str]) -> Answer {
    desk.udal(&[&["record", "import", "lab", "AppLabResult", file, "--tenant", tenant], rest].concat())
}

fn count(desk: &Desk, tenant: &str) -> Json {
    desk.udal(&["record", "count", "lab", "AppLabResult", "--tenant", tenant]).json()["count"].clone()
}

#[test]
fn good_and_bad_rows() {
    let desk = Desk::shared();
    let answer = import(&desk, "t-mixed", "examples/results.ndjson", &[]);
    assert_eq!(answer.code(), 8);
    assert_eq!(
        answer.err(),
        "line 4: the record is not a valid `AppLabResult`: `value`: expected a number, got the string `11,8`\n"
    );
    let summary = answer.any_json();
    assert_eq!(
        (&summary["created"], &summary["failed"], &summary["failures"][0]["line"]),
        (&json!(5), &json!(1), &json!(4))
    );
    assert_eq!(count(&desk, "t-mixed"), 5);
    let again = import(&desk, "t-mixed", "examples/results.ndjson", &[]);
    assert_eq!((again.code(), &again.any_json()["created"], &again.any_json()["failed"]), (8, &json!(0), &json!(6)));
    let codes: Vec<Json> =
        again.any_json()["failures"].as_array().unwrap().iter().map(|failure| failure["code"].clone()).collect();
    assert_eq!(codes.iter().filter(|code| *code == "already_exists").count(), 5);
}

#[test]
fn comma_separated_values() {
    let desk = Desk::shared();
    let answer = import(&desk, "t-csv", "examples/results.csv", &[]);
    assert_eq!((&answer.json()["created"], answer.err().as_str()), (&json!(3), ""));
    let record = desk.udal(&["record", "get", "lab", "AppLabResult", "AppLabResult/c3", "--tenant", "t-csv"]).json();
    assert_eq!(
        (&record["value"], &record["flags"], &record["unit"]),
        (&json!(6.1), &json!(["hemolyzed", "high"]), &json!("mmol/L"))
    );
    let exported =
        desk.udal(&["record", "list", "lab", "AppLabResult", "--tenant", "t-csv", "--all", "--format", "csv"]).out();
    let file = desk.file("exported.csv", &exported);
    let answer = import(&desk, "t-csv-2", file.to_str().unwrap(), &["--without", "version,updated_at"]);
    assert_eq!(answer.json()["created"], 3);
    let back = desk.udal(&["record", "get", "lab", "AppLabResult", "AppLabResult/c3", "--tenant", "t-csv-2"]).json();
    let without_time = |mut record: Json| {
        record.as_object_mut().unwrap().remove("updated_at");
        record
    };
    assert_eq!(without_time(back), without_time(record));
    let file = desk.file("wrong.csv", "id,test_typ\n");
    let said = import(&desk, "t-csv", file.to_str().unwrap(), &[]).refused(3);
    assert!(said.contains("`test_typ`: `AppLabResult` has no such field (did you mean `test_type`?)"), "{said}");
}

#[test]
fn rows_that_cannot_be_read_are_named_by_their_lines() {
    let desk = Desk::shared();
    let mut rows = b"{\"test_type\":\"a\"}\n\n{\"test_type\":\"caf\xe9\"}\n{\"test_type\":\"".to_vec();
    rows.extend(std::iter::repeat_n(b'x', 10 << 20));
    rows.extend(b"\"}\n{\"test_type\":\n{\"test_type\":\"b\"}\n[]\n{\"id\":\"AppLabResult/x\",\"test_type\":\"c\"}\n");
    rows.extend(b"{\"id\":\"AppLabResult/x\",\"test_type\":\"d\"}\n{\"test_type\":\"e\",\"created_at\":\"soon\"}");
    let file = desk.file("rows.ndjson", rows);
    let errors = desk.file("errors.ndjson", "");
    let answer = import(&desk, "t-lines", file.to_str().unwrap(), &["--errors", errors.to_str().unwrap()]);
    assert_eq!((answer.code(), &answer.any_json()["created"]), (8, &json!(3)), "{}", answer.err());
    let said = answer.err();
    let expected = [
        "line 3: not UTF-8 from byte 18 of the line on",
        "line 4: the row is longer than 8 MiB",
        "line 5: not JSON: ",
        "line 7: a record of `AppLabResult` is a JSON object",
        "line 9: ",
        "line 10: the record is not a valid `AppLabResult`: `created_at`: ",
    ];
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    for (line, expected) in said.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    let written = std::fs::read_to_string(errors).unwrap();
    let lines: Vec<u64> =
        written.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5, 7, 9, 10]);
    assert_eq!(count(&desk, "t-lines"), 3);
}

#[test]
fn many_bad_rows_are_shown_up_to_twenty_and_counted() {
    let desk = Desk::shared();
    let rows: String = (0..12_000)
        .map(|at| if at % 2 == 0 { "{}\n".to_owned() } else { format!("{{\"test_type\":\"{at}\"}}\n") })
        .collect();
    let file = desk.file("many.ndjson", rows);
    let answer = import(&desk, "t-many", file.to_str().unwrap(), &[]);
    assert_eq!(
        (answer.code(), &answer.any_json()["created"], &answer.any_json()["failed"]),
        (8, &json!(6_000), &json!(6_000))
    );
    let said = answer.err();
    assert_eq!(said.lines().count(), 21, "{said}");
    assert_eq!(said.lines().last(), Some("… and 5980 more rows that were not imported"));
    assert_eq!(count(&desk, "t-many"), 6_000);
}

#[test]
fn atomic_imports_write_all_or_nothing() {
    let desk = Desk::shared();
    let said = import(&desk, "t-atomic", "examples/results.ndjson", &["--atomic"]).refused(3);
    assert!(
        said.starts_with("error: line 4: the record is not a valid `AppLabResult`; nothing is imported\n  `value`: "),
        "{said}"
    );
    let file = desk.file("broken.ndjson", "{\"test_type\":\"a\"}\n\noops\n");
    let said = import(&desk, "t-atomic", file.to_str().unwrap(), &["--atomic"]).refused(3);
    assert!(said.starts_with("error: line 3: not JSON: "), "{said}");
    assert_eq!(count(&desk, "t-atomic"), 0);
    let file = desk.file("twice.ndjson", "{\"id\":\"AppLabResult/1\",\"test_type\":\"a\"}\n".repeat(2));
    let said = import(&desk, "t-atomic", file.to_str().unwrap(), &["--atomic"]).refused(5);
    assert!(said.starts_with("error: line 2: "), "{said}");
    assert_eq!(count(&desk, "t-atomic"), 0);
    assert_eq!(import(&desk, "t-atomic", "examples/results.csv", &["--atomic"]).json()["created"], 3);
    assert_eq!(count(&desk, "t-atomic"), 3);
}

#[test]
fn linked_documents_are_imported_too() {
    let desk = Desk::shared();
    let rows = "{\"id\":\"AppCRMAccount/a\",\"name\":\"A\"}\n\
                {\"id\":\"AppCRMAccount/b\",\"name\":\"B\",\"parent\":\"AppCRMAccount/a\"}\n\
                {\"id\":\"AppCRMAccount/c\",\"name\":\"C\",\"parent\":\"AppCRMAccount/nobody\"}\n";
    let arguments = ["record", "import", "crm", "AppCRMAccount", "-", "--tenant", "t-graph"];
    let answer = desk.udal_with_input(&arguments, rows.as_bytes());
    assert_eq!((answer.code(), &answer.any_json()["created"]), (8, &json!(2)));
    assert!(answer.err().starts_with("line 3: ") && answer.err().contains("`parent`"), "{}", answer.err());
}

#[test]
fn standard_input_and_files_that_are_not_there() {
    let desk = Desk::shared();
    let rows: String = (0..11_000).map(|at| format!("AppLabResult/{at},ph,{at}\r\n")).collect();
    let input = format!("id,test_type,value\r\n{rows}");
    let arguments = ["record", "import", "lab", "AppLabResult", "-", "--input-format", "csv", "--tenant", "t-stdin"];
    assert_eq!(desk.udal_with_input(&arguments, input.as_bytes()).json()["created"], 11_000);
    assert_eq!(count(&desk, "t-stdin"), 11_000);
    let said = import(&desk, "t-stdin", "nowhere.ndjson", &[]).refused(3);
    assert!(said.contains("`nowhere.ndjson` cannot be read"), "{said}");
    let said = import(&desk, "t-stdin", "groups", &[]).refused(3);
    assert!(said.contains("`groups` is a directory"), "{said}");
    let said = import(&desk, "t-stdin", "examples/results.csv", &["--errors", "nowhere/errors.ndjson"]).refused(3);
    assert!(said.contains("`nowhere/errors.ndjson` cannot be written"), "{said}");
    let empty = desk.file("empty.ndjson", "\n\n");
    assert_eq!(import(&desk, "t-stdin", empty.to_str().unwrap(), &[]).json()["created"], 0);
}

fn get(desk: &Desk, tenant: &str, id: &str) -> Json {
    desk.udal(&["record", "get", "lab", "AppLabResult", id, "--tenant", tenant]).json()
}

#[test]
fn an_import_upserts() {
    let desk = Desk::shared();
    let first = desk.file("first.ndjson", "{\"id\":\"AppLabResult/1\",\"test_type\":\"a\",\"value\":1}\n");
    assert_eq!(import(&desk, "t-upsert", first.to_str().unwrap(), &[]).json()["created"], 1);
    let rows = "{\"id\":\"AppLabResult/1\",\"test_type\":\"b\"}\n\
                {\"id\":\"AppLabResult/2\",\"test_type\":\"c\"}\n\
                {\"id\":\"AppLabResult/1\",\"unit\":\"x\"}\n";
    let file = desk.file("upsert.ndjson", rows);
    let path = file.to_str().unwrap();
    let said = import(&desk, "t-upsert", path, &["--mode", "upsert", "--atomic"]).refused(3);
    assert!(said.starts_with("error: line 3: ") && said.contains("nothing is imported"), "{said}");
    assert_eq!(count(&desk, "t-upsert"), 1);
    let answer = import(&desk, "t-upsert", path, &["--mode", "upsert"]);
    let summary = answer.any_json();
    assert_eq!(
        (answer.code(), &summary["created"], &summary["updated"], &summary["failed"]),
        (8, &json!(1), &json!(1), &json!(1))
    );
    let record = get(&desk, "t-upsert", "AppLabResult/1");
    assert_eq!((&record["test_type"], &record["value"], &record["version"]), (&json!("b"), &json!(1.0), &json!(2)));
}

#[test]
fn an_import_updates() {
    let desk = Desk::shared();
    assert_eq!(import(&desk, "t-update", "examples/results.csv", &[]).json()["created"], 3);
    let rows = "id,version,value\nAppLabResult/c1,1,0.5\nAppLabResult/c2,7,0.5\nAppLabResult/c9,,0.5\n";
    let file = desk.file("update.csv", rows);
    let path = file.to_str().unwrap();
    let said = import(&desk, "t-update", path, &["--mode", "update", "--atomic"]).refused(5);
    assert!(said.starts_with("error: line 3: "), "{said}");
    assert_eq!(get(&desk, "t-update", "AppLabResult/c1")["version"], 1);
    let errors = desk.file("not-updated.ndjson", "");
    let answer = import(&desk, "t-update", path, &["--mode", "update", "--errors", errors.to_str().unwrap()]);
    let summary = answer.any_json();
    assert_eq!((answer.code(), &summary["updated"], &summary["failed"]), (8, &json!(1), &json!(2)));
    let written = std::fs::read_to_string(errors).unwrap();
    let failed: Vec<Json> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&failed[0]["line"], &failed[0]["code"]), (&json!(3), &json!("version_conflict")));
    assert_eq!((&failed[1]["line"], &failed[1]["code"]), (&json!(4), &json!("not_found")));
    let record = get(&desk, "t-update", "AppLabResult/c1");
    assert_eq!((&record["value"], &record["version"]), (&json!(0.5), &json!(2)));
}

#[test]
fn what_a_file_names_is_deleted() {
    let desk = Desk::shared();
    assert_eq!(import(&desk, "t-delete", "examples/results.csv", &[]).json()["created"], 3);
    let delete = |rest: &[&str], input: &str| {
        let arguments = [&["record", "delete", "lab", "AppLabResult", "--tenant", "t-delete"], rest].concat();
        desk.udal_with_input(&arguments, input.as_bytes())
    };
    let rows = "AppLabResult/c1\n{\"id\":\"AppLabResult/c2\",\"version\":4}\nAppLabResult/none\n";
    let said = delete(&["--from", "-", "--atomic"], rows).refused(5);
    assert!(said.starts_with("error: line 2: ") && said.contains("nothing is deleted"), "{said}");
    assert_eq!(count(&desk, "t-delete"), 3);
    let answer = delete(&["--from", "-"], rows);
    let summary = answer.any_json();
    assert_eq!(
        (answer.code(), &summary["deleted"], &summary["absent"], &summary["failed"]),
        (8, &json!(1), &json!(1), &json!(1))
    );
    let file = desk.file("ids.csv", "id\nAppLabResult/c2\nAppLabResult/c3\n");
    assert_eq!(delete(&["--from", file.to_str().unwrap(), "--atomic"], "").json()["deleted"], 2);
    assert_eq!(count(&desk, "t-delete"), 0);
    assert_eq!(delete(&[], "").code(), 2);
    assert_eq!(delete(&["AppLabResult/c1", "--from", "-"], "").code(), 2);
    assert_eq!(delete(&["AppLabResult/c1", "--atomic"], "").code(), 2);
}
