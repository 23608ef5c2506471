//! Holds what is there to what must be, does everything again, and looks again.

use std::collections::BTreeSet;

use tokio_postgres::{Client, NoTls};
use udal::{BatchMode, BatchRequest, ListRequest, Udal};
use udal_embedded::Server;

use super::Begun;
use super::site::{Release, count, is_kept, migration, open, records, slug, today};
use crate::journal::Structure;
use crate::site::context;

pub(crate) async fn verify(server: &Server, begun: &Begun) {
    let udal = open(server.data_dir(), Release::Later).await.unwrap();
    tenants_are_there(&udal, begun).await;
    for (structure, done) in begun {
        let check = Check { server, udal: &udal, begun, done: *done };
        match structure {
            Structure::MakeTenant(_) | Structure::DropTenant(_) => {}
            Structure::Fill { tenant, model } => check.fill(tenant, model).await,
            Structure::Migrate(tenant) => check.migrate(tenant).await,
            Structure::Maintain(tenant) => check.maintain(tenant).await,
        }
    }
    again(&udal, begun).await;
    databases_are_tenants(server, &udal).await;
    udal.stop().await.unwrap();
}

/// What was made and never begun to be dropped is there; what was dropped is not.
async fn tenants_are_there(udal: &Udal, begun: &Begun) {
    let listed: BTreeSet<String> =
        udal.service().list_tenants().await.unwrap().iter().map(ToString::to_string).collect();
    for (structure, done) in begun {
        match structure {
            Structure::MakeTenant(name) if *done && !begun.contains_key(&Structure::DropTenant(name.clone())) => {
                assert!(listed.contains(name), "{name} was made, and is not there");
            }
            Structure::DropTenant(name) if *done => assert!(!listed.contains(name), "{name} was dropped, and is there"),
            _ => {}
        }
    }
}

/// What was begun with a tenant is ended by the same again, and each answers what it finds.
async fn again(udal: &Udal, begun: &Begun) {
    for structure in begun.keys() {
        let (Structure::MakeTenant(name) | Structure::DropTenant(name)) = structure else { continue };
        let tenant = slug(name);
        if let Structure::MakeTenant(_) = structure {
            if begun.contains_key(&Structure::DropTenant(name.clone())) {
                continue;
            }
            udal.service().create_tenant(&tenant).await.unwrap();
            assert!(!udal.service().create_tenant(&tenant).await.unwrap(), "{name} is made once");
        }
        udal.service().drop_tenant(&tenant).await.unwrap();
        assert!(!udal.service().drop_tenant(&tenant).await.unwrap(), "{name} is dropped once");
    }
}

/// No tenant is without a database, and no database without a tenant.
async fn databases_are_tenants(server: &Server, udal: &Udal) {
    const DATABASES: &str = "SELECT datname::text, datconnlimit FROM pg_database WHERE datname ^@ 'sqh_tenant_'";
    let client = connect(server, "postgres").await;
    let rows = client.query(DATABASES, &[]).await.unwrap();
    let found: BTreeSet<String> =
        rows.iter().map(|row| row.get::<_, String>(0).replacen("sqh_tenant_", "", 1)).collect();
    let listed = udal.service().list_tenants().await.unwrap();
    let listed: BTreeSet<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(found, listed, "databases, and tenants");
    // A database of which dropping was interrupted takes no connection.
    assert!(rows.iter().all(|row| row.get::<_, i32>(1) != -2), "no database is half dropped");
}

struct Check<'a> {
    server: &'a Server,
    udal: &'a Udal,
    begun: &'a Begun,
    /// Whether it was acknowledged.
    done: bool,
}

