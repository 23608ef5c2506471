//! How tables are filled and cleaned.

use super::{Change, Due, Step, alter, name};
use crate::table::create::{storage_parameters, write_storage_parameters};
use crate::table::{FoundTable, Target};

/// What is to be done about the settings of the tables that hold rows: it changes what is written from now on.
pub(super) fn changes(target: Target<'_>, found: &FoundTable) -> Option<Change> {
    let wanted: Vec<String> =
        storage_parameters(target).iter().map(|(name, value)| format!("{name}={value}")).collect();
    let differs = |(table, options): &&(String, Vec<String>)| {
        found.parts(target).contains(&table.as_str()) && !wanted.iter().all(|option| options.contains(option))
    };
    let set = |(table, _): &(String, Vec<String>)| {
        let mut sql = alter(table);
        sql.push(" SET ");
        write_storage_parameters(&mut sql, target);
        Step::Together(vec![sql.into_text()])
    };
    let steps: Vec<Step> = found.options.iter().filter(differs).map(set).collect();
    (!steps.is_empty()).then(|| Change { name: name("set-storage", target, ""), due: Due::Later, steps })
}
