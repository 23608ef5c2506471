//! Groups of records, and what is measured of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::FieldError;
use udal_core::Result;
use udal_core::filter::{self, Predicate, evaluate_row};
use udal_core::model::{Field, FieldType, Model};
use udal_core::value::Value;

use super::bucket::{Bucket, TimeZone, Unit, time_field};
use super::metric::Metric;
use super::reading::{Fault, Reading, name_problem, named_field};
use super::result::{Sorting, note, read_limit, read_order, unfit};
use crate::{Budget, Column};

/// Asks for groups of a model's records.
///
/// ```
/// use udal_query::report::AggregateRequest;
///
/// let request = AggregateRequest::new("lab", "AppLabResult")
///     .group_by(["test_type", "month"])
///     .metric("count", "COUNT(*)")
///     .metric("avg_value", "AVG(value)");
/// ```
#[derive(Clone, Debug, Default)]
pub struct AggregateRequest {
    group: String,
    model: String,
    group_by: Vec<String>,
    metrics: Vec<(String, String)>,
    filter: Option<Json>,
    having: Option<Json>,
    order_by: String,
    limit: Option<u64>,
    time_zone: String,
    gaps: Gaps,
}

/// What becomes of hours, days or months of which there is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// They are left out.
    #[default]
    LeftOut,
    /// Between the first and the last of which there is something, each is there for each of the other groups, with a count
    /// of 0.
    Filled,
}

impl AggregateRequest {
    /// Asks of a model: by its group's name and its own.
    pub fn new(group: impl Into<String>, model: impl Into<String>) -> Self {
        AggregateRequest { group: group.into(), model: model.into(), ..AggregateRequest::default() }
    }

    /// What the records are grouped by: fields, units of time such as `month` (of the model's time field) or
    /// `day(taken_on)`; each perhaps under another name, such as `day_taken=day(taken_on)`.
    #[must_use]
    pub fn group_by<S: Into<String>>(mut self, group_by: impl IntoIterator<Item = S>) -> Self {
        self.group_by.extend(group_by.into_iter().map(Into::into));
        self
    }

    /// What is measured of each group, such as `AVG(value)`, under a name.
    #[must_use]
    pub fn metric(mut self, name: impl Into<String>, metric: impl Into<String>) -> Self {
        self.metrics.push((name.into(), metric.into()));
        self
    }

    /// Only records that the filter finds.
    #[must_use]
    pub fn filter(mut self, filter: Json) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Only groups of which this filter of the answer's columns is true, such as `{"count": {"gte": 10}}`.
    #[must_use]
    pub fn having(mut self, having: Json) -> Self {
        self.having = Some(having);
        self
    }

    /// The order of the groups, such as `-count`: by default as they are grouped.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = order.into();
        self
    }

    /// At most this many groups.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Where days begin, such as `Europe/Berlin`: by default UTC.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    /// What becomes of times of which there is nothing.
    #[must_use]
    pub fn gaps(mut self, gaps: Gaps) -> Self {
        self.gaps = gaps;
        self
    }

    /// The group and the model that it is about.
    pub fn model(&self) -> (&str, &str) {
        (&self.group, &self.model)
    }
}

/// Groups of records, checked against the model.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The model.
    pub model: Arc<Model>,
    /// What the records are grouped by: all of them are one group where there is nothing.
    pub groups: Vec<Group>,
    /// What is measured of each.
    pub metrics: Vec<Metric>,
    /// Which records.
    pub filter: Predicate,
    /// Which groups, by the columns of the answer.
    pub having: Predicate,
    /// The order: total.
    pub order: Vec<Sorting>,
    /// The most groups.
    pub limit: Option<u64>,
    /// Where days begin.
    pub time_zone: TimeZone,
    /// The group whose gaps are filled, by its place; none where they are left out.
    pub filled: Option<usize>,
    /// What it may cost.
    pub budget: Budget,
}

/// What records are grouped by.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What it is called in the answer.
    pub name: String,
    /// What it is.
    pub key: Key,
}

/// A value by which records are grouped.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// A field's.
    Field(Arc<Field>),
    /// A time, cut to a unit.
    Bucket(Bucket),
}

impl Key {
    fn field_type(&self) -> FieldType {
        match self {
            Key::Field(field) => field.field_type().clone(),
            Key::Bucket(bucket) => bucket.field_type(),
        }
    }
}

