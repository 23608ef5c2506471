//! Tenants with documents in them, and what is done with them through Udal.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde_json::json;
use udal_core::contract::{Backend, BatchCreate, BatchMode, Create, Get, List, Start};
use udal_core::filter::{self, Predicate};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::order::Order;
use udal_core::record::Record;
use udal_core::{AccessContext, Context, TenantSlug};
use udal_graph::{Request, document};
use udal_terminusdb::{Credentials, Endpoint, Settings, TerminusdbBackend};

/// The words of `status`, of which every fifth document has one.
const WORDS: [&str; 5] = ["active", "closed", "dormant", "prospect", "lost"];

pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

pub(crate) struct Site {
    pub(crate) backend: Arc<TerminusdbBackend>,
    pub(crate) url: String,
    pub(crate) tenant: TenantSlug,
    model: Arc<Model>,
    made: AtomicUsize,
}

impl Site {
    pub(crate) async fn new(url: &str) -> Self {
        let password = std::env::var("UDAL_TERMINUSDB_PASSWORD").unwrap_or_else(|_| "root".to_owned());
        let credentials = Credentials::Password { user: "admin".to_owned(), password };
        let mut settings = Settings::new(Endpoint { url: url.to_owned(), credentials });
        settings.prefix = format!("bench{}_", std::process::id());
        let account = ModelDeclaration::new("Account")
            .field("name", "str")
            .field("status", "Optional[str]")
            .field("city", "Optional[str]")
            .field("employees", "Optional[int]");
        let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account)]).unwrap();
        let model = Arc::clone(catalog.model("crm", "Account").unwrap());
        let backend = Arc::new(TerminusdbBackend::new(settings).unwrap());
        let tenant = TenantSlug::new("reads").unwrap();
        Site { backend, url: url.to_owned(), tenant, model, made: AtomicUsize::new(0) }
    }

    pub(crate) fn database(&self, tenant: &TenantSlug) -> String {
        self.backend.database_name(tenant)
    }

    fn context(tenant: &TenantSlug) -> Context {
        Context::new(tenant.clone(), AccessContext::unrestricted("a bench"))
    }

    fn record(&self, number: usize) -> Record {
        let members = json!({
            "id": format!("Account/a{number}"), "version": 1, "name": format!("Account number {number}"),
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "status": WORDS[number % WORDS.len()], "city": format!("City {}", number % 97), "employees": number,
        });
        Record::from_members(&self.model, members.as_object().unwrap()).unwrap()
    }

    pub(crate) fn document_text(&self, number: usize) -> String {
        document(&self.record(number)).to_string()
    }

    /// The documents as Udal sends them.
    pub(crate) fn body(&self, count: usize) -> String {
        (0..count).map(|number| self.document_text(number) + "\n").collect()
    }

    /// A tenant with its classes and one record.
    pub(crate) async fn fresh(&self) -> TenantSlug {
        let tenant = TenantSlug::new(&format!("batch-{}", self.made.fetch_add(1, Ordering::Relaxed))).unwrap();
        let mut record = self.record(0);
        let id = self.model.field("id").unwrap();
        record.set(id, Some(udal_core::value::Value::from("Account/first")));
        self.backend.create(&Self::context(&tenant), Create { record, idempotency: None }).await.unwrap();
        tenant
    }

    pub(crate) async fn batch(&self, tenant: &TenantSlug, numbers: Range<usize>) {
        let count = numbers.len();
        let records = numbers.enumerate().map(|(at, number)| Ok((at as u64, self.record(number))));
        let op = BatchCreate {
            model: Arc::clone(&self.model),
            records: stream::iter(records).boxed(),
            mode: BatchMode::Atomic,
        };
        let report = self.backend.batch_create(&Self::context(tenant), op).await.unwrap();
        assert_eq!(report.created, count as u64);
    }

    pub(crate) async fn fill(&self, size: usize) {
        for start in (0..size).step_by(10_000) {
            self.batch(&self.tenant, start..size.min(start + 10_000)).await;
        }
        self.backend.optimize(&self.tenant).await.unwrap();
    }

    pub(crate) async fn get(&self, number: usize) -> bool {
        let op = Get { model: Arc::clone(&self.model), id: format!("Account/a{number}") };
        self.backend.get(&Self::context(&self.tenant), op).await.unwrap().is_some()
    }

    pub(crate) fn get_request(&self, number: usize) -> Request {
        udal_graph::get(&self.model, &format!("Account/a{number}"), &Predicate::always()).unwrap()
    }

    fn filter(&self) -> Predicate {
        filter::parse(&self.model, &json!({"status": "active"})).unwrap()
    }

    fn order(&self) -> Order {
        Order::parse(&self.model, "-employees").unwrap()
    }

    pub(crate) fn list_request(&self, start: &Start) -> Request {
        let filter = self.filter().and(Predicate::always());
        udal_graph::list(&self.model, &filter, &self.order(), 100, start).unwrap()
    }

    pub(crate) async fn list(&self) -> usize {
        self.listed(self.order()).await
    }

    /// The same without an order of its own: by id.
    pub(crate) async fn list_by_id(&self) -> usize {
        self.listed(Order::by_id(&self.model)).await
    }

    async fn listed(&self, order: Order) -> usize {
        let (model, filter) = (Arc::clone(&self.model), self.filter());
        let op = List { model, filter, order, limit: 100, start: Start::Beginning };
        self.backend.list(&Self::context(&self.tenant), op).await.unwrap().records.len()
    }

    /// Creates records one by one from tasks that wait for each of theirs; answers how many failed.
    pub(crate) async fn create_from_tasks(&self, first: usize, tasks: usize, each: usize) -> usize {
        let mut running = tokio::task::JoinSet::new();
        for task in 0..tasks {
            let (backend, ctx) = (Arc::clone(&self.backend), Self::context(&self.tenant));
            let records: Vec<Record> = (0..each).map(|at| self.record(first + task * each + at)).collect();
            running.spawn(async move {
                let mut failed = 0;
                for record in records {
                    failed += usize::from(backend.create(&ctx, Create { record, idempotency: None }).await.is_err());
                }
                failed
            });
        }
        running.join_all().await.into_iter().sum()
    }

    pub(crate) async fn drop_all(&self) {
        for tenant in self.backend.list_tenants().await.unwrap() {
            self.backend.drop_tenant(&tenant).await.unwrap();
        }
    }
}
