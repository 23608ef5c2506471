//! A backend over the reference backend that is wrong in one way.

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, GetAt, History, List, ListText, Page, Search, TextPieces, Update, Upsert, Versions,
};
use udal_core::record::Record;
use udal_core::{AccessContext, Action, Context, Result, TenantSlug};
use udal_memory::MemoryBackend;

use crate::{access, changes, history, reads, writes};

/// In what a backend is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// In nothing.
    None,
    GetFindsNothing,
    GetIgnoresCase,
    GetIgnoresReach,
    ListIgnoresFilter,
    ListIgnoresReach,
    ListBreaksTiesDownwards,
    ListSortsMissingLast,
    ListSortsIgnoringCase,
    ListDropsLimit,
    ListHasNeverMore,
    ListSkipsOneMore,
    ListRepeatsThePosition,
    ListFiltersAfterTheLimit,
    TextShortensNumbers,
    TextIgnoresReach,
    TextEndsNowhere,
    TextEndsWithWhatStandsBetween,
    NotEqualIsTrueOfMissing,
    NotInIsTrueOfMissing,
    EverythingIsInNothing,
    AtLeastIsMore,
    PercentIsAWildcard,
    StartsWithIsContains,
    HasIsNotEmpty,
    EmptyIsNull,
    NotIsThreeValued,
    OrOfNothingIsTrue,
    SystemFieldsAreNotFiltered,
    CountIgnoresFilter,
    CountIgnoresReach,
    SearchIgnoresReach,
    SearchFindsAnyWord,
    SearchMindsCase,
    SearchAnswersBackwards,
    SearchDropsLimit,
    SearchHasWildcards,
    FloatsAreSingle,
    TimesAreWholeSeconds,
    EmptyTextIsMissing,
    SetsLoseTheirOrder,
    ListsAreSorted,
    CreateForgetsAssignees,
    CreateOverwrites,
    CreateLooksThenWrites,
    CreateIgnoresTheKey,
    ReplayAnswersTheRecordNow,
    CreateIgnoresTheFingerprint,
    CreateIgnoresReach,
    UpdateReplacesTheWhole,
    UpdateReadsThenWrites,
    UpdateIgnoresTheVersion,
    UpdateIgnoresReach,
    UpdateGivesAway,
    DeleteKeepsTheRecord,
    DeleteIgnoresReach,
    DeleteIgnoresTheVersion,
    AtomicKeepsTheGoodItems,
    PerItemIsAtomic,
    TheLastOfTwoWins,
    BatchStopsAtTenThousand,
    BatchIgnoresStreamErrors,
    BatchEndsWhereTheStreamFails,
    BatchIgnoresReach,
    ChangesCountBackwards,
    AtomicChangesKeepTheGood,
    PerItemChangesAreAtomic,
    ChangesStopAtTenThousand,
    ChangesIgnoreStreamErrors,
    ChangesMindTheVersionTheyRead,
    ChangesTellNothing,
    UpsertCreatesNothing,
    UpsertReplaces,
    UpsertIgnoresReach,
    UpsertLooksThenWrites,
    UpsertExpectsAnything,
    UpsertLinksLeadBackOnly,
    BatchUpdateReplacesTheWhole,
    BatchUpdateIgnoresTheVersion,
    BatchUpdatePassesOverWhatIsAbsent,
    BatchUpdateIgnoresReach,
    BatchUpdateDropsLinks,
    BatchDeleteKeepsTheRecords,
    BatchDeleteOfNothingFails,
    BatchDeleteIgnoresReach,
    BatchDeleteIgnoresTheVersion,
    BatchDeleteNamesNothing,
    TenantsShareRecords,
    ReadsMakeTenants,
    WritesMakeNoTenant,
    CreateTenantMadeItAlways,
    DropTenantKeepsRecords,
    EveryoneWritesShared,
    AccessAsksNoPermission,
    ConditionsAreMetByNothing,
    OneConditionIsEnough,
    ContainsIsStartsWith,
    TeamsAreForgotten,
    OwnersAreForgotten,
    AssigneesAreForgotten,
    PeopleBelowAreForgotten,
    SharesAreForgotten,
    ToViewIsEnough,
    ToUpdateIsEnough,
    TransferIsAnUpdate,
    ChangesMayLeaveTheReach,
    BatchesAskToViewOnly,
    LinksAreNotChecked,
    BatchLinksLeadBackOnly,
    DeleteLeavesLinks,
    DeleteNamesNothing,
    LinksAreCheckedBefore,
    ReferencesAreChecked,
    HistoryForgetsTheFirst,
    HistoryLeavesOutDeletes,
    HistoryIsAlwaysComplete,
    HistoryIgnoresReach,
    HistoryOfNothingIsEndless,
    HistoryIsEmptyWhereNotKept,
    HistoryCountsNoVersions,
    AtAnswersNow,
    AtIgnoresReach,
    AtKnowsEveryCommit,
}

