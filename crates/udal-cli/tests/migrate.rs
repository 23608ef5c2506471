//! Models that change, at the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value as Json, json};
use support::Desk;

const BEFORE: &str = "
group: lab
models:
  Result:
    storage: postgresql
    fields: {kind: str, unit: 'Optional[str]'}
  Norm:
    storage: postgresql
    shared: true
    fields: {kind: str}
";
const AFTER: &str = "
group: lab
models:
  Result:
    storage: postgresql
    indexes: [[kind]]
    fields: {kind: str, value: float}
  Norm:
    storage: postgresql
    shared: true
    fields: {kind: str, low: 'Optional[float]'}
";

#[test]
fn models_that_change_are_planned_and_applied() {
    let desk = Desk::shared();
    let groups = desk.data_dir().with_file_name("changing");
    std::fs::create_dir_all(&groups).unwrap();
    let declare = |text: &str| std::fs::write(groups.join("lab.yaml"), text).unwrap();
    let directory = groups.to_str().unwrap().to_owned();
    let udal = |arguments: &[&str]| desk.udal(&[arguments, &["--groups", &directory]].concat());
    declare(BEFORE);
    for tenant in ["north", "south"] {
        udal(&["record", "create", "lab", "Result", "--tenant", tenant, "--data", r#"{"kind":"ph","unit":"g"}"#])
            .json();
    }
    udal(&["record", "create", "lab", "Norm", "--tenant", "north", "--data", r#"{"kind":"ph"}"#]).json();
    let tenants = ["--tenant", "north", "--tenant", "south"];
    let none = udal(&[&["migrate", "plan"], &tenants[..]].concat());
    assert_eq!(none.json()[0], json!({"tenant": "north", "drift": false, "error": null, "changes": []}));

    declare(AFTER);
    let planned = udal(&["migrate", "plan", "--format", "json"]);
    assert_eq!(planned.code(), 10, "{}", planned.err());
    let planned = planned.any_json();
    let of = |answer: &Json, tenant: Json| -> Vec<(String, String)> {
        let database = answer.as_array().unwrap().iter().find(|database| database["tenant"] == tenant).unwrap().clone();
        let text = |json: &Json| json.as_str().unwrap().to_owned();
        database["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| (text(&change["change"]), text(&change["state"])))
            .collect()
    };
    let shared = [("add-column:lab.Norm.low".to_owned(), "due".to_owned())];
    assert_eq!(of(&planned, Json::Null), shared);
    let states: Vec<String> = of(&planned, json!("south")).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["blocked", "refused", "due"]);

    let fill = ["--fill", "lab.Result.value=1.5"];
    let applied = udal(&[&["migrate", "apply", "--format", "json", "--parallel", "2"], &fill[..]].concat());
    assert_eq!(applied.code(), 10);
    assert!(applied.err().contains("south: add-column:lab.Result.value: ALTER TABLE"), "{}", applied.err());
    assert!(applied.err().contains("north: done, 1 differences left"), "{}", applied.err());
    let dropped = udal(
        &[&["migrate", "apply", "--allow", "drop-column:lab.Result.unit", "--format", "table"], &tenants[..]].concat(),
    );
    assert_eq!(dropped.code(), 0, "{}", dropped.out());
    assert!(dropped.out().contains("north: applied drop-column:lab.Result.unit\n    ALTER TABLE"), "{}", dropped.out());
    assert!(dropped.out().ends_with("2 databases looked at, 0 differ, 0 failed\n"), "{}", dropped.out());
    assert_eq!(udal(&[&["migrate", "plan"], &tenants[..]].concat()).code(), 0);
    let listed = udal(&["record", "list", "lab", "Result", "--tenant", "south", "--format", "csv"]).out();
    assert!(listed.contains("value") && listed.contains(",1.5,"), "{listed}");
}

#[test]
fn what_allows_nothing_is_refused() {
    let desk = Desk::shared();
    let refused = |arguments: &[&str], code, text: &str| {
        let said = desk.udal(&[&["migrate", "apply"], arguments].concat()).refused(code);
        assert!(said.contains(text), "{said}");
    };
    refused(&["--allow", "drop-colum:lab.AppLabResult.unit"], 3, "did you mean `drop-column`?");
    refused(&["--allow", "drop-column"], 3, "is not the name of a change");
    refused(&["--allow", "drop-column:lab.AppLabResul.unit"], 3, "did you mean `AppLabResult`?");
    refused(&["--fill", "lab.AppLabResult.unit"], 3, "does not say what a field gets");
    refused(&["--fill", "lab.AppLabResult.unti=1"], 3, "did you mean `unit`?");
    refused(&["--tenant", "nobody"], 4, "there is no tenant `nobody`");
}
