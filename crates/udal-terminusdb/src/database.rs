//! One tenant's database: where it is, what is known of it, and its writer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::Mutex;
use udal_core::model::Model;
use udal_core::{Error, Result};

use crate::client::Client;
use crate::failure::Failure;
use crate::writer::Queue;

/// One tenant's database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// What the writer knows; whoever holds it is the one writer of this process.
    pub(crate) known: Mutex<Known>,
    pub(crate) queue: Queue,
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
    pub(crate) fn new(client: Client, name: String, max_waiting: usize) -> Arc<Self> {
        Arc::new(Database { client, name, known: Mutex::default(), queue: Queue::new(max_waiting) })
    }

    /// Makes the database; answers whether it was not there before.
    pub(crate) async fn create(&self) -> Result<bool> {
        let mut known = self.known.lock().await;
        known.forget();
        Ok(self.client.create_database(&self.name).await?)
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
