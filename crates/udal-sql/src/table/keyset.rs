//! The records after a position, as runs of which each starts at one place of an index.
//!
//! One condition for all that comes after `(a, b, id)` is a disjunction, and an index starts at most at its first part and
//! passes over every record with the same `a`. The same records are a few runs that follow one another: those with the same
//! `a` and `b` and a greater `id`, those with the same `a` and a greater `b`, those with a greater `a`. Neighbours that go in
//! one direction are one comparison of rows, which an index answers whole.
//!
//! Where only the last field, the id, goes in the other direction, no index is in that order, and those with the same `a` and
//! `b` have to be sorted in any case: then one run passes over them, as the first page does.

use udal_core::order::{Order, Position, Term};
use udal_core::value::Value;

use super::LAYOUT;
use crate::{Layout, Param, Sql};

/// Records that follow one another in the order: those of which every part is true.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run<'a>(Vec<Part<'a>>);

#[derive(Clone, Debug, PartialEq)]
enum Part<'a> {
    /// The field has that value; or none.
    Same(&'a Term, Option<&'a Value>),
    /// The fields, compared one after the other, come after these values. They go in one direction.
    Beyond(Vec<(&'a Term, &'a Value)>),
    /// The same, or they have these values and the last field of all, which goes in the other direction, comes after its own.
    BeyondOrLast(Vec<(&'a Term, &'a Value)>, (&'a Term, &'a Value)),
    /// The field has a value: what comes after having none, upwards.
    Present(&'a Term),
}

/// The runs after `position`, in order.
pub(super) fn runs<'a>(order: &'a Order, position: &'a Position) -> Vec<Run<'a>> {
    let places: Vec<Place<'a>> =
        order.terms().iter().zip(position.values()).map(|(term, value)| (term, value.as_ref())).collect();
    runs_of(&places).into_iter().map(Run).collect()
}

type Place<'a> = (&'a Term, Option<&'a Value>);

fn runs_of<'a>(places: &[Place<'a>]) -> Vec<Vec<Part<'a>>> {
    let together = places.iter().take_while(|place| is_comparable(place, places)).count();
    let (first, rest) = places.split_at(together.max(1).min(places.len()));
    let Some((term, value)) = first.first().copied() else { return Vec::new() };
    let beyond: Vec<_> = first.iter().filter_map(|(term, value)| Some((*term, (*value)?))).collect();
    let last = match rest {
        [(last, Some(value))] if value_is_there(first) => Some((*last, *value)),
        _ => None,
    };
    let mut runs = Vec::new();
    for run in runs_of(rest).into_iter().filter(|_| last.is_none()) {
        let same = first.iter().map(|(term, value)| Part::Same(term, *value));
        runs.push(same.chain(run).collect());
    }
    match (value, term.descending) {
        (None, false) => runs.push(vec![Part::Present(term)]),
        // Nothing is below a missing value.
        (None, true) => {}
        (Some(_), descending) => {
            runs.push(vec![match last {
                Some(last) => Part::BeyondOrLast(beyond, last),
                None => Part::Beyond(beyond),
            }]);
            if descending && !is_always_there(term) {
                runs.push(vec![Part::Same(term, None)]);
            }
        }
    }
    runs
}

fn value_is_there(places: &[Place<'_>]) -> bool {
    places.iter().all(|(_, value)| value.is_some())
}

/// Whether the place can be compared together with the first: it goes in the same direction, and no missing value comes
/// after it, of which a comparison would say nothing.
fn is_comparable(place: &Place<'_>, places: &[Place<'_>]) -> bool {
    let (term, value) = place;
    let direction = places.first().map(|(first, _)| first.descending);
    direction == Some(term.descending) && value.is_some() && (!term.descending || is_always_there(term))
}

fn is_always_there(term: &Term) -> bool {
    term.field.is_required()
}

impl Run<'_> {
    /// Writes the condition.
    pub(super) fn write(&self, sql: &mut Sql) {
        sql.joined(" AND ", &self.0, |sql, part| match part {
            Part::Same(term, Some(value)) => LAYOUT.equals(sql, &term.field, value),
            Part::Same(term, None) => {
                LAYOUT.value(sql, &term.field);
                sql.push(" IS NULL");
            }
            Part::Present(term) => {
                LAYOUT.value(sql, &term.field);
                sql.push(" IS NOT NULL");
            }
            Part::Beyond(places) => beyond(sql, places, Bound::Exclusive),
            Part::BeyondOrLast(places, last) => {
                beyond(sql, places, Bound::Inclusive);
                sql.push(" AND (");
                compare(sql, places, Bound::Exclusive);
                sql.push(" OR ");
                compare(sql, &[*last], Bound::Exclusive);
                sql.push(")");
            }
        });
    }
}

/// Whether the values themselves are meant too.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Inclusive,
    Exclusive,
}

fn beyond(sql: &mut Sql, places: &[(&Term, &Value)], bound: Bound) {
    if let [first, _, ..] = places {
        // Says nothing new, but by it partitions are left out, as by a comparison of rows they are not.
        compare(sql, &[*first], Bound::Inclusive);
        sql.push(" AND ");
    }
    compare(sql, places, bound);
}

/// Compares one field, or several as a row, in the direction of the first.
fn compare(sql: &mut Sql, places: &[(&Term, &Value)], bound: Bound) {
    let Some((first, _)) = places.first() else { return };
    let operator = match (first.descending, bound) {
        (true, Bound::Inclusive) => " <= ",
        (true, Bound::Exclusive) => " < ",
        (false, Bound::Inclusive) => " >= ",
        (false, Bound::Exclusive) => " > ",
    };
    let operand = |(term, value): &(&Term, &Value)| -> Param { LAYOUT.operand(&term.field, value) };
    if let [one] = places {
        LAYOUT.value(sql, &first.field);
        sql.push(operator).param(operand(one));
        return;
    }
    sql.push("(").list(places, |sql, (term, _)| LAYOUT.value(sql, &term.field));
    sql.push(")").push(operator).push("(");
    sql.list(places, |sql, place| _ = sql.param(operand(place))).push(")");
}
