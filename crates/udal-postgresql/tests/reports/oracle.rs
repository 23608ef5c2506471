//! Reports worked out in plain Rust, of records in memory.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use udal_core::record::Record;
use udal_core::value::{Date, Value, compare};
use udal_query::report::{AggregateRequest, WindowRequest};

use crate::data::Random;

type Row = Vec<Option<Value>>;
/// A filter, and what it means.
type Filter = (Json, fn(&Record) -> bool);

/// An aggregate, as it is asked and as it is worked out.
#[derive(Debug)]
pub(crate) struct Question {
    groups: Vec<&'static str>,
    metrics: Vec<(&'static str, &'static str)>,
    filter: Option<Filter>,
    at_least: Option<i64>,
}

const GROUPS: [&str; 8] =
    ["kind", "status", "is_ok", "month", "week(taken_at)", "day(taken_at)", "hour(taken_at)", "quarter"];
const FUNCTIONS: [&str; 11] =
    ["SUM", "AVG", "MIN", "MAX", "STDDEV", "VARIANCE", "MEDIAN", "COUNT", "DISTINCT", "FIRST", "LAST"];
const NUMBERS: [&str; 3] = ["value", "count", "price"];
const ANYTHING: [&str; 6] = ["value", "count", "price", "kind", "status", "is_ok"];

fn number(record: &Record, name: &str) -> Option<f64> {
    record.value(name).map(as_number)
}

fn as_number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Decimal(decimal) => decimal.to_string().parse().unwrap(),
        other => other.to_json().to_string().parse().unwrap(),
    }
}

