//! Reach: what each policy lets its holder write.

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    Vec::new()
}
