//! The hostile corpus: values that stores are known to lose, change, confuse or choke on.

use serde_json::{Value as Json, json};
use udal_core::model::Scalar;

/// Texts that stores confuse: case, accents, wildcards, quotes, other scripts, code points outside the BMP.
pub(crate) const TEXTS: [&str; 64] = [
    "",
    " ",
    "  ",
    "a",
    "A",
    "a ",
    " a",
    "aa",
    "ab",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "B",
    "b",
    "0",
    "10",
    "9",
    "-1",
    "é",
    "e\u{301}",
    "É",
    "e",
    "E",
    "ß",
    "ss",
    "ẞ",
    "ı",
    "İ",
    "i",
    "I",
    "σ",
    "ς",
    "Σ",
    "ﬁ",
    "fi",
    "\u{c5}",
    "\u{212b}",
    "K",
    "\u{212a}",
    "%",
    "_",
    "a%",
    "a_b",
    "\\",
    "\\\\",
    "\\%",
    "\\n",
    "'",
    "''",
    "\"",
    "$1",
    "$$",
    "'; drop table plain; --",
    "null",
    "NULL",
    "true",
    "{\"a\":1}",
    "{a,\"b\"}",
    "\u{fffd}\u{ffff}",
    "😀",
    "𐐀",
    "𐐨",
    "مرحبا",
    "\u{200e}\u{202e}a\u{200b}",
];

/// More texts, for what is kept rather than compared: control characters, the ends of the planes.
pub(crate) const ODD_TEXTS: [&str; 12] = [
    "\u{1}\u{2}\u{1f}\u{7f}",
    "\u{85}\u{a0}\u{2028}\u{2029}",
    "\u{d7ff}\u{e000}",
    "\u{10ffff}",
    "\u{feff}a",
    "\\N",
    "\\.",
    "\u{8}\u{b}\u{c}",
    "\\u0000",
    "\\x00",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "<script>&amp;</script>",
];

/// Whole numbers: the ends, and where a float would lose one.
pub(crate) const WHOLES: [i64; 14] = [
    i64::MIN,
    i64::MIN + 1,
    -9_007_199_254_740_993,
    -2_147_483_649,
    -1,
    0,
    1,
    2,
    9,
    10,
    2_147_483_648,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    i64::MAX,
];

/// Floats: subnormal, at the ends, and those that are not what they are written as.
pub(crate) const NUMBERS: [f64; 17] = [
    f64::MIN,
    -1e308,
    -1.5,
    -f64::MIN_POSITIVE,
    -5e-324,
    0.0,
    5e-324,
    f64::MIN_POSITIVE,
    0.1,
    0.3,
    0.300_000_000_000_000_04,
    1.0,
    9_007_199_254_740_992.0,
    123_456_789.123_456_79,
    1e22,
    1e308,
    f64::MAX,
];

/// Instants: the ends of the calendar, before 1970, single microseconds, other offsets.
pub(crate) const INSTANTS: [&str; 13] = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.000001Z",
    "1582-10-10T12:00:00Z",
    "1899-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "2024-02-29T23:59:59.999999Z",
    "2024-03-01T00:00:00Z",
    "2024-03-01T00:00:00.000001Z",
    "2024-03-01T01:30:00+02:00",
    "2024-03-31T02:30:00Z",
    "2038-01-19T03:14:08Z",
    "9999-12-31T23:59:59.999999Z",
];

/// Days: the ends of the calendar, leap days, the day that some calendars leave out.
pub(crate) const DAYS: [&str; 9] = [
    "0001-01-01",
    "0099-12-31",
    "1582-10-10",
    "1900-02-28",
    "1970-01-01",
    "2000-02-29",
    "2024-02-29",
    "2024-03-01",
    "9999-12-31",
];

/// Decimals that a float or a narrow numeric would change; the longest come from [`long_decimals`].
pub(crate) const AMOUNTS: [&str; 13] = [
    "-12345678901234567890123456789012345678.9",
    "-1.5",
    "-0.1",
    "-0.00000000000000000000000000000000000001",
    "0",
    "0.00000000000000000000000000000000000001",
    "0.1",
    "0.10000000000000000000000000000000000001",
    "1",
    "1.10",
    "9",
    "10",
    "12345678901234567890123456789012345678.9",
];

