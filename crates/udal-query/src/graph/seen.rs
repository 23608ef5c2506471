//! The models and their links as the asker sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use udal_core::model::{Catalog, Field, Model, StorageKind};
use udal_core::{AccessContext, Error, ErrorKind, FieldError, Result, nearest, shorten};

use super::syntax::{Step, Way};
use super::walk::Link;

/// The linked models of a catalog, as one asker sees them.
pub(super) struct Seen {
    models: BTreeMap<String, Seeing>,
}

/// A model, and how the asker sees it.
pub(super) struct Seeing {
    pub(super) model: Arc<Model>,
    pub(super) view: Arc<Model>,
}

impl Seen {
    pub(super) fn new(catalog: &Catalog, access: &AccessContext) -> Self {
        let linked = catalog.models().filter(|model| model.storage_kind() == StorageKind::Terminusdb);
        let models = linked.map(|model| {
            let seeing = Seeing { model: Arc::clone(model), view: model.seen_by(access) };
            (model.name().to_owned(), seeing)
        });
        Seen { models: models.collect() }
    }

    pub(super) fn of(&self, model: &str) -> Result<&Seeing> {
        self.models.get(model).ok_or_else(|| {
            let known = self.models.keys().map(String::as_str);
            let message = format!("there is no model `{}` of linked records", shorten(model));
            Error::new(ErrorKind::UnknownName, message).near(nearest(model, known))
        })
    }

    /// The links that `step` follows from records of `model`; none where there is no such link.
    ///
    /// # Errors
    /// Where the step names a model that is not there, a field that does not link, or one that is masked from the asker.
    pub(super) fn links(&self, model: &str, step: &Step) -> Result<Vec<Link>> {
        match &step.way {
            Way::Forward => {
                let Some(field) = self.of(model)?.view.find(&step.name) else { return Ok(Vec::new()) };
                self.check(field, step)?;
                Ok(link(model, field, Way::Forward).into_iter().collect())
            }
            Way::Back => self.incoming(model, step, None),
            Way::BackTo(holder) => {
                self.of(holder).map_err(|error| at(error, step.position))?;
                self.incoming(model, step, Some(holder))
            }
        }
    }

    fn incoming(&self, model: &str, step: &Step, holder: Option<&String>) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        for incoming in self.of(model)?.model.incoming_links() {
            let is_meant = incoming.field == step.name && holder.is_none_or(|holder| *holder == incoming.model);
            let Some(field) = self.of(&incoming.model)?.view.find(&incoming.field).filter(|_| is_meant) else {
                continue;
            };
            self.check(field, step)?;
            links.extend(link(&incoming.model, field, Way::Back));
        }
        Ok(links)
    }

    /// Every link that the asker may follow from records of `model`, forwards, and back where `also_back` says so.
    pub(super) fn all_links(&self, model: &str, ways: Ways) -> Result<Vec<Link>> {
        let open = |field: &&Arc<Field>| field.is_link() && field.mask().is_none();
        let seeing = self.of(model)?;
        let mut links: Vec<Link> =
            seeing.view.visible_fields().filter(open).filter_map(|field| link(model, field, Way::Forward)).collect();
        if ways == Ways::Both {
            for incoming in seeing.model.incoming_links() {
                let field = self.of(&incoming.model)?.view.find(&incoming.field).filter(open);
                links.extend(field.and_then(|field| link(&incoming.model, field, Way::Back)));
            }
        }
        Ok(links)
    }

    /// Refuses a field that does not link, and one that is masked.
    fn check(&self, field: &Field, step: &Step) -> Result<()> {
        if field.mask().is_some() {
            let error = FieldError::new(field.name(), "not_allowed", "its values are masked from you");
            let message = format!("the link at position {} of the path cannot be followed", step.position);
            return Err(Error::fields(message, vec![error.hint("take another link")]));
        }
        if field.is_link() {
            return Ok(());
        }
        let message = format!("`{}` at position {} of the path does not link to records", field.name(), step.position);
        Err(Error::invalid(message).hint("a link is a field of a `Ref` type between two models of linked records"))
    }

    /// Says that none of `models` has the link of `step`, and which is nearest.
    pub(super) fn no_such_link(&self, models: &[&str], step: &Step) -> Error {
        let (sign, ways) = match step.way {
            Way::Forward => ("", Ways::Forward),
            Way::Back | Way::BackTo(_) => ("^", Ways::Both),
        };
        let links = models.iter().flat_map(|model| self.all_links(model, ways).unwrap_or_default());
        let known: Vec<String> =
            links.filter(|link| link.is_back == (ways == Ways::Both)).map(|link| link.field).collect();
        let tried: Vec<String> = models.iter().map(|model| format!("`{model}`")).collect();
        let what = if sign.is_empty() { "has no link" } else { "is not linked to by" };
        let message = format!(
            "{} {what} `{}`, at position {} of the path",
            tried.join(" or "),
            shorten(&step.name),
            step.position
        );
        let error = Error::new(ErrorKind::UnknownName, message);
        match nearest(&step.name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{sign}{near}`?")),
            None if known.is_empty() => error.hint("no link leads on from there"),
            None => {
                let mut names: Vec<String> = known.iter().map(|name| format!("{sign}{name}")).collect();
                names.sort();
                names.dedup();
                names.truncate(12);
                error.hint(format!("links from there are {}", names.join(" ")))
            }
        }
    }
}

/// Which ways links are followed where none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    /// From the records that hold them: the default.
    #[default]
    Forward,
    /// Also to the records that hold them.
    Both,
}

fn link(holder: &str, field: &Field, way: Way) -> Option<Link> {
    let target = field.field_type().target()?.to_owned();
    Some(Link { is_back: way != Way::Forward, holder: holder.to_owned(), field: field.name().to_owned(), target })
}

fn at(error: Error, position: usize) -> Error {
    let hint = error.mend().map(str::to_owned);
    let placed = Error::new(error.kind(), format!("{}, at position {position} of the path", error.message()));
    match hint {
        Some(hint) => placed.hint(hint),
        None => placed,
    }
}
