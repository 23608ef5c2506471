//! Bringing a tenant about, and dropping it: each step looks at what is there, so that the work can end at any of them.
//!
//! The registry's row comes first and goes last. Whoever works on a tenant holds its row in a transaction on the platform's
//! database, while another connection makes or drops the database, which PostgreSQL does outside of transactions only.

use futures_util::future::try_join_all;
use udal_core::{Error, ErrorKind, Result, TenantSlug};

use crate::failure::Attempt;
use crate::names::check_tenants;
use crate::placement::{candidates, check_configured, least_loaded};
use crate::platform::begin;
use crate::pool::Reserved;
use crate::{
    Connection, DroppedDatabase, Failure, Place, Placement, ServerName, Step, Tenant, TenantDatabases, TenantState,
    Transaction,
};
use crate::{registry, server};

/// How often it is begun anew when others change the tenant meanwhile.
const ATTEMPTS: usize = 16;
/// The advisory lock that one who places a new tenant holds: the letters `plac`.
const PLACING_LOCK: i64 = 0x706c_6163;
/// The holder of a row waits for another server, which its own must not take for idleness.
const STAY: &str = "SET LOCAL lock_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = 0";

/// What was brought about.
pub(crate) struct Settled {
    pub(crate) place: Place,
    /// Whether the tenant was not there before.
    pub(crate) is_new: bool,
}

/// A tenant that is to be there.
struct Wish<'a> {
    slug: &'a TenantSlug,
    placement: &'a Placement,
    /// Whether its database was seen to be gone from where the registry says it is.
    is_missing: bool,
    /// Whether it was registered by who wishes it.
    is_ours: bool,
}

/// What became of a [`Wish`].
enum Found {
    Settled(Settled),
    /// The tenant is not registered.
    Nothing,
    /// It was to be dropped, and that is done now.
    Dropped,
}

/// How far the making of a database came.
#[derive(Default)]
struct Progress {
    /// Whether the server was told to make it.
    is_begun: bool,
    /// Whether it did so, and it was not there before.
    is_made: bool,
}

impl TenantDatabases {
    /// Makes sure that the tenant is registered and has a database.
    ///
    /// `is_missing` says that the database was seen to be gone where the registry says it is.
    pub(crate) async fn settle(&self, slug: &TenantSlug, placement: &Placement, is_missing: bool) -> Result<Settled> {
        if let Placement::On(server) = placement {
            check_configured(self.settings(), server)?;
        }
        self.prepare_platform().await?;
        self.search_servers().await?;
        let _turn = self.provisioning_turn(&self.platform_place()).await?;
        let mut wish = Wish { slug, placement, is_missing, is_ours: false };
        for _ in 0..ATTEMPTS {
            match self.bring_about(&wish).await? {
                Found::Settled(settled) => return Ok(settled),
                Found::Nothing => wish.is_ours = self.place_new(slug, placement).await?,
                Found::Dropped => {}
            }
        }
        Err(Failure::overtaken().into())
    }

    /// Registers the tenant, with a place; answers false where another did so.
    async fn place_new(&self, slug: &TenantSlug, placement: &Placement) -> Result<bool> {
        let servers = match placement {
            Placement::On(server) => vec![server.clone()],
            Placement::Anywhere => self.reachable(candidates(self.settings())?).await?,
        };
        let mut connection = self.maintain(&self.platform_place()).await?;
        let is_placed = self.register(begin(&mut connection).await?, slug, &servers).await?;
        drop(connection);
        if is_placed {
            self.reached(Step::TenantPlaced).await?;
        }
        Ok(is_placed)
    }

    /// One at a time, so that many who come at one instant spread.
    async fn register(&self, transaction: Transaction<'_>, slug: &TenantSlug, servers: &[ServerName]) -> Attempt<bool> {
        transaction.query(&registry::lock_structure(PLACING_LOCK)).await?;
        let loads = registry::read_loads(&transaction.query(&registry::loads()).await?)?;
        let Some(chosen) = least_loaded(self.settings(), servers, &loads) else { return Ok(false) };
        let place = Place::new(chosen.clone(), &format!("{}{slug}", self.settings().prefix));
        check_tenants(self.settings(), &place)?;
        let is_placed = transaction.execute(&registry::insert(slug, &place, TenantState::Creating)).await? == 1;
        transaction.commit().await?;
        Ok(is_placed)
    }

