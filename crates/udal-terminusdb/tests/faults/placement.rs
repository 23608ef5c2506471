//! Several servers: which of them is asked, and what a directory that changes leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use udal_core::contract::Backend;
use udal_core::{Error, ErrorKind, Result, TenantSlug};
use udal_terminusdb::{Credentials, Directory, Endpoint, Settings, TerminusdbBackend};

use super::server::{Answer, Asked, Server};
use super::{create, get, record, refused};

/// A directory that a test can change.
#[derive(Debug, Default)]
struct Book {
    places: Mutex<BTreeMap<TenantSlug, (&'static str, bool)>>,
    unsearched: Mutex<BTreeSet<String>>,
    /// The server of new tenants.
    new: Mutex<&'static str>,
}

impl Book {
    fn put(&self, tenant: &str, server: &'static str) {
        self.places.lock().unwrap().insert(TenantSlug::new(tenant).unwrap(), (server, false));
    }

    fn of(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        match self.places.lock().unwrap().get(tenant) {
            Some((_, true)) => Err(Error::new(ErrorKind::Unavailable, "it is being dropped")),
            found => Ok(found.map(|(server, _)| (*server).to_owned())),
        }
    }
}

#[async_trait]
impl Directory for Book {
    async fn find(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        self.of(tenant)
    }

    async fn place(&self, tenant: &TenantSlug) -> Result<String> {
        let new = *self.new.lock().unwrap();
        self.places.lock().unwrap().entry(tenant.clone()).or_insert((new, false));
        Ok(self.of(tenant)?.unwrap())
    }

    async fn begin_drop(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        let mut places = self.places.lock().unwrap();
        Ok(places.get_mut(tenant).map(|(server, is_dropping)| {
            *is_dropping = true;
            (*server).to_owned()
        }))
    }