impl Aggregate {
    /// Checks a request against `model`, read as `view`: the model as the asker sees it.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) or [`UnknownName`](udal_core::ErrorKind::UnknownName), with
    /// everything that is wrong.
    pub fn read(model: &Arc<Model>, view: &Model, budget: Budget, request: &AggregateRequest) -> Result<Self> {
        let AggregateRequest {
            group: _,
            model: _,
            group_by,
            metrics,
            filter,
            having,
            order_by,
            limit,
            time_zone,
            gaps,
        } = request;
        let mut errors = Vec::new();
        let groups: Vec<Group> = group_by
            .iter()
            .enumerate()
            .filter_map(|(at, text)| note(&mut errors, Group::parse(view, &format!("group_by[{at}]"), text)))
            .collect();
        let metrics: Vec<Metric> =
            metrics.iter().filter_map(|(name, text)| note(&mut errors, Metric::parse(view, name, text))).collect();
        let names = groups.iter().map(|group| ("group_by", &group.name));
        check_names(names.chain(metrics.iter().map(|metric| ("metrics", &metric.name))), &mut errors);
        if groups.is_empty() && metrics.is_empty() && errors.is_empty() {
            let error = FieldError::new("metrics", "missing", "nothing is asked for");
            errors.push(error.hint("give a metric such as `COUNT(*)`, or something to group by"));
        }
        let filled = filled(*gaps, &groups, &mut errors);
        let time_zone = TimeZone::parse(time_zone).map_err(|error| errors.push(error)).unwrap_or_default();
        let limit = read_limit(*limit).map_err(|error| errors.push(error)).unwrap_or_default();
        if !errors.is_empty() {
            return Err(unfit(view, errors));
        }
        let filter = filter.as_ref().map_or(Ok(Predicate::always()), |json| filter::parse(view, json))?;
        let fields = Column::fields(&columns(&groups, &metrics));
        let having =
            having.as_ref().map_or(Ok(Predicate::always()), |json| filter::parse_row("having", &fields, json))?;
        let mut order = read_order(&fields, order_by).map_err(|error| unfit(view, vec![error]))?;
        // Groups differ in what they are grouped by.
        for column in 0..groups.len() {
            if order.iter().all(|sorting| sorting.column != column) {
                order.push(Sorting { column, descending: false });
            }
        }
        let model = Arc::clone(model);
        Ok(Aggregate { model, groups, metrics, filter, having, order, limit, time_zone, filled, budget })
    }

    /// The columns of the answer.
    pub fn columns(&self) -> Vec<Column> {
        columns(&self.groups, &self.metrics)
    }

    /// What is answered where there are no records at all.
    pub fn of_nothing(&self) -> Vec<Vec<Option<Value>>> {
        if !self.groups.is_empty() {
            return Vec::new();
        }
        let row: Vec<Option<Value>> =
            self.metrics.iter().map(|metric| metric.function.is_count().then_some(Value::Int(0))).collect();
        if evaluate_row(&self.having, &row) { vec![row] } else { Vec::new() }
    }
}

fn columns(groups: &[Group], metrics: &[Metric]) -> Vec<Column> {
    let groups = groups.iter().map(|group| Column::new(&group.name, group.key.field_type()));
    groups.chain(metrics.iter().map(|metric| Column::new(&metric.name, metric.field_type()))).collect()
}

impl Group {
    fn parse(view: &Model, path: &str, text: &str) -> Result<Self> {
        let read = || -> std::result::Result<Group, Fault> {
            let mut reading = Reading::new(text);
            let hint = "write a field such as `status`, or a time such as `month` or `day(created_at)`";
            let missing = |at| Fault::new(at, "missing", "expected what to group by").hint(hint);
            let (mut word, mut at) = reading.word().ok_or_else(|| missing(0))?;
            let mut name = None;
            if reading.take("=") {
                name = Some(word);
                let here = reading.here();
                (word, at) = reading.word().ok_or_else(|| missing(here))?;
            }
            let key = key(&mut reading, view, word, at)?;
            reading.end()?;
            let name = name.unwrap_or(word).to_owned();
            Ok(Group { name, key })
        };
        read().map_err(|fault| unfit(view, vec![fault.of(path, text)]))
    }
}

fn key(reading: &mut Reading<'_>, view: &Model, word: &str, at: usize) -> std::result::Result<Key, Fault> {
    if reading.take("(") {
        let Some(unit) = Unit::named(word) else {
            let message = format!("`{word}` is no unit of time");
            return Err(Fault::new(at, "unknown", message).hint(Unit::suggest(word)));
        };
        let (field, field_at) = reading.field(view)?;
        reading.expect(")", "a unit of a field ends with `)`")?;
        return Bucket::new(unit, field, field_at).map(Key::Bucket);
    }
    // A field that is called as a unit is meant before the unit.
    if let (None, Some(unit)) = (view.find(word), Unit::named(word)) {
        return Bucket::new(unit, time_field(view, at)?, at).map(Key::Bucket);
    }
    let field = named_field(view, word, at)?;
    if !field.field_type().is_sortable() {
        let message = format!("`{word}` is `{}`, by which nothing is grouped", field.field_type());
        return Err(Fault::new(at, "not_allowed", message).hint("group by a single value that is not json"));
    }
    Ok(Key::Field(field))
}

fn check_names<'a>(names: impl Iterator<Item = (&'static str, &'a String)>, errors: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    for (list, name) in names {
        let path = format!("{list}.{}", udal_core::shorten(name));
        if let Some(hint) = name_problem(name) {
            errors.push(FieldError::new(path, "not_allowed", "this cannot name a column").hint(hint));
        } else if !seen.insert(name) {
            let error = FieldError::new(path, "not_allowed", "two columns have this name");
            errors.push(error.hint("give one of them another, such as `day_taken=day(taken_on)`"));
        }
    }
}

/// The group whose gaps are filled.
fn filled(gaps: Gaps, groups: &[Group], errors: &mut Vec<FieldError>) -> Option<usize> {
    if gaps == Gaps::LeftOut {
        return None;
    }
    let mut buckets = groups.iter().enumerate().filter(|(_, group)| matches!(group.key, Key::Bucket(_)));
    match (buckets.next(), buckets.next()) {
        (Some((at, _)), None) => Some(at),
        _ => {
            let error = FieldError::new("gaps", "not_allowed", "gaps are filled of one time by which is grouped");
            errors.push(error.hint("group by one unit of time, such as `month`"));
            None
        }
    }
}
