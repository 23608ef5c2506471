//! Lab results that look real and are the same every time.

use serde_json::{Map, Value as Json, json};
use udal::value::Timestamp;

/// The first instant of the three years, 2023-01-01T00:00:00Z, in microseconds since 1970.
const BEGIN: i64 = 1_672_531_200_000_000;
/// Three years in microseconds: 2023 to 2025, with the leap day of 2024.
const SPAN: i64 = 1_096 * DAY;
const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const PATIENTS: u64 = 4_000;

/// A test with how its values are spread among patients.
struct TestType {
    name: &'static str,
    unit: Option<&'static str>,
    mean: f64,
    spread: f64,
    /// Values below and above are flagged.
    normal: (f64, f64),
    /// Ten to the number of digits that the instrument gives.
    scale: f64,
}

const fn test(
    name: &'static str,
    unit: Option<&'static str>,
    (mean, spread): (f64, f64),
    normal: (f64, f64),
    scale: f64,
) -> TestType {
    TestType { name, unit, mean, spread, normal, scale }
}

const TESTS: [TestType; 8] = [
    test("ph", None, (7.40, 0.035), (7.35, 7.45), 100.0),
    test("glucose", Some("mmol/L"), (5.6, 1.3), (3.9, 7.8), 10.0),
    test("hemoglobin", Some("g/dL"), (13.9, 1.5), (12.0, 17.0), 10.0),
    test("sodium", Some("mmol/L"), (140.0, 2.8), (135.0, 145.0), 1.0),
    test("potassium", Some("mmol/L"), (4.2, 0.42), (3.5, 5.1), 100.0),
    test("creatinine", Some("µmol/L"), (79.0, 17.0), (45.0, 110.0), 1.0),
    test("cholesterol", Some("mmol/L"), (5.0, 1.0), (2.0, 6.2), 10.0),
    test("tsh", Some("mU/L"), (2.1, 0.85), (0.4, 4.2), 100.0),
];

/// Numbers that look random and depend on a seed alone (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number of mean 0 and spread 1, near enough to the bell curve: twelve even numbers less their mean.
    fn bell(&mut self) -> f64 {
        (0..12)
            .map(|_| f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX))
            .sum::<f64>()
            - 6.0
    }
}

/// The result of that number among `count` of them, which span the three years.
pub(super) fn result(number: u64, count: u64) -> Json {
    let mut numbers = Numbers(number);
    let at = usize::try_from(numbers.below(TESTS.len() as u64)).unwrap_or_default();
    let Some(test) = TESTS.get(at) else {
        return Json::Null;
    };
    let mut members = Map::new();
    let mut put = |name: &str, value: Json| _ = members.insert(name.to_owned(), value);
    put("id", json!(format!("AppLabResult/r{:07}", number + 1)));
    put("test_type", json!(test.name));
    put("unit", json!(test.unit));
    put("patient_id", json!(format!("p-{:04}", numbers.below(PATIENTS) + 1)));
    put("instrument", json!(format!("analyzer-{}", numbers.below(3) + 1)));
    put("created_at", json!(time(number, count, &mut numbers)));
    let is_hemolyzed = test.name == "potassium" && numbers.below(150) == 0;
    let fate = numbers.below(200);
    let status = match fate {
        0 => "failed",
        1..=3 => "corrected",
        _ if count - number <= count / 2_000 => "pending",
        _ => "final",
    };
    put("status", json!(status));
    let mut flags = Vec::new();
    if is_hemolyzed {
        flags.push("hemolyzed");
        put("comment", json!("Sample hemolyzed, repeat requested"));
    }
    if !matches!(status, "failed" | "pending") {
        let shift = if is_hemolyzed { 1.6 } else { 0.0 };
        let value = ((test.mean + test.spread * numbers.bell() + shift) * test.scale).round() / test.scale;
        let value = value.max(1.0 / test.scale);
        put("value", json!(value));
        match value {
            low if low < test.normal.0 => flags.push("low"),
            high if high > test.normal.1 => flags.push("high"),
            _ => {}
        }
    }
    if !flags.is_empty() {
        put("flags", json!(flags));
    }
    Json::Object(members)
}

/// When it was measured: evenly over the days, in working hours, with few at night.
fn time(number: u64, count: u64, numbers: &mut Numbers) -> String {
    let days = SPAN / DAY;
    let share = u128::from(number) * u128::from(days.unsigned_abs()) / u128::from(count.max(1));
    let day = i64::try_from(share).unwrap_or_default().min(days - 1);
    let hour = if numbers.below(8) == 0 { numbers.below(24) } else { 7 + numbers.below(11) };
    let within = i64::try_from(hour * 3_600 + numbers.below(3_600)).unwrap_or_default() * (HOUR / 3_600);
    Timestamp::from_micros(BEGIN + day * DAY + within).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_every_time_and_over_three_years() {
        let count = 20_000;
        let results: Vec<Json> = (0..count).map(|number| result(number, count)).collect();
        assert_eq!(results[123], result(123, count));
        let months: std::collections::BTreeSet<&str> =
            results.iter().map(|json| &json["created_at"].as_str().unwrap()[..7]).collect();
        assert_eq!((months.len(), months.first(), months.last()), (36, Some(&"2023-01"), Some(&"2025-12")));
        let kinds: std::collections::BTreeSet<&str> =
            results.iter().map(|json| json["test_type"].as_str().unwrap()).collect();
        assert_eq!(kinds.len(), TESTS.len());
    }

    #[test]
    fn values_are_plausible() {
        let count = 50_000;
        let results: Vec<Json> = (0..count).map(|number| result(number, count)).collect();
        let values: Vec<f64> =
            results.iter().filter(|json| json["test_type"] == "ph").filter_map(|json| json["value"].as_f64()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((7.39..7.41).contains(&mean), "{mean}");
        assert!(values.iter().all(|value| (7.1..7.7).contains(value)));
        let with = |name: &str, word: &str| results.iter().filter(|json| json[name] == word).count();
        assert!(with("status", "final") > 48_000 && with("status", "failed") > 100 && with("status", "pending") > 0);
        assert!(results.iter().any(|json| json["comment"].is_string()));
    }
}