    async fn forget(&self, tenant: &TenantSlug) -> Result<()> {
        self.places.lock().unwrap().remove(tenant);
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantSlug>> {
        Ok(self.places.lock().unwrap().keys().cloned().collect())
    }

    async fn unsearched(&self) -> Result<BTreeSet<String>> {
        Ok(self.unsearched.lock().unwrap().clone())
    }

    async fn optimized_at(&self, _: &TenantSlug) -> Result<u64> {
        Ok(0)
    }

    async fn set_optimized_at(&self, _: &TenantSlug, _: u64) -> Result<()> {
        Ok(())
    }

    async fn adopt(&self, server: &str, found: Vec<TenantSlug>) -> Result<()> {
        let server = if server == "east" { "east" } else { "west" };
        for tenant in found {
            self.places.lock().unwrap().entry(tenant).or_insert((server, false));
        }
        self.unsearched.lock().unwrap().remove(server);
        Ok(())
    }
}

fn over(servers: &[(&str, &Server)], book: &Arc<Book>) -> TerminusdbBackend {
    let endpoint =
        |server: &Server| Endpoint { url: server.url.clone(), credentials: Credentials::Token("t".to_owned()) };
    let mut settings = Settings::new(endpoint(servers[0].1));
    settings.servers = servers.iter().map(|(name, server)| ((*name).to_owned(), endpoint(server))).collect();
    settings.directory = Some(Arc::clone(book) as Arc<dyn Directory>);
    TerminusdbBackend::new(settings).unwrap()
}

/// A server with that database in it from the start, or with none.
async fn server(is_there: bool) -> Server {
    let made = Mutex::new(is_there);
    Server::start(move |asked: &Asked, _| {
        let mut made = made.lock().unwrap();
        let path = asked.line.split(' ').nth(1).unwrap_or_default();
        match asked.line.split(' ').next().unwrap_or_default() {
            "POST" if path.starts_with("/api/db/") => {
                *made = true;
                Answer::Whole(200, "", "{}".to_owned())
            }
            "GET" if path.starts_with("/api/db") => {
                let listed = if *made { json!([{"path": "admin/sqh_tenant_acme"}]) } else { json!([]) };
                Answer::Whole(200, "", listed.to_string())
            }
            "DELETE" if path.starts_with("/api/db/") && *made => {
                *made = false;
                Answer::Whole(200, "", "{}".to_owned())
            }
            _ if !*made => refused(404, "api:UnknownDatabase", "no such database"),
            "GET" => super::classes(),
            "POST" if path.starts_with("/api/graphql") => super::nodes(&[record("a", "Ann")]),
            _ => Answer::Whole(200, "branch:v2", "[]".to_owned()),
        }
    })
    .await
}

#[tokio::test]
async fn a_tenant_is_written_where_it_is_placed_and_a_read_places_nothing() {
    let (east, west) = (server(false).await, server(false).await);
    let book = Arc::new(Book { new: Mutex::new("west"), ..Book::default() });
    let backend = over(&[("east", &east), ("west", &west)], &book);
    assert_eq!(get(&backend).await.unwrap(), None);
    assert!(book.places.lock().unwrap().is_empty());
    create(&backend, "a", "Ann").await.unwrap();
    assert_eq!((east.asked("", "").len(), west.asked("POST", "/api/db/admin/sqh_tenant_acme").len()), (0, 1));
    assert_eq!(get(&backend).await.unwrap(), Some(record("a", "Ann")));
}

#[tokio::test]
async fn a_database_that_another_process_placed_elsewhere_is_found_there() {
    let (east, west) = (server(false).await, server(true).await);
    let book = Arc::new(Book { new: Mutex::new("west"), ..Book::default() });
    book.put("acme", "east");
    let backend = over(&[("east", &east), ("west", &west)], &book);
    // Not made yet.
    assert_eq!(get(&backend).await.unwrap(), None);
    // Dropped and made anew on the other server.
    book.put("acme", "west");
    assert_eq!(get(&backend).await.unwrap(), Some(record("a", "Ann")));
    create(&backend, "b", "Bob").await.unwrap();
    assert_eq!(east.asked("POST", "/api/db").len(), 0);
}

#[tokio::test]
async fn what_is_written_while_the_tenant_is_placed_elsewhere_is_not_written_to_a_database_of_nobodys() {
    let (east, west) = (server(false).await, server(true).await);
    let book = Arc::new(Book { new: Mutex::new("west"), ..Book::default() });
    book.put("acme", "east");
    let backend = over(&[("east", &east), ("west", &west)], &book);
    assert_eq!(get(&backend).await.unwrap(), None);
    book.put("acme", "west");
    assert_eq!(create(&backend, "b", "Bob").await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(east.asked("POST", "/api/db").len(), 0);
    create(&backend, "b", "Bob").await.unwrap();
}

#[tokio::test]
async fn dropping_is_written_down_first_and_forgotten_last() {
    let east = server(true).await;
    let book = Arc::new(Book::default());
    book.put("acme", "east");
    let backend = over(&[("east", &east)], &book);
    let acme = TenantSlug::new("acme").unwrap();
    assert!(backend.drop_tenant(&acme).await.unwrap());
    assert!(book.places.lock().unwrap().is_empty());
    assert!(!backend.drop_tenant(&acme).await.unwrap());
    assert_eq!(east.asked("DELETE", "/api/db/admin/sqh_tenant_acme").len(), 1);

    // Interrupted in between: nobody makes it anew, and asked again it goes on.
    book.put("acme", "east");
    book.begin_drop(&acme).await.unwrap();
    assert_eq!(create(&backend, "a", "Ann").await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(east.asked("POST", "/api/db").len(), 0);
    assert!(backend.drop_tenant(&acme).await.unwrap());
}

#[tokio::test]
async fn a_server_that_the_directory_does_not_know_is_searched_for_tenants() {
    let east = server(true).await;
    let book = Arc::new(Book::default());
    book.unsearched.lock().unwrap().insert("east".to_owned());
    let backend = over(&[("east", &east)], &book);
    assert_eq!(get(&backend).await.unwrap(), Some(record("a", "Ann")));
    assert_eq!(book.places.lock().unwrap().len(), 1);

    // One that cannot be reached: who is not placed is not known to be new.
    let gone = Server::start(|_, _| Answer::Closed).await;
    let book = Arc::new(Book::default());
    book.unsearched.lock().unwrap().insert("gone".to_owned());
    let backend = over(&[("gone", &gone)], &book);
    let error = get(&backend).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("`gone` was never reached"), "{error}");
}
