//! A server with measurements in it, and both ways to reach it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio_postgres::config::Host;
use udal::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal::{AccessContext, BatchRequest, Context, RecordService, Records, TenantSlug};
use udal_embedded::{Durability, Server, Settings};
use udal_pgpool::{Placement, TenantDatabases};
use udal_postgresql::PostgresqlBackend;

/// How many measurements the tables hold.
pub(crate) const ROWS: usize = 200_000;

/// The tenant whose database holds the tables.
pub(crate) const TENANT: &str = "bench";

pub(crate) struct Shop {
    pub(crate) service: RecordService,
    pub(crate) ctx: Context,
    server: Server,
    database: String,
    scratch: TempDir,
}

/// A model of measurements in a table.
pub(crate) fn measurement(name: &str) -> ModelDeclaration {
    ModelDeclaration::new(name)
        .field("test_type", "str")
        .field("value", "float")
        .field("unit", "Optional[str]")
        .field("status", "Optional[enum[pending, final]]")
        .postgresql()
}

fn yearly(name: &str) -> ModelDeclaration {
    measurement(name).high_volume().partition_by("created_at").partition_interval("year")
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
        let server = Server::start(settings).await.unwrap();
        let databases = TenantDatabases::new(udal_pgpool::Settings::new(server.config()));
        let tenant = TenantSlug::new(TENANT).unwrap();
        databases.create_tenant(&tenant, &Placement::Anywhere).await.unwrap();
        let database = databases.place_of(&tenant).await.unwrap().unwrap().database().to_owned();
        let group = GroupDeclaration::new("lab")
            .model(measurement("Plain"))
            .model(measurement("Written"))
            .model(measurement("Paged").index(["test_type", "created_at"]).index(["created_at"]))
            .model(measurement("Split").high_volume().partition_by("created_at"))
            .model(yearly("Imported"))
            .model(yearly("Copied"));
        let backend = Arc::new(PostgresqlBackend::new(databases));
        let service = RecordService::builder(Catalog::build(vec![group]).unwrap())
            .backend(StorageKind::Postgresql, backend)
            .build()
            .unwrap();
        let ctx = Context::new(tenant, AccessContext::unrestricted("a bench"));
        let shop = Shop { service, ctx, server, database, scratch };
        for model in ["Plain", "Split", "Paged"] {
            shop.fill(model, 0..ROWS).await;
        }
        // Its table is what is needed.
        shop.fill("Written", 0..1).await;
        shop.analyze().await;
        shop
    }

    pub(crate) fn records(&self, model: &str) -> Records {
        self.service.records("lab", model).unwrap()
    }

    pub(crate) async fn fill(&self, model: &str, numbers: std::ops::Range<usize>) {
        let name = model.to_owned();
        let items = futures_util::stream::iter(numbers.map(move |number| Ok(item(&name, number))));
        self.records(model).batch_create(&self.ctx, BatchRequest::new(items)).await.unwrap();
    }

    /// Makes the partitions of these years, by a measurement in each.
    pub(crate) async fn fill_years(&self, model: &str, years: std::ops::Range<usize>) {
        let of_year = |year: usize| {
            let mut item = item(model, year);
            item["created_at"] = json!(format!("{year}-06-01T00:00:00Z"));
            item
        };
        let items: Vec<Json> = years.map(of_year).collect();
        self.records(model).batch_create(&self.ctx, BatchRequest::from_items(items)).await.unwrap();
    }

    /// A directory for files, which goes with the server.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The same databases as a process sees them that has just started.
    pub(crate) fn databases(&self) -> TenantDatabases {
        TenantDatabases::new(udal_pgpool::Settings::new(self.server.config()))
    }

    /// A bare connection to the tenant's database.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        self.client_of(&self.database).await
    }

    /// A bare connection to a database of the server.
    pub(crate) async fn client_of(&self, database: &str) -> tokio_postgres::Client {
        let mut config = self.server.config();
        let (client, connection) = config.dbname(database).connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// The tenant's database as a URL of that scheme.
    pub(crate) fn url(&self, scheme: &str) -> String {
        self.url_of(scheme, &self.database)
    }

    /// A database of the server as a URL of that scheme.
    pub(crate) fn url_of(&self, scheme: &str, database: &str) -> String {
        let config = self.server.config();
        let (Some(Host::Unix(directory)), Some(user)) = (config.get_hosts().first(), config.get_user()) else {
            panic!("the server has no socket or no user");
        };
        format!("{scheme}://{user}@/{database}?host={}", directory.display())
    }

    /// The server's name and version.
    pub(crate) async fn version(&self) -> String {
        let row = self.client().await.query_one("SHOW server_version_num", &[]).await.unwrap();
        let number: i64 = row.get::<_, String>(0).parse().unwrap();
        format!("PostgreSQL {}", number / 10_000)
    }

    async fn analyze(&self) {
        self.client().await.batch_execute("VACUUM ANALYZE").await.unwrap();
    }

    pub(crate) async fn close(self) {
        drop(self.service);
        self.server.stop().await.unwrap();
        drop(self.scratch);
    }
}

/// Measurement number `number`: over three years, in an order that is not the ids'.
pub(crate) fn item(model: &str, number: usize) -> Json {
    let minutes = number * 7 % 1_576_800;
    let (day, minute) = (minutes / 1_440, minutes % 1_440);
    let (year, day) = (2021 + day / 365, day % 365);
    let test_type = ["ph", "glucose", "sodium", "potassium"][number % 4];
    json!({
        "id": id(model, number),
        "created_at": format!("{year}-{:02}-{:02}T{:02}:{:02}:00Z", day / 31 + 1, day % 28 + 1, minute / 60, minute % 60),
        "test_type": test_type,
        "value": (number * 37 % 1_000) as f64 / 7.0,
        "unit": "mmol/L",
        "status": "final",
        "owned_by": format!("user-{}", number % 50),
        "team_id": format!("team-{}", number % 5),
    })
}

pub(crate) fn id(model: &str, number: usize) -> String {
    format!("{model}/{number:08}")
}
