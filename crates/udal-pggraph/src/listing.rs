//! Pages as JSON text.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::Row;
use udal_core::contract::{List, ListText, Start, TextPieces};
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::order::{Order, Position};
use udal_core::{Action, Context, Error, Result};
use udal_pgpool::{Failure, Listed, RowReader, TenantDatabases, list_text};
use udal_sql::document;

use crate::documents::read_document;
use crate::home::Home;

pub(crate) async fn list(databases: &TenantDatabases, ctx: &Context, op: ListText) -> Result<TextPieces> {
    let ListText { list: List { model, filter, order, limit, start }, between } = op;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let documents = Documents { databases: databases.clone(), ctx: ctx.clone(), model, filter, order };
    list_text(documents, start, limit, between).await
}

/// The documents that someone asks for.
struct Documents {
    databases: TenantDatabases,
    ctx: Context,
    model: Arc<Model>,
    filter: Predicate,
    order: Order,
}

#[async_trait]
impl Listed for Documents {
    async fn start(&self, start: &Start, limit: usize) -> Result<Option<RowReader>> {
        let statement = document::list(&self.model, &self.filter, &self.order, limit, start);
        let connection = match Home::of(&self.databases, &self.ctx).connect().await {
            Err(Failure::Missing(_)) => return Ok(None),
            connected => connected?,
        };
        let rows = match connection.rows(&statement).await.map_err(Failure::from) {
            Err(Failure::Missing(_)) => return Ok(None),
            started => started?,
        };
        Ok(Some(RowReader::new(connection, rows)))
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(out, &read_document(&self.model, row)?).map_err(Error::internal)
    }

    fn position(&self, row: &Row) -> Result<Position> {
        Ok(Position::of(&read_document(&self.model, row)?, &self.order))
    }
}