impl Question {
    pub(crate) fn any(random: &mut Random) -> Self {
        let mut groups: Vec<&'static str> = Vec::new();
        for _ in 0..random.below(3) {
            let group = *random.one_of(&GROUPS);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        let mut metrics = Vec::new();
        for _ in 0..=random.below(3) {
            let function = *random.one_of(&FUNCTIONS);
            let is_numeric = FUNCTIONS[..7].contains(&function) && !["MIN", "MAX"].contains(&function);
            metrics.push((function, if is_numeric { *random.one_of(&NUMBERS) } else { *random.one_of(&ANYTHING) }));
        }
        let filters: [Filter; 3] = [
            (json!({"value": {"gte": 0}}), |record| number(record, "value").is_some_and(|value| value >= 0.0)),
            (json!({"not": {"status": "final"}}), |record| record.value("status") != Some(&Value::from("final"))),
            (json!({"kind": {"ne": "ph"}}), |record| {
                record.value("kind").is_some_and(|kind| *kind != Value::from("ph"))
            }),
        ];
        let filter = (random.below(2) == 0).then(|| random.one_of(&filters).clone());
        let at_least = (random.below(3) == 0).then_some(2);
        Question { groups, metrics, filter, at_least }
    }

    pub(crate) fn request(&self) -> AggregateRequest {
        let mut request =
            AggregateRequest::new("lab", "Result").group_by(self.groups.iter().copied()).metric("n", "COUNT(*)");
        // In every second metric only of final results.
        for (at, (function, field)) in self.metrics.iter().enumerate() {
            let of = if *function == "DISTINCT" {
                format!("COUNT(DISTINCT {field})")
            } else {
                format!("{function}({field})")
            };
            let filter = if at % 2 == 1 { " FILTER (WHERE {\"status\": \"final\"})" } else { "" };
            request = request.metric(format!("m{at}"), format!("{of}{filter}"));
        }
        let request = self.filter.iter().fold(request, |request, (json, _)| request.filter(json.clone()));
        self.at_least.iter().fold(request, |request, least| request.having(json!({"n": {"gte": least}})))
    }

    pub(crate) fn check(&self, found: &[Row], records: &[&Record]) {
        let mut groups: Vec<(Row, Vec<&Record>)> = Vec::new();
        if self.groups.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        for record in records.iter().filter(|record| self.filter.as_ref().is_none_or(|(_, holds)| holds(record))) {
            let key: Row = self.groups.iter().map(|group| key(record, group)).collect();
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(record),
                None => groups.push((key, vec![record])),
            }
        }
        groups.sort_by(|(a, _), (b, _)| {
            a.iter().zip(b).map(|(a, b)| below(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        });
        groups.retain(|(_, members)| self.at_least.is_none_or(|least| members.len() as i64 >= least));
        assert_eq!(found.len(), groups.len(), "{self:?}");
        for (row, (key, members)) in found.iter().zip(&groups) {
            assert_eq!(&row[..key.len()], key.as_slice(), "{self:?}");
            assert_eq!(row[key.len()], Some(Value::Int(members.len() as i64)), "{self:?}");
            for (at, (function, field)) in self.metrics.iter().enumerate() {
                let is_final = |record: &&&Record| at % 2 == 0 || record.value("status") == Some(&Value::from("final"));
                let members: Vec<&Record> = members.iter().filter(is_final).copied().collect();
                check_measure(&row[key.len() + 1 + at], function, field, &members, &format!("{self:?} {key:?}"));
            }
        }
    }
}

/// A missing value is below every other.
fn below(a: &Option<Value>, b: &Option<Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => compare(a, b).unwrap(),
    }
}

fn key(record: &Record, group: &str) -> Option<Value> {
    let at = record.value("taken_at").unwrap().as_timestamp().unwrap();
    let date = at.date();
    let (year, month, _) = date.parts();
    Some(match group {
        "month" => Value::Date(Date::new(year, month, 1).unwrap()),
        "quarter" => Value::Date(Date::new(year, (month - 1) / 3 * 3 + 1, 1).unwrap()),
        "day(taken_at)" => Value::Date(date),
        // The day 0, 1970-01-01, was a Thursday.
        "week(taken_at)" => {
            Value::Date(Date::from_days(date.as_days() - (date.as_days() - weekday_of_monday()).rem_euclid(7)).unwrap())
        }
        "hour(taken_at)" => {
            let micros = at.as_micros();
            Value::DateTime(
                udal_core::value::Timestamp::from_micros(micros - micros.rem_euclid(3_600_000_000)).unwrap(),
            )
        }
        field => return record.value(field).cloned(),
    })
}

/// Some Monday, by its days.
fn weekday_of_monday() -> i32 {
    Date::parse("2024-01-01").unwrap().as_days()
}

fn check_measure(found: &Option<Value>, function: &str, field: &str, members: &[&Record], about: &str) {
    let mut values: Vec<&Value> = members.iter().filter_map(|record| record.value(field)).collect();
    let numbers: Vec<f64> =
        if NUMBERS.contains(&field) { values.iter().map(|value| as_number(value)).collect() } else { Vec::new() };
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let exact = |expected: Option<Value>| assert_eq!(*found, expected, "{function}({field}) of {about}");
    let near = |expected: Option<f64>| match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) => {
            let found = as_number(found);
            let scale = expected.abs().max(numbers.iter().fold(1.0, |most: f64, number| most.max(number.abs())) * 1e-6);
            assert!(
                (found - expected).abs() <= 1e-6 * scale,
                "{function}({field}) of {about}: {found}, not {expected}"
            );
        }
        _ => panic!("{function}({field}) of {about}: {found:?}, not {expected:?}"),
    };
    match function {
        "COUNT" => exact(Some(Value::Int(values.len() as i64))),
        "DISTINCT" => {
            values.sort_by(|a, b| compare(a, b).unwrap());
            values.dedup();
            exact(Some(Value::Int(values.len() as i64)));
        }
        "MIN" => exact(values.iter().copied().min_by(|a, b| compare(a, b).unwrap()).cloned()),
        "MAX" => exact(values.iter().copied().max_by(|a, b| compare(a, b).unwrap()).cloned()),
        "SUM" if field == "value" => near((!numbers.is_empty()).then(|| numbers.iter().sum())),
        // Exact, in hundredths: more than 64 bits hold.
        "SUM" => {
            let hundredths: i128 = values.iter().map(|value| hundredths(value)).sum();
            let expected = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            exact((!values.is_empty()).then(|| Value::Decimal(udal_core::value::Decimal::parse(&expected).unwrap())));
        }
        "AVG" => near((count > 0.0).then_some(mean)),
        "STDDEV" => near((count > 1.0).then(|| variance.sqrt())),
        "VARIANCE" if field == "count" => assert_eq!(found.is_some(), count > 1.0),
        "VARIANCE" => near((count > 1.0).then_some(variance)),
        "MEDIAN" => {
            let mut sorted = numbers.clone();
            sorted.sort_by(f64::total_cmp);
            let middle = sorted.len() / 2;
            near((!sorted.is_empty()).then(|| match sorted.len() % 2 {
                1 => sorted[middle],
                _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
            }));
        }
        _ => {
            let mut held: Vec<&&Record> = members.iter().filter(|record| record.value(field).is_some()).collect();
            held.sort_by_key(|record| (record.value("taken_at").unwrap().as_timestamp(), record.id().to_owned()));
            let edge = if function == "FIRST" { held.first() } else { held.last() };
            exact(edge.and_then(|record| record.value(field)).cloned());
        }
    }
}

