//! Pages as JSON text.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::Row;
use udal_core::contract::{List, ListText, Start, TextPieces};
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::order::{Order, Position};
use udal_core::{Action, Context, Result};
use udal_pgpool::{Failure, Listed, RowReader, RowWriter, TenantDatabases, list_text, read_record};
use udal_sql::table;

use crate::home::Home;

pub(crate) async fn list(databases: &TenantDatabases, ctx: &Context, op: ListText) -> Result<TextPieces> {
    let ListText { list: List { model, filter, order, limit, start }, between } = op;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let writer = RowWriter::new(&model)?;
    let table = Table { databases: databases.clone(), ctx: ctx.clone(), model, filter, order, writer };
    list_text(table, start, limit, between).await
}

/// The records of a table that someone asks for.
struct Table {
    databases: TenantDatabases,
    ctx: Context,
    model: Arc<Model>,
    filter: Predicate,
    order: Order,
    writer: RowWriter,
}

#[async_trait]
impl Listed for Table {
    async fn start(&self, start: &Start, limit: usize) -> Result<Option<RowReader>> {
        let home = Home::of(&self.databases, &self.ctx, &self.model)?;
        let statement = table::list(home.target(), &self.filter, &self.order, limit, start);
        let connection = match home.connect().await {
            Err(Failure::Missing(_)) => return Ok(None),
            connected => connected?,
        };
        let rows = match connection.rows(&statement).await.map_err(Failure::from) {
            Err(Failure::Missing(_)) if home.catch_up(&connection).await? => {
                connection.rows(&statement).await.map_err(Failure::from)?
            }
            Err(Failure::Missing(_)) => return Ok(None),
            started => started?,
        };
        Ok(Some(RowReader::new(connection, rows)))
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        self.writer.write(row, out)
    }

    fn position(&self, row: &Row) -> Result<Position> {
        Ok(Position::of(&read_record(&self.model, row)?, &self.order))
    }
}
