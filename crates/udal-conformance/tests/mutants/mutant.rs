//! The reference backend behind a wrapper that has one flaw.

use std::cmp::Ordering;

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchMode, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created,
    Delete, Deleted, Get, List, MAX_LIMIT, Page, Search, Start, Update, Upsert,
};
use udal_core::filter::{Comparison, Predicate, Test};
use udal_core::order::{Order, Position};
use udal_core::record::Record;
use udal_core::value::{Value, compare};
use udal_core::{AccessContext, Context, ErrorKind, Result, TenantSlug};
use udal_memory::MemoryBackend;

/// What a mutant does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    IgnoresReach,
    MixesTenants,
    MakesTenantsWhenReading,
    NotEqualOfMissing,
    NotInSqlLogic,
    Wildcards,
    MissingLast,
    TiesByChance,
    DropsLimit,
    NeverMore,
    IgnoresSkip,
    AfterRepeats,
    TrimsStrings,
    EmptyStringIsMissing,
    ReversesSets,
    CountIgnoresFilter,
    SearchIgnoresLimit,
    ForgetsKeys,
    IgnoresVersionOfUpdate,
    IgnoresVersionOfDelete,
    DeleteOfNothingFails,
    AtomicIsPerItem,
    CreateOverwrites,
}

/// Each flaw with a clause that it breaks.
pub(crate) const FLAWS: [(Flaw, &str); 31] = [
    (Flaw::IgnoresReach, "GET-3"),
    (Flaw::IgnoresReach, "LIST-8"),
    (Flaw::IgnoresReach, "UPDATE-4"),
    (Flaw::IgnoresReach, "UPDATE-5"),
    (Flaw::IgnoresReach, "DELETE-2"),
    (Flaw::IgnoresReach, "CREATE-5"),
    (Flaw::IgnoresReach, "BATCH-6"),
    (Flaw::IgnoresReach, "SEARCH-1"),
    (Flaw::IgnoresReach, "COUNT-1"),
    (Flaw::MixesTenants, "TENANT-1"),
    (Flaw::MakesTenantsWhenReading, "TENANT-2"),
    (Flaw::NotEqualOfMissing, "FILTER-1"),
    (Flaw::NotInSqlLogic, "FILTER-8"),
    (Flaw::Wildcards, "FILTER-4"),
    (Flaw::MissingLast, "LIST-3"),
    (Flaw::TiesByChance, "LIST-2"),
    (Flaw::DropsLimit, "LIST-5"),
    (Flaw::NeverMore, "LIST-5"),
    (Flaw::IgnoresSkip, "LIST-6"),
    (Flaw::AfterRepeats, "LIST-7"),
    (Flaw::TrimsStrings, "VALUE-1"),
    (Flaw::EmptyStringIsMissing, "VALUE-2"),
    (Flaw::ReversesSets, "VALUE-3"),
    (Flaw::CountIgnoresFilter, "COUNT-1"),
    (Flaw::SearchIgnoresLimit, "SEARCH-3"),
    (Flaw::ForgetsKeys, "CREATE-3"),
    (Flaw::IgnoresVersionOfUpdate, "UPDATE-3"),
    (Flaw::IgnoresVersionOfDelete, "DELETE-3"),
    (Flaw::DeleteOfNothingFails, "DELETE-2"),
    (Flaw::AtomicIsPerItem, "BATCH-1"),
    (Flaw::CreateOverwrites, "CREATE-2"),
];

/// The reference backend with one flaw, or with none.
pub(crate) struct Mutant {
    inner: MemoryBackend,
    flaw: Option<Flaw>,
}

impl Mutant {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        Mutant { inner: MemoryBackend::new(), flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn context(&self, ctx: &Context) -> Context {
        match self.flaw {
            Some(Flaw::IgnoresReach) => Context::new(ctx.tenant().clone(), AccessContext::unrestricted("a flaw")),
            Some(Flaw::MixesTenants) => Context::new(TenantSlug::new("one").unwrap(), ctx.access().clone()),
            _ => ctx.clone(),
        }
    }

