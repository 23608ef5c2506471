//! Changes of a database's structure: transactions that wait for locks briefly, again and again.
//!
//! Who waits for a lock on a table makes everyone wait who comes after, readers too. So a change waits for an instant only,
//! lets the others pass, and tries again, until the time for it is over.

use std::time::{Duration, Instant};

use udal_sql::{Param, Statement};

use crate::{Connection, Failure, Provision};

/// The advisory lock that one who changes a database's structure holds: the letters `udal`.
const PROVISIONING_LOCK: i64 = 0x7564_616c;
/// How long one attempt waits for a lock on a table.
const WAIT_FOR_TABLE: &str = "SET LOCAL lock_timeout = '250ms'";
/// How long one attempt waits for others who change the same database.
const WAIT_FOR_TURN: &str = "SET LOCAL lock_timeout = '10s'";
/// How long it is tried.
const TRY_FOR: Duration = Duration::from_secs(15);
/// The pause after the first attempt; each is twice as long as the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Whether others who change the database are kept out meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// One at a time: the work looks at what is there, and takes an instant.
    Alone,
    /// Others may change what else is in the database: the work takes long.
    Shared,
}

impl Connection {
    /// Does `work` on the database's structure in one transaction, whole or not at all; tried again for a while where others
    /// hold a lock that it needs.
    ///
    /// # Errors
    /// [`Failure::Locked`] where the lock was not to be had; what the database says.
    pub async fn restructure(&mut self, turn: Turn, work: &dyn Provision) -> Result<(), Failure> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match attempt(self, turn, work).await {
                Err(Failure::Locked(_) | Failure::Overtaken(_)) if started.elapsed() < TRY_FOR => {
                    tokio::time::sleep(pause).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
                done => return done,
            }
        }
    }
}

async fn attempt(connection: &mut Connection, turn: Turn, work: &dyn Provision) -> Result<(), Failure> {
    let transaction = connection.transaction().await?;
    if turn == Turn::Alone {
        transaction.batch(WAIT_FOR_TURN).await?;
        let text = "SELECT pg_advisory_xact_lock($1)".to_owned();
        transaction.query(&Statement { text, params: vec![Param::int(PROVISIONING_LOCK)] }).await?;
    }
    transaction.batch(WAIT_FOR_TABLE).await?;
    work.run(&transaction).await?;
    Ok(transaction.commit().await?)
}
