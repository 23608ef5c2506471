//! A connection in use, and its way back.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio_postgres::Client;

use crate::Place;
use crate::pool::Pools;
use crate::watch::Watch;

/// An open connection. When the last who has it drops it, it ends as soon as what runs on it has ended.
#[derive(Clone)]
pub(crate) struct Live {
    id: u64,
    client: Arc<Mutex<Client>>,
    watch: Arc<Watch>,
    /// Gone with the last who has the connection: so its driver knows.
    _wanted: Arc<oneshot::Sender<()>>,
}

impl Live {
    pub(crate) fn new(id: u64, client: Client, watch: Watch, wanted: oneshot::Sender<()>) -> Self {
        let (client, watch, _wanted) = (Arc::new(Mutex::new(client)), Arc::new(watch), Arc::new(wanted));
        Live { id, client, watch, _wanted }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn place(&self) -> &Place {
        self.watch.place()
    }

    /// Whether the next may have it.
    pub(crate) fn is_good(&self) -> bool {
        self.watch.is_clean() && self.client.try_lock().is_ok_and(|client| !client.is_closed())
    }
}

/// A connection that is in use.
pub(crate) struct Lease {
    client: OwnedMutexGuard<Client>,
    // Dropped after the client, which is free then.
    way_back: WayBack,
}

impl Lease {
    /// Takes a connection into use; none where it is closed. One that was not lent from pools is not given back to any.
    pub(crate) fn new(live: Live, pools: Option<Arc<Pools>>) -> Option<Lease> {
        let way_back = WayBack { live, pools };
        let client = Arc::clone(&way_back.live.client).try_lock_owned().ok()?;
        if client.is_closed() {
            // Whoever takes it back must find it free.
            drop(client);
            return None;
        }
        Some(Lease { client, way_back })
    }

    /// The client, and what watches it.
    pub(crate) fn parts(&mut self) -> (&mut Client, &Arc<Watch>) {
        (&mut self.client, &self.way_back.live.watch)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.way_back.live.watch
    }
}

/// Gives a connection back when it is dropped, and cancels what its caller has left.
struct WayBack {
    live: Live,
    pools: Option<Arc<Pools>>,
}

impl Drop for WayBack {
    fn drop(&mut self) {
        if self.live.watch.is_left_running() {
            self.live.watch.cancel(self.live.clone());
        }
        if let Some(pools) = &self.pools {
            pools.give_back(self.live.clone());
        }
    }
}