/// Decimals of 200 digits.
pub(crate) fn long_decimals() -> [String; 4] {
    let nines = "9".repeat(200);
    let fraction = format!("0.{}1", "0".repeat(198));
    [format!("-{nines}"), fraction, format!("{}.{}", "1234567890".repeat(10), "0987654321".repeat(10)), nines]
}

/// A text of one mebibyte, the longest there is, which compresses badly and differs from others of its kind at the end.
pub(crate) fn long_text(end: char) -> String {
    let mut text = long_text_without_end();
    text.push(end);
    text
}

/// The text of a mebibyte that cases write, but for its last letter: recordings need not hold it.
pub fn long_text_without_end() -> String {
    let mut text = String::with_capacity(1 << 20);
    let mut state: u32 = 7;
    while text.len() < (1 << 20) - 8 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push(char::from_u32(0x20 + (state >> 16) % 0x2f0).unwrap_or('x'));
    }
    text
}

/// The keys of ids: what is left of the corpus when it must not hold control characters or be empty.
pub(crate) fn keys() -> Vec<String> {
    let fits = |text: &&&str| !text.is_empty() && !text.chars().any(char::is_control);
    let mut keys: Vec<String> = TEXTS.iter().chain(&ODD_TEXTS).filter(fits).map(|text| (*text).to_owned()).collect();
    keys.extend(["a/b", "/", "..", "../../x", "?", "#", "a&b=c", "%00", "%2f"].map(str::to_owned));
    keys.push("k".repeat(190));
    keys
}

/// The corpus of one type, as JSON; references lead to the friends of [`FRIENDS`].
pub(crate) fn values(scalar: &Scalar) -> Vec<Json> {
    match scalar {
        Scalar::Str => TEXTS.iter().chain(&ODD_TEXTS).map(|text| json!(text)).collect(),
        Scalar::Int => WHOLES.iter().map(|number| json!(number)).collect(),
        Scalar::Float => NUMBERS.iter().map(|number| json!(number)).collect(),
        Scalar::Bool => vec![json!(false), json!(true)],
        Scalar::DateTime => INSTANTS.iter().map(|text| json!(text)).collect(),
        Scalar::Date => DAYS.iter().map(|text| json!(text)).collect(),
        Scalar::Decimal => {
            AMOUNTS.iter().map(|text| json!(text)).chain(long_decimals().iter().map(|text| json!(text))).collect()
        }
        Scalar::Json => jsons(),
        Scalar::Enum(words) => words.iter().map(|word| json!(word)).collect(),
        Scalar::Ref(model) => FRIENDS.iter().map(|key| json!(format!("{model}/{key}"))).collect(),
    }
}

/// The keys of the records that references of the corpus lead to.
pub(crate) const FRIENDS: [&str; 6] = ["A", "B", "a", "é", "😀", "%_'"];

/// JSON values that a store may change: numbers, keys, nesting, what looks like a missing value.
pub(crate) fn jsons() -> Vec<Json> {
    let mut deep = json!("bottom");
    for _ in 0..30 {
        deep = json!({ "in": [deep] });
    }
    vec![
        json!(""),
        json!("null"),
        json!([]),
        json!({}),
        json!(false),
        json!(0),
        json!([null, [null], {"a": null}]),
        json!({"b": 1, "a": 2, "A": 3, "": 4, "é": 5, "😀": 6, "aa": 7}),
        json!([i64::MIN, i64::MAX, u64::MAX, 9_007_199_254_740_993_i64]),
        json!([0.1, 5e-324, 1e308, -1.5, 1e22, 0.300_000_000_000_000_04, 1e-7]),
        json!([1.0, -0.0, 100.0, 1e15]),
        json!(&TEXTS[..]),
        json!(&ODD_TEXTS[..]),
        json!({"$1": "'; drop table x; --", "a.b": {"c\"d": "\\"}, "?": "%s"}),
        deep,
    ]
}
