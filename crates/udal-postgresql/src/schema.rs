//! How tables and partitions come to be, and follow their models.

use async_trait::async_trait;
use udal_core::{Error, ErrorKind};
use udal_pgpool::{Failure, Provision, Transaction, idempotency, read_text};
use udal_sql::table::{self, Change, FoundColumn, FoundTable, Span, Target};

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

/// The statements that add what the table lacks; all or none.
fn additions(target: Target<'_>, found: &FoundTable) -> Result<Vec<String>, Error> {
    let mut statements = Vec::new();
    let mut reasons = Vec::new();
    for change in table::changes(target, found) {
        match change {
            Change::Apply { statement } => {
                tracing::info!(table = target.table_name(), statement, "a table follows its model");
                statements.push(statement);
            }
            Change::Refuse { statement, reason } => {
                tracing::error!(table = target.table_name(), statement, reason, "a table does not fit its model");
                reasons.push(reason);
            }
        }
    }
    if reasons.is_empty() {
        return Ok(statements);
    }
    let message =
        format!("the table of `{}` does not fit the model any more: {}", target.model().name(), reasons.join("; "));
    Err(Error::new(ErrorKind::Unsupported, message)
        .hint("change the model back, or the table by hand; the log has the statements"))
}

/// What the table is now.
async fn find(target: Target<'_>, transaction: &Transaction<'_>) -> Result<FoundTable, Failure> {
    let mut found = FoundTable::default();
    for row in transaction.query(&table::find_columns(target)).await? {
        let (name, type_name) = (read_text(&row, 0)?, read_text(&row, 1)?);
        found.columns.push(FoundColumn { name, type_name, not_null: row.try_get(2)? });
    }
    if found.columns.is_empty() {
        return Ok(found);
    }
    for row in transaction.query(&table::find_checks(target)).await? {
        found.checks.push((read_text(&row, 0)?, read_text(&row, 1)?));
    }
    let split = transaction.query(&table::find_split(target)).await?;
    found.split_by = split.first().map(|row| read_text(row, 0)).transpose()?;
    for row in transaction.query(&table::find_partitions(target)).await? {
        if row.try_get::<_, bool>(1)? {
            found.partitions.push(read_text(&row, 0)?);
        }
    }
    found.has_rows = !transaction.query(&table::find_row(target)).await?.is_empty();
    Ok(found)
}

/// Makes one partition of a split table.
pub(crate) struct OnePartition<'a>(pub(crate) Target<'a>, pub(crate) Span);

#[async_trait]
impl Provision for OnePartition<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let OnePartition(target, span) = *self;
        if transaction.query(&table::has_partition(target, span)).await?.is_empty() {
            let statements = [table::create_partition(target, span), table::attach_partition(target, span)];
            transaction.batches(&statements).await?;
        }
        Ok(())
    }
}
