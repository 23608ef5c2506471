//! Text that is safe to show in a terminal, cut to the columns it may take.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` with what a terminal would act on, or what would reorder the line, written as an escape.
///
/// ```
/// assert_eq!(udal_format::visible("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
/// ```
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// `text` as [`visible`] writes it, but with its line breaks.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Whether a character controls a terminal, breaks a line, or changes the direction of what follows.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// How many columns of a terminal `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `columns` of a terminal, with `…` where something was cut off.
///
/// ```
/// assert_eq!(udal_format::cut("a long name", 6), "a lon…");
/// assert_eq!(udal_format::cut("日本語", 5), "日本…");
/// ```
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut taken = 1;
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}
