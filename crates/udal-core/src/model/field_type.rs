//! Field types, as the platform's developers write them.

use std::fmt;

use crate::names::nearest;

/// What one element of a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Text, compared by bytes.
    Str,
    /// An integer of 64 bits.
    Int,
    /// A finite double.
    Float,
    /// True or false.
    Bool,
    /// An instant in UTC, to the microsecond.
    DateTime,
    /// A day in the calendar.
    Date,
    /// A decimal number of any precision.
    Decimal,
    /// Any JSON.
    Json,
    /// One of these words, in the order they were declared.
    Enum(Vec<String>),
    /// The id of a record of this model.
    Ref(String),
}

/// How many elements a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One.
    One,
    /// Any number, without order and duplicates; an absent set is the empty set.
    Set,
    /// Any number, in order.
    List,
}

/// A field's whole type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldType {
    /// What one element is.
    pub scalar: Scalar,
    /// How many there are.
    pub shape: Shape,
    /// Whether the value may be missing.
    pub optional: bool,
}

/// Why a type's text is not a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeProblem {
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

const SCALARS: [(&str, Scalar); 8] = [
    ("str", Scalar::Str),
    ("int", Scalar::Int),
    ("float", Scalar::Float),
    ("bool", Scalar::Bool),
    ("datetime", Scalar::DateTime),
    ("date", Scalar::Date),
    ("decimal", Scalar::Decimal),
    ("json", Scalar::Json),
];

const MAX_ENUM_WORDS: usize = 256;

impl FieldType {
    /// A required value of `scalar`.
    pub const fn required(scalar: Scalar) -> Self {
        FieldType { scalar, shape: Shape::One, optional: false }
    }

    /// A value of `scalar` that may be missing.
    pub const fn optional(scalar: Scalar) -> Self {
        FieldType { scalar, shape: Shape::One, optional: true }
    }

    /// Reads a type such as `Optional[List[int]]` or `enum[draft, final]`.
    ///
    /// ```
    /// use udal_core::model::{FieldType, Scalar, Shape};
    /// let tags = FieldType::parse("Set[str]").unwrap();
    /// assert_eq!((tags.scalar, tags.shape), (Scalar::Str, Shape::Set));
    /// assert!(FieldType::parse("string").unwrap_err().hint.contains("`str`"));
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, and how to mend it.
    pub fn parse(text: &str) -> std::result::Result<Self, TypeProblem> {
        let text = text.trim();
        if let Some(inner) = inside(text, "Optional") {
            let parsed = FieldType::parse(inner)?;
            return match (parsed.optional, parsed.shape) {
                (true, _) => Err(problem(text, "`Optional` stands twice", "write it once")),
                (_, Shape::Set) => Err(problem(
                    text,
                    "a set is never missing: an absent set is the empty set",
                    "write it without `Optional`",
                )),
                _ => Ok(FieldType { optional: true, ..parsed }),
            };
        }
        for (word, shape) in [("Set", Shape::Set), ("List", Shape::List)] {
            if let Some(inner) = inside(text, word) {
                return collection(text, shape, scalar(inner)?);
            }
        }
        Ok(FieldType::required(scalar(text)?))
    }

    /// Whether records can be ordered by a field of this type.
    pub fn is_sortable(&self) -> bool {
        self.shape == Shape::One && self.scalar != Scalar::Json
    }

    /// The model that a field of this type refers to.
    pub fn target(&self) -> Option<&str> {
        match &self.scalar {
            Scalar::Ref(model) => Some(model),
            _ => None,
        }
    }
}

fn collection(text: &str, shape: Shape, scalar: Scalar) -> std::result::Result<FieldType, TypeProblem> {
    match scalar {
        Scalar::Json => Err(problem(text, "a collection cannot hold json", "use `json`, which holds arrays itself")),
        scalar => Ok(FieldType { scalar, shape, optional: false }),
    }
}

