//! What the right answer is: core's evaluator over the records that a case wrote.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};
use udal_core::contract::{Page, Start};
use udal_core::filter::{Predicate, evaluate};
use udal_core::order::Order;
use udal_core::record::Record;
use udal_core::{Action, Context};

use crate::case::{Failure, Outcome};
use crate::expect::{equal, holds, same_records};
use crate::rows::{Ask, Rows};

/// The records, of those in reach, for which the filter is true.
pub(crate) fn found(records: &[Record], ctx: &Context, filter: &Predicate) -> Result<Vec<Record>, Failure> {
    let Some(first) = records.first() else { return Ok(Vec::new()) };
    let reach = ctx.reach(first.model(), Action::View);
    Ok(records.iter().filter(|record| evaluate(&reach, record) && evaluate(filter, record)).cloned().collect())
}

/// The page that `list` must answer: filtered, sorted, cut.
pub(crate) fn page(mut found: Vec<Record>, order: &Order, limit: usize, start: &Start) -> Page {
    found.sort_by(|a, b| order.compare(a, b));
    match start {
        Start::Beginning => {}
        Start::Skip(count) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX).min(found.len());
            found.drain(..count);
        }
        Start::After(position) => found.retain(|record| order.compare_position(record, position) == Ordering::Greater),
    }
    Page::cut(found, limit)
}

impl Rows {
    /// The records, of those that whoever asks may view, for which the filter is true.
    pub(crate) fn found(&self, records: &[Record], filter: &Predicate) -> Vec<Record> {
        let is_found = |record: &&Record| self.may(Action::View, record) && evaluate(filter, record);
        records.iter().filter(is_found).cloned().collect()
    }

    /// The filter, its complement and both counts are as the evaluator says over `records`, which are all there are; and
    /// the answer tells some of them from others.
    pub(crate) async fn discern(&self, records: &[Record], filter: Json) -> Outcome {
        let expected = found(records, &self.ctx, &self.predicate(&filter)?)?.len();
        let all = found(records, &self.ctx, &Predicate::always())?.len();
        let tells = 0 < expected && expected < all;
        holds(tells, format!("the suite's own filter {filter} finds {expected} of {all}: it tells nothing apart"))?;
        self.agree(records, filter).await
    }

    /// As [`discern`](Rows::discern), for each of these.
    pub(crate) async fn discern_all(&self, records: &[Record], filters: Vec<Json>) -> Outcome {
        for filter in filters {
            self.discern(records, filter).await?;
        }
        Ok(())
    }

    /// The filter, its complement and both counts are as the evaluator says over `records`, which are all there are.
    pub(crate) async fn agree(&self, records: &[Record], filter: Json) -> Outcome {
        for filter in [filter.clone(), json!({ "not": filter })] {
            let found = found(records, &self.ctx, &self.predicate(&filter)?)?;
            let ask = Ask::filter(filter.clone());
            let expected = page(found, &Order::by_id(&self.model), ask.limit, &ask.start);
            let told = |failure: Failure| Failure::new(format!("filter {}\n  {failure}", cut(&filter)));
            same_records(&self.page(&ask).await?.records, &expected.records).map_err(told)?;
            equal(self.count(filter.clone()).await?, expected.records.len() as u64).map_err(told)?;
        }
        Ok(())
    }

    /// The filter finds exactly these keys, which are some of all: said literally.
    pub(crate) async fn finds(&self, filter: Json, keys: &[&str]) -> Outcome {
        let told = |failure: Failure| Failure::new(format!("filter {}\n  {failure}", cut(&filter)));
        equal(self.find(filter.clone()).await?, keys).map_err(told)?;
        equal(self.count(filter.clone()).await?, keys.len() as u64).map_err(told)
    }

    /// All pages of that size, one after another, are the records in that order; answers how many pages there were.
    pub(crate) async fn walk(&self, records: &[Record], order: &str, size: usize) -> Result<usize, Failure> {
        let total = Order::parse(&self.model, order)?;
        let visible = self.found(records, &Predicate::always());
        let expected = page(visible, &total, usize::MAX, &Start::Beginning).records;
        let mut ask = Ask::order(order).limit(size);
        let mut walked: Vec<Record> = Vec::new();
        let mut pages = 0;
        loop {
            let page = self.page(&ask).await?;
            pages += 1;
            let told = || format!("page {pages} of size {size} by `{order}` holds {} records", page.records.len());
            holds(page.records.len() <= size && (page.records.len() == size || !page.has_more), told())?;
            walked.extend(page.records.iter().cloned());
            match page.records.last() {
                Some(last) if page.has_more && walked.len() <= expected.len() => ask = ask.after(last)?,
                _ => break,
            }
        }
        let told = |failure: Failure| Failure::new(format!("by `{order}` in pages of {size}\n  {failure}"));
        same_records(&walked, &expected).map_err(told)?;
        Ok(pages)
    }
}

fn cut(json: &Json) -> String {
    json.to_string().chars().take(400).collect()
}
