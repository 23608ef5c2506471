//! The registry's side of graph databases: placed once, dropped in two steps, and kept through a lost registry's remaking.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeMap;

use support::Fixture;
use tokio::task::JoinSet;
use udal_core::TenantSlug;
use udal_pgpool::{GraphTenant, ServerName};

fn slug(name: &str) -> TenantSlug {
    TenantSlug::new(name).unwrap()
}

fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_placed_once_and_forgotten_only_when_it_was_to_be_dropped() {
    let fixture = Fixture::start().await;
    let databases = fixture.installation("g");
    assert_eq!(databases.graph_tenants().await.unwrap(), []);
    let mut tasks = JoinSet::new();
    for name in ["east", "west", "north", "east", "west", "north"] {
        let databases = fixture.installation("g");
        tasks.spawn(async move {
            databases.add_graph_tenant(&slug("acme"), &server(name)).await.unwrap();
            databases.graph_tenant(&slug("acme")).await.unwrap().unwrap().server
        });
    }
    let mut seen: Vec<ServerName> = tasks.join_all().await;
    seen.dedup();
    let [one] = seen.as_slice() else { unreachable!("all are answered the same: {seen:?}") };
    databases.add_graph_tenant(&slug("other"), &server("west")).await.unwrap();
    let mut loads = BTreeMap::from([(server("west"), 1)]);
    *loads.entry(one.clone()).or_insert(0) += 1;
    assert_eq!(databases.graph_loads().await.unwrap(), loads);

    databases.set_graph_optimized_at(&slug("acme"), 7).await.unwrap();
    assert_eq!(databases.graph_optimized_at(&slug("acme")).await.unwrap(), 7);
    assert_eq!(databases.graph_optimized_at(&slug("nobody")).await.unwrap(), 0);
    databases.forget_graph_tenant(&slug("acme")).await.unwrap();
    assert!(databases.graph_tenant(&slug("acme")).await.unwrap().is_some(), "it was not to be dropped");
    databases.begin_graph_drop(&slug("acme")).await.unwrap();
    let dropping = GraphTenant { slug: slug("acme"), server: one.clone(), is_dropping: true };
    assert_eq!(fixture.installation("g").graph_tenant(&slug("acme")).await.unwrap(), Some(dropping));
    databases.forget_graph_tenant(&slug("acme")).await.unwrap();
    assert_eq!(databases.graph_tenant(&slug("acme")).await.unwrap(), None);

    assert!(databases.searched_graph_servers().await.unwrap().is_empty());
    databases.set_graph_server_searched(&server("west")).await.unwrap();
    databases.set_graph_server_searched(&server("west")).await.unwrap();
    assert!(databases.searched_graph_servers().await.unwrap().contains(&server("west")));
    assert_eq!(databases.list_tenants().await.unwrap(), [], "it is no tenant of PostgreSQL's");
    fixture.stop().await;
}
