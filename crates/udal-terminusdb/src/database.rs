//! One tenant's database: where it is, what is known of it, and its writer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value as Json;
use tokio::sync::Mutex;
use udal_core::model::Model;
use udal_core::{Error, ErrorKind, Result, TenantSlug};

use crate::client::Client;
use crate::directory::Directory;
use crate::failure::Failure;
use crate::writer::Queue;

/// One tenant's database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) home: Home,
    has_moved: AtomicBool,
    /// What the writer knows; whoever holds it is the one writer of this process.
    pub(crate) known: Mutex<Known>,
    pub(crate) queue: Queue,
}

/// Whose a database is, and where.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) tenant: TenantSlug,
    /// The name of the server.
    pub(crate) server: String,
    /// Where other processes look for it; none where there is one server.
    pub(crate) directory: Option<Arc<dyn Directory>>,
    /// The models whose classes are brought up to them together.
    pub(crate) models: Arc<Vec<Arc<Model>>>,
}

/// What is known of a database, as of its version.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The version that the database had after the last thing that was done here.
    pub(crate) version: Option<String>,
    /// The definitions of its classes, by name.
    pub(crate) classes: Option<BTreeMap<String, Json>>,
    /// The models whose classes were found to fit.
    pub(crate) fitting: HashMap<String, Arc<Model>>,
}

impl Known {
    /// Forgets everything: another process changed the database, or it is gone.
    pub(crate) fn forget(&mut self) {
        *self = Known::default();
    }
}

impl Database {
    pub(crate) fn new(client: Client, name: String, home: Home, max_waiting: usize) -> Arc<Self> {
        let (known, queue, has_moved) = (Mutex::default(), Queue::new(max_waiting), AtomicBool::new(false));
        Arc::new(Database { client, name, home, has_moved, known, queue })
    }

    /// Whether the directory said that it is on another server now.
    pub(crate) fn has_moved(&self) -> bool {
        self.has_moved.load(Ordering::Acquire)
    }

    pub(crate) fn is_on(&self, server: &str) -> bool {
        self.home.server == server && !self.has_moved()
    }

    /// Makes the database on the server, if it belongs there; answers whether it was not there before.
    pub(crate) async fn make(&self) -> std::result::Result<bool, Failure> {
        let Home { tenant, server, directory, models: _ } = &self.home;
        let Some(directory) = directory else { return self.client.create_database(&self.name).await };
        if directory.place(tenant).await? != *server {
            return Err(self.moved().into());
        }
        let is_new = self.client.create_database(&self.name).await?;
        // Who drops a tenant writes that down first: a database that was made meanwhile would belong to nobody.
        if is_new && directory.find(tenant).await?.as_deref() != Some(server) {
            self.client.drop_database(&self.name).await?;
            return Err(self.moved().into());
        }
        Ok(is_new)
    }

    /// Checks that a database that is not there is nowhere else.
    pub(crate) async fn check_place(&self) -> Result<()> {
        let Home { tenant, server, directory, models: _ } = &self.home;
        let Some(directory) = directory else { return Ok(()) };
        match directory.find(tenant).await? {
            Some(now) if now != *server => Err(self.moved()),
            _ => Ok(()),
        }
    }

    fn moved(&self) -> Error {
        self.has_moved.store(true, Ordering::Release);
        let message =
            format!("the database of tenant `{}` was dropped or placed elsewhere meanwhile", self.home.tenant);
        Error::new(ErrorKind::Unavailable, message).hint("try again")
    }

    /// Makes the database; answers whether it was not there before.
    pub(crate) async fn create(&self) -> Result<bool> {
        let mut known = self.known.lock().await;
        known.forget();
        Ok(self.make().await?)
    }

    /// Removes the database; answers whether it was there.
    pub(crate) async fn drop_all(&self) -> Result<bool> {
        let mut known = self.known.lock().await;
        known.forget();
        match self.client.drop_database(&self.name).await {
            // It was sent and may have been done: asked again, the server knows.
            Err(Failure::Unclear(_)) => self.client.drop_database(&self.name).await.map_err(Error::from),
            done => Ok(done?),
        }
    }
}
