//! Decimals in PostgreSQL's binary form: digits in base 10,000.

use bytes::{BufMut, BytesMut};

const GROUP: usize = 4;
const NEGATIVE: u16 = 0x4000;

/// Writes a decimal, given as its text without exponent, in the binary form of `numeric`.
pub(crate) fn encode(text: &str, out: &mut BytesMut) {
    let (sign, digits) = text.strip_prefix('-').map_or((0, text), |rest| (NEGATIVE, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let lead = (GROUP - whole.len() % GROUP) % GROUP;
    let whole_groups = (whole.len() + lead) / GROUP;
    let padded = "0".repeat(lead) + whole + fraction + &"0".repeat((GROUP - fraction.len() % GROUP) % GROUP);
    let groups: Vec<u16> = padded.as_bytes().chunks(GROUP).map(group).collect();
    let skipped = groups.iter().take_while(|group| **group == 0).count();
    let kept = groups.iter().rposition(|group| *group != 0).map_or(0, |last| last + 1);
    let count = kept.saturating_sub(skipped);
    let weight = if count == 0 { 0 } else { small(whole_groups) - 1 - small(skipped) };
    out.put_i16(small(count));
    out.put_i16(weight);
    out.put_u16(if count == 0 { 0 } else { sign });
    out.put_i16(small(fraction.len()));
    for group in groups.iter().take(kept).skip(skipped) {
        out.put_u16(*group);
    }
}

fn group(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}

/// A decimal has at most 200 digits, so that every count fits.
fn small(count: usize) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
