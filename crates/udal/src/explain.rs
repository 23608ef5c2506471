//! Why a user may do something or not: the rules, the predicate, what it is compiled to, and the plan.

use std::sync::Arc;

use udal_access::{Considered, Question, explain};
use udal_core::access::Permission;
use udal_core::contract::Start;
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::{Model, StorageKind};
use udal_core::order::Order;
use udal_core::record::Record;
use udal_core::value::Timestamp;
use udal_core::{AccessContext, Context, Error, ErrorKind, Result, TenantSlug, shorten};
use udal_pgpool::{Database, Failure};
use udal_sql::{Statement, document, table};

use crate::Udal;

/// Why a user may do something or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessExplanation {
    /// Whether they may: of the record, where one was asked about, else of any.
    pub is_permitted: bool,
    /// The rules that have a say, and what became of each.
    pub considered: Vec<Considered>,
    /// What must be true of a record.
    pub predicate: String,
    /// The statement that lists the records in reach, as the storage gets it: SQL or GraphQL.
    pub statement: String,
    /// How the database goes about it, a line each; empty where it does not say.
    pub plan: Vec<String>,
}

/// What is asked to be explained.
#[derive(Clone, Debug)]
pub struct ExplainRequest {
    /// The user.
    pub user: String,
    /// What they want to do.
    pub permission: Permission,
    /// The record with which, by its id; none for records as such.
    pub record: Option<String>,
}

/// How many records the explained list is of.
const LIMIT: usize = 100;

impl Udal {
    /// Explains what the tenant's directory permits a user now. It tells what rules hide, and is for whoever manages them.
    ///
    /// # Errors
    /// [`UnknownName`](ErrorKind::UnknownName) for a permission of no model; [`NotFound`](ErrorKind::NotFound) where there is no
    /// such tenant or record; what the database says.
    pub async fn explain_access(&self, tenant: &TenantSlug, request: &ExplainRequest) -> Result<AccessExplanation> {
        let ExplainRequest { user, permission, record } = request;
        let model = self.model_of(permission)?;
        let directory = self.access_directory(tenant).await?.directory;
        let system = Context::new(tenant.clone(), AccessContext::unrestricted("explaining access"));
        let record = match record {
            Some(id) => Some(self.record_to_explain(&system, &model, id).await?),
            None => None,
        };
        let catalog = self.service().catalog();
        let now = Timestamp::now();
        let considered = explain(&directory, catalog, Question { user, permission, now }, record.as_ref())?;
        let access = udal_access::access_context(&directory, catalog, user, permission, now)?;
        let is_held = !access.permissions().is_empty();
        let reach = Context::new(tenant.clone(), access).reach(&model, permission.action());
        let is_permitted = is_held && record.as_ref().is_none_or(|record| evaluate(&reach, record));
        let (statement, plan) = self.compiled(tenant, &model, &reach).await?;
        Ok(AccessExplanation { is_permitted, considered, predicate: reach.to_string(), statement, plan })
    }

    fn model_of(&self, permission: &Permission) -> Result<Arc<Model>> {
        let models = || self.service().catalog().models();
        let found = models().find(|model| model.subject() == permission.subject());
        found.cloned().ok_or_else(|| {
            let known: Vec<String> = models().map(|model| model.subject().to_string()).collect();
            let message = format!("no model has the permission `{permission}`");
            let near = udal_core::nearest(&permission.subject().to_string(), known.iter().map(String::as_str))
                .map(str::to_owned);
            Error::new(ErrorKind::UnknownName, message).near(near.as_deref())
        })
    }

    async fn record_to_explain(&self, system: &Context, model: &Model, id: &str) -> Result<Record> {
        let found = self.service().records(model.group(), model.name())?.get(system, id).await?;
        found.ok_or_else(|| {
            let message = format!("there is no record `{}` of `{}`", shorten(id), model.name());
            Error::new(ErrorKind::NotFound, message).hint("leave it out to ask about records as such")
        })
    }

    /// The statement for the records in reach, and its plan where it is one for PostgreSQL.
    async fn compiled(&self, tenant: &TenantSlug, model: &Model, reach: &Predicate) -> Result<(String, Vec<String>)> {
        let (order, start) = (Order::by_id(model), Start::Beginning);
        if model.storage_kind() == StorageKind::Terminusdb && self.graph().is_some() {
            let request = udal_graph::list(model, reach, &order, LIMIT, &start)?;
            return Ok((request.text, Vec::new()));
        }
        let statement = match table::Target::new(model) {
            Some(target) => table::list(target, reach, &order, LIMIT, &start),
            None => document::list(model, reach, &order, LIMIT, &start),
        };
        let database = if model.is_shared() { Database::Shared } else { Database::Tenant(tenant.clone()) };
        let plan = self.plan(&database, &statement).await?;
        Ok((statement.text, plan))
    }

    /// How PostgreSQL would go about a statement; nothing where its table is not there yet.
    async fn plan(&self, database: &Database, statement: &Statement) -> Result<Vec<String>> {
        let Some(databases) = self.databases() else { return Ok(Vec::new()) };
        let lines = async { Ok::<_, Failure>(databases.connect_to(database).await?.plan(statement).await?) };
        match lines.await {
            Err(Failure::Missing(_)) => Ok(Vec::new()),
            lines => Ok(lines?),
        }
    }
}
