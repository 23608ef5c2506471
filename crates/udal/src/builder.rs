//! Wiring: from a catalog and a place for data to a record service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use udal_core::Error;
use udal_core::contract::Backend;
use udal_core::model::{Catalog, Model, StorageKind};
use udal_embedded::{Durability, EmbeddedError, Server};
use udal_memory::MemoryBackend;
use udal_pgaccess::{AuditStore, Contexts, DirectoryStore, Freshness};
use udal_pggraph::PgGraphBackend;
use udal_pgpool::{Checkpoints, ServerName, TenantDatabases, Unwatched, check_own_databases, check_prefix};
use udal_postgresql::PostgresqlBackend;
use udal_service::{Budgets, EventSink, Hooks, QueryService, RecordService, RecordServiceBuilder};
use udal_terminusdb::{Directory, TerminusdbBackend};

use crate::audit::{DEFAULT_AUDIT_DAYS, KeptAside};
use crate::graph_directory::Registry;
use crate::{Limits, Secret, ServerConfig, StartError, TerminusdbConfig, config, graph_servers, queries, servers};

/// Where records are kept.
#[derive(Clone, Debug)]
enum Place {
    /// In the embedded PostgreSQL.
    Embedded,
    /// In the PostgreSQL server at this URL.
    Server(Secret),
    /// In memory, for tests and for trying things out.
    Memory,
}

/// Where the models come from.
#[derive(Clone, Debug)]
enum Models {
    Directory(PathBuf),
    Catalog(Catalog),
}

type Registration = Box<dyn FnOnce(RecordServiceBuilder) -> RecordServiceBuilder + Send>;

/// Builds a [`Udal`]. [`Udal::builder`] starts with the defaults.
pub struct UdalBuilder {
    models: Models,
    data_dir: PathBuf,
    place: Place,
    durability: Durability,
    servers: BTreeMap<ServerName, ServerConfig>,
    platform_server: Option<ServerName>,
    platform_database: String,
    checkpoints: Arc<dyn Checkpoints>,
    tenant_prefix: String,
    shared_database: String,
    limits: Limits,
    audit_days: u32,
    budgets: Budgets,
    terminusdb: TerminusdbConfig,
    registrations: Vec<Registration>,
}

