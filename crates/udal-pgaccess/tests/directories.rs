//! Directories on a real server: kept as they are, changed whole or not at all, by many at once, and remembered briefly.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::task::JoinSet;
use udal_access::{Directory, Grant, Grantee, Pattern, UserChange, load_text};
use udal_core::access::Permission;
use udal_core::model::Catalog;
use udal_core::{AccessContext, Context, Error, ErrorKind, TenantSlug};
use udal_embedded::{Durability, Server, Settings};
use udal_pgaccess::{Contexts, DirectoryStore, Expected, Freshness};
use udal_pgpool::TenantDatabases;

const CRM: &str =
    "group: crm\nmodels:\n  Account:\n    fields:\n      name: str\n      status: Optional[enum[active, closed]]\n";
const POLICIES: &str = "\
users:
  nancy: {name: \"Nancy \\\"N.\\\" O'Hara\"}
  jane: {reports_to: nancy, team: sales}
  \"x'; DROP TABLE udal_access_users; --\":
roles:
  auditor: {description: \"50 % of \\\\\", permissions: [crm.*.view, shared_reference:write]}
teams:
  sales: {ownership: hierarchical, members: {nancy: [admin, auditor], jane: [editor]}}
  support: {members: {jane: [viewer], \"x'; DROP TABLE udal_access_users; --\": []}}
grants:
  - {permission: crm.Account.view, to: user:jane, when: {status: {in: [active, closed], not_equals: closed}, name: {contains: \"a\\u2028\\\"b\"}}}
  - {permission: crm.Account.view, to: role:auditor}
fields:
  - {field: crm.Account.status, visibility: hidden, except: [role:admin, permission:crm.Account.update]}
  - {field: crm.Account.name, visibility: masked, mask: \"\"}
shares:
  - {record: Account/1, with: user:jane, level: edit, until: 2040-01-01T00:00:00.000001Z}
  - {record: Account/1, with: team:sales, level: full}
";

struct Fixture {
    server: Server,
    _scratch: TempDir,
}

impl Fixture {
    async fn start() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).unwrap();
        let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
        Fixture { server: Server::start(settings).await.unwrap(), _scratch: scratch }
    }

    /// A store as another process would have it.
    fn store(&self) -> DirectoryStore {
        let mut settings = udal_pgpool::Settings::new(self.server.config());
        // A busy machine makes a test slower, not wrong.
        settings.limits.wait_timeout = Duration::from_secs(120);
        DirectoryStore::new(TenantDatabases::new(settings), catalog())
    }

    async fn count(&self, text: &str) -> i64 {
        let (client, connection) =
            self.server.config().dbname("udal_platform").connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(text, &[]).await.unwrap().get(0)
    }
}

fn catalog() -> Catalog {
    udal_groups::load_texts(&[("crm.yaml", CRM)]).unwrap()
}

fn policies() -> Directory {
    load_text("p.yaml", POLICIES, &catalog()).unwrap()
}

fn acme() -> TenantSlug {
    TenantSlug::new("acme").unwrap()
}

fn operator() -> Context {
    Context::new(acme(), AccessContext::unrestricted("the test"))
}

fn view() -> Permission {
    Permission::parse("crm.Account.view").unwrap()
}

async fn apply(store: &DirectoryStore, directory: Directory) -> i64 {
    store.change(&operator(), Expected::Any, move |_| Ok(directory)).await.unwrap().generation
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_read_the_same() {
    let fixture = Fixture::start().await;
    let store = fixture.store();
    assert_eq!(store.read(&acme()).await.unwrap().generation, 0);
    let first = apply(&store, policies()).await;
    let stored = store.read(&acme()).await.unwrap();
    assert_eq!((stored.generation, &stored.directory), (first, &policies()));
    // The same again is no change.
    let same = store.change(&operator(), Expected::Any, |_| Ok(policies())).await.unwrap();
    assert_eq!((same.generation, same.changes.len()), (first, 0));

    // Every kind of entry goes, comes and changes.
    let mut other = policies();
    other.users.get_mut("jane").unwrap().reports_to = None;
    other.remove_user("nancy").unwrap();
    other.remove_team("support").unwrap();
    other.roles.get_mut("auditor").unwrap().permissions.pop_first();
    other.teams.get_mut("sales").unwrap().members.get_mut("jane").unwrap().insert("auditor".to_owned());
    other.grants.pop_first();
    other.fields.pop_first();
    for share in other.shares.values_mut() {
        share.until = None;
    }
    let second = apply(&store, other.clone()).await;
    assert!(second > first);
    assert_eq!(fixture.store().read(&acme()).await.unwrap().directory, other);
    apply(&store, policies()).await;
    assert_eq!(store.read(&acme()).await.unwrap().directory, policies());
    // Another tenant has nothing of it.
    assert_eq!(store.read(&TenantSlug::new("acm").unwrap()).await.unwrap().directory, Directory::default());

    store.remove(&acme()).await.unwrap();
    for table in ["users", "roles", "teams", "members", "member_roles", "grants", "conditions", "fields", "shares"] {
        assert_eq!(fixture.count(&format!("SELECT count(*) FROM udal_access_{table}")).await, 0, "{table}");
    }
    // A directory that is made again is never taken for the one before.
    assert!(apply(&store, policies()).await > second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_whole_or_nothing() {
    let fixture = Fixture::start().await;
    let store = fixture.store();
    let first = apply(&store, policies()).await;
    // What is not whole is refused, and nothing changed: jane reports to nancy.
    let tenant = operator();
    let refused = store.change(&tenant, Expected::Any, |mut directory| {
        directory.remove_user("nancy")?;
        Ok(directory)
    });
    assert!(refused.await.unwrap_err().to_string().contains("there is no user `nancy`"));
    let refused = store
        .change(&operator(), Expected::Any, |mut directory| {
            directory.set_user("new", UserChange { reports_to: Some("nobody".to_owned()), ..UserChange::default() });
            Ok(directory)
        })
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(refused.to_string().contains("there is no user `nobody`"), "{refused}");
    // Who looked at another state changes nothing.
    let refused =
        store.change(&operator(), Expected::Generation(first - 1), |_| Ok(Directory::default())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::VersionConflict);
    // What the edit refuses is not done.
    let refused = store.change(&operator(), Expected::Any, |_| Err(Error::invalid("no"))).await.unwrap_err();
    assert_eq!(refused.message(), "no");
    let stored = store.read(&acme()).await.unwrap();
    assert_eq!((stored.generation, stored.directory), (first, policies()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_change_one_directory_at_once_and_none_is_lost() {
    let fixture = Fixture::start().await;
    let stores = [fixture.store(), fixture.store(), fixture.store()];
    let mut tasks = JoinSet::new();
    for number in 0..24 {
        let store = stores[number % stores.len()].clone();
        tasks.spawn(async move {
            let add = |mut directory: Directory| {
                directory.set_user(&format!("u{number}"), UserChange::default());
                Ok(directory)
            };
            store.change(&operator(), Expected::Any, add).await.unwrap().generation
        });
    }
    let mut generations = tasks.join_all().await;
    generations.sort_unstable();
    generations.dedup();
    assert_eq!(generations.len(), 24);
    assert_eq!(stores[0].read(&acme()).await.unwrap().directory.users.len(), 24);
}

/// Contexts as another process would have them.
fn contexts(fixture: &Fixture) -> Contexts {
    Contexts::new(fixture.store(), Freshness::default())
}

async fn may_view(contexts: &Contexts, user: &str) -> bool {
    !contexts.get(&acme(), user, &view()).await.unwrap().permissions().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_in_every_process_within_a_second() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (contexts(&fixture), contexts(&fixture));
    assert!(!may_view(&theirs, "nancy").await);
    apply(ours.store(), policies()).await;
    let changed_at = Instant::now();
    while !may_view(&theirs, "nancy").await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(changed_at.elapsed() < Duration::from_secs(30));
    assert!(may_view(&theirs, "jane").await);
    ours.store()
        .change(&operator(), Expected::Any, |mut directory| {
            directory.remove_member("sales", "nancy")?;
            directory.users.get_mut("jane").unwrap().reports_to = None;
            directory.remove_user("nancy")?;
            Ok(directory)
        })
        .await
        .unwrap();
    // What is remembered may be used for so long, and no longer: however seldom somebody asks.
    tokio::time::sleep(Freshness::default().refuse_after).await;
    assert!(!may_view(&theirs, "nancy").await);
    // Who asks again and again learns of it, too.
    ours.store().change(&operator(), Expected::Any, revoked).await.unwrap();
    let changed_at = Instant::now();
    while may_view(&theirs, "jane").await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(changed_at.elapsed() < Duration::from_secs(30));
}

fn revoked(mut directory: Directory) -> Result<Directory, Error> {
    directory.teams.get_mut("sales").unwrap().members.insert("jane".to_owned(), Default::default());
    let permission = Pattern::parse("crm.Account.view").unwrap();
    directory.revoke(&permission, &Grantee::User("jane".to_owned()), &Default::default())?;
    Ok(directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_while_the_platform_does_not_answer() {
    let fixture = Fixture::start().await;
    let contexts = contexts(&fixture);
    apply(contexts.store(), policies()).await;
    assert!(may_view(&contexts, "nancy").await);
    let Fixture { server, _scratch } = fixture;
    server.stop().await.unwrap();
    tokio::time::sleep(Freshness::default().refuse_after).await;
    for user in ["nancy", "jane", "joe"] {
        let refused = contexts.get(&acme(), user, &view()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{user}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_lost_does_not_stand_in_the_way_of_other_changes() {
    let fixture = Fixture::start().await;
    apply(&fixture.store(), policies()).await;
    // Another release, whose model has no `status` any more.
    let text = CRM.replace("      status: Optional[enum[active, closed]]\n", "");
    let catalog = udal_groups::load_texts(&[("crm.yaml", &text)]).unwrap();
    let store = DirectoryStore::new(TenantDatabases::new(udal_pgpool::Settings::new(fixture.server.config())), catalog);
    let grant = |permission: &str| Grant {
        permission: Pattern::parse(permission).unwrap(),
        to: Grantee::User("jane".to_owned()),
        conditions: Default::default(),
    };
    let add = async |permission: &'static str| {
        let add = move |mut directory: Directory| {
            directory.grants.insert(grant(permission));
            Ok(directory)
        };
        store.change(&operator(), Expected::Any, add).await
    };
    add("crm.Account.share").await.unwrap();
    assert_eq!(add("crm.Acount.share").await.unwrap_err().kind(), ErrorKind::InvalidInput);
}
