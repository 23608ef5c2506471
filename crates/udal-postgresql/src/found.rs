//! What a table is now.

use tokio_postgres::Row;
use udal_pgpool::{Failure, Transaction, read_text};
use udal_sql::table::{self, FoundCheck, FoundColumn, FoundIndex, FoundTable, Target};

/// Looks at the table; one without columns is not there.
pub(crate) async fn find(target: Target<'_>, transaction: &Transaction<'_>) -> Result<FoundTable, Failure> {
    let mut found = FoundTable::default();
    for row in transaction.query(&table::find_columns(target)).await? {
        let (name, type_name) = (read_text(&row, 0)?, read_text(&row, 1)?);
        found.columns.push(FoundColumn { name, type_name, not_null: row.try_get(2)? });
    }
    if found.columns.is_empty() {
        return Ok(found);
    }
    for row in transaction.query(&table::find_checks(target)).await? {
        let (name, definition) = (read_text(&row, 0)?, read_text(&row, 1)?);
        found.checks.push(FoundCheck { name, definition, is_valid: row.try_get(2)? });
    }
    let split = transaction.query(&table::find_split(target)).await?;
    found.split_by = split.first().map(|row| read_text(row, 0)).transpose()?;
    for row in transaction.query(&table::find_partitions(target)).await? {
        if row.try_get::<_, bool>(1)? {
            found.partitions.push(read_text(&row, 0)?);
        }
    }
    for row in transaction.query(&table::find_indexes(target)).await? {
        found.indexes.push(index(&row)?);
    }
    for row in transaction.query(&table::find_options(target)).await? {
        found.options.push((read_text(&row, 0)?, row.try_get(1)?));
    }
    found.has_rows = !transaction.query(&table::find_row(target)).await?.is_empty();
    Ok(found)
}

fn index(row: &Row) -> Result<FoundIndex, Failure> {
    Ok(FoundIndex {
        name: read_text(row, 0)?,
        table: read_text(row, 1)?,
        is_valid: row.try_get(2)?,
        method: read_text(row, 3)?,
        part_of: row.try_get(4)?,
        is_in_making: row.try_get(5)?,
    })
}
