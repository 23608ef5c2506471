//! Looking tenants up in the registry: whoever asks while a connection to it is waited for asks along with the others.
//!
//! The registry's database has its turns as any tenant's has. One turn for each question would be too few where thousands of
//! tenants are asked for; with one turn for all who ask meanwhile, nobody waits longer than for a connection.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot::{self, Receiver, Sender};
use udal_core::{Error, ErrorKind, Result, TenantSlug};

use crate::{Tenant, TenantDatabases, registry};

type Answer = Result<Option<Tenant>>;

/// Who asks for a tenant.
struct Asker {
    slug: TenantSlug,
    sender: Sender<Answer>,
}

/// Those who ask, and are not answered yet.
#[derive(Default)]
pub(crate) struct LookUps(Mutex<State>);

#[derive(Default)]
struct State {
    askers: Vec<Asker>,
    /// Whether someone waits for a connection, to ask for them all.
    is_asked: bool,
}

impl LookUps {
    /// Asks for the tenant; answers also whether the caller is to see to it that someone asks the registry. None where too
    /// many wait already.
    fn add(&self, slug: &TenantSlug, most: usize) -> Option<(Receiver<Answer>, bool)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has gone waits no more.
        if state.askers.len() >= most {
            state.askers.retain(|asker| !asker.sender.is_closed());
        }
        if state.askers.len() >= most {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        state.askers.push(Asker { slug: slug.clone(), sender });
        Some((receiver, !std::mem::replace(&mut state.is_asked, true)))
    }

    /// Those who ask until now; whoever comes later is asked for by another.
    fn take(&self) -> Vec<Asker> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_asked = false;
        std::mem::take(&mut state.askers)
    }
}

/// One who asks the registry for all.
struct Asking<'a> {
    look_ups: &'a LookUps,
    /// Those it asks for, as soon as it has a connection.
    askers: Option<Vec<Asker>>,
}

impl Asking<'_> {
    fn askers(&mut self) -> &mut Vec<Asker> {
        self.askers.get_or_insert_with(|| self.look_ups.take())
    }
}

/// Where it ends without an answer nobody goes on waiting for one: their senders go.
impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.askers();
    }
}

impl TenantDatabases {
    /// What the registry says of the tenant now.
    pub(crate) async fn find_tenant(&self, slug: &TenantSlug) -> Answer {
        let Some((answer, is_first)) = self.look_ups().add(slug, self.settings().limits.max_waiting.max(1)) else {
            return Err(self.turned_away());
        };
        if is_first {
            let databases = self.clone();
            tokio::spawn(async move { databases.ask_for_all().await });
        }
        answer.await.unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::Unavailable, "where the tenant is was not found out");
            Err(error.hint("try again in a moment"))
        })
    }

    async fn ask_for_all(&self) {
        let mut asking = Asking { look_ups: self.look_ups(), askers: None };
        let rows = self.ask_platform(|| registry::some_tenants(asking.askers().iter().map(|asker| &asker.slug))).await;
        let found: Result<HashMap<TenantSlug, Tenant>> = rows.and_then(|rows| {
            let tenants = rows.iter().map(registry::read_tenant);
            tenants.map(|tenant| tenant.map(|tenant| (tenant.slug.clone(), tenant))).collect()
        });
        for Asker { slug, sender } in asking.askers().drain(..) {
            let answer = match &found {
                Ok(found) => Ok(found.get(&slug).cloned()),
                Err(error) => Err(again(error)),
            };
            // Who has gone wants no answer.
            let _gone = sender.send(answer);
        }
    }
}

/// The same for another asker.
fn again(error: &Error) -> Error {
    let same = Error::new(error.kind(), error.message());
    error.mend().into_iter().fold(same, Error::hint)
}
