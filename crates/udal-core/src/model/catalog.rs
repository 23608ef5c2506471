//! The catalog: every group and model, checked together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check;
use super::{GroupDeclaration, Model, Problem};
use crate::contract::refusal::not_found;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{nearest, shorten};

/// A group of models.
#[derive(Clone, Debug)]
pub struct Group {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) models: BTreeMap<String, Arc<Model>>,
}

impl Group {
    /// The group's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the group is for.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its models, by name.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.values()
    }
}

/// Every group and model of a platform. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    groups: Arc<BTreeMap<String, Group>>,
}

impl Catalog {
    /// Checks the declarations together and makes a catalog of them.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the declarations.
    pub fn build(declarations: Vec<GroupDeclaration>) -> std::result::Result<Catalog, Vec<Problem>> {
        let groups = check::check(&declarations)?;
        Ok(Catalog { groups: Arc::new(groups) })
    }

    /// The groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// Every model of every group.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.groups.values().flat_map(Group::models)
    }

    /// The group of that name.
    ///
    /// # Errors
    /// [`UnknownName`](ErrorKind::UnknownName), with the nearest name.
    pub fn group(&self, name: &str) -> Result<&Group> {
        self.groups.get(name).ok_or_else(|| {
            Error::new(ErrorKind::UnknownName, format!("there is no group `{}`", shorten(name)))
                .near(nearest(name, self.groups.keys().map(String::as_str)))
        })
    }

    /// The model of that name in that group.
    ///
    /// # Errors
    /// [`UnknownName`](ErrorKind::UnknownName), with the nearest name, or the group that has it.
    pub fn model(&self, group: &str, name: &str) -> Result<&Arc<Model>> {
        let found = self.group(group)?;
        found.models.get(name).ok_or_else(|| {
            let error =
                Error::new(ErrorKind::UnknownName, format!("model `{}` is not in group `{group}`", shorten(name)));
            match self.models().find(|model| model.name() == name) {
                Some(elsewhere) => error.hint(format!("it is in group `{}`", elsewhere.group())),
                None => error.near(nearest(name, found.models.keys().map(String::as_str))),
            }
        })
    }

    /// The model whose records have ids such as `id`. No two models of a catalog have one name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is none.
    pub fn model_of(&self, id: &str) -> Result<&Arc<Model>> {
        let name = id.split_once('/').map_or("", |(name, _)| name);
        let found = self.groups.values().find_map(|group| group.models.get(name));
        found.ok_or_else(|| not_found(id).hint("write its whole id, such as `AppCRMAccount/acme-123`"))
    }
}