/// The wrong backend.
pub(crate) struct Wrong {
    pub(crate) memory: MemoryBackend,
    pub(crate) fault: Fault,
}

impl Wrong {
    pub(crate) fn new(fault: Fault) -> Self {
        Wrong { memory: MemoryBackend::new(), fault }
    }

    /// The context of a read; making its tenant where the fault does.
    async fn reading(&self, ctx: &Context) -> Result<Context> {
        if self.fault == Fault::ReadsMakeTenants {
            self.memory.create_tenant(ctx.tenant()).await?;
        }
        self.context(ctx)
    }

    /// The context of a write.
    async fn writing(&self, ctx: &Context, is_shared: bool) -> Result<Context> {
        let is_there = || async { Ok(self.memory.list_tenants().await?.contains(ctx.tenant())) };
        if self.fault == Fault::WritesMakeNoTenant && !is_there().await? {
            return Err(udal_core::Error::new(udal_core::ErrorKind::UnknownName, "there is no such tenant"));
        }
        if self.fault == Fault::EveryoneWritesShared && is_shared {
            return Ok(everyone(ctx));
        }
        self.context(ctx)
    }

    fn context(&self, ctx: &Context) -> Result<Context> {
        if self.fault != Fault::TenantsShareRecords {
            return Ok(ctx.clone());
        }
        Ok(Context::new(TenantSlug::new("all")?, ctx.access().clone()))
    }
}

/// Someone of the same tenant who sees everything.
pub(crate) fn everyone(ctx: &Context) -> Context {
    Context::new(ctx.tenant().clone(), AccessContext::unrestricted("a mutant"))
}

#[async_trait]
impl Backend for Wrong {
    fn name(&self) -> &'static str {
        "wrong"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        match access::get(self, ctx, &op).await {
            Some(answer) => answer,
            None => reads::get(self, &self.reading(ctx).await?, op).await,
        }
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        match access::list(self, ctx, &op).await {
            Some(answer) => answer,
            None => reads::list(self, &self.reading(ctx).await?, op).await,
        }
    }

    async fn list_text(&self, ctx: &Context, op: ListText) -> Result<TextPieces> {
        reads::list_text(self, &self.reading(ctx).await?, op).await
    }

    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>> {
        reads::search(self, &self.reading(ctx).await?, op).await
    }

    async fn count(&self, ctx: &Context, op: Count) -> Result<u64> {
        match access::count(self, ctx, &op).await {
            Some(answer) => answer,
            None => reads::count(self, &self.reading(ctx).await?, op).await,
        }
    }

    async fn create(&self, ctx: &Context, op: Create) -> Result<Created> {
        if let Some(answer) = access::create(self, ctx, &op).await {
            return answer;
        }
        writes::create(self, &self.writing(ctx, op.record.model().is_shared()).await?, op).await
    }

    async fn update(&self, ctx: &Context, op: Update) -> Result<Record> {
        if let Some(record) = access::update(self, ctx, &op).await? {
            return Ok(record);
        }
        writes::update(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
        if let Some(answer) = access::delete(self, ctx, &op).await? {
            return Ok(answer);
        }
        writes::delete(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        writes::batch_create(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        changes::upsert(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        if self.fault == Fault::BatchesAskToViewOnly && ctx.access().holds(&op.model, Action::View) {
            return access::batch_update(self, ctx, op).await;
        }
        changes::batch_update(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        if self.fault == Fault::BatchesAskToViewOnly && ctx.access().holds(&op.model, Action::View) {
            return access::batch_delete(self, ctx, op).await;
        }
        changes::batch_delete(self, &self.writing(ctx, op.model.is_shared()).await?, op).await
    }

    fn keeps_history(&self) -> bool {
        self.fault != Fault::HistoryIsEmptyWhereNotKept
    }

    async fn get_at(&self, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
        history::get_at(self, &self.reading(ctx).await?, op).await
    }

    async fn history(&self, ctx: &Context, op: History) -> Result<Versions> {
        history::history(self, &self.reading(ctx).await?, op).await
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        Ok(self.memory.create_tenant(tenant).await? || self.fault == Fault::CreateTenantMadeItAlways)
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.memory.list_tenants().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        if self.fault == Fault::DropTenantKeepsRecords {
            return Ok(self.memory.list_tenants().await?.contains(tenant));
        }
        self.memory.drop_tenant(tenant).await
    }
}
