//! The query services, over the backends that can answer them.

use std::sync::Arc;

use udal_pggraph::PgGraphBackend;
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;
use udal_query::graph::GraphBackend;
use udal_service::QueryService;

use crate::builder::Graph;

/// Reports and SQL where there are tables, walks where there are linked documents; neither where records are kept in memory.
pub(crate) fn queries(
    service: QueryService,
    tables: Option<&PostgresqlBackend>,
    graph: Option<&Graph>,
    databases: Option<&TenantDatabases>,
) -> QueryService {
    let service = tables
        .cloned()
        .map(Arc::new)
        .into_iter()
        .fold(service, |service, tables| service.reports(Arc::<PostgresqlBackend>::clone(&tables)).raw(tables));
    let linked: Option<Arc<dyn GraphBackend>> = match (graph, databases) {
        (Some(graph), _) => Some(Arc::new(graph.backend.clone())),
        (None, Some(databases)) => Some(Arc::new(PgGraphBackend::new(databases.clone()))),
        (None, None) => None,
    };
    linked.into_iter().fold(service, QueryService::graphs)
}