impl UdalBuilder {
    /// Loads the models from the group files in `directory`: by default `groups`.
    #[must_use]
    pub fn groups_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.models = Models::Directory(directory.into());
        self
    }

    /// Takes the models of `catalog`.
    #[must_use]
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.models = Models::Catalog(catalog);
        self
    }

    /// Keeps the embedded PostgreSQL's data in `directory`: by default [`config::default_data_dir`].
    #[must_use]
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = directory.into();
        self
    }

    /// Adds a PostgreSQL server that tenants may be on. The one of [`database_url`](UdalBuilder::database_url) is `default`.
    #[must_use]
    pub fn server(mut self, name: ServerName, server: ServerConfig) -> Self {
        self.servers.insert(name, server);
        self
    }

    /// Says which server has the platform's database and the shared reference database: by default `default`, or the only one.
    #[must_use]
    pub fn platform_server(mut self, name: ServerName) -> Self {
        self.platform_server = Some(name);
        self
    }

    /// Sets the name of the platform's database: by default `udal_platform`. Each installation has one of its own.
    #[must_use]
    pub fn platform_database(mut self, name: impl Into<String>) -> Self {
        self.platform_database = name.into();
        self
    }

    /// Tells `checkpoints` of each step of making and dropping tenants: for tests that fail, stop or are killed there.
    #[doc(hidden)]
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: Arc<dyn Checkpoints>) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    /// Uses the PostgreSQL server at this URL; without one, and without others, the embedded PostgreSQL is started.
    #[must_use]
    pub fn database_url(mut self, url: Option<Secret>) -> Self {
        self.place = url.map_or(Place::Embedded, Place::Server);
        self
    }

    /// Keeps records in memory only, until Udal is dropped.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.place = Place::Memory;
        self
    }

    /// Says whether the embedded PostgreSQL syncs what it commits: by default it does.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets what stands before a tenant's slug in the name of its database: by default `sqh_tenant_`. 1 to 15
    /// of `a` to `z`, digits and `_`; not `udal_` or `pg_` first.
    #[must_use]
    pub fn tenant_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.tenant_prefix = prefix.into();
        self
    }

    /// Sets the name of the reference database that every tenant reads: by default `sqh_shared_reference`. It is for ever.
    #[must_use]
    pub fn shared_database(mut self, name: impl Into<String>) -> Self {
        self.shared_database = name.into();
        self
    }

    /// Sets what bounds the use of PostgreSQL servers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many days entries of the audit log are kept: by default 400. `tenant maintain` forgets those that are older.
    #[must_use]
    pub fn audit_days(mut self, days: u32) -> Self {
        self.audit_days = days;
        self
    }

    /// Bounds what queries cost.
    #[must_use]
    pub fn query_budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = budgets;
        self
    }

    /// Keeps linked documents on these TerminusDB servers; where it names none, they are kept in PostgreSQL.
    #[must_use]
    pub fn terminusdb(mut self, config: TerminusdbConfig) -> Self {
        self.terminusdb = config;
        self
    }

    /// Registers hooks for a model; several run in the order in which they were registered.
    #[must_use]
    pub fn hooks(mut self, group: &str, model: &str, hooks: Arc<dyn Hooks>) -> Self {
        let (group, model) = (group.to_owned(), model.to_owned());
        self.registrations.push(Box::new(move |service| service.hooks(&group, &model, hooks)));
        self
    }

    /// Sends an event of every committed write to `sink`.
    #[must_use]
    pub fn events(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.registrations.push(Box::new(move |service| service.events(sink)));
        self
    }

    /// Loads the models, starts what is needed, and wires the record service.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong with the group files, the server or the registrations.
    pub async fn start(self) -> Result<Udal, StartError> {
        check_prefix(&self.tenant_prefix)?;
        check_own_databases(&self.platform_database, &self.shared_database)?;
        let catalog = match self.models {
            Models::Directory(directory) => udal_groups::load_dir(directory)?,
            Models::Catalog(catalog) => catalog,
        };
        let prefix = self.tenant_prefix;
        let mut configured = self.servers;
        let (settings, server) = match self.place {
            Place::Memory => (None, None),
            Place::Embedded if configured.is_empty() => {
                let settings = udal_embedded::Settings {
                    durability: self.durability,
                    ..udal_embedded::Settings::new(self.data_dir)
                };
                let server = Server::start(settings).await?;
                (Some(udal_pgpool::Settings::new(server.config())), Some(server))
            }
            Place::Embedded => (Some(servers::settings(&configured, self.platform_server.as_ref())?), None),
            Place::Server(url) => {
                configured.entry(ServerName::default()).or_default().url = Some(url);
                (Some(servers::settings(&configured, self.platform_server.as_ref())?), None)
            }
        };
        let databases = settings.map(|mut settings| {
            settings.prefix.clone_from(&prefix);
            settings.shared_database = self.shared_database;
            settings.limits = self.limits;
            settings.platform_database = self.platform_database;
            settings.checkpoints = self.checkpoints;
            settings.template.extend(PgGraphBackend::tables());
            TenantDatabases::new(settings)
        });
        let split = databases.as_ref().map(|databases| PostgresqlBackend::new(databases.clone()));
        let memory: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
        let tables = split.clone().map_or_else(|| Arc::clone(&memory), |tables| Arc::new(tables) as Arc<dyn Backend>);
        let graph = Graph::new(&self.terminusdb, &prefix, databases.as_ref(), &catalog)?;
        let documents: Arc<dyn Backend> = match (&graph, &databases) {
            (Some(graph), _) => Arc::new(graph.backend.clone()),
            (None, Some(databases)) => Arc::new(PgGraphBackend::new(databases.clone())),
            (None, None) => memory,
        };
        let service = RecordService::builder(catalog)
            .backend(StorageKind::Terminusdb, documents)
            .backend(StorageKind::Postgresql, tables);
        let log = databases.as_ref().map(|databases| Arc::new(KeptAside(AuditStore::new(databases.clone()))));
        let service = log.into_iter().fold(service, |service, log| service.audit(log));
        let service = self.registrations.into_iter().fold(service, |service, register| register(service)).build()?;
        if let Some(tables) = &split {
            for model in service.catalog().models().filter(|model| model.is_shared()) {
                tables.prepare_shared(model).await?;
            }
        }
        let access = databases.as_ref().map(|databases| contexts(&service, databases));
        let queries = service.queries().budgets(self.budgets);
        let queries = queries::queries(queries, split.as_ref(), graph.as_ref(), databases.as_ref());
        Ok(Udal { service, queries, databases, tables: split, graph, access, audit_days: self.audit_days, server })
    }
}

/// Who may do what, by the directories in the platform's database.
fn contexts(service: &RecordService, databases: &TenantDatabases) -> Contexts {
    Contexts::new(DirectoryStore::new(databases.clone(), service.catalog().clone()), Freshness::default())
}

