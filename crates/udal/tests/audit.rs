//! The audit log, on a real server: what is acknowledged is in it, and no value of a record ever.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tempfile::TempDir;
use udal::graph::{PathRequest, SubgraphRequest, TraverseRequest};
use udal::model::Catalog;
use udal::value::Timestamp;
use udal::{
    AccessContext, AuditEntry, AuditFilter, AuditKind, BatchRequest, Context, CreateRequest, DeleteRequest, Directory,
    Durability, ErrorKind, Expected, ListRequest, Permission, TenantPlacement, TenantSlug, Udal, UpdateRequest,
    load_texts,
};

const CRM: &str = "\
group: crm
models:
  Account:
    fields: {name: str, code: \"Optional[str]\", notes: \"Set[Ref[Note]]\"}
  Note:
    audit_reads: true
    fields: {text: str}
  Patient:
    audit_reads: true
    storage: postgresql
    fields: {name: str}
";
const POLICIES: &str = "\
users: {jane: , otto: }
teams: {sales: {members: {jane: [editor], otto: [viewer]}}}
grants:
  - {permission: crm.Account.share, to: user:otto, when: {code: {equals: canary-operand}}}
fields:
  - {field: crm.Account.code, visibility: hidden}
  - {field: crm.Patient.name, visibility: masked, mask: canary-mask, except: [role:editor]}
";

struct Clinic {
    udal: Udal,
    scratch: TempDir,
    system: Context,
}

impl Clinic {
    async fn open() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).unwrap();
        let udal = Udal::builder()
            .catalog(catalog())
            .data_dir(scratch.path().join("data"))
            .durability(Durability::None)
            .start()
            .await
            .unwrap();
        let tenant = TenantSlug::new("clinic").unwrap();
        udal.create_tenant(&tenant, &TenantPlacement::default()).await.unwrap();
        let system = Context::new(tenant, AccessContext::unrestricted("the test's task"));
        let clinic = Clinic { udal, scratch, system };
        let directory = udal::load_policies(clinic.file(POLICIES), &catalog()).unwrap();
        clinic.udal.change_access(&clinic.system, Expected::Any, move |_: Directory| Ok(directory)).await.unwrap();
        clinic
    }

    fn file(&self, text: &str) -> std::path::PathBuf {
        let path = self.scratch.path().join("policies.yaml");
        fs::write(&path, text).unwrap();
        path
    }

    async fn user(&self, id: &str, permission: &str) -> Context {
        let tenant = self.system.tenant();
        let access = self.udal.build_access_context(id, tenant, &Permission::parse(permission).unwrap()).await.unwrap();
        Context::new(tenant.clone(), access)
    }

    async fn entries(&self, filter: AuditFilter) -> Vec<AuditEntry> {
        let found = self.udal.audit(self.system.tenant(), &filter, 1_000).await.unwrap();
        found.into_iter().map(|kept| kept.entry).collect()
    }

    async fn of_kind(&self, kind: AuditKind) -> Vec<AuditEntry> {
        self.entries(AuditFilter { kind: Some(kind), ..AuditFilter::default() }).await
    }

    /// A bare connection to the tenant's database.
    async fn client(&self, database: &str) -> tokio_postgres::Client {
        let settings = udal_embedded::Settings {
            durability: Durability::None,
            ..udal_embedded::Settings::new(self.scratch.path().join("data"))
        };
        let server = udal_embedded::Server::start(settings).await.unwrap();
        let (client, connection) = server.config().dbname(database).connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

fn catalog() -> Catalog {
    load_texts(&[("crm.yaml", CRM)]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_what_is_noted_and_no_value_ever() {
    let clinic = Clinic::open().await;
    let accounts = clinic.udal.service().records("crm", "Account").unwrap();
    let jane = clinic.user("jane", "crm.Account.create").await;
    let create = |id: &str| CreateRequest::new(json!({"id": id, "name": "canary-value"}));
    accounts.create(&jane, create("Account/1")).await.unwrap();
    accounts.update(&jane, UpdateRequest::new("Account/1", json!({"name": "canary-value-2"}))).await.unwrap();
    let rows: Vec<_> = (0..5).map(|_| json!({"name": "canary-value", "code": "canary-hidden"})).collect();
    accounts.batch_create(&clinic.system, BatchRequest::from_items(rows)).await.unwrap();
    accounts.delete(&jane, DeleteRequest::new("Account/1")).await.unwrap();
    // What wrote nothing is no write.
    assert!(!accounts.delete(&jane, DeleteRequest::new("Account/1")).await.unwrap());
    let writes = clinic.of_kind(AuditKind::Write).await;
    let told = writes
        .iter()
        .map(|entry| (entry.operation.as_str(), entry.record.as_deref(), entry.records, entry.user.as_deref()))
        .collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            ("delete", Some("Account/1"), Some(1), Some("jane")),
            ("batch_create", None, Some(5), None),
            ("update", Some("Account/1"), Some(1), Some("jane")),
            ("create", Some("Account/1"), Some(1), Some("jane")),
        ]
    );
    assert!(writes.iter().all(|entry| entry.model.as_deref() == Some("crm.Account")));
    assert_eq!((writes[1].task.as_deref(), writes[0].team.as_deref()), (Some("the test's task"), Some("sales")));

    // Denials: without the permission, at the door and in the service.
    let otto = clinic.user("otto", "crm.Account.create").await;
    assert_eq!(accounts.create(&otto, create("Account/2")).await.unwrap_err().kind(), ErrorKind::Denied);
    let denied = clinic.udal.change_access(&jane, Expected::Any, Ok).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Denied);
    let denials: Vec<(String, Option<String>)> =
        clinic.of_kind(AuditKind::Denial).await.into_iter().map(|entry| (entry.operation, entry.user)).collect();
    let some = |text: &str| Some(text.to_owned());
    let expected = [("change_access", "jane"), ("create", "otto"), ("build_access_context", "otto")]
        .map(|(o, u)| (o.to_owned(), some(u)));
    assert_eq!(denials, expected);

    // Reads are noted of models that ask for it.
    let patients = clinic.udal.service().records("crm", "Patient").unwrap();
    let patient = CreateRequest::new(json!({"id": "Patient/1", "name": "canary-value"}));
    patients.create(&clinic.system, patient).await.unwrap();
    let otto = clinic.user("otto", "crm.Patient.view").await;
    accounts.list(&otto, ListRequest::new()).await.unwrap();
    patients.list(&clinic.system, ListRequest::new().filter(json!({"name": "canary-value"}))).await.unwrap();
    patients.get(&otto, "Patient/1").await.unwrap();
    let reads = clinic.of_kind(AuditKind::Read).await;
    let told: Vec<(&str, Option<u64>)> = reads.iter().map(|entry| (entry.operation.as_str(), entry.records)).collect();
    assert_eq!(told, [("get", Some(0)), ("list", Some(1))]);

    // What was permitted, in which the operand and the mask are not told.
    let permitted = clinic.of_kind(AuditKind::Permission).await;
    let details: Vec<&str> = permitted.iter().filter_map(|entry| entry.detail.as_deref()).collect();
    assert!(details.contains(&"grant crm.Account.share to user:otto when code equals …"), "{details:?}");
    assert!(details.contains(&"member jane of sales: editor"), "{details:?}");

    // Filters, and pages.
    let of_jane = AuditFilter { user: Some("jane".to_owned()), kind: Some(AuditKind::Write), ..AuditFilter::default() };
    assert_eq!(clinic.entries(of_jane).await.len(), 3);
    let of_patients = AuditFilter { model: Some("crm.Patient".to_owned()), ..AuditFilter::default() };
    assert_eq!(clinic.entries(of_patients).await.len(), 3);
    let since = AuditFilter { since: Some(Timestamp::now()), ..AuditFilter::default() };
    assert_eq!(clinic.entries(since).await, []);
    let all = clinic.entries(AuditFilter::default()).await;
    let mut paged = Vec::new();
    let mut filter = AuditFilter::default();
    loop {
        let page = clinic.udal.audit(clinic.system.tenant(), &filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some(last.position.clone());
        paged.extend(page.into_iter().map(|kept| kept.entry));
    }
    assert_eq!(paged, all);
    assert!(!format!("{all:?}").contains("canary"), "{all:?}");
    let kept = clinic.client("sqh_tenant_clinic").await;
    for database in [kept, clinic.client("udal_platform").await] {
        let row =
            database.query_one("SELECT coalesce(string_agg(a::text, ' '), '') FROM udal_audit a", &[]).await.unwrap();
        assert!(!row.get::<_, String>(0).contains("canary"));
    }
    clinic.udal.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_noted_of_every_model_that_they_read() {
    let clinic = Clinic::open().await;
    let create = async |model: &str, data: serde_json::Value| {
        let records = clinic.udal.service().records("crm", model).unwrap();
        records.create(&clinic.system, CreateRequest::new(data)).await.unwrap();
    };
    create("Note", json!({"id": "Note/1", "text": "canary"})).await;
    create("Account", json!({"id": "Account/1", "name": "x", "notes": ["Note/1"]})).await;
    create("Patient", json!({"id": "Patient/1", "name": "canary"})).await;
    let (queries, system) = (clinic.udal.queries(), &clinic.system);

    // The walk starts at a model of which reads are not noted, and meets one of which they are.
    let walk = TraverseRequest::new("crm", "Account", "Account/1", "notes");
    assert_eq!(queries.traverse(system, &walk).await.unwrap().reached.len(), 1);
    queries.path_query(system, &PathRequest::new("Account/1", "Note/1")).await.unwrap();
    queries.subgraph(system, &SubgraphRequest::new("Account/1", 1)).await.unwrap();
    // The second table stands behind a comma.
    queries.raw_sql(system, "SELECT 1 AS one FROM (SELECT 1) AS x, Patient", &[]).await.unwrap();
    let read = |entry: AuditEntry| (entry.operation, entry.model.unwrap_or_default());
    let reads: Vec<_> = clinic.of_kind(AuditKind::Read).await.into_iter().map(read).collect();
    let expected =
        [("raw_sql", "crm.Patient"), ("subgraph", "crm.Note"), ("path_query", "crm.Note"), ("traverse", "crm.Note")];
    assert_eq!(reads, expected.map(|(operation, model)| (operation.to_owned(), model.to_owned())));

    // Who may not ask in SQL learns of no model; that they asked is noted.
    let jane = clinic.user("jane", "crm.Patient.view").await;
    let denied = queries.raw_sql(&jane, "SELECT id FROM Patient", &[]).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Denied);
    let denials = clinic.of_kind(AuditKind::Denial).await;
    let told: Vec<_> = denials.iter().map(|entry| (entry.operation.as_str(), entry.user.as_deref())).collect();
    assert_eq!(told, [("raw_sql", Some("jane"))]);
    clinic.udal.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_noted_is_not_acknowledged() {
    let clinic = Clinic::open().await;
    let patients = clinic.udal.service().records("crm", "Patient").unwrap();
    let create = |id: &str| CreateRequest::new(json!({"id": id, "name": "x"}));
    patients.create(&clinic.system, create("Patient/1")).await.unwrap();
    let client = clinic.client("sqh_tenant_clinic").await;
    client.batch_execute("ALTER TABLE udal_audit ADD CONSTRAINT full_disk CHECK (false) NOT VALID").await.unwrap();
    let error = patients.create(&clinic.system, create("Patient/2")).await.unwrap_err();
    assert!(error.to_string().contains("it was written, and could not be noted"), "{error}");
    let unread = patients.get(&clinic.system, "Patient/2").await.unwrap_err();
    assert!(unread.to_string().contains("what was read could not be noted"), "{unread}");
    client.batch_execute("ALTER TABLE udal_audit DROP CONSTRAINT full_disk").await.unwrap();
    assert!(patients.get(&clinic.system, "Patient/2").await.unwrap().is_some());

    // Tenants of earlier releases have no such table: it is made when it is first needed.
    client.batch_execute("DROP TABLE udal_audit").await.unwrap();
    patients.create(&clinic.system, create("Patient/3")).await.unwrap();
    assert_eq!(clinic.of_kind(AuditKind::Write).await.len(), 1);

    // What is older than is configured goes.
    client.batch_execute("UPDATE udal_audit SET at = now() - interval '401 days'").await.unwrap();
    let done = clinic.udal.maintain(&clinic.system, Timestamp::now().date()).await;
    assert_eq!((done.forgotten_entries, done.failures.len()), (1, 0));
    assert_eq!(clinic.of_kind(AuditKind::Write).await, []);
    let tasks = clinic.of_kind(AuditKind::Task).await;
    assert_eq!((tasks.len(), tasks[0].operation.as_str()), (1, "maintain"));
    // A tenant that is not there has no log, and gets none by being asked about.
    let nobody = TenantSlug::new("nobody").unwrap();
    let refused = clinic.udal.audit(&nobody, &AuditFilter::default(), 10).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    clinic.udal.build_access_context("jane", &nobody, &Permission::parse("crm.Account.view").unwrap()).await.unwrap();
    assert_eq!(clinic.udal.tenants().await.unwrap().len(), 1);
    clinic.udal.stop().await.unwrap();
}