fn hundredths(value: &Value) -> i128 {
    let text = match value {
        Value::Decimal(decimal) => decimal.to_string(),
        other => other.to_json().to_string(),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse::<i128>().unwrap() * 100 + format!("{fraction:0<2}").parse::<i128>().unwrap()
}

/// Window functions, as they are asked and as they are worked out.
#[derive(Debug)]
pub(crate) struct Neighbours {
    field: &'static str,
    partition: Vec<&'static str>,
    descending: bool,
    before: i64,
    keep: i64,
}

impl Neighbours {
    pub(crate) fn any(random: &mut Random) -> Self {
        let partition = [vec![], vec!["kind"], vec!["kind", "status"]];
        Neighbours {
            field: if random.below(2) == 0 { "value" } else { "count" },
            partition: random.one_of(&partition).clone(),
            descending: random.below(2) == 0,
            before: random.below(4) as i64,
            keep: 1 + random.below(20) as i64,
        }
    }

    pub(crate) fn request(&self) -> WindowRequest {
        let order = format!("{}{}", if self.descending { "-" } else { "" }, self.field);
        let window = |members: Json| {
            let mut window = json!({"partition_by": self.partition, "order_by": order});
            for (name, member) in members.as_object().unwrap() {
                window[name] = member.clone();
            }
            window
        };
        WindowRequest::new("lab", "Result")
            .select(["id"])
            .window("place", window(json!({"function": "row_number"})))
            .window("rank", window(json!({"function": "rank"})))
            .window("dense", window(json!({"function": "dense_rank"})))
            .window("before", window(json!({"function": "lag", "field": "price", "offset": 2})))
            .window("behind", window(json!({"function": "lead", "field": "kind"})))
            .window("last", window(json!({"function": "last_value", "field": "is_ok"})))
            .window("total", window(json!({"function": "sum", "field": "count"})))
            .window(
                "near",
                window(json!({"function": "count", "field": "price", "frame": {"from": -self.before, "to": 1}})),
            )
            .window("all", json!({"function": "count", "partition_by": self.partition}))
            .keep(json!({"place": {"lte": self.keep}}))
            .order_by("id")
    }

    pub(crate) fn check(&self, found: &[Row], records: &[&Record]) {
        let mut partitions: Vec<(Row, Vec<&Record>)> = Vec::new();
        for record in records {
            let key: Row = self.partition.iter().map(|field| record.value(field).cloned()).collect();
            match partitions.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(record),
                None => partitions.push((key, vec![record])),
            }
        }
        let mut expected: BTreeMap<String, Row> = BTreeMap::new();
        for (_, mut members) in partitions {
            let value = |record: &Record| record.value(self.field).cloned();
            let directed = |order: Ordering| if self.descending { order.reverse() } else { order };
            members.sort_by(|a, b| directed(below(&value(a), &value(b))).then_with(|| a.id().cmp(b.id())));
            let mut distinct = 0;
            let mut rank = 0;
            for (at, record) in members.iter().enumerate() {
                if at == 0 || value(members[at - 1]) != value(record) {
                    (rank, distinct) = (at as i64 + 1, distinct + 1);
                }
                if at as i64 >= self.keep {
                    continue;
                }
                let counts: Vec<&Value> = members[..=at].iter().filter_map(|record| record.value("count")).collect();
                let total: i128 = counts.iter().map(|count| i128::from(count.as_int().unwrap())).sum();
                let total = (!counts.is_empty())
                    .then(|| Value::Decimal(udal_core::value::Decimal::parse(&total.to_string()).unwrap()));
                let from = at.saturating_sub(usize::try_from(self.before).unwrap());
                let near =
                    members[from..members.len().min(at + 2)].iter().filter(|record| record.value("price").is_some());
                let row = vec![
                    Some(Value::from(record.id())),
                    Some(Value::Int(at as i64 + 1)),
                    Some(Value::Int(rank)),
                    Some(Value::Int(distinct)),
                    at.checked_sub(2).and_then(|at| members[at].value("price").cloned()),
                    members.get(at + 1).and_then(|record| record.value("kind").cloned()),
                    members.last().and_then(|record| record.value("is_ok").cloned()),
                    total,
                    Some(Value::Int(near.count() as i64)),
                    Some(Value::Int(members.len() as i64)),
                ];
                expected.insert(record.id().to_owned(), row);
            }
        }
        let expected: Vec<Row> = expected.into_values().collect();
        assert_eq!(found, expected.as_slice(), "{self:?}");
    }
}
