//! Indexes that are missing, half made, or beyond the model.

use super::columns::is_coming;
use super::{Change, Due, Fills, Step, at_once, name};
use crate::table::index::{Index, attach_index, drop_index, drop_index_concurrently, is_index_name, wanted};
use crate::table::{FoundIndex, FoundTable, Target};

/// What is to be done about the indexes.
///
/// An index on a column that is not there yet, or is of another type, waits for it.
pub(super) fn changes(target: Target<'_>, found: &FoundTable, fills: &Fills) -> Vec<Change> {
    let wanted = wanted(target);
    let can_be = |index: &&Index<'_>| index.fields.iter().all(|field| is_coming(field, found, fills));
    let mut changes: Vec<Change> =
        wanted.iter().filter(can_be).filter_map(|index| change(target, index, found)).collect();
    changes.extend(beyond(target, &wanted, found));
    changes
}

fn change(target: Target<'_>, index: &Index<'_>, found: &FoundTable) -> Option<Change> {
    let table = target.table_name();
    let change = name("make-index", target, &index.name(table));
    if !found.has_rows && found.partitions.is_empty() && find(found, table, &index.name(table)).is_none() {
        // Nobody waits for an index of no rows.
        return Some(at_once(change, vec![index.create(table)]));
    }
    let steps = match found.split_by {
        None => whole_table(table, index, found),
        Some(_) => split_table(table, index, found),
    };
    let due = match in_making(table, index, found) {
        Some(part) => Due::ByHand { reason: format!("another session makes it on `{part}` now"), stops_writes: false },
        None => Due::Later,
    };
    (!steps.is_empty()).then_some(Change { name: change, due, steps })
}

/// The table, or the partition, whose index is being made elsewhere.
fn in_making<'f>(table: &str, index: &Index<'_>, found: &'f FoundTable) -> Option<&'f str> {
    let tables = found.partitions.iter().map(String::as_str).chain([table]);
    let names: Vec<String> = tables.map(|table| index.name(table)).collect();
    let mut making = found.indexes.iter().filter(|found| found.is_in_making && names.contains(&found.name));
    making.next().map(|found| found.table.as_str())
}

fn whole_table(table: &str, index: &Index<'_>, found: &FoundTable) -> Vec<Step> {
    let mut steps = Vec::new();
    match find(found, table, &index.name(table)) {
        Some(there) if there.is_valid && there.method == index.method.name() => return steps,
        Some(there) => steps.push(Step::Alone(drop_index_concurrently(&there.name))),
        None => {}
    }
    steps.push(Step::Alone(index.create_concurrently(table)));
    steps
}

/// The split table's own index is made at once and without any part; then each partition's, while others read and write.
/// With the last of them attached it is whole. Partitions that come meanwhile bring theirs with them.
fn split_table(table: &str, index: &Index<'_>, found: &FoundTable) -> Vec<Step> {
    let mut steps = Vec::new();
    let whole = index.name(table);
    match find(found, table, &whole) {
        Some(there) if there.method == index.method.name() => {}
        Some(_) => steps.push(Step::Together(vec![drop_index(&whole), index.create_only(table)])),
        None => steps.push(Step::Together(vec![index.create_only(table)])),
    }
    let is_new = !steps.is_empty();
    for part in &found.partitions {
        let has_part = |found: &&FoundIndex| found.table == *part && found.part_of.as_ref() == Some(&whole);
        if !is_new && found.indexes.iter().any(|index| has_part(&index)) {
            continue;
        }
        let own = index.name(part);
        match find(found, part, &own) {
            Some(there) if there.is_valid && there.part_of.is_none() => {}
            Some(there) => {
                // A part of an index that is dropped is gone with it.
                if there.part_of.is_none() {
                    steps.push(Step::Alone(drop_index_concurrently(&own)));
                }
                steps.push(Step::Alone(index.create_concurrently(part)));
            }
            None => steps.push(Step::Alone(index.create_concurrently(part))),
        }
        steps.push(Step::Together(vec![attach_index(&whole, &own)]));
    }
    steps
}

/// Indexes that Udal made, and that the model does not ask for any more.
fn beyond(target: Target<'_>, wanted: &[Index<'_>], found: &FoundTable) -> Vec<Change> {
    let table = target.table_name();
    let names: Vec<String> = wanted.iter().map(|index| index.name(table)).collect();
    let is_beyond =
        |index: &&FoundIndex| index.table == table && is_index_name(table, &index.name) && !names.contains(&index.name);
    let dropped = |index: &FoundIndex| match found.split_by {
        None => Step::Alone(drop_index_concurrently(&index.name)),
        Some(_) => Step::Together(vec![drop_index(&index.name)]),
    };
    let change = |index: &FoundIndex| Change {
        name: name("drop-index", target, &index.name),
        due: Due::Allowed {
            reason: "the model does not ask for it; what reads by it would be slow".to_owned(),
            stops_writes: false,
        },
        steps: vec![dropped(index)],
    };
    found.indexes.iter().filter(is_beyond).map(change).collect()
}

fn find<'f>(found: &'f FoundTable, table: &str, name: &str) -> Option<&'f FoundIndex> {
    found.indexes.iter().find(|index| index.table == table && index.name == name)
}
