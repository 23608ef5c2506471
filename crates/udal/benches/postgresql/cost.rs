//! One call among few models and tenants, and among many: what else there is must not make it dearer.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use udal::model::{Catalog, GroupDeclaration, StorageKind};
use udal::{RecordService, TenantSlug};
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;

use crate::measure::compare_closely;
use crate::reads::next;
use crate::report::{Report, grouped};
use crate::shop::{Shop, id, measurement};

/// How many models there are in all, or tenants: the first, the next and the last are the columns.
const COUNTS: [usize; 3] = [10, 100, 1_000];
/// What the rate among most must be, as a part of that among fewest.
const AIM: f64 = 0.95;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    register_others(shop).await;
    let mut among_models = Vec::new();
    let mut among_tenants = Vec::new();
    for count in COUNTS {
        among_models.push(with_models(shop, count).await);
        among_tenants.push(with_tenants(shop, count).await);
    }
    let mut rows = Vec::new();
    for (what, services) in [("models", among_models), ("tenants", among_tenants)] {
        let rates = rates(shop, &services).await;
        let ratio = rates[COUNTS.len() - 1] / rates[0];
        let mut cells = vec![what.to_owned()];
        cells.extend(rates.into_iter().map(grouped));
        cells.extend([format!("{ratio:.2}"), format!("≥ {AIM}")]);
        rows.push(cells);
        if ratio < AIM {
            report.miss(format!("`get` among 1,000 {what}: {ratio:.2} of the rate among 10, not {AIM}"));
        }
    }
    let text = "How often a second one task gets a record by id, at the median, on one connection, in a process that has so \
                many models, or knows the places of so many tenants; call by call in turns. The model is looked up by its name \
                for each call. Each other model was called once; of the other tenants there are the entries in the registry, \
                which the process has looked up, and no databases.";
    report.section("One call among many", text, &["among", "10", "100", "1,000", "1,000 to 10", "aim"], rows);
}

/// A service with so many models, of which only one has a table.
async fn with_models(shop: &Shop, count: usize) -> RecordService {
    let service = service(shop.databases(), count);
    for model in service.catalog().models() {
        let records = service.records(model.group(), model.name()).unwrap();
        records.get(&shop.ctx, &id("Nobody", 0)).await.unwrap();
    }
    service
}

/// A service in a process that knows where so many tenants are.
async fn with_tenants(shop: &Shop, count: usize) -> RecordService {
    let databases = shop.databases();
    for number in 1..count {
        let tenant = TenantSlug::new(&format!("other-{number}")).unwrap();
        assert!(databases.place_of(&tenant).await.unwrap().is_some(), "the registry knows {tenant}");
    }
    service(databases, 1)
}

/// Registers tenants without databases, in addition to the one.
async fn register_others(shop: &Shop) {
    let statement = "INSERT INTO udal_tenants (slug, state, server, database) \
                     SELECT 'other-' || number, 'active', 'default', 'nowhere_' || number FROM generate_series(1, $1) number";
    let client = shop.client_of(shop.databases().platform_place().database()).await;
    let others = i32::try_from(COUNTS[COUNTS.len() - 1] - 1).unwrap();
    client.execute(statement, &[&others]).await.unwrap();
}

/// A service over the filled model and others, so many in all: the filled one in the middle of them.
fn service(databases: TenantDatabases, count: usize) -> RecordService {
    let name = |number: usize| if number == count / 2 { "Plain".to_owned() } else { format!("Other{number}") };
    let group = (0..count).fold(GroupDeclaration::new("lab"), |group, number| group.model(measurement(&name(number))));
    RecordService::builder(Catalog::build(vec![group]).unwrap())
        .backend(StorageKind::Postgresql, Arc::new(PostgresqlBackend::new(databases)))
        .build()
        .unwrap()
}

/// The rate of calls on each service.
async fn rates(shop: &Shop, services: &[RecordService]) -> Vec<f64> {
    let counter = AtomicUsize::new(1);
    let call = |service| {
        let counter = &counter;
        move || get(shop, service, counter)
    };
    let mut calls: Vec<_> = services.iter().map(call).collect();
    compare_closely(&mut calls).await
}

async fn get(shop: &Shop, service: &RecordService, counter: &AtomicUsize) {
    let records = service.records("lab", "Plain").unwrap();
    records.get(&shop.ctx, &id("Plain", next(counter))).await.unwrap().unwrap();
}