    async fn reading(&self, ctx: &Context) -> Result<Context> {
        if self.has(Flaw::MakesTenantsWhenReading) {
            self.inner.create_tenant(ctx.tenant()).await?;
        }
        Ok(self.context(ctx))
    }

    fn predicate(&self, predicate: Predicate) -> Predicate {
        let each = |parts: Vec<Predicate>| parts.into_iter().map(|part| self.predicate(part)).collect();
        match predicate {
            Predicate::All(parts) => Predicate::All(each(parts)),
            Predicate::Any(parts) => Predicate::Any(each(parts)),
            Predicate::Not(inner) => match *inner {
                Predicate::Test(field, test) if self.has(Flaw::NotInSqlLogic) && test != Test::Missing => {
                    let present = Predicate::Test(field.clone(), Test::Present);
                    Predicate::Not(Box::new(Predicate::Test(field, test))).and(present)
                }
                inner => Predicate::Not(Box::new(self.predicate(inner))),
            },
            Predicate::Test(field, Test::Compare(Comparison::NotEqual, value)) if self.has(Flaw::NotEqualOfMissing) => {
                let missing = Predicate::Test(field.clone(), Test::Missing);
                Predicate::Any(vec![Predicate::Test(field, Test::Compare(Comparison::NotEqual, value)), missing])
            }
            Predicate::Test(field, Test::Contains(part)) if self.has(Flaw::Wildcards) => {
                Predicate::Test(field, Test::Contains(part.replace(['%', '_'], "")))
            }
            test => test,
        }
    }

    fn record(&self, mut record: Record) -> Record {
        let fields: Vec<_> = record.model().declared_fields().cloned().collect();
        for field in fields {
            let value = match (self.flaw, record.get(&field).cloned()) {
                (Some(Flaw::TrimsStrings), Some(Value::Str(text))) => Some(Value::Str(text.trim().to_owned())),
                (Some(Flaw::EmptyStringIsMissing), Some(Value::Str(text))) if text.is_empty() => None,
                (Some(Flaw::ReversesSets), Some(Value::Set(elements))) => {
                    Some(Value::Set(elements.into_iter().rev().collect()))
                }
                (_, value) => value,
            };
            record.set(&field, value);
        }
        record
    }

    /// Every record that a list may answer, in a wrong order.
    async fn disordered(&self, ctx: &Context, op: List) -> Result<Page> {
        let whole = List { limit: usize::MAX - 1, start: Start::Beginning, ..op.clone() };
        let mut records = self.inner.list(ctx, whole).await?.records;
        match self.flaw {
            Some(Flaw::MissingLast) => records.sort_by(|a, b| missing_last(&op.order, a, b)),
            _ => records.sort_by(|a, b| without_ties(&op.order, a, b)),
        }
        let from = match &op.start {
            Start::Beginning => 0,
            Start::Skip(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            Start::After(position) => {
                let here = |record: &Record| Position::of(record, &op.order) == *position;
                records.iter().position(here).map_or(0, |at| at + 1)
            }
        };
        Ok(Page::cut(records.into_iter().skip(from).collect(), op.limit))
    }
}

fn missing_last(order: &Order, a: &Record, b: &Record) -> Ordering {
    for term in order.terms() {
        let compared = match (a.get(&term.field), b.get(&term.field)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(a), Some(b)) => compare(a, b).unwrap_or(Ordering::Equal),
        };
        let compared = if term.descending { compared.reverse() } else { compared };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    Ordering::Equal
}

fn without_ties(order: &Order, a: &Record, b: &Record) -> Ordering {
    match order.terms() {
        [.., last] if order.terms().len() > 1 && !last.descending => {
            let same = order.terms().iter().rev().skip(1).all(|term| a.get(&term.field) == b.get(&term.field));
            if same { b.id().cmp(a.id()) } else { order.compare(a, b) }
        }
        _ => order.compare(a, b),
    }
}

#[async_trait]
impl Backend for Mutant {
    fn name(&self) -> &'static str {
        "mutant"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        let found = self.inner.get(&self.reading(ctx).await?, op).await?;
        Ok(found.map(|record| self.record(record)))
    }

