//! Reports over tables.

use std::future::Future;
use std::sync::Arc;

use udal_core::model::{Model, StorageKind};
use udal_core::{Context, Error, ErrorKind, Result};
use udal_query::report::{
    Aggregate, AggregateRequest, Join, JoinRequest, Plan, Report, ReportBackend, Window, WindowRequest,
};
use udal_query::{Budget, Rows};

use super::observe::{metered, observed};
use crate::QueryService;

const AGGREGATE: &str = "aggregate";
const JOIN: &str = "join";
const WINDOW: &str = "window";

/// A report that someone asks for.
struct Asked<'a> {
    queries: &'a QueryService,
    operation: &'static str,
    ctx: &'a Context,
    models: Vec<Arc<Model>>,
    budget: Budget,
}

impl Asked<'_> {
    /// Lets the backend answer, with the log and the audit log looking on.
    async fn answer(&self, work: impl Future<Output = Result<Rows>>) -> Result<Rows> {
        let Asked { queries, operation, ctx, models, budget } = self;
        let rows = observed(&queries.inner.audit, operation, ctx, models, work).await?;
        Ok(metered(operation, ctx, models, *budget, rows))
    }

    fn backend(&self) -> Result<&Arc<dyn ReportBackend>> {
        self.queries.tables(&self.models)
    }

    async fn explain(&self, report: impl FnOnce() -> Result<Report>) -> Result<Plan> {
        let Asked { queries, operation, ctx, models, budget: _ } = self;
        let work = async { self.backend()?.explain(ctx, report()?).await };
        observed(&queries.inner.audit, operation, ctx, models, work).await
    }

    fn only(&self) -> Result<(&Arc<Model>, Arc<Model>)> {
        let model = self.models.first().ok_or_else(|| Error::internal("a report of no model"))?;
        Ok((model, model.seen_by(self.ctx.access())))
    }

    fn aggregate(&self, request: &AggregateRequest) -> Result<Aggregate> {
        let (model, view) = self.only()?;
        Aggregate::read(model, &view, self.budget, request)
    }

    fn join(&self, request: &JoinRequest) -> Result<Join> {
        let models = request.models().map(|(group, model)| {
            let model = self.queries.inner.catalog.model(group, model)?;
            Ok((Arc::clone(model), model.seen_by(self.ctx.access())))
        });
        Join::read(&models.collect::<Result<Vec<_>>>()?, self.budget, request)
    }

    fn window(&self, request: &WindowRequest) -> Result<Window> {
        let (model, view) = self.only()?;
        Window::read(model, &view, self.budget, request)
    }
}

impl QueryService {
    /// Groups of a model's records, and what is measured of each.
    ///
    /// The records are those that the asker may see; a field that is hidden from them is not there, and one that is masked can
    /// neither be measured nor grouped by.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) or [`UnknownName`](ErrorKind::UnknownName) for a request that does not fit;
    /// [`Unsupported`](ErrorKind::Unsupported) for a model that is in no table; [`OverBudget`](ErrorKind::OverBudget) and
    /// [`TimedOut`](ErrorKind::TimedOut), also in the place of a row.
    pub async fn aggregate(&self, ctx: &Context, request: &AggregateRequest) -> Result<Rows> {
        let asked = self.of_one(request.model(), AGGREGATE, ctx)?;
        asked.answer(async { asked.backend()?.aggregate(ctx, asked.aggregate(request)?).await }).await
    }

    /// What the storage would be asked for an aggregate, and how it would go about it. It tells what rules hide, and is for
    /// whoever manages them.
    ///
    /// # Errors
    /// As for [`aggregate`](QueryService::aggregate).
    pub async fn explain_aggregate(&self, ctx: &Context, request: &AggregateRequest) -> Result<Plan> {
        let asked = self.of_one(request.model(), AGGREGATE, ctx)?;
        asked.explain(|| asked.aggregate(request).map(Report::Aggregate)).await
    }

    /// Records of several models side by side, of a tenant's tables and of those that all tenants share.
    ///
    /// Each table holds the records that the asker may see: beside a left join what is hidden is as if it were not there.
    /// Shared records are read a moment before the tenant's own.
    ///
    /// # Errors
    /// As for [`aggregate`](QueryService::aggregate).
    pub async fn join(&self, ctx: &Context, request: &JoinRequest) -> Result<Rows> {
        let asked = self.of_several(request, ctx)?;
        asked.answer(async { asked.backend()?.join(ctx, asked.join(request)?).await }).await
    }

    /// The same of a join as [`explain_aggregate`](QueryService::explain_aggregate).
    ///
    /// # Errors
    /// As for [`join`](QueryService::join).
    pub async fn explain_join(&self, ctx: &Context, request: &JoinRequest) -> Result<Plan> {
        let asked = self.of_several(request, ctx)?;
        asked.explain(|| asked.join(request).map(Report::Join)).await
    }

    /// A model's records with what is worked out of their neighbours: ranks, running totals, differences to the one before.
    ///
    /// Neighbours are records that the asker may see. Of a masked field the mask is answered.
    ///
    /// # Errors
    /// As for [`aggregate`](QueryService::aggregate).
    pub async fn window(&self, ctx: &Context, request: &WindowRequest) -> Result<Rows> {
        let asked = self.of_one(request.model(), WINDOW, ctx)?;
        asked.answer(async { asked.backend()?.window(ctx, asked.window(request)?).await }).await
    }

    /// The same of window functions as [`explain_aggregate`](QueryService::explain_aggregate).
    ///
    /// # Errors
    /// As for [`window`](QueryService::window).
    pub async fn explain_window(&self, ctx: &Context, request: &WindowRequest) -> Result<Plan> {
        let asked = self.of_one(request.model(), WINDOW, ctx)?;
        asked.explain(|| asked.window(request).map(Report::Window)).await
    }

    /// A report of one model.
    fn of_one<'a>(&'a self, model: (&str, &str), operation: &'static str, ctx: &'a Context) -> Result<Asked<'a>> {
        let (group, model) = model;
        let models = vec![Arc::clone(self.inner.catalog.model(group, model)?)];
        Ok(Asked { queries: self, operation, ctx, budget: self.budgets.of(models.iter().map(Arc::as_ref)), models })
    }

    /// A report of several models, each of them once in the logs.
    fn of_several<'a>(&'a self, request: &JoinRequest, ctx: &'a Context) -> Result<Asked<'a>> {
        let mut models: Vec<Arc<Model>> = Vec::new();
        for (group, model) in request.models() {
            let model = self.inner.catalog.model(group, model)?;
            if models.iter().all(|known| known.name() != model.name()) {
                models.push(Arc::clone(model));
            }
        }
        let budget = self.budgets.of(models.iter().map(Arc::as_ref));
        Ok(Asked { queries: self, operation: JOIN, ctx, budget, models })
    }

    /// The backend of reports, where all of `models` are in tables.
    pub(super) fn tables<'a>(
        &self,
        models: impl IntoIterator<Item = &'a Arc<Model>>,
    ) -> Result<&Arc<dyn ReportBackend>> {
        for model in models {
            if model.storage_kind() != StorageKind::Postgresql {
                let message = format!("`{}` is kept as linked documents, and reports are over tables", model.name());
                return Err(
                    Error::new(ErrorKind::Unsupported, message).hint("use the graph queries: traverse, path, subgraph")
                );
            }
        }
        self.reports.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "records are kept in memory, which answers no reports")
                .hint("start Udal with a PostgreSQL server")
        })
    }
}
