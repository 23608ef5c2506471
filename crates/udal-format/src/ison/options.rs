//! What ISON leaves out or shortens.

use std::num::NonZeroU8;
use std::str::FromStr;

use udal_core::{Error, nearest, shorten};

/// In which order columns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOrder {
    /// As the result has them.
    AsGiven,
    /// Those that are mostly quoted after the others: quotes before the end of a line take fewer tokens.
    QuotedLast,
}

/// What is done with columns in which nothing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullColumns {
    /// They are written.
    Kept,
    /// They are left out. Where a later row has a value after all, a further block with the column begins.
    Dropped,
}

/// What is done with missing values at the end of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailingNulls {
    /// They are written.
    Kept,
    /// They are left out, but for one where the row has no value at all.
    Dropped,
}

/// How ids of records, and references to them, are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Whole, as `AppLabResult/r1` and `:AppLabResult/r1`.
    Whole,
    /// Without what all of a column start with, as `r1` and `:r1`; a `meta` block before says what that is.
    PrefixInMeta,
}

/// How UUIDs, in ids and in texts, are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uuids {
    /// Whole.
    Whole,
    /// As numbers, `1` and `:1`; the block `map.ids` at the end says what each stands for. Each distinct one is kept in
    /// memory until then.
    Numbered,
}

/// How much of an instant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// All of it.
    Exact,
    /// Without its fraction of a second: `2026-03-01T12:30:05Z`.
    Seconds,
    /// Without its seconds: `2026-03-01T12:30Z`.
    Minutes,
    /// The day in UTC: `2026-03-01`.
    Days,
}

/// How much of a float is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// All of it: what is read back is the same number.
    Exact,
    /// Rounded to this many significant digits.
    Digits(NonZeroU8),
}

/// What `ison` and `ison_table` leave out or shorten: nothing, unless it is asked for.
///
/// Read from words with commas between them, as the command line takes them:
///
/// ```
/// use udal_format::{IsonOptions, Times};
/// let options: IsonOptions = "compact,times=seconds".parse().unwrap();
/// assert_eq!(options, IsonOptions { times: Times::Seconds, ..IsonOptions::COMPACT });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsonOptions {
    /// In which order columns are written.
    pub columns: ColumnOrder,
    /// What is done with columns in which nothing stands.
    pub null_columns: NullColumns,
    /// What is done with missing values at the end of a row.
    pub trailing_nulls: TrailingNulls,
    /// How ids of records are written.
    pub ids: Ids,
    /// How UUIDs are written.
    pub uuids: Uuids,
    /// How much of an instant is written.
    pub times: Times,
    /// How much of a float is written.
    pub floats: Floats,
}

/// The significant digits of `brief`.
const BRIEF_DIGITS: NonZeroU8 = NonZeroU8::new(6).unwrap();
/// More significant digits than this change nothing.
const MOST_DIGITS: u8 = 17;

impl IsonOptions {
    /// Every column and value as it is: the default.
    pub const PLAIN: IsonOptions = IsonOptions {
        columns: ColumnOrder::AsGiven,
        null_columns: NullColumns::Kept,
        trailing_nulls: TrailingNulls::Kept,
        ids: Ids::Whole,
        uuids: Uuids::Whole,
        times: Times::Exact,
        floats: Floats::Exact,
    };
    /// Everything that loses nothing.
    pub const COMPACT: IsonOptions = IsonOptions {
        columns: ColumnOrder::QuotedLast,
        null_columns: NullColumns::Dropped,
        trailing_nulls: TrailingNulls::Dropped,
        ids: Ids::PrefixInMeta,
        ..IsonOptions::PLAIN
    };
    /// Everything that loses nothing, and numbers for UUIDs, times to the second, floats of six digits.
    pub const BRIEF: IsonOptions = IsonOptions {
        uuids: Uuids::Numbered,
        times: Times::Seconds,
        floats: Floats::Digits(BRIEF_DIGITS),
        ..IsonOptions::COMPACT
    };
    /// The words that name all options at once.
    pub const PRESETS: [(&'static str, IsonOptions); 3] =
        [("plain", IsonOptions::PLAIN), ("compact", IsonOptions::COMPACT), ("brief", IsonOptions::BRIEF)];
    /// The words that name one option each.
    pub const WORDS: [&'static str; 11] = [
        "quoted-last",
        "drop-null-columns",
        "drop-trailing-nulls",
        "id-prefixes",
        "number-uuids",
        "times=exact",
        "times=seconds",
        "times=minutes",
        "times=days",
        "floats=exact",
        "floats=DIGITS",
    ];

    /// The same options with what `word` says.
    fn with(self, word: &str) -> Option<Self> {
        Some(match word {
            "quoted-last" => IsonOptions { columns: ColumnOrder::QuotedLast, ..self },
            "drop-null-columns" => IsonOptions { null_columns: NullColumns::Dropped, ..self },
            "drop-trailing-nulls" => IsonOptions { trailing_nulls: TrailingNulls::Dropped, ..self },
            "id-prefixes" => IsonOptions { ids: Ids::PrefixInMeta, ..self },
            "number-uuids" => IsonOptions { uuids: Uuids::Numbered, ..self },
            "times=exact" => IsonOptions { times: Times::Exact, ..self },
            "times=seconds" => IsonOptions { times: Times::Seconds, ..self },
            "times=minutes" => IsonOptions { times: Times::Minutes, ..self },
            "times=days" => IsonOptions { times: Times::Days, ..self },
            "floats=exact" => IsonOptions { floats: Floats::Exact, ..self },
            _ => {
                let digits: NonZeroU8 = word.strip_prefix("floats=")?.parse().ok()?;
                (digits.get() <= MOST_DIGITS).then_some(IsonOptions { floats: Floats::Digits(digits), ..self })?
            }
        })
    }
}

impl Default for IsonOptions {
    fn default() -> Self {
        IsonOptions::PLAIN
    }
}

impl FromStr for IsonOptions {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut options = IsonOptions::PLAIN;
        for (at, word) in text.split(',').map(str::trim).enumerate() {
            let preset = IsonOptions::PRESETS.into_iter().find(|(name, _)| *name == word);
            options = match preset {
                Some((_, preset)) if at == 0 => preset,
                Some(_) => return Err(Error::invalid(format!("`{word}` says everything; write it first"))),
                None => options.with(word).ok_or_else(|| unknown(word))?,
            };
        }
        Ok(options)
    }
}

fn unknown(word: &str) -> Error {
    let presets = || IsonOptions::PRESETS.into_iter().map(|(name, _)| name);
    let words = presets().chain(IsonOptions::WORDS);
    let near = nearest(word, words.clone()).map(|near| format!("; did you mean `{near}`?"));
    let message = format!("`{}` is no option of ISON{}", shorten(word), near.unwrap_or_default());
    let all: Vec<&str> = words.collect();
    Error::invalid(message).hint(format!("options are {}, with commas between them; DIGITS is 1 to 17", all.join(" ")))
}
