use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use udal_core::access::Visibility;
use udal_core::model::{Catalog, Model};
use udal_core::{AccessContext, Error, Ownership};

use super::*;
use crate::Budget;

const MODEL: &str = "
group: lab
models:
  Result:
    storage: postgresql
    partition_by: taken_at
    fields:
      taken_at: datetime
      taken_on: date
      test_type: str
      value: Optional[float]
      count: Optional[int]
      price: Optional[decimal]
      status: Optional[enum[pending, final]]
      flags: Set[str]
      secret: Optional[int]
";

fn model() -> Arc<Model> {
    let catalog: Catalog = udal_groups::load_texts(&[("lab.yaml", MODEL)]).unwrap();
    Arc::clone(catalog.model("lab", "Result").unwrap())
}

fn read(request: &AggregateRequest) -> Result<Aggregate> {
    Aggregate::read(&model(), &model(), Budget::default(), request)
}

fn request() -> AggregateRequest {
    AggregateRequest::new("lab", "Result")
}

fn wrong(text: &str) -> Error {
    read(&request().metric("m", text)).unwrap_err()
}

#[test]
fn each_metric_has_its_type() {
    let expected = [
        ("COUNT(*)", "int"),
        ("count( value )", "int"),
        ("COUNT(DISTINCT test_type)", "int"),
        ("SUM(count)", "Optional[decimal]"),
        ("SUM(price)", "Optional[decimal]"),
        ("SUM(value)", "Optional[float]"),
        ("AVG(count)", "Optional[decimal]"),
        ("STDDEV(value)", "Optional[float]"),
        ("VARIANCE(price)", "Optional[decimal]"),
        ("MIN(taken_on)", "Optional[date]"),
        ("MAX(status)", "Optional[enum[pending, final]]"),
        ("PERCENTILE(0.95, count)", "Optional[float]"),
        ("MEDIAN(price)", "Optional[float]"),
        ("FIRST(test_type)", "Optional[str]"),
        ("LAST(value) FILTER (WHERE {\"status\": \"final\", \"value\": {\"gt\": 5}})", "Optional[float]"),
    ];
    for (text, field_type) in expected {
        let op = read(&request().metric("m", text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let columns = op.columns();
        assert_eq!(columns[0].kind.field_type().to_string(), field_type, "{text}");
    }
    let op = read(&request().group_by(["month", "hour(taken_at)", "w=week(taken_on)"]).metric("m", "FIRST(value)"));
    let op = op.unwrap();
    let names: BTreeMap<String, String> =
        op.columns().into_iter().map(|column| (column.name, column.kind.field_type().to_string())).collect();
    assert_eq!(names["month"], "date");
    assert_eq!(names["hour"], "datetime");
    assert_eq!(names["w"], "date");
    let Function::First(timed) = &op.metrics[0].function else { panic!("it is a first") };
    assert_eq!(timed.time.name(), "taken_at", "the field by which the table is split");
}

#[test]
fn what_is_wrong_with_a_metric_is_said_where_and_how_to_mend_it() {
    let expected = [
        ("AVG(valu)", "`Result` has no field `valu`, at character 5 of `AVG(valu)`", "did you mean `value`?"),
        ("AVRG(value)", "`AVRG` is not a function, at character 1 of `AVRG(value)`", "did you mean `AVG`?"),
        ("AVG(value", "expected `)`, the text ends, at character 10 of `AVG(value`", "a function ends with `)`"),
        ("", "expected a function, at character 1 of ``", "write such as `COUNT(*)` or `AVG(value)`"),
        (
            "SUM(test_type)",
            "`test_type` is no number, but `str`, at character 5 of `SUM(test_type)`",
            "this function takes an int, a float or a decimal",
        ),
        (
            "PERCENTILE(95, value)",
            "`95` is no fraction, at character 12 of `PERCENTILE(95, value)`",
            "write a fraction from 0 to 1, such as 0.95",
        ),
        (
            "MIN(flags)",
            "`flags` has no order: it is `Set[str]`, at character 5 of `MIN(flags)`",
            "this function takes a single value that is not json",
        ),
        (
            "COUNT(*); DROP TABLE x",
            "nothing is expected here, found `; DROP TABLE x`, at character 9 of `COUNT(*); DROP TABLE x`",
            "",
        ),
        (
            "SUM(*)",
            "expected the name of a field, at character 5 of `SUM(*)`",
            "the fields of `Result` are in `udal model show lab Result`",
        ),
    ];
    for (text, message, hint) in expected {
        let error = wrong(text);
        let [field] = error.field_errors() else { panic!("{text}: {error}") };
        assert_eq!(
            (field.field.as_str(), field.message.as_str(), field.hint.as_deref().unwrap_or("")),
            ("metrics.m", message, hint)
        );
    }
    let error = wrong("COUNT(*) FILTER (WHERE {\"statsu\": \"final\"})");
    assert_eq!(error.field_errors()[0].field, "metrics.m.statsu");
    assert_eq!(error.field_errors()[0].hint.as_deref(), Some("did you mean `status`?"));
    let error = wrong("COUNT(*) FILTER (status = 'final')");
    assert!(error.to_string().contains("expected `WHERE`"), "{error}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let request = request()
        .group_by(["flags", "mnth(taken_at)", "hour(taken_on)", "day(value)", "test_type", "test_type"])
        .metric("and", "COUNT(*)")
        .limit(0)
        .time_zone("CET");
    let error = read(&request).unwrap_err();
    let paths: Vec<&str> = error.field_errors().iter().map(|error| error.field.as_str()).collect();
    let expected = [
        "group_by[0]",
        "group_by[1]",
        "group_by[2]",
        "group_by[3]",
        "group_by.test_type",
        "metrics.and",
        "time_zone",
        "limit",
    ];
    assert_eq!(paths, expected, "{error}");
    assert!(read(&self::request()).is_err(), "nothing is asked for");
    assert!(read(&self::request().group_by(["status"]).gaps(Gaps::Filled)).is_err(), "nothing to fill");
    assert!(read(&self::request().metric("n", "COUNT(*)").order_by("m")).is_err());
    assert!(read(&self::request().metric("n", "COUNT(*)").having(json!({"value": 5}))).is_err());
}

#[test]
fn what_is_hidden_is_not_there_and_what_is_masked_is_not_asked_of() {
    let access = AccessContext::user("jane", Some("lab"))
        .unwrap()
        .permit_all(model().subject(), &Ownership::TeamWide)
        .restrict(model().subject(), "secret", Visibility::Hidden)
        .restrict(model().subject(), "taken_at", Visibility::Hidden)
        .restrict(model().subject(), "price", Visibility::Masked("***".to_owned()))
        .build();
    let view = model().seen_by(&access);
    let read = |request: AggregateRequest| Aggregate::read(&model(), &view, Budget::default(), &request);
    for request in [
        request().metric("m", "SUM(secret)"),
        request().group_by(["secret"]),
        request().metric("m", "COUNT(*) FILTER (WHERE {\"secret\": 5})"),
        request().metric("m", "COUNT(*)").filter(json!({"secret": 5})),
        // The order of times that are hidden, and the months of them.
        request().metric("m", "FIRST(value)"),
        request().group_by(["month"]),
    ] {
        let error = read(request.clone()).unwrap_err();
        assert_eq!(error.kind(), udal_core::ErrorKind::UnknownName, "{request:?}: {error}");
        assert!(!error.to_string().contains("masked"), "{error}");
    }
    for request in [
        request().metric("m", "COUNT(price)"),
        request().metric("m", "MAX(price)"),
        request().group_by(["price"]),
        request().metric("m", "COUNT(*)").filter(json!({"price": {"is_null": true}})),
        request().metric("m", "COUNT(*) FILTER (WHERE {\"price\": \"5\"})"),
    ] {
        let error = read(request.clone()).unwrap_err();
        assert!(error.to_string().contains("masked"), "{request:?}: {error}");
    }
    assert!(read(request().metric("m", "SUM(value)")).is_ok());
}
