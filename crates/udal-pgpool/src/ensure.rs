//! Bringing databases to where they must be: once in this process, whoever asks.

use udal_core::{Error, Result};

use crate::databases::no_such_tenant;
use crate::failure::Attempt;
use crate::{Database, Failure, Place, Placement, Provision, TenantDatabases, Turn};

/// How often work is begun anew because the database is gone, or the tenant elsewhere.
const ATTEMPTS: usize = 4;

impl TenantDatabases {
    /// Makes sure, once for each `key`, that `database` is there and `work` is done in it, whole or not at all.
    ///
    /// Of many who ask at the same instant one works and the others wait; other processes are kept out by a lock.
    ///
    /// # Errors
    /// What the database says; the next who asks tries again.
    pub async fn ensure(&self, database: &Database, key: &str, work: &dyn Provision) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let place = self.place_to_write(database).await?;
            let asked_at = std::time::Instant::now();
            // Only where the database itself is missing it is made again.
            let provision = async || Ok(self.provision(&place, key, work).await?.map_err(Error::from)?);
            match self.done().of(&place).run(key, provision).await {
                Err(Failure::Missing(_)) => self.make_again(database, &place, asked_at).await?,
                done => return Ok(done?),
            }
        }
        Err(Failure::overtaken().into())
    }

    /// Makes sure, as [`ensure`](TenantDatabases::ensure) does, that `work` is done in `database` where that is there, and makes
    /// none where it is not. It takes no pooled connection, and none at all where the work is known to be done.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such tenant or database, or what the work needs of it is not there; what the
    /// database says.
    pub async fn ensure_within(&self, database: &Database, key: &str, work: &dyn Provision) -> Attempt<()> {
        let Database::Tenant(slug) = database else { return self.ensure_at(&self.shared_place(), key, work).await };
        let place = self.place_of(slug).await?.ok_or_else(|| no_such_tenant(slug))?;
        let failure = match self.ensure_at(&place, key, work).await {
            Err(failure @ Failure::Missing(_)) => failure,
            done => return done,
        };
        // It was dropped, or brought elsewhere: the registry knows.
        self.done().forget(&place);
        match self.look_up(slug).await? {
            None => Err(no_such_tenant(slug)),
            Some(found) if found == place => Err(failure),
            Some(found) => self.ensure_at(&found, key, work).await,
        }
    }

    async fn ensure_at(&self, place: &Place, key: &str, work: &dyn Provision) -> Attempt<()> {
        self.done().of(place).run(key, async || self.provision(place, key, work).await?).await
    }

    /// Forgets what was done in `database`: it turned out not to be there any more.
    pub fn forget(&self, database: &Database) {
        match database {
            Database::Shared => self.done().forget(&self.shared_place()),
            Database::Tenant(slug) => {
                if let Some(known) = self.directory().get(slug) {
                    self.done().forget(&known.place);
                }
            }
        }
    }

    /// Where what is written goes: a tenant that is not there is made.
    async fn place_to_write(&self, database: &Database) -> Result<Place> {
        let Database::Tenant(slug) = database else { return Ok(self.shared_place()) };
        if let Some(known) = self.directory().get(slug) {
            self.look_again(slug, &known);
            return Ok(known.place);
        }
        let find_or_make = async || match self.directory().get(slug) {
            Some(known) => Ok(known.place),
            None => self.settle_and_remember(slug, &Placement::Anywhere, false).await.map(|settled| settled.0),
        };
        self.flights().shared(slug, find_or_make).await
    }

    /// Brings a database about that was seen to be gone from `place`, unless another did since.
    async fn make_again(&self, database: &Database, place: &Place, seen_at: std::time::Instant) -> Result<()> {
        self.done().forget(place);
        let Database::Tenant(slug) = database else {
            return self.create_database(place).await;
        };
        let make = async || {
            if self.directory().get(slug).is_some_and(|known| known.at > seen_at) {
                return Ok(());
            }
            self.directory().forget(slug);
            self.settle_and_remember(slug, &Placement::Anywhere, true).await.map(|_| ())
        };
        self.flights().shared(slug, make).await
    }

    /// Does the work, where there is a database to do it in.
    async fn provision(&self, place: &Place, key: &str, work: &dyn Provision) -> Attempt<Attempt<()>> {
        let _turn = self.provisioning_turn(place).await?;
        let started = std::time::Instant::now();
        let mut connection = self.maintain(place).await?;
        let done = connection.restructure(Turn::Alone, work).await;
        if done.is_ok() {
            tracing::info!(%place, key, elapsed = ?started.elapsed(), "brought a database up to date");
        }
        Ok(done)
    }
}
