//! Tables that are split in another way than their models say.

use super::{Change, Due, Step, alter, name};
use crate::sql::column_name;
use crate::table::{FoundTable, Span, Target};

/// A table cannot be split in another way while records are in it: ids would not stay unique.
pub(super) fn change(target: Target<'_>, found: &FoundTable) -> Option<Change> {
    let declared = target.partition_key().map(|(field, _)| column_name(field.name()));
    let reason = match (&found.split_by, declared) {
        (None, None) => return None,
        (Some(now), None) => format!("the table is partitioned by `{now}`, the model is not"),
        (None, Some(wanted)) => format!("the table is not partitioned, the model is, by `{wanted}`"),
        (Some(now), Some(wanted)) if *now != wanted => {
            format!("the table is partitioned by `{now}`, the model by `{wanted}`")
        }
        (Some(_), Some(_)) => {
            let other = found.partitions.iter().find(|name| Span::of_partition(target, name).is_none())?;
            format!("the table has the partition `{other}`, which is not of the model's `partition_interval`")
        }
    };
    let mut sql = alter(target.table_name());
    sql.push(" RENAME TO ").name(&format!("{}__old", target.table_name()));
    Some(Change {
        name: name("split-table", target, ""),
        due: Due::ByHand { reason, stops_writes: true },
        steps: vec![Step::Together(vec![sql.into_text()])],
    })
}
