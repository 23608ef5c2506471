//! Values as tokens of ISON: bare where every parser reads the same value back, quoted otherwise.

use std::fmt::Write;

/// The largest integer that every parser reads exactly: 2^53 - 1.
const LARGEST_INTEGER: u64 = (1 << 53) - 1;

/// Writes `text` so that it is read back as that string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    if is_bare(text) { out.push_str(text) } else { write_quoted(out, text) }
}

/// Writes `text` between quotes; only what cannot stand there is escaped.
pub(crate) fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
        write_escaped(out, text);
    } else {
        out.push_str(text);
    }
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte == b'\n') | (byte == b'\r') | (byte == b'\t')
}

fn write_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_escaped) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'\r') => "\\r",
            Some(b'\t') => "\\t",
            Some(b'"') => "\\\"",
            _ => "\\\\",
        });
        // Each of the five is one byte long.
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Writes an integer; beyond what floats hold exactly it is a string.
pub(crate) fn write_integer(out: &mut String, number: i64) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    if is_bare_integer(number) { out.push_str(digits) } else { write_quoted(out, digits) }
}

pub(crate) fn is_bare_integer(number: i64) -> bool {
    number.unsigned_abs() <= LARGEST_INTEGER
}

/// Writes a float with the fewest digits that are read back as the same number, never with an exponent; `null` where it is
/// no number.
pub(crate) fn write_float(out: &mut String, number: f64) {
    if !number.is_finite() {
        out.push_str("null");
        return;
    }
    let mut digits = zmij::Buffer::new();
    let digits = digits.format_finite(number);
    if !digits.bytes().any(|byte| byte == b'e') {
        out.push_str(digits);
        return;
    }
    let from = out.len();
    let _written = write!(out, "{number}");
    if !out.as_bytes().iter().skip(from).any(|byte| *byte == b'.') {
        out.push_str(".0");
    }
}

/// Writes the last two digits of `number`, which is not negative.
pub(crate) fn write_pair(out: &mut String, number: i64) {
    /// The numbers to 99, in two digits each.
    const PAIRS: &str = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    let at = usize::try_from(number % 100).unwrap_or_default() * 2;
    out.push_str(PAIRS.get(at..at + 2).unwrap_or_default());
}

/// Writes a reference to the record of that id, of the model `model` where one is named apart from it.
pub(crate) fn write_reference(out: &mut String, model: Option<&str>, id: &str) {
    match model {
        Some(model) if is_reference_part(id) && is_reference_part(model) => out.extend([":", model, ":", id]),
        None if is_reference_part(id) => {
            out.push(':');
            out.push_str(id);
        }
        Some(model) => write_quoted(out, &format!("{model}:{id}")),
        None => write_quoted(out, id),
    }
}

/// Whether `text` can stand in a reference, which has no quotes and no escapes.
fn is_reference_part(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() & (byte != b':') & (byte != b'"') & (byte != b'\\');
    let are_plain = text.bytes().fold(true, |all, byte| all & is_plain(byte));
    let is_refused = |character: char| character == ':' || must_be_quoted(character);
    !text.is_empty() && (are_plain || !text.chars().any(is_refused))
}

/// Whether a token alone on its line would be taken for the start of a block.
pub(crate) fn opens_block(token: &str) -> bool {
    token.split_once('.').is_some_and(|(kind, name)| is_identifier(kind) && is_identifier(name))
}

/// Whether `text` can be the name of a block.
pub(crate) fn is_identifier(text: &str) -> bool {
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether `text` is read back as that string without quotes.
pub(crate) fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else {
        return false;
    };
    // Without a way out before the end, several bytes are looked at at once.
    let (mut is_quoted, mut has_others) = (false, false);
    for byte in bytes {
        is_quoted |= (*byte <= b' ') | (*byte == b'"') | (*byte == b'\\') | (*byte == 0x7f);
        has_others |= *byte >= 0x80;
    }
    if is_quoted || has_others && text.chars().any(must_be_quoted) {
        return false;
    }
    match first {
        b'#' | b':' => false,
        b'-' => !text.starts_with("---") && !is_number(text),
        b'0'..=b'9' | b'+' | b'.' | b'i' | b'I' | b'N' => !is_number(text),
        b'n' => text != "null" && !is_number(text),
        b't' => text != "true",
        b'f' => text != "false",
        b'~' => text != "~",
        _ => true,
    }
}

/// Whether a character asks for quotes wherever it stands: controls, white space, and what parsers of some language strip.
fn must_be_quoted(character: char) -> bool {
    matches!(character, '\0'..=' ' | '"' | '\\' | '\u{7f}'..='\u{a0}' | '\u{180e}' | '\u{200b}' | '\u{feff}')
        || character.is_whitespace()
}

/// Whether some parser takes `text` for a number.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if ["inf", "infinity", "nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && all_digits(exponent))
}
