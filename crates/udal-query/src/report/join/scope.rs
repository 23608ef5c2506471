//! The names that may stand in a join.

use std::sync::Arc;

use udal_core::filter::Comparison;
use udal_core::model::{Field, Model, Scalar};
use udal_core::{nearest, shorten};

use super::{Condition, Place, Shown};
use crate::report::reading::{Fault, Reading, name_problem};

/// The tables of a join, as names are looked up in them.
pub(super) struct Scope<'a> {
    pub(super) tables: Vec<(&'a str, &'a Arc<Model>)>,
}

impl Scope<'_> {
    /// Reads an alias and the dot behind it.
    fn table(&self, reading: &mut Reading<'_>) -> std::result::Result<(usize, &Arc<Model>), Fault> {
        let hint = "write such as `r.value`: a table's name, a dot, a field";
        let Some((alias, at)) = reading.word() else {
            return Err(Fault::new(reading.here(), "missing", "expected the name of a table").hint(hint));
        };
        let found = self.tables.iter().enumerate().find(|(_, (name, _))| *name == alias);
        let Some((table, (_, view))) = found else {
            let fault = Fault::new(at, "unknown", format!("the join has no table `{}`", shorten(alias)));
            return Err(match nearest(alias, self.tables.iter().map(|(name, _)| *name)) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.hint(hint),
            });
        };
        reading.expect(".", hint)?;
        Ok((table, view))
    }

    fn place(&self, reading: &mut Reading<'_>) -> std::result::Result<(Place, usize), Fault> {
        let (table, view) = self.table(reading)?;
        let (field, at) = reading.field(view)?;
        Ok((Place { table, field }, at))
    }

    pub(super) fn condition(&self, text: &str) -> std::result::Result<Condition, Fault> {
        const SIGNS: [(&str, Comparison); 6] = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("!=", Comparison::NotEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let mut reading = Reading::new(text);
        let (left, left_at) = self.place(&mut reading)?;
        let at = reading.here();
        let Some((_, comparison)) = SIGNS.into_iter().find(|(sign, _)| reading.take(sign)) else {
            return Err(Fault::new(at, "not_allowed", "expected a comparison").hint("there are = != < <= > >="));
        };
        let (right, right_at) = self.place(&mut reading)?;
        reading.end()?;
        for (place, at) in [(&left, left_at), (&right, right_at)] {
            if !place.field.field_type().is_sortable() {
                let message = format!("`{}` has no order: it is `{}`", place.field.name(), place.field.field_type());
                return Err(Fault::new(at, "not_allowed", message).hint("compare single values that are not json"));
            }
        }
        if left.table == right.table {
            let hint = "compare with a field of another table; `filter` tests the fields of one";
            return Err(Fault::new(right_at, "not_allowed", "both fields are of one table").hint(hint));
        }
        if comparable(&left.field) != comparable(&right.field) {
            let [left, right] = [&left, &right].map(|place| place.field.field_type().to_string());
            let message = format!("`{left}` does not compare with `{right}`");
            return Err(Fault::new(right_at, "not_allowed", message).hint("compare fields of one type"));
        }
        Ok(Condition { left, comparison, right })
    }

    pub(super) fn shown(&self, text: &str) -> std::result::Result<Vec<Shown>, Fault> {
        let mut reading = Reading::new(text);
        let mut ahead = reading.clone();
        let name = match (ahead.word(), ahead.take("=")) {
            (Some((name, at)), true) => {
                reading = ahead;
                if let Some(hint) = name_problem(name) {
                    return Err(Fault::new(at, "not_allowed", "this cannot name a column").hint(hint));
                }
                Some(name)
            }
            _ => None,
        };
        let (table, view) = self.table(&mut reading)?;
        let alias = self.tables.get(table).map_or("", |(alias, _)| *alias);
        let shown = |name: String, field: &Arc<Field>| Shown { name, place: Place { table, field: Arc::clone(field) } };
        if name.is_none() && reading.take("*") {
            reading.end()?;
            return Ok(view.visible_fields().map(|field| shown(format!("{alias}.{}", field.name()), field)).collect());
        }
        let at = reading.here();
        let Some((written, _)) = reading.word() else {
            return Err(Fault::new(at, "missing", "expected the name of a field").hint("`*` is all of them"));
        };
        reading.end()?;
        let Some(field) = view.find(written) else {
            let fault = Fault::new(at, "unknown", format!("`{}` has no field `{}`", view.name(), shorten(written)));
            let near = view.nearest_field(written).map(|near| format!("did you mean `{near}`?"));
            return Err(near.into_iter().fold(fault, Fault::hint));
        };
        let name = name.map_or_else(|| format!("{alias}.{}", field.name()), str::to_owned);
        Ok(vec![shown(name, field)])
    }

    /// Every field that may be asked for, and its name in filters and orders.
    pub(super) fn places(&self) -> (Vec<Place>, Vec<Arc<Field>>) {
        let (mut places, mut fields) = (Vec::new(), Vec::new());
        for (table, (alias, view)) in self.tables.iter().enumerate() {
            for field in view.visible_fields() {
                fields.push(Arc::new(field.in_result(&format!("{alias}.{}", field.name()), places.len())));
                places.push(Place { table, field: Arc::clone(field) });
            }
        }
        (places, fields)
    }
}

/// What values are compared as: texts of all kinds are one.
fn comparable(field: &Field) -> &'static str {
    match field.field_type().scalar {
        Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_) => "text",
        Scalar::Int | Scalar::Decimal => "number",
        Scalar::Float => "float",
        Scalar::Bool => "bool",
        Scalar::DateTime => "datetime",
        Scalar::Date => "date",
        Scalar::Json => "json",
    }
}