    /// Does what the tenant's state asks for, while nobody else does.
    async fn bring_about(&self, wish: &Wish<'_>) -> Result<Found> {
        let (platform, room) = self.reserve_two().await?;
        let mut connection = self.open_in(&self.platform_place(), &platform).await?;
        let (transaction, tenant) = hold(&mut connection, wish.slug).await?;
        let Some(tenant) = tenant else { return Ok(Found::Nothing) };
        let mut progress = Progress::default();
        Ok(match tenant.state {
            TenantState::Dropping => {
                let maintenance = self.open_server(tenant.place.server(), &room).await?;
                self.remove(transaction, &maintenance, &tenant).await?;
                Found::Dropped
            }
            TenantState::Active | TenantState::Moving => {
                check_placement(&tenant, wish.placement)?;
                if wish.is_missing {
                    self.make_database(&room, &tenant.place, &mut progress).await?;
                }
                Found::Settled(Settled { place: tenant.place, is_new: false })
            }
            TenantState::Creating => {
                check_placement(&tenant, wish.placement)?;
                let done = self.make_and_activate(transaction, &room, &tenant, &mut progress).await;
                drop((connection, platform, room));
                if let Err(failure) = done {
                    self.undo(&tenant, &progress, wish.is_ours).await;
                    return Err(failure.into());
                }
                self.reached(Step::TenantActivated).await?;
                Found::Settled(Settled { place: tenant.place, is_new: true })
            }
        })
    }

    async fn make_and_activate(
        &self,
        transaction: Transaction<'_>,
        room: &Reserved,
        tenant: &Tenant,
        progress: &mut Progress,
    ) -> Attempt<()> {
        self.make_database(room, &tenant.place, progress).await?;
        self.reached(Step::DatabaseMade).await?;
        transaction.execute(&registry::set_state(&tenant.slug, TenantState::Active)).await?;
        transaction.commit().await?;
        tracing::info!(tenant = %tenant.slug, place = %tenant.place, "made a tenant");
        Ok(())
    }

    async fn make_database(&self, room: &Reserved, place: &Place, progress: &mut Progress) -> Attempt<()> {
        progress.is_made = self.copy_template(room, place, &mut progress.is_begun).await?;
        Ok(())
    }

    /// Takes back what was begun, as far as that can be done; what is left is taken up by the next who asks.
    async fn undo(&self, tenant: &Tenant, progress: &Progress, is_ours: bool) {
        match self.try_undo(tenant, progress, is_ours).await {
            Ok(true) => tracing::info!(tenant = %tenant.slug, "took back a tenant that could not be made"),
            Ok(false) => {}
            Err(failure) => tracing::warn!(
                tenant = %tenant.slug, place = %tenant.place, ?failure, "a tenant is left half made, to be made whole later"
            ),
        }
    }

    async fn try_undo(&self, tenant: &Tenant, progress: &Progress, is_ours: bool) -> Attempt<bool> {
        let (platform, room) = self.reserve_two().await?;
        let mut connection = self.open_in(&self.platform_place(), &platform).await?;
        let (transaction, found) = hold(&mut connection, &tenant.slug).await?;
        if found.is_none() && progress.is_made {
            // The lock on the row was lost, and another gave the tenant up. Nobody may place it anew meanwhile.
            transaction.query(&registry::lock_structure(PLACING_LOCK)).await?;
            let is_back = !transaction.query(&registry::some_tenants([&tenant.slug].into_iter())).await?.is_empty();
            return Ok(!is_back && self.is_gone(&room, &tenant.place, progress).await?);
        }
        if found.is_none_or(|found| found.state != TenantState::Creating || found.place != tenant.place) {
            return Ok(false);
        }
        let touched = if !progress.is_begun && is_ours {
            transaction.execute(&registry::delete_untried(&tenant.slug)).await?
        } else {
            match self.is_gone(&room, &tenant.place, progress).await {
                Ok(true) => transaction.execute(&registry::delete(&tenant.slug)).await?,
                // It was there before this call: an earlier one made it, and it can be used.
                Ok(false) => 0,
                Err(failure) => {
                    transaction.execute(&registry::count_attempt(&tenant.slug)).await?;
                    transaction.commit().await?;
                    return Err(failure);
                }
            }
        };
        transaction.commit().await?;
        Ok(touched > 0)
    }

    /// Drops the database where it was made a moment ago; answers whether it is not there.
    async fn is_gone(&self, room: &Reserved, place: &Place, progress: &Progress) -> Attempt<bool> {
        let connection = self.open_server(place.server(), room).await?;
        if progress.is_made {
            server::drop_database(&connection, place).await?;
        }
        Ok(server::find(&connection, place.database()).await?.is_none())
    }

