//! Records that reports are asked of, and who asks.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::access::{AccessBuilder, Condition, ConditionOperator, Entitlement, Grant};
use udal_core::filter::evaluate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration, StorageKind};
use udal_core::record::Record;
use udal_core::{AccessContext, Action, Context, Ownership, TenantSlug};
use udal_memory::MemoryBackend;
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;
use udal_service::{BatchRequest, Budgets, ListRequest, QueryService, RecordService};

/// Numbers that are the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % count
    }

    pub(crate) fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

pub(crate) struct Lab {
    service: RecordService,
    queries: QueryService,
    tables: Arc<PostgresqlBackend>,
}

impl Lab {
    pub(crate) fn new(databases: TenantDatabases, budgets: Budgets) -> Self {
        let result = ModelDeclaration::new("Result")
            .field("taken_at", "datetime")
            .field("kind", "Optional[str]")
            .field("status", "Optional[enum[pending, final]]")
            .field("is_ok", "Optional[bool]")
            .field("value", "Optional[float]")
            .field("count", "Optional[int]")
            .field("price", "Optional[decimal]")
            .field("sample", "Optional[Ref[Sample]]")
            .field("unit", "Optional[str]")
            .postgresql()
            .partition_by("taken_at");
        let sample =
            ModelDeclaration::new("Sample").field("taken_on", "Optional[date]").field("tags", "Set[str]").postgresql();
        let unit = ModelDeclaration::new("Unit").field("name", "Optional[str]").field("rate", "Optional[decimal]");
        let unit = unit.field("tags", "Set[str]").postgresql().shared();
        let never = ModelDeclaration::new("Never").field("sample", "Optional[Ref[Sample]]").postgresql();
        let linked = ModelDeclaration::new("Linked").field("name", "str");
        let models = [result, sample, unit, never, linked];
        let group = models.into_iter().fold(GroupDeclaration::new("lab"), GroupDeclaration::model);
        let catalog = Catalog::build(vec![group]).unwrap();
        let tables = Arc::new(PostgresqlBackend::new(databases));
        let service = RecordService::builder(catalog)
            .backend(StorageKind::Postgresql, Arc::<PostgresqlBackend>::clone(&tables))
            .backend(StorageKind::Terminusdb, Arc::new(MemoryBackend::new()))
            .build()
            .unwrap();
        let queries = service.queries().reports(Arc::<PostgresqlBackend>::clone(&tables)).budgets(budgets);
        Lab { service, queries, tables }
    }

    pub(crate) fn queries(&self) -> &QueryService {
        &self.queries
    }

    pub(crate) fn model(&self, name: &str) -> Arc<Model> {
        Arc::clone(self.service.catalog().model("lab", name).unwrap())
    }

    fn ctx(access: AccessContext) -> Context {
        Context::new(TenantSlug::new("acme").unwrap(), access)
    }

    pub(crate) fn operator(&self) -> Context {
        Lab::ctx(AccessContext::unrestricted("a test"))
    }

    /// One who sees what they own.
    pub(crate) fn owner(&self, user: &str) -> Context {
        let access = AccessContext::user(user, Some("t")).unwrap();
        let models = ["Result", "Sample", "Unit"].map(|name| self.model(name));
        let permit = |access: AccessBuilder, model: &Arc<Model>| {
            // What all tenants share is nobody's own: of it, they see what they may by its attributes.
            let grams = Condition::new("name", ConditionOperator::Equals, json!("g"));
            let grant = if model.is_shared() { Grant::new("a test").when(grams) } else { Grant::new("a test") };
            let entitlement = Entitlement::of(Ownership::OwnerOnly).grant(grant);
            access.permit(model.permission(Action::View), entitlement)
        };
        Lab::ctx(models.iter().fold(access, permit).build())
    }

    /// One who may see nothing.
    pub(crate) fn nobody(&self) -> Context {
        Lab::ctx(AccessContext::user("nobody", None).unwrap().build())
    }

    pub(crate) async fn make_tenant(&self) {
        self.service.create_tenant(&TenantSlug::new("acme").unwrap()).await.unwrap();
    }

    pub(crate) async fn write(&self, items: Vec<Json>) {
        self.write_to("Result", items).await;
    }

    /// Writes records of that model, and answers all that there are.
    pub(crate) async fn write_to(&self, model: &str, items: Vec<Json>) -> Vec<Record> {
        let records = self.service.records("lab", model).unwrap();
        records.batch_create(&self.operator(), BatchRequest::from_items(items)).await.unwrap();
        records.list(&self.operator(), ListRequest::new().limit(10_000)).await.unwrap().records
    }

    pub(crate) async fn make_shared(&self) {
        self.tables.prepare_shared(&self.model("Unit")).await.unwrap();
    }

    /// Writes so many random records, and answers all that there are.
    pub(crate) async fn fill(&self, random: &mut Random, count: u64) -> Vec<Record> {
        self.write_to("Result", (0..count).map(|number| item(random, number)).collect()).await
    }

    /// Those of `records` that the asker may see: by core's own evaluator.
    pub(crate) fn seen<'a>(&self, ctx: &Context, records: &'a [Record]) -> Vec<&'a Record> {
        let Some(first) = records.first() else { return Vec::new() };
        let reach = ctx.reach(first.model(), Action::View);
        records.iter().filter(|record| evaluate(&reach, record)).collect()
    }
}

fn item(random: &mut Random, number: u64) -> Json {
    let mut item = json!({
        "id": format!("Result/{number:04}"),
        "owned_by": format!("u{}", random.below(3)),
        "taken_at": format!("2024-0{}-1{}T{:02}:30:00Z", 1 + random.below(4), random.below(10), random.below(24)),
    });
    let mut add = |random: &mut Random, name: &str, value: &dyn Fn(u64) -> Json| {
        if random.below(5) > 0 {
            item[name] = value(random.below(1_000));
        }
    };
    add(random, "kind", &|n| json!(["ph", "PH", "Ä", ""][usize::try_from(n % 4).unwrap()]));
    add(random, "status", &|n| json!(["pending", "final"][usize::try_from(n % 2).unwrap()]));
    add(random, "is_ok", &|n| json!(n % 2 == 0));
    add(random, "value", &|n| json!(f64::from(u32::try_from(n).unwrap()) / 4.0 - 100.0));
    // Sums of these are no 64-bit integers.
    add(random, "count", &|n| if n % 7 == 0 { json!(i64::MAX) } else { json!(n) });
    add(random, "sample", &|n| json!(format!("Sample/{}", n % 12)));
    add(random, "unit", &|n| json!(["g", "mg", "kg", "none"][usize::try_from(n % 4).unwrap()]));
    add(random, "price", &|n| json!(format!("{}.{:02}", n, n % 100)));
    item
}