/// The TerminusDB servers in use.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) backend: TerminusdbBackend,
    /// Which of them keeps whose database; none where nothing is kept in PostgreSQL.
    pub(crate) registry: Option<Registry>,
}

impl Graph {
    fn new(
        config: &TerminusdbConfig,
        prefix: &str,
        databases: Option<&TenantDatabases>,
        catalog: &Catalog,
    ) -> Result<Option<Self>, StartError> {
        if config.servers.is_empty() {
            return Ok(None);
        }
        let registry = databases.map(|databases| Registry::new(databases.clone(), config));
        let directory = registry.clone().map(|registry| Arc::new(registry) as Arc<dyn Directory>);
        let mut settings = graph_servers::settings(config, prefix, directory)?;
        let is_kept = |model: &&Arc<Model>| model.storage_kind() == StorageKind::Terminusdb;
        settings.models = Arc::new(catalog.models().filter(is_kept).cloned().collect());
        Ok(Some(Graph { backend: TerminusdbBackend::new(settings)?, registry }))
    }
}

/// A running Udal: the record service, and the server that it started.
#[derive(Debug)]
pub struct Udal {
    service: RecordService,
    queries: QueryService,
    /// The databases; none where records are kept in memory.
    databases: Option<TenantDatabases>,
    /// The tables; none where records are kept in memory.
    tables: Option<PostgresqlBackend>,
    /// The TerminusDB servers; none where linked documents are kept elsewhere.
    graph: Option<Graph>,
    /// Who may do what; none where records are kept in memory.
    access: Option<Contexts>,
    audit_days: u32,
    server: Option<Server>,
}

impl Udal {
    /// A builder with the defaults: models from `groups`, data in the default data directory, durable.
    pub fn builder() -> UdalBuilder {
        UdalBuilder {
            models: Models::Directory(PathBuf::from(config::DEFAULT_GROUPS)),
            data_dir: config::default_data_dir(),
            place: Place::Embedded,
            servers: BTreeMap::new(),
            platform_server: None,
            platform_database: config::DEFAULT_PLATFORM_DATABASE.to_owned(),
            checkpoints: Arc::new(Unwatched),
            durability: Durability::default(),
            tenant_prefix: config::DEFAULT_TENANT_PREFIX.to_owned(),
            shared_database: config::DEFAULT_SHARED_DATABASE.to_owned(),
            limits: Limits::default(),
            audit_days: DEFAULT_AUDIT_DAYS,
            budgets: Budgets::default(),
            terminusdb: TerminusdbConfig::default(),
            registrations: Vec::new(),
        }
    }

    /// The record service.
    pub fn service(&self) -> &RecordService {
        &self.service
    }

    /// The query services: reports over tables, walks along links.
    pub fn queries(&self) -> &QueryService {
        &self.queries
    }

    pub(crate) fn databases(&self) -> Option<&TenantDatabases> {
        self.databases.as_ref()
    }

    /// Who may do what; none where records are kept in memory.
    pub(crate) fn access(&self) -> Option<&Contexts> {
        self.access.as_ref()
    }

    /// How many days entries of the audit log are kept.
    pub(crate) fn audit_days(&self) -> u32 {
        self.audit_days
    }

    pub(crate) fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    /// The backend of tables; none where records are kept in memory.
    pub(crate) fn tables(&self) -> Option<&PostgresqlBackend> {
        self.tables.as_ref()
    }

    /// Whether the embedded PostgreSQL was started by this process, rather than joined.
    pub fn started_server(&self) -> bool {
        self.server.as_ref().is_some_and(Server::started_here)
    }

    /// Stops the embedded PostgreSQL, unless another process uses it.
    ///
    /// # Errors
    /// What stopping it answers.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        let Udal { service, queries, databases, tables, graph, access, audit_days: _, server } = self;
        drop((service, queries, databases, tables, graph, access));
        match server {
            Some(server) => server.stop().await.map(|_| ()),
            None => Ok(()),
        }
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Service(error) => error,
            other => Error::new(other.kind(), other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_prefix_that_would_take_the_databases_of_others_is_refused() {
        for prefix in ["", "udal_", "pg_a", "a234567890123456", "A_"] {
            let builder = Udal::builder().catalog(Catalog::default()).in_memory().tenant_prefix(prefix);
            let refused = Error::from(builder.start().await.unwrap_err());
            assert!(refused.message().contains("cannot be `tenant_prefix`"), "{refused}");
        }
    }
}
