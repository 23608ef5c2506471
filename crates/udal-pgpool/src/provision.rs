//! Bringing a database to where it must be.

use async_trait::async_trait;

use crate::{Failure, Transaction};

/// Work on a database's structure, which can be done again without harm.
///
/// It runs in one transaction, one at a time in each database; what fails leaves nothing behind.
#[async_trait]
pub trait Provision: Send + Sync {
    /// Does the work.
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure>;
}

/// Statements that each do nothing where they have been done.
#[derive(Clone, Debug)]
pub struct Statements(pub Vec<String>);

#[async_trait]
impl Provision for Statements {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        transaction.batches(&self.0).await?;
        Ok(())
    }
}
