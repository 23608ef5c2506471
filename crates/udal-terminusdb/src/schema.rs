//! Classes that follow their models.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use udal_core::model::Model;
use udal_core::{Error, ErrorKind};
use udal_graph::{Difference, Merge, answers_class, class_name, class_of, differences, merge, new_lists};

use crate::call::Commit;
use crate::database::{Database, Known};
use crate::failure::Failure;

/// How often classes are tried to be put when others come in the way.
const ATTEMPTS: usize = 8;
/// How often a database is looked at that another process makes: for 9 seconds in all. The server needs a tenth of one.
const MAKING_ATTEMPTS: u32 = 20;

impl Database {
    /// Makes sure that the database is there, and that the classes of these models are, and fit.
    pub(crate) async fn ensure<'m>(
        &self,
        known: &mut Known,
        models: impl IntoIterator<Item = &'m Arc<Model>>,
    ) -> Result<(), Failure> {
        let is_fitting = |known: &Known, model: &Arc<Model>| {
            known.fitting.get(model.name()).is_some_and(|held| Arc::ptr_eq(held, model) || held == model)
        };
        let models: Vec<&Arc<Model>> = models.into_iter().filter(|model| !is_fitting(known, model)).collect();
        if models.is_empty() {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            match self.fit(known, &models).await {
                Err(Failure::Overtaken) => known.forget(),
                done => return done,
            }
        }
        Err(Failure::Overtaken)
    }

    async fn fit(&self, known: &mut Known, models: &[&Arc<Model>]) -> Result<(), Failure> {
        let classes = self.classes(known).await?;
        let mut models = models.to_vec();
        let mut wanted = self.wanted(&classes, &models).await?;
        if !wanted.is_empty() {
            // A change of classes takes seconds where much is kept: what the other models need comes with it, so that no
            // later write waits for theirs. One that does not fit is told of when it is written to.
            let is_new = |other: &&Arc<Model>| !models.iter().any(|model| model.name() == other.name());
            let others: Vec<&Arc<Model>> = self.home.models.iter().filter(is_new).collect();
            for other in others {
                match self.wanted(&classes, &[other]).await {
                    Ok(_) => models.push(other),
                    Err(Failure::Error(_)) => {}
                    Err(failure) => return Err(failure),
                }
            }
            wanted = self.wanted(&classes, &models).await?;
        }
        let (puts, lists) = self.apart(&classes, &wanted).await?;
        if !puts.is_empty() {
            let definitions: Vec<Json> = puts.values().cloned().collect();
            let names: Vec<&str> = puts.keys().map(String::as_str).collect();
            tracing::info!(database = self.name, classes = ?names, "classes follow their models");
            let commit = Commit {
                author: "udal".to_owned(),
                message: format!("classes follow their models: {}", names.join(", ")),
                at: known.version.clone(),
            };
            known.version = self.client.put_classes(&self.name, &definitions, &commit).await?.version;
        }
        if !lists.is_empty() {
            return self.add_lists(lists).await;
        }
        known.classes.get_or_insert_default().extend(wanted);
        known.fitting.extend(models.iter().map(|model| (model.name().to_owned(), Arc::clone(model))));
        Ok(())
    }

    /// The definitions to be put, and what adds lists to classes with documents, which get empty ones.
    async fn apart(
        &self,
        classes: &BTreeMap<String, Json>,
        wanted: &BTreeMap<String, Json>,
    ) -> Result<(BTreeMap<String, Json>, Vec<Json>), Failure> {
        let (mut puts, mut operations) = (wanted.clone(), Vec::new());
        for (name, definition) in wanted {
            let Some(found) = classes.get(name) else { continue };
            let lists = new_lists(found, definition);
            if lists.is_empty() || self.is_class_empty(name).await? {
                continue;
            }
            let mut without = definition.clone();
            for (property, range) in lists {
                without.as_object_mut().and_then(|members| members.remove(&property));
                operations
                    .push(json!({"@type": "CreateClassProperty", "class": name, "property": property, "type": range}));
            }
            match without == *found {
                true => puts.remove(name),
                false => puts.insert(name.clone(), without),
            };
        }
        Ok((puts, operations))
    }

    /// Adds lists to classes and an empty one to each of their documents, in one commit. The classes are then looked at anew: also
    /// where another process did it, or no answer comes.
    async fn add_lists(&self, operations: Vec<Json>) -> Result<(), Failure> {
        tracing::info!(
            database = self.name,
            lists = operations.len(),
            "documents get lists that their models have now"
        );
        let message = format!("classes follow their models: {} lists", operations.len());
        match self.client.migrate(&self.name, operations, &message).await {
            Ok(()) | Err(Failure::Unclear(_)) => Err(Failure::Overtaken),
            Err(failure) => Err(failure),
        }
    }

    /// The classes that are there; makes the database where it is not there.
    async fn classes(&self, known: &mut Known) -> Result<BTreeMap<String, Json>, Failure> {
        match self.look(known).await {
            Err(Failure::Missing(_)) => {
                self.make().await?;
                self.look_when_made(known).await?;
            }
            looked => looked?,
        }
        Ok(known.classes.clone().unwrap_or_default())
    }

    /// Looks at a database that another process may be making just now.
    async fn look_when_made(&self, known: &mut Known) -> Result<(), Failure> {
        for attempt in 1..MAKING_ATTEMPTS {
            match self.look(known).await {
                Err(Failure::Missing(_) | Failure::Rejected(_)) => {
                    tokio::time::sleep(Duration::from_millis(50) * attempt).await;
                }
                looked => return looked,
            }
        }
        self.look(known).await
    }

    /// Makes sure that the database's classes and its version are known.
    pub(crate) async fn look(&self, known: &mut Known) -> Result<(), Failure> {
        if known.classes.is_some() {
            return Ok(());
        }
        let (definitions, version) = match self.client.classes(&self.name).await {
            Err(Failure::Missing(said)) => {
                self.check_place().await?;
                return Err(Failure::Missing(said));
            }
            classes => classes?,
        };
        let named = |definition: Json| Some((definition.get("@id")?.as_str()?.to_owned(), definition));
        let classes: BTreeMap<String, Json> = definitions.into_iter().filter_map(named).collect();
        known.version = match version {
            Some(version) => Some(version),
            None => self.client.version(&self.name).await?,
        };
        known.classes = Some(classes);
        Ok(())
    }

    /// The classes that are not there or do not fit, as they must become.
    async fn wanted(
        &self,
        classes: &BTreeMap<String, Json>,
        models: &[&Arc<Model>],
    ) -> Result<BTreeMap<String, Json>, Failure> {
        let mut wanted = BTreeMap::new();
        let mut targets = Vec::new();
        for model in models {
            let class = class_of(model);
            targets.extend(class.targets.clone());
            let Some(found) = classes.get(&class.name) else {
                wanted.insert(class.name, class.definition);
                continue;
            };
            let merged = match merge(&class, found, false) {
                Merge::Refused(_) if self.is_empty(model).await? => merge(&class, found, true),
                merged => merged,
            };
            match merged {
                Merge::Fits => {}
                Merge::Put(definition) => {
                    wanted.insert(class.name, definition);
                }
                Merge::Refused(reasons) => return Err(misfit(model, &reasons, &class.definition).into()),
            }
        }
        let answers = answers_class();
        if !classes.contains_key(&answers.name) {
            wanted.insert(answers.name, answers.definition);
        }
        for target in targets {
            if !classes.contains_key(&target) && !wanted.contains_key(&target) {
                // The model of that class was never used: what links need of it until it is.
                wanted.insert(target.clone(), json!({"@type": "Class", "@id": target, "id": "xsd:string"}));
            }
        }
        Ok(wanted)
    }

    /// What differs between the model and its class, with the definition that the class would get; nothing where the class is
    /// not made yet.
    pub(crate) async fn differences(&self, model: &Model) -> Result<(Vec<Difference>, Json), Failure> {
        let mut known = Known::default();
        match self.look(&mut known).await {
            Err(Failure::Missing(_)) => return Ok((Vec::new(), Json::Null)),
            looked => looked?,
        }
        let class = class_of(model);
        let Some(found) = known.classes.as_ref().and_then(|classes| classes.get(&class.name)) else {
            return Ok((Vec::new(), Json::Null));
        };
        let mut found_differences = differences(&class, found, false);
        if found_differences.iter().any(|one| one.refusal.is_some()) && self.is_empty(model).await? {
            found_differences = differences(&class, found, true);
        }
        let definition = match merge(&class, found, true) {
            Merge::Put(definition) => definition,
            Merge::Fits | Merge::Refused(_) => class.definition,
        };
        Ok((found_differences, definition))
    }

    async fn is_empty(&self, model: &Model) -> Result<bool, Failure> {
        self.is_class_empty(&class_name(model.name())).await
    }

    async fn is_class_empty(&self, class: &str) -> Result<bool, Failure> {
        let request = udal_graph::any_of(class);
        let data = self.client.ask(&self.name, &request).await?;
        Ok(udal_graph::read_count(&data)? == 0)
    }
}

fn misfit(model: &Model, reasons: &[String], plan: &Json) -> Error {
    tracing::error!(model = model.name(), %plan, ?reasons, "a class does not fit its model");
    let message = format!("the class of `{}` does not fit the model any more: {}", model.name(), reasons.join("; "));
    Error::new(ErrorKind::Unsupported, message).hint(
        "`udal migrate plan` shows every difference; change the model back, or the class and its documents by hand",
    )
}