impl Check<'_> {
    /// The batch is there whole or not at all; then it is written again.
    async fn fill(&self, tenant: &str, model: &str) {
        let maintained = self.begun.contains_key(&Structure::Maintain(tenant.to_owned()));
        let there = self.numbers(tenant, model).await;
        let all = records(model).len();
        let (kept, over): (Vec<u64>, Vec<u64>) = there.iter().partition(|number| is_kept(model, **number));
        if there.is_empty() {
            assert!(!self.done, "{model} of {tenant} was written, and is not there");
            let request = BatchRequest::from_items(records(model)).mode(BatchMode::Atomic);
            let records = self.udal.service().records("changing", model).unwrap();
            let answer = records.batch_create(&context(tenant), request).await.unwrap();
            assert_eq!(answer.created, all as u64, "{model} of {tenant}: {:?}", answer.stopped);
            return;
        }
        assert_eq!(kept.len(), count(model), "{model} of {tenant} is there in part");
        // Days that are over go one after the other, each with all of its records.
        let over_all = all - count(model);
        assert!(
            over.len() == over_all || (maintained && over.len() % (over_all / 3).max(1) == 0),
            "{tenant}: {over:?}"
        );
    }

    /// What was migrated has no difference; the rest has none when it is migrated again, and no index that is half made.
    async fn migrate(&self, tenant: &str) {
        let plan = async || self.udal.plan_migration(&migration(tenant), &|_| ()).await.unwrap();
        let differs = |done: &[udal::DatabaseMigration]| done.iter().any(udal::DatabaseMigration::has_drift);
        let before = plan().await;
        if self.done {
            assert!(!differs(&before), "{tenant} was migrated: {before:?}");
        }
        let done = self.udal.migrate(&migration(tenant), &|_| ()).await.unwrap();
        assert!(!done.iter().any(udal::DatabaseMigration::has_failed), "{tenant}: {done:?}");
        let after = plan().await;
        assert!(!differs(&after), "{tenant} is migrated: {after:?}");
        let client = connect(self.server, &format!("sqh_tenant_{tenant}")).await;
        let text = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        let half: i64 = client.query_one(text, &[]).await.unwrap().get(0);
        assert_eq!(half, 0, "indexes of {tenant} that are half made");
        for model in ["Sample", "Reading"] {
            assert_eq!(self.numbers(tenant, model).await.len(), count(model), "{model} of {tenant} after a migration");
        }
    }

    /// What was maintained has nothing that is over; the rest has nothing when it is maintained again, and its ids are free.
    async fn maintain(&self, tenant: &str) {
        if self.done {
            self.is_maintained(tenant).await;
        }
        self.udal.maintain(&context(tenant), today()).await.whole().unwrap();
        self.is_maintained(tenant).await;
        assert_eq!(self.numbers(tenant, "Trace").await.len(), count("Trace"), "traces of {tenant}");
    }

    async fn is_maintained(&self, tenant: &str) {
        const IDS: &str = "SELECT count(*) FROM traces t FULL JOIN traces__ids i USING (id) \
            WHERE t.id IS NULL OR i.id IS NULL OR t.taken <> i.taken";
        const APART: &str = "SELECT count(*) FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid \
            WHERE c.relname ^@ 'traces__p' AND c.relkind = 'r' AND (i.inhrelid IS NULL OR i.inhdetachpending)";
        let over: Vec<u64> =
            self.numbers(tenant, "Trace").await.into_iter().filter(|number| !is_kept("Trace", *number)).collect();
        assert!(over.is_empty(), "{tenant} is maintained, and these are over: {over:?}");
        let client = connect(self.server, &format!("sqh_tenant_{tenant}")).await;
        for (question, what) in [(IDS, "ids and records"), (APART, "partitions that are no part of their table")] {
            let wrong: i64 = client.query_one(question, &[]).await.unwrap().get(0);
            assert_eq!(wrong, 0, "{what} of {tenant}");
        }
    }

    /// The numbers of the records that are there.
    async fn numbers(&self, tenant: &str, model: &str) -> Vec<u64> {
        let records = self.udal.service().records("changing", model).unwrap();
        let page = records.list(&context(tenant), ListRequest::new().limit(1_000)).await.unwrap();
        page.records.iter().map(|record| record.value("value").unwrap().to_json().as_u64().unwrap()).collect()
    }
}

async fn connect(server: &Server, database: &str) -> Client {
    let mut config = server.config();
    let (client, connection) = config.dbname(database).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
