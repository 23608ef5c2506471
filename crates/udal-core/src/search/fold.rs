//! Case folding that a database can do in the same way.

/// What lower case leaves apart though it is one letter: `(from, to)`, applied after lower case.
///
/// A store folds with its own full Unicode lower case, then with this table, and gets what [`fold`] gets.
pub const FOLDED: [(char, char); 22] = [
    ('ς', 'σ'),
    ('ſ', 's'),
    ('ẛ', 'ṡ'),
    ('ϐ', 'β'),
    ('ϑ', 'θ'),
    ('ϕ', 'φ'),
    ('ϖ', 'π'),
    ('ϰ', 'κ'),
    ('ϱ', 'ρ'),
    ('ϵ', 'ε'),
    ('\u{1fbe}', 'ι'),
    ('\u{345}', 'ι'),
    ('µ', 'μ'),
    ('\u{1c80}', 'в'),
    ('\u{1c81}', 'д'),
    ('\u{1c82}', 'о'),
    ('\u{1c83}', 'с'),
    ('\u{1c84}', 'т'),
    ('\u{1c85}', 'т'),
    ('\u{1c86}', 'ъ'),
    ('\u{1c87}', 'ѣ'),
    ('\u{1c88}', 'ꙋ'),
];

/// Letters that have case only since Unicode 16: not folded, because the databases in use do not know them.
fn is_too_new(c: char) -> bool {
    matches!(c, '\u{1c89}' | '\u{a7cb}'..='\u{a7cf}' | '\u{a7d2}' | '\u{a7d4}' | '\u{a7da}'..='\u{a7dd}'
        | '\u{10d50}'..='\u{10d65}' | '\u{16ea0}'..='\u{16eb8}')
}

/// `text` without case: each letter in lower case, then through [`FOLDED`]. Not for display.
///
/// ```
/// use udal_core::search::fold;
/// assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
/// ```
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if is_too_new(c) {
            out.push(c);
        } else {
            out.extend(c.to_lowercase().map(folded));
        }
    }
    out
}

fn folded(c: char) -> char {
    FOLDED.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to)
}
