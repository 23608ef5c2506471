//! What records were, each wrong in one way.

use std::sync::Arc;

use udal_core::contract::{Backend, Get, GetAt, History, Versions};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, ErrorKind, Result};

use crate::wrong::{Fault, Wrong, everyone};

pub(crate) async fn get_at(wrong: &Wrong, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
    let now = Get { model: Arc::clone(&op.model), id: op.id.clone() };
    match wrong.fault {
        Fault::AtAnswersNow => wrong.memory.get(ctx, now).await,
        Fault::AtIgnoresReach => wrong.memory.get_at(&everyone(ctx), op).await,
        Fault::AtKnowsEveryCommit => match wrong.memory.get_at(ctx, op).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            answer => answer,
        },
        _ => wrong.memory.get_at(ctx, op).await,
    }
}

pub(crate) async fn history(wrong: &Wrong, ctx: &Context, op: History) -> Result<Versions> {
    let mut found = match wrong.fault {
        Fault::HistoryIsEmptyWhereNotKept => Versions { versions: Vec::new(), is_complete: true },
        Fault::HistoryIgnoresReach => wrong.memory.history(&everyone(ctx), op).await?,
        _ => wrong.memory.history(ctx, op).await?,
    };
    match wrong.fault {
        Fault::HistoryForgetsTheFirst => drop(found.versions.pop()),
        Fault::HistoryLeavesOutDeletes => found.versions.retain(|version| version.record.is_some()),
        Fault::HistoryIsAlwaysComplete => found.is_complete = true,
        Fault::HistoryOfNothingIsEndless => found.is_complete &= !found.versions.is_empty(),
        Fault::HistoryCountsNoVersions => {
            let records = found.versions.iter_mut().filter_map(|version| version.record.as_mut());
            records.for_each(|record| {
                let field = record.model().find("version").cloned();
                field.iter().for_each(|field| record.set(field, Some(Value::Int(1))));
            });
        }
        _ => {}
    }
    Ok(found)
}
