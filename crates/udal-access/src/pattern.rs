//! Permissions by pattern: `crm.accounts.view`, `crm.*.view`, `*.*.*`.

use std::fmt;

/// Which permissions are meant: group, subject and action, each by name or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Permissions on models.
    Models {
        /// The group's name, or `*`.
        group: String,
        /// The name that the model's permissions have, or `*`.
        subject: String,
        /// The action, or `*`.
        action: String,
    },
    /// To change what all tenants read.
    SharedReferenceWrite,
    /// To ask in SQL of one's own.
    RawSql,
}

/// What lets one change the records that every tenant reads.
pub const SHARED_REFERENCE_WRITE: &str = "shared_reference:write";

/// What lets one ask in SQL of one's own.
pub const RAW_SQL: &str = "query:raw_sql";

impl Pattern {
    /// Reads such as `crm.accounts.view`; `*` alone means `*.*.*`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            SHARED_REFERENCE_WRITE => return Some(Pattern::SharedReferenceWrite),
            RAW_SQL => return Some(Pattern::RawSql),
            "*" => return Pattern::parse("*.*.*"),
            _ => {}
        }
        let mut parts = text.split('.');
        let (group, subject, action) = (parts.next()?, parts.next()?, parts.next()?);
        let is_part = |part: &str| !part.is_empty() && (part == "*" || !part.contains('*'));
        if parts.next().is_some() || ![group, subject, action].into_iter().all(is_part) {
            return None;
        }
        Some(Pattern::Models { group: group.to_owned(), subject: subject.to_owned(), action: action.to_owned() })
    }

    /// Whether it means this permission.
    pub fn matches(&self, group: &str, subject: &str, action: &str) -> bool {
        let fits = |part: &str, name: &str| part == "*" || part == name;
        match self {
            Pattern::Models { group: of_group, subject: of_subject, action: of_action } => {
                fits(of_group, group) && fits(of_subject, subject) && fits(of_action, action)
            }
            Pattern::SharedReferenceWrite | Pattern::RawSql => false,
        }
    }

    /// Whether it names one subject of one group: what conditions can be checked against.
    pub fn names_a_subject(&self) -> bool {
        matches!(self, Pattern::Models { group, subject, .. } if group != "*" && subject != "*")
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Models { group, subject, action } => write!(f, "{group}.{subject}.{action}"),
            Pattern::SharedReferenceWrite => f.write_str(SHARED_REFERENCE_WRITE),
            Pattern::RawSql => f.write_str(RAW_SQL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for text in ["crm.accounts.view", "crm.*.view", "*.*.*", "shared_reference:write", "query:raw_sql"] {
            assert_eq!(Pattern::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Pattern::parse("*"), Pattern::parse("*.*.*"));
        for text in ["", "crm", "crm.accounts", "crm.accounts.view.x", "crm.acc*.view", "..", "crm..view"] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
        let some = Pattern::parse("crm.*.view").unwrap();
        assert!(some.matches("crm", "accounts", "view"));
        assert!(!some.matches("crm", "accounts", "update") && !some.matches("lab", "results", "view"));
        assert!(!Pattern::SharedReferenceWrite.matches("crm", "accounts", "view"));
        assert!(!Pattern::RawSql.matches("crm", "accounts", "view"));
    }
}