fn scalar(text: &str) -> std::result::Result<Scalar, TypeProblem> {
    let text = text.trim();
    if let Some((_, scalar)) = SCALARS.iter().find(|(word, _)| *word == text) {
        return Ok(scalar.clone());
    }
    if let Some(model) = inside(text, "Ref") {
        return match crate::names::model_name_problem(model.trim()) {
            None => Ok(Scalar::Ref(model.trim().to_owned())),
            Some(hint) => Err(problem(text, "this is not a model's name", hint)),
        };
    }
    if let Some(words) = inside(text, "enum") {
        return enumeration(text, words);
    }
    if ["Optional", "Set", "List"].iter().any(|word| inside(text, word).is_some()) {
        let hint = "sets and lists hold single values, such as `List[int]`; use `json` for what nests";
        return Err(problem(text, "this cannot stand inside a set or list", hint));
    }
    let aliases = [("string", "str"), ("text", "str"), ("integer", "int"), ("number", "float"), ("boolean", "bool")];
    let alias = aliases.iter().find(|(word, _)| *word == text.to_ascii_lowercase()).map(|(_, meant)| *meant);
    let known = SCALARS.iter().map(|(word, _)| *word).chain(["Optional", "Set", "List", "Ref", "enum"]);
    let hint = match alias.or_else(|| nearest(text.split('[').next().unwrap_or(text), known)) {
        Some(near @ ("Optional" | "Set" | "List")) => format!("write what it holds, such as `{near}[str]`"),
        Some(near @ "Ref") => format!("write which model, such as `{near}[Account]`"),
        Some(near @ "enum") => format!("write its words, such as `{near}[draft, final]`"),
        Some(near) => format!("did you mean `{near}`?"),
        None => "types are str int float bool datetime date decimal json enum[..] Ref[Model], alone or in Optional[..] Set[..] List[..]"
            .to_owned(),
    };
    Err(problem(text, "this is not a type", &hint))
}

fn enumeration(text: &str, words: &str) -> std::result::Result<Scalar, TypeProblem> {
    let words: Vec<String> = words.split(',').map(|word| word.trim().trim_matches(['"', '\'']).to_owned()).collect();
    let fits = |word: &String| {
        (1..=MAX_ENUM_WORDS).contains(&word.len())
            && word.chars().all(|c| c.is_ascii_graphic() || c == ' ')
            && !word.contains(['[', ']'])
    };
    if let Some(bad) = words.iter().find(|word| !fits(word)) {
        let message = format!("`{bad}` cannot be a word of an enum");
        return Err(problem(text, &message, "use printable ASCII, such as `enum[draft, final]`"));
    }
    let twice = words.iter().enumerate().find(|(at, word)| words.iter().take(*at).any(|before| before == *word));
    match twice {
        Some((_, word)) => Err(problem(text, &format!("`{word}` stands twice"), "name each word once")),
        None if words.len() > MAX_ENUM_WORDS => {
            Err(problem(text, "an enum has at most 256 words", "use `str`, or a model and `Ref`"))
        }
        None => Ok(Scalar::Enum(words)),
    }
}

fn inside<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word)?.trim_start().strip_prefix('[')?.strip_suffix(']')
}

fn problem(text: &str, message: &str, hint: &str) -> TypeProblem {
    TypeProblem { message: format!("`{}`: {message}", crate::names::shorten(text)), hint: hint.to_owned() }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Enum(words) => write!(f, "enum[{}]", words.join(", ")),
            Scalar::Ref(model) => write!(f, "Ref[{model}]"),
            other => {
                let word = SCALARS.iter().find(|(_, scalar)| scalar == other).map_or("?", |(word, _)| word);
                f.write_str(word)
            }
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = match self.shape {
            Shape::One => self.scalar.to_string(),
            Shape::Set => format!("Set[{}]", self.scalar),
            Shape::List => format!("List[{}]", self.scalar),
        };
        if self.optional { write!(f, "Optional[{inner}]") } else { f.write_str(&inner) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_they_are_read() {
        for text in [
            "str",
            "Optional[datetime]",
            "Set[Ref[AppCRMContact]]",
            "Optional[List[decimal]]",
            "enum[a, b c]",
            "List[enum[x]]",
        ] {
            assert_eq!(FieldType::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_type() {
        for text in [
            "",
            "string",
            "Optional[Set[str]]",
            "Optional[Optional[int]]",
            "Set[json]",
            "enum[]",
            "enum[a,a]",
            "Ref[x]",
            "List[List[int]]",
        ] {
            assert!(FieldType::parse(text).is_err(), "{text}");
        }
    }
}
