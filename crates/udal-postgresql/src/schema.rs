//! How tables and partitions come to be, and follow their models.

use async_trait::async_trait;
use udal_core::{Error, ErrorKind};
use udal_pgpool::{Failure, Provision, Transaction, idempotency};
use udal_sql::table::{self, Change, Due, Fills, FoundTable, Step, Target};

use crate::found::find;

/// Makes the table, or brings one that is there up to its model.
pub(crate) struct WholeTable<'a>(pub(crate) Target<'a>);

#[async_trait]
impl Provision for WholeTable<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let found = find(self.0, transaction).await?;
        let statements = if found.columns.is_empty() { made(self.0) } else { additions(self.0, &found)? };
        if !statements.is_empty() {
            transaction.batches(&statements).await?;
        }
        Ok(())
    }
}

/// Brings a table that is there up to its model; makes none.
pub(crate) struct TableThere<'a>(pub(crate) Target<'a>);

#[async_trait]
impl Provision for TableThere<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        if transaction.query(&table::has_table(self.0)).await?.is_empty() {
            return Ok(());
        }
        WholeTable(self.0).run(transaction).await
    }
}

fn made(target: Target<'_>) -> Vec<String> {
    let mut statements = vec![idempotency::table().to_owned()];
    statements.extend(table::create_table(target));
    statements.extend(table::create_index_statements(target));
    statements
}

/// The statements that add what the table lacks and can be added at once; none where it does not fit its model.
///
/// What takes as long as the table is large waits for a migration: who writes a record does not wait for it.
fn additions(target: Target<'_>, found: &FoundTable) -> Result<Vec<String>, Error> {
    let table = target.table_name();
    let mut statements = Vec::new();
    let mut reasons = Vec::new();
    for Change { name, due, steps } in table::changes(target, found, &Fills::new()) {
        let texts: Vec<String> = steps.iter().flat_map(Step::statements).collect();
        let statement = texts.join("; ");
        match due {
            Due::AtOnce => {
                tracing::info!(table, name, statement, "a table follows its model");
                statements.extend(texts);
            }
            Due::Later => tracing::info!(table, name, statement, "a table waits for a migration"),
            Due::Allowed { reason, stops_writes } | Due::ByHand { reason, stops_writes } if stops_writes => {
                tracing::error!(table, name, statement, reason, "a table does not fit its model");
                reasons.push(reason);
            }
            Due::Allowed { reason, .. } | Due::ByHand { reason, .. } => {
                tracing::info!(table, name, statement, reason, "a table differs from its model");
            }
        }
    }
    if reasons.is_empty() {
        return Ok(statements);
    }
    let message =
        format!("the table of `{}` does not fit the model any more: {}", target.model().name(), reasons.join("; "));
    Err(Error::new(ErrorKind::Unsupported, message).hint("change the model back, or see what `udal migrate plan` says"))
}
