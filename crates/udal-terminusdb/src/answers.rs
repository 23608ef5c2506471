//! Forgetting what creates with idempotency keys answered long ago.
//!
//! No time is kept with an answer: what was there at a commit of that time is at least as old.

use std::collections::BTreeMap;

use bytes::Bytes;
use udal_core::value::Timestamp;
use udal_core::{Error, Result, TenantSlug};
use udal_graph::{Since, answers, answers_of, commits, read_answers, read_commits};

use crate::TerminusdbBackend;
use crate::call::Write;
use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::group::ATTEMPTS;
use crate::history::end_of;

/// How many answers are forgotten in one commit, for which the tenant's writes wait.
const AT_ONCE: usize = 1_000;

impl TerminusdbBackend {
    /// Forgets the idempotency keys of the tenant that were taken at that time or before, by the server's clock; answers how many.
    ///
    /// Ended at any instant and done again, or by several at once, it goes on.
    ///
    /// # Errors
    /// What the server says.
    pub async fn forget_answers(&self, tenant: &TenantSlug, until: Timestamp) -> Result<u64> {
        let Some(database) = self.databases.find(tenant).await? else { return Ok(0) };
        let forgotten = database.forget_answers(until).await.map_err(Error::from)?;
        if forgotten > 0 {
            tracing::info!(%tenant, keys = forgotten, "idempotency keys were forgotten");
        }
        Ok(forgotten)
    }
}

impl Database {
    async fn forget_answers(&self, until: Timestamp) -> std::result::Result<u64, Failure> {
        let request = commits(&Since::At(end_of(until)), 1);
        let then = match self.client.ask_commits(&self.name, &request).await {
            Err(Failure::Missing(_)) => return Ok(0),
            asked => read_commits(&asked?)?.pop(),
        };
        let Some(then) = then else { return Ok(0) };
        let (mut offset, mut forgotten) = (0, 0);
        loop {
            let old = match self.client.ask_at(&self.name, &then.id, &answers(offset, AT_ONCE)).await {
                // Nothing was answered under a key yet.
                Err(Failure::Rejected(said)) if said.is_unknown_name() => return Ok(forgotten),
                asked => read_answers(&asked?)?,
            };
            if old.is_empty() {
                return Ok(forgotten);
            }
            offset += old.len();
            forgotten += self.forget(&old).await?;
        }
    }

    /// Forgets those of these answers that are there as they were.
    async fn forget(&self, old: &BTreeMap<String, String>) -> std::result::Result<u64, Failure> {
        let mut known = self.known.lock().await;
        for _ in 0..ATTEMPTS {
            match self.forget_now(&mut known, old).await {
                Err(Failure::Overtaken) => known.forget(),
                Err(failure) => {
                    known.forget();
                    return Err(failure);
                }
                forgotten => return forgotten,
            }
        }
        Err(Failure::Overtaken)
    }

    async fn forget_now(&self, known: &mut Known, old: &BTreeMap<String, String>) -> std::result::Result<u64, Failure> {
        self.look(known).await?;
        let now = read_answers(&self.client.ask(&self.name, &answers_of(old.keys().cloned())).await?)?;
        // A key that was forgotten and taken again has another answer.
        let gone: Vec<&String> =
            now.iter().filter(|(node, text)| old.get(*node) == Some(*text)).map(|(node, _)| node).collect();
        if gone.is_empty() {
            return Ok(0);
        }
        let body = serde_json::to_vec(&gone).map_err(Error::internal)?;
        self.send_as(known, &Write::Delete(Bytes::from(body)), "udal", "forget old idempotency keys").await?;
        Ok(gone.len() as u64)
    }
}
