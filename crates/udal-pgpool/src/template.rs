//! The database that tenants' databases are copied from: one on each server, made when it is first needed.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use udal_core::fingerprint;

use crate::failure::Attempt;
use crate::pool::Reserved;
use crate::{Connection, Failure, Place, ServerName, Statements, Step, TenantDatabases, Turn, server};

/// How often a copy is tried while someone is connected to the template. PostgreSQL itself waits 5 seconds each time.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(100);

impl TenantDatabases {
    /// The name of the template that holds what these settings say: another content has another name.
    pub(crate) fn template_name(&self) -> String {
        format!("udal_template_{}", fingerprint(&self.settings().template.join(";\n")))
    }

    /// Makes the database at `place` as a copy of the template, in `room`; answers whether it was not there before.
    ///
    /// `begun` is set before the server is told to make it.
    pub(crate) async fn copy_template(&self, room: &Reserved, place: &Place, begun: &mut bool) -> Attempt<bool> {
        let template = self.template_name();
        for _ in 0..ATTEMPTS {
            let make = || self.make_template(room, place.server(), &template);
            self.templates().run(place.server().as_str(), make).await?;
            let connection = self.open_server(place.server(), room).await?;
            *begun = true;
            match server::create(&connection, place.database(), Some(&template)).await {
                // The template is gone: someone dropped it.
                Err(Failure::Missing(_)) => self.templates().forget(place.server().as_str()),
                Err(Failure::Error(error)) if is_in_use(&error) => {
                    server::send_away(&connection, &template).await?;
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
        Err(Failure::overtaken())
    }

    /// Makes the template on the server, unless it is there and complete, which is when nobody can connect to it.
    async fn make_template(&self, room: &Reserved, server: &ServerName, template: &str) -> Attempt<()> {
        let connection = self.open_server(server, room).await?;
        if is_complete(&connection, template).await? {
            return Ok(());
        }
        let started = std::time::Instant::now();
        server::create(&connection, template, None).await?;
        drop(connection);
        self.reached(Step::TemplateMade).await?;
        if let Err(failure) = self.fill_template(room, server, template).await {
            // Another may have completed it since, and have sent away who was connected to it.
            let is_there = is_complete(&self.open_server(server, room).await?, template).await?;
            return if is_there { Ok(()) } else { Err(failure) };
        }
        self.reached(Step::TemplateFilled).await?;
        server::close_template(&self.open_server(server, room).await?, template).await?;
        self.reached(Step::TemplateClosed).await?;
        tracing::info!(%server, template, elapsed = ?started.elapsed(), "made the template of tenants");
        Ok(())
    }

    async fn fill_template(&self, room: &Reserved, server: &ServerName, template: &str) -> Attempt<()> {
        let mut inside = self.open_in(&Place::new(server.clone(), template), room).await?;
        inside.restructure(Turn::Alone, &Statements(self.settings().template.clone())).await
    }
}

async fn is_complete(connection: &Connection, template: &str) -> Attempt<bool> {
    Ok(server::find(connection, template).await?.is_some_and(|found| !found.is_open))
}

/// Whether the database says that someone is connected to what is to be copied.
fn is_in_use(error: &udal_core::Error) -> bool {
    let source = std::error::Error::source(error).and_then(std::error::Error::source);
    let driver = source.and_then(|source| source.downcast_ref::<tokio_postgres::Error>());
    driver.and_then(tokio_postgres::Error::code) == Some(&SqlState::OBJECT_IN_USE)
}
