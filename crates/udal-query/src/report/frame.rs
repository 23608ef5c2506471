//! Which neighbours of a record a window function looks at.

use serde_json::Value as Json;

/// Neighbours from one place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is counted.
    pub unit: FrameUnit,
    /// Where it begins; at the first neighbour where nothing is said.
    pub from: Option<i64>,
    /// Where it ends; at the last where nothing is said.
    pub to: Option<i64>,
}

/// What a frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    /// Records before (negative) and behind.
    Rows,
    /// From or to those that are equal in the order: 0 is all of them.
    Range,
}

impl Frame {
    /// From the first to the record itself.
    pub(crate) const RUNNING: Frame = Frame { unit: FrameUnit::Rows, from: None, to: Some(0) };
    /// All of them.
    pub(crate) const WHOLE: Frame = Frame { unit: FrameUnit::Rows, from: None, to: None };

    /// Reads such as `{"unit": "rows", "from": -6, "to": 0}`.
    pub(crate) fn read(json: &Json) -> Result<Self, &'static str> {
        const FORM: &str = "write such as {\"unit\": \"rows\", \"from\": -6, \"to\": 0}; what is left out has no end";
        let members = json.as_object().ok_or(FORM)?;
        if members.keys().any(|name| !["unit", "from", "to"].contains(&name.as_str())) {
            return Err(FORM);
        }
        let unit = match members.get("unit").map(Json::as_str) {
            None | Some(Some("rows")) => FrameUnit::Rows,
            Some(Some("range")) => FrameUnit::Range,
            _ => return Err("a unit is \"rows\" or \"range\""),
        };
        let end = |name: &str| match members.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => match json.as_i64() {
                Some(count @ -1_000_000..=1_000_000) => Ok(Some(count)),
                _ => Err("an end of a frame is a whole number from -1000000 to 1000000, or null"),
            },
        };
        let (from, to) = (end("from")?, end("to")?);
        if unit == FrameUnit::Range && [from, to].iter().flatten().any(|end| *end != 0) {
            return Err("a range begins and ends at 0, the records that are equal in the order, or has no end");
        }
        match (from, to) {
            (Some(from), Some(to)) if from > to => Err("the frame ends before it begins"),
            _ => Ok(Frame { unit, from, to }),
        }
    }
}