    async fn list(&self, ctx: &Context, mut op: List) -> Result<Page> {
        let ctx = self.reading(ctx).await?;
        op.filter = self.predicate(op.filter);
        match (self.flaw, &op.start) {
            (Some(Flaw::DropsLimit), _) => op.limit = MAX_LIMIT,
            (Some(Flaw::IgnoresSkip), Start::Skip(_)) => op.start = Start::Beginning,
            (Some(Flaw::AfterRepeats), Start::After(position)) => {
                // The record at the position is answered again.
                let whole = List { limit: usize::MAX - 1, start: Start::Beginning, ..op.clone() };
                let mut records = self.inner.list(&ctx, whole).await?.records;
                records.retain(|record| op.order.compare_position(record, position) != Ordering::Less);
                return Ok(Page::cut(records, op.limit));
            }
            (Some(Flaw::MissingLast | Flaw::TiesByChance), _) => return self.disordered(&ctx, op).await,
            _ => {}
        }
        let mut page = self.inner.list(&ctx, op).await?;
        page.has_more &= !self.has(Flaw::NeverMore);
        page.records = page.records.into_iter().map(|record| self.record(record)).collect();
        Ok(page)
    }

    async fn search(&self, ctx: &Context, mut op: Search) -> Result<Vec<Record>> {
        if self.has(Flaw::SearchIgnoresLimit) {
            op.limit = MAX_LIMIT;
        }
        self.inner.search(&self.reading(ctx).await?, op).await
    }

    async fn count(&self, ctx: &Context, mut op: Count) -> Result<u64> {
        op.filter = if self.has(Flaw::CountIgnoresFilter) { Predicate::always() } else { self.predicate(op.filter) };
        self.inner.count(&self.reading(ctx).await?, op).await
    }

    async fn create(&self, ctx: &Context, mut op: Create) -> Result<Created> {
        let ctx = self.context(ctx);
        if self.has(Flaw::ForgetsKeys) {
            op.idempotency = None;
        }
        let again = op.clone();
        match self.inner.create(&ctx, op).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.has(Flaw::CreateOverwrites) => {
                let (model, id) = (again.record.model().clone(), again.record.id().to_owned());
                self.inner.delete(&ctx, Delete { model, id, if_version: None }).await?;
                self.inner.create(&ctx, again).await
            }
            answer => answer,
        }
    }

    async fn update(&self, ctx: &Context, mut op: Update) -> Result<Record> {
        if self.has(Flaw::IgnoresVersionOfUpdate) {
            op.if_version = None;
        }
        self.inner.update(&self.context(ctx), op).await
    }

    async fn delete(&self, ctx: &Context, mut op: Delete) -> Result<Option<Deleted>> {
        if self.has(Flaw::IgnoresVersionOfDelete) {
            op.if_version = None;
        }
        let id = op.id.clone();
        match self.inner.delete(&self.context(ctx), op).await? {
            None if self.has(Flaw::DeleteOfNothingFails) => Err(udal_core::contract::refusal::not_found(&id)),
            answer => Ok(answer),
        }
    }

    async fn batch_create(&self, ctx: &Context, mut op: BatchCreate<'_>) -> Result<BatchReport> {
        let ctx = self.context(ctx);
        if !(self.has(Flaw::AtomicIsPerItem) && op.mode == BatchMode::Atomic) {
            return self.inner.batch_create(&ctx, op).await;
        }
        op.mode = BatchMode::PerItem;
        let mut report = self.inner.batch_create(&ctx, op).await?;
        match report.failures.is_empty() {
            true => Ok(report),
            false => {
                let first = report.failures.remove(0);
                Err(first.error.of_item(first.index))
            }
        }
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        self.inner.upsert(&self.context(ctx), op).await
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        self.inner.batch_update(&self.context(ctx), op).await
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        self.inner.batch_delete(&self.context(ctx), op).await
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.inner.create_tenant(tenant).await
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.inner.list_tenants().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.inner.drop_tenant(tenant).await
    }
}
