//! Names: which are allowed, and which known one is nearest to an unknown one.

use std::fmt;

use crate::error::{Error, Result};

/// The longest name of a group, model, field or table, in bytes: PostgreSQL's 63 less room for what is appended.
pub const MAX_NAME_LENGTH: usize = 48;

/// A tenant's name, checked once: `[a-z0-9-]`, 1 to 48 characters, no hyphen first.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantSlug(String);

impl TenantSlug {
    /// Checks `text` and makes a slug of it.
    ///
    /// ```
    /// use udal_core::TenantSlug;
    /// assert!(TenantSlug::new("acme-2").is_ok());
    /// assert!(TenantSlug::new("../x").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is not a slug, or is a name that databases keep for themselves.
    pub fn new(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let well_formed = (1..=48).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with('-');
        if !well_formed {
            return Err(Error::invalid(format!("`{}` cannot name a tenant", shorten(text)))
                .hint("use 1 to 48 of the characters a-z, 0-9 and -, with no - first"));
        }
        if RESERVED_TENANTS.contains(&text) {
            return Err(Error::invalid(format!(
                "`{text}` cannot name a tenant: databases keep this name for themselves"
            ))
            .hint("choose another name"));
        }
        Ok(TenantSlug(text.to_owned()))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const RESERVED_TENANTS: [&str; 5] = ["postgres", "template0", "template1", "admin", "system"];

impl fmt::Display for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name in `known` that is nearest to `name`, where one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > 4 * MAX_NAME_LENGTH {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (likeness(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// What to say of `name`, which is not among `known`: the nearest of them, or `otherwise` where none is near enough.
pub fn suggestion<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(name, known).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

fn likeness(a: &str, b: &str) -> f64 {
    // Two letters swapped in a short name are far apart by the first measure.
    let one_slip = a.len() > 2 && strsim::damerau_levenshtein(a, b) <= 1;
    strsim::jaro_winkler(a, b).max(if one_slip { 0.9 } else { 0.0 })
}

/// `text` cut to a length that fits a message, on a character's boundary.
pub fn shorten(text: &str) -> String {
    const LENGTH: usize = 60;
    let cleaned = |part: &str| part.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    match text.char_indices().nth(LENGTH) {
        None => cleaned(text),
        Some((cut, _)) => format!("{}…", cleaned(text.get(..cut).unwrap_or_default())),
    }
}

/// Why `name` cannot name a field, where it cannot.
pub(crate) fn field_name_problem(name: &str) -> Option<&'static str> {
    if !is_identifier(name, |c| c.is_ascii_alphabetic()) {
        return Some("use a letter first, then letters, digits and _, at most 48 in all");
    }
    ["and", "or", "not"].contains(&name).then_some("this word is part of filters; choose another name")
}

/// Why `name` cannot name a model, where it cannot.
pub(crate) fn model_name_problem(name: &str) -> Option<&'static str> {
    let fits = is_identifier(name, |c| c.is_ascii_uppercase()) && !name.contains('_');
    (!fits).then_some("use an upper-case letter first, then letters and digits, at most 48 in all")
}

/// Why `name` cannot be what a model is called in permissions, where it cannot.
pub(crate) fn subject_name_problem(name: &str) -> Option<&'static str> {
    let fits = is_identifier(name, |c| c.is_ascii_alphabetic());
    (!fits).then_some("use a letter first, then letters, digits and _, at most 48 in all")
}

/// Why `name` cannot name a group or a table, where it cannot.
pub(crate) fn lower_name_problem(name: &str) -> Option<&'static str> {
    if !is_identifier(name, |c| c.is_ascii_lowercase()) || name.chars().any(|c| c.is_ascii_uppercase()) {
        return Some("use a lower-case letter first, then lower-case letters, digits and _, at most 48 in all");
    }
    let reserved = name.starts_with("pg_") || name.starts_with("udal_");
    reserved.then_some("names that start with pg_ and udal_ are kept for the database and for Udal")
}

fn is_identifier(name: &str, first: impl Fn(char) -> bool) -> bool {
    name.len() <= MAX_NAME_LENGTH
        && name.starts_with(first)
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `AppLabResult` as `app_lab_result`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (position, letter) in letters.iter().enumerate() {
        let previous = position.checked_sub(1).and_then(|before| letters.get(before));
        let next = letters.get(position + 1);
        let word_starts = letter.is_ascii_uppercase()
            && previous.is_some_and(|p| !p.is_ascii_uppercase() || next.is_some_and(|n| n.is_ascii_lowercase()));
        if word_starts {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_that_are_refused() {
        let long = "a".repeat(64);
        for bad in ["", "-a", "../x", "A B", "a_b", "é", "postgres", long.as_str(), "a\0", "a;drop"] {
            assert!(TenantSlug::new(bad).is_err(), "{bad}");
        }
        for good in ["a", "0", "acme-123", &"a".repeat(48)] {
            assert!(TenantSlug::new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_nearest_name() {
        assert_eq!(nearest("Acount", ["Account", "Contact"]), Some("Account"));
        assert_eq!(nearest("zzz", ["Account", "Contact"]), None);
    }

    #[test]
    fn snake_case_keeps_acronyms_together() {
        assert_eq!(snake_case("AppLabResult"), "app_lab_result");
        assert_eq!(snake_case("AppCRMAccount"), "app_crm_account");
        assert_eq!(snake_case("X2Y"), "x2_y");
    }

    #[test]
    fn a_message_holds_no_control_characters() {
        assert_eq!(shorten("a\u{1b}[31m\0"), "a\u{fffd}[31m\u{fffd}");
        assert_eq!(shorten(&"é".repeat(100)).chars().count(), 61);
    }
}