    /// Drops a tenant: decides it, drops the database, asks whether it is gone, and forgets the tenant; `None` where there is
    /// no such tenant.
    ///
    /// # Errors
    /// What the database says; asked again, it goes on where it ended.
    pub async fn drop_tenant(&self, slug: &TenantSlug) -> Result<Option<DroppedDatabase>> {
        if self.tenant(slug).await?.is_none() {
            return Ok(None);
        }
        let _turn = self.provisioning_turn(&self.platform_place()).await?;
        let (platform, room) = self.reserve_two().await?;
        let mut connection = self.open_in(&self.platform_place(), &platform).await?;
        let (transaction, tenant) = hold(&mut connection, slug).await?;
        let Some(Tenant { place, state, .. }) = tenant else { return Ok(None) };
        // Nothing is decided that cannot be begun.
        let maintenance = self.open_server(place.server(), &room).await?;
        if state != TenantState::Dropping {
            let decided = transaction.execute(&registry::set_state(slug, TenantState::Dropping)).await;
            decided.map_err(Failure::from)?;
        }
        transaction.commit().await.map_err(Failure::from)?;
        self.reached(Step::DropDecided).await?;
        let (transaction, tenant) = hold(&mut connection, slug).await?;
        // Another dropped it, and maybe someone made it anew.
        let is_same = |found: &Tenant| found.state == TenantState::Dropping && found.place == place;
        let Some(tenant) = tenant.filter(is_same) else { return Ok(None) };
        Ok(Some(self.remove(transaction, &maintenance, &tenant).await?))
    }

    /// Drops the database of a tenant that is to be dropped, and forgets the tenant.
    async fn remove(
        &self,
        transaction: Transaction<'_>,
        maintenance: &Connection,
        tenant: &Tenant,
    ) -> Attempt<DroppedDatabase> {
        let Tenant { slug, place, .. } = tenant;
        check_tenants(self.settings(), place)?;
        self.give_up(slug, place);
        self.reached(Step::PoolClosed).await?;
        let oid = server::drop_database(maintenance, place).await?;
        self.reached(Step::DatabaseDropped).await?;
        let dropped = server::verify_absence(maintenance, place, oid).await?;
        self.reached(Step::AbsenceVerified).await?;
        transaction.execute(&registry::delete(slug)).await?;
        transaction.commit().await?;
        self.reached(Step::TenantForgotten).await?;
        tracing::info!(tenant = %slug, %place, oid, "dropped a tenant");
        Ok(dropped)
    }

    /// Those of `servers` that can be reached now.
    async fn reachable(&self, servers: Vec<ServerName>) -> Result<Vec<ServerName>> {
        // Where there is no choice, using it shows.
        if servers.len() == 1 {
            return Ok(servers);
        }
        // Each gives its room back before the next needs it: there may be more servers than room.
        let answers = try_join_all(servers.iter().map(|server| self.is_reachable(server))).await?;
        let up: Vec<ServerName> =
            servers.into_iter().zip(answers).filter_map(|(server, is_up)| is_up.then_some(server)).collect();
        if up.is_empty() {
            return Err(Error::new(ErrorKind::Unavailable, "no server that takes new tenants can be reached")
                .hint("try again in a moment"));
        }
        Ok(up)
    }

    /// Whether the server lets one connect; that there is no room to try says nothing of the server.
    async fn is_reachable(&self, server: &ServerName) -> Attempt<bool> {
        let room = self.reserve_one(server).await?;
        Ok(self.open_server(server, &room).await.is_ok())
    }
}

/// Keeps everyone else from changing the tenant until the transaction ends.
async fn hold<'c>(connection: &'c mut Connection, slug: &TenantSlug) -> Attempt<(Transaction<'c>, Option<Tenant>)> {
    let transaction = begin(connection).await?;
    transaction.batch(STAY).await?;
    let rows = transaction.query(&registry::lock_tenant(slug)).await?;
    Ok((transaction, rows.first().map(registry::read_tenant).transpose()?))
}

/// A tenant stays where it is.
fn check_placement(tenant: &Tenant, placement: &Placement) -> Result<()> {
    match placement {
        Placement::On(server) if server != tenant.place.server() => {
            let message = format!("tenant `{}` is on the server `{}` already", tenant.slug, tenant.place.server());
            Err(Error::new(ErrorKind::AlreadyExists, message).hint("leave out the server, or name that one"))
        }
        _ => Ok(()),
    }
}
