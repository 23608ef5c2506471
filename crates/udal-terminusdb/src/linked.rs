//! Deleting a record to which others may link: a commit of its own, with what becomes of them.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::json;
use udal_core::contract::refusal::still_linked;
use udal_core::contract::{Delete, Deleted, Touched};
use udal_core::model::{Model, OnDelete};
use udal_core::{Context, Result, shorten};
use udal_graph::{Found, Linker, Wanted};

use crate::call::Write;
use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::group::author_of;
use crate::overlay::Overlay;

impl Database {
    /// Deletes a record to which others may link: as its model says, in one commit with what becomes of them.
    pub(crate) async fn delete_linked(
        &self,
        known: &mut Known,
        ctx: &Context,
        op: &Delete,
    ) -> std::result::Result<Result<Option<Deleted>>, Failure> {
        let Delete { model, id, if_version } = op;
        match self.look(known).await {
            Err(Failure::Missing(_)) => return Ok(Ok(None)),
            looked => looked?,
        }
        let mut wanted = Wanted::default();
        wanted.record(model.name(), id);
        wanted.linkers(model, id, |linker| known.has_class(linker));
        let found = self.find(known, &mut wanted).await?;
        let linkers = match linkers(&found, model, id) {
            Ok(linkers) => linkers,
            Err(error) => return Ok(Err(error)),
        };
        let record = match Overlay::over(found).reached(ctx, model, id, *if_version) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        };
        let unlinked = match unlink(linkers, model, id) {
            Ok(unlinked) => unlinked,
            Err(error) => return Ok(Err(error)),
        };
        let (author, message) = (author_of(ctx), format!("delete {}", shorten(id)));
        self.commit_unlinked(known, id, &unlinked, (&author, &message)).await?;
        let mut unlinked: Vec<Touched> = unlinked.iter().map(Linker::touched).collect();
        unlinked.sort();
        Ok(Ok(Some(Deleted { record, unlinked })))
    }

    async fn commit_unlinked(
        &self,
        known: &mut Known,
        id: &str,
        unlinked: &[Linker],
        (author, message): (&str, &str),
    ) -> std::result::Result<(), Failure> {
        let node = udal_graph::node_id(id);
        if unlinked.is_empty() {
            let body = json!([node]).to_string();
            return self.send_as(known, &Write::Delete(Bytes::from(body)), author, message).await;
        }
        let texts = unlinked.iter().map(Linker::to_text).collect::<Result<Vec<_>>>()?;
        self.send_as(known, &Write::Query(udal_graph::replace_and_delete(&texts, &node)?), author, message).await
    }
}

/// The documents that link to the record, each once, without the record itself.
fn linkers(found: &Found, model: &Model, id: &str) -> Result<Vec<Linker>> {
    let mut seen = HashSet::new();
    let mut linkers = Vec::new();
    for (linker_model, text) in &found.linkers {
        let linker = Linker::read(linker_model, text)?;
        let is_other = linker.id() != id && model.incoming_links().iter().any(|link| link.model == *linker_model);
        if is_other && seen.insert(linker.id().to_owned()) {
            linkers.push(linker);
        }
    }
    Ok(linkers)
}

fn unlink(mut linkers: Vec<Linker>, model: &Model, id: &str) -> Result<Vec<Linker>> {
    if !linkers.is_empty() && model.on_delete() == OnDelete::Restrict {
        return Err(still_linked(id));
    }
    for linker in &mut linkers {
        linker.unlink(model.incoming_links(), id)?;
    }
    Ok(linkers)
}
