//! Tenants with records of which a user may see some.

use std::sync::Arc;

use futures_util::TryStreamExt;
use serde_json::{Value as Json, json};
use tokio_postgres::Client;
use udal_core::access::{Action, Condition, ConditionOperator, Entitlement, Grant, Visibility};
use udal_core::contract::{Backend, Create};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration, position};
use udal_core::record::{Record, read_new};
use udal_core::value::{Timestamp, Value};
use udal_core::{AccessContext, Context, Ownership, Result, TenantSlug};
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;
use udal_query::raw::{RawBackend, RawLimits, RawSql, RawStatement};

use crate::support::Fixture;

/// What no answer and no error may hold: values of hidden records, of hidden and masked fields, of another tenant.
pub(crate) const CANARIES: [&str; 4] = ["HIDDEN-CANARY", "FIELD-CANARY", "MASK-CANARY", "GLOBEX-CANARY"];

pub(crate) struct Bench {
    pub(crate) fixture: Fixture,
    pub(crate) databases: TenantDatabases,
    pub(crate) backend: PostgresqlBackend,
    pub(crate) catalog: Catalog,
}

pub(crate) fn catalog() -> Catalog {
    let result = ModelDeclaration::new("AppLabResult")
        .field("test_type", "str")
        .field("status", "str")
        .field("name", "str")
        .field("value", "float")
        .field("taken", "date")
        .field("amount", "Optional[decimal]")
        .field("tags", "Set[str]")
        .field("info", "Optional[json]")
        .field("patient", "str")
        .field("note", "Optional[str]")
        .postgresql()
        .table_name("app_lab_result");
    let sample = ModelDeclaration::new("AppLabSample")
        .field("result", "str")
        .field("volume", "int")
        .field("order", "int")
        .postgresql()
        .table_name("app_lab_sample")
        .partition_by("created_at");
    let code = ModelDeclaration::new("AppLabCode").field("code", "str").postgresql().shared();
    let contact = ModelDeclaration::new("AppCRMContact").field("name", "str");
    let lab = GroupDeclaration::new("lab").model(result).model(sample).model(code);
    Catalog::build(vec![lab, GroupDeclaration::new("crm").model(contact)]).unwrap()
}

impl Bench {
    /// Starts a server with the tenants `acme`, `twin`, which has of it what the user sees and nothing else, and `globex`.
    pub(crate) async fn start() -> Self {
        let fixture = Fixture::start().await;
        let databases = fixture.databases_with(|settings| settings.limits.max_connections_per_tenant = 1);
        let backend = PostgresqlBackend::new(databases.clone());
        let bench = Bench { fixture, databases, backend, catalog: catalog() };
        bench.fill("acme", "CANARY", true).await;
        bench.fill("twin", "OTHER", false).await;
        bench.fill("globex", "GLOBEX-CANARY", true).await;
        bench
    }

    async fn fill(&self, tenant: &str, canary: &str, with_hidden: bool) {
        let model = self.catalog.model("lab", "AppLabResult").unwrap();
        let kinds = ["glucose", "iron", "zinc"];
        for number in (1..=16_usize).filter(|number| with_hidden || *number <= 12) {
            let is_hidden = number > 12;
            let name = if is_hidden { format!("(HIDDEN-{canary}") } else { (100 + number).to_string() };
            let json = json!({
                "id": format!("AppLabResult/{number:02}"), "created_at": format!("2024-{:02}-05T10:00:00Z", 1 + number % 6),
                "team_id": "north", "owned_by": "ada", "test_type": kinds[number % 3],
                "status": if is_hidden { "closed" } else { "open" }, "name": name,
                "value": if is_hidden { 13.0 } else { number as f64 }, "taken": format!("2024-{:02}-05", 1 + number % 6),
                "amount": (number % 4 != 0).then(|| format!("{number}.25")), "tags": ["a", if number % 2 == 0 { "even" } else { "odd" }],
                "info": {"rank": number, "deep": {"list": [1, number]}},
                "patient": format!("MASK-{canary}"), "note": format!("FIELD-{canary}"),
            });
            self.create(tenant, model, json).await;
        }
        let model = self.catalog.model("lab", "AppLabSample").unwrap();
        for number in 1..=6_usize {
            let json = json!({"id": format!("AppLabSample/{number}"), "created_at": format!("2024-{number:02}-01T00:00:00Z"),
                "team_id": "north", "owned_by": "ada", "result": format!("AppLabResult/{:02}", 2 * number), "volume": 10 * number, "order": 7 - number});
            self.create(tenant, model, json).await;
        }
        let client = self.client(tenant).await;
        client.batch_execute("UPDATE app_lab_result SET updated_at = created_at; UPDATE app_lab_sample SET updated_at = created_at; ANALYZE").await.unwrap();
    }

    async fn create(&self, tenant: &str, model: &Arc<Model>, json: Json) {
        let record = record_of(model, &json);
        self.backend.create(&system(tenant), Create { record, idempotency: None }).await.unwrap();
    }

    /// A bare connection to the tenant's database.
    pub(crate) async fn client(&self, tenant: &str) -> Client {
        self.fixture.client(&format!("sqh_tenant_{tenant}")).await
    }

    /// Who sees the open results of their team, without notes, and patients as a mask.
    pub(crate) fn user(&self, tenant: &str) -> Context {
        let of = |model: &str| self.catalog.model("lab", model).unwrap();
        // A policy that costs more than the asker's own tests: without a barrier these would come first.
        let words: Vec<String> = (0..12).map(|number| format!("open{number}")).chain(["open".to_owned()]).collect();
        let open = Condition::new("status", ConditionOperator::In, json!(words));
        let view = |grant: Grant| Entitlement::of(Ownership::TeamWide).grant(grant);
        let access = AccessContext::user("ada", Some("north"))
            .unwrap()
            .permit(of("AppLabResult").permission(Action::View), view(Grant::new("role `lab`").when(open)))
            .permit(of("AppLabSample").permission(Action::View), view(Grant::new("role `lab`")))
            .restrict(of("AppLabResult").subject(), "note", Visibility::Hidden)
            .restrict(of("AppLabResult").subject(), "patient", Visibility::Masked("it's ***".to_owned()));
        Context::new(TenantSlug::new(tenant).unwrap(), access.permit_raw_sql().build())
    }

    /// Reads and runs a statement.
    pub(crate) async fn ask(&self, ctx: &Context, text: &str, params: Vec<Json>) -> Result<Answer> {
        self.run(ctx, RawStatement::parse(text, &self.catalog)?, params).await
    }

    pub(crate) async fn run(&self, ctx: &Context, statement: RawStatement, params: Vec<Json>) -> Result<Answer> {
        let op = RawSql { statement, params, limits: RawLimits::default() };
        let answer = self.backend.raw_sql(ctx, op).await?;
        let names = answer.columns.iter().map(|column| column.name.clone()).collect();
        Ok(Answer { names, rows: answer.rows.try_collect().await? })
    }
}

/// A record, with what the service fills.
pub(crate) fn record_of(model: &Arc<Model>, json: &Json) -> Record {
    let mut draft = read_new(model, json).unwrap();
    let now = Value::DateTime(Timestamp::now());
    draft.fill(position::VERSION, Some(Value::Int(1)));
    draft.fill(position::CREATED_AT, Some(now.clone()));
    draft.fill(position::UPDATED_AT, Some(now));
    draft.into_record()
}

/// The whole of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<Option<Value>>>,
}

pub(crate) fn system(tenant: &str) -> Context {
    Context::new(TenantSlug::new(tenant).unwrap(), AccessContext::unrestricted("a test"))
}
