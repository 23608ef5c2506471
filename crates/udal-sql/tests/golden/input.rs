//! What a case asks, read from JSON; a member that nothing reads is an error.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use udal_core::access::{Condition, ConditionOperator, Entitlement, Grant, People, ShareLevel};
use udal_core::contract::Start;
use udal_core::filter::{Predicate, parse};
use udal_core::model::Model;
use udal_core::order::{Order, Position};
use udal_core::record::{Patch, Record, read_changes};
use udal_core::search::Query;
use udal_core::{AccessContext, Action, Context, Ownership, TenantSlug};

/// The members of `input.json`, taken out as they are read.
pub(crate) struct Input {
    path: String,
    operation: String,
    members: Map<String, Json>,
}

impl Input {
    pub(crate) fn read(path: &Path) -> Self {
        let text = super::read(path);
        let path = path.display().to_string();
        let mut members: Map<String, Json> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let Some(Json::String(operation)) = members.remove("operation") else { panic!("{path}: no `operation`") };
        Input { path, operation, members }
    }

    pub(crate) fn operation(&self) -> String {
        self.operation.clone()
    }

    /// Fails where a member was given that the operation does not know.
    pub(crate) fn finish(self) {
        let left: Vec<&String> = self.members.keys().collect();
        assert!(left.is_empty(), "{}: nothing reads {left:?}", self.path);
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.remove(name)
    }

    pub(crate) fn number(&mut self, name: &str) -> Option<i64> {
        self.take(name).map(|json| json.as_i64().unwrap_or_else(|| panic!("{}: `{name}` is no number", self.path)))
    }

    pub(crate) fn text(&mut self, name: &str) -> String {
        match self.take(name) {
            Some(Json::String(text)) => text,
            other => panic!("{}: `{name}` is {other:?}, not a text", self.path),
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        let texts = self.take(name).and_then(|json| json.as_array().cloned()).unwrap_or_default();
        texts.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    pub(crate) fn limit(&mut self) -> usize {
        self.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10)
    }

    /// What is asked for, of what the asker reaches: `as` is `[user, team, policy]`, the operator where it is absent.
    pub(crate) fn filter(&mut self, model: &Model) -> Predicate {
        let filter = self.take("filter").unwrap_or(json!({}));
        self.reach(model).and(parse(model, &filter).unwrap_or_else(|error| panic!("{}: {error}", self.path)))
    }

    pub(crate) fn reach(&mut self, model: &Model) -> Predicate {
        let access = match self.take("as") {
            None => Ok(AccessContext::unrestricted("a golden case")),
            Some(Json::Array(words)) => {
                let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
                let [user, team, policy] = words.as_slice() else {
                    panic!("{}: `as` is {words:?}, not user, team and policy", self.path);
                };
                AccessContext::user(user, Some(team))
                    .map(|access| access.permit_all(model.subject(), &ownership(policy)).build())
            }
            Some(held) => Ok(self.holder(model, &held)),
        };
        let context = access.and_then(|access| Ok(Context::new(TenantSlug::new("acme")?, access)));
        context
            .map(|context| context.reach(model, Action::View))
            .unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// `ann` of team `red`, who may view records: by a policy, under grants of conditions, with records shared.
    fn holder(&self, model: &Model, held: &Json) -> AccessContext {
        let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
        let condition = |json: &Json| {
            let operator = ConditionOperator::parse(json[1].as_str().unwrap_or_default());
            let operator = operator.unwrap_or_else(|error| panic!("{}: {error}", self.path));
            let condition = Condition::new(json[0].as_str().unwrap_or_default(), operator, json[2].clone());
            condition.check(model).unwrap_or_else(|error| panic!("{}: {error}", self.path));
            condition
        };
        let grant = |json: &Json| list(json).iter().map(condition).fold(Grant::new("a golden case"), Grant::when);
        let policy = Entitlement::of(ownership(held["policy"].as_str().unwrap_or_default()));
        let entitlement = list(&held["grants"]).iter().map(grant).fold(policy, Entitlement::grant);
        let ann = AccessContext::user("ann", Some("red")).unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let ann = ann.permit(model.permission(Action::View), entitlement);
        let shared = list(&held["shared"]);
        let ids = shared.iter().filter_map(Json::as_str);
        ids.fold(ann, |ann, id| ann.share(model.subject(), id, ShareLevel::View)).build()
    }

    pub(crate) fn order(&mut self, model: &Model) -> Order {
        let text = self.take("order_by").map_or(String::new(), |json| json.as_str().unwrap_or_default().to_owned());
        Order::parse(model, &text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// `skip` is a number, `after` is the record that ended the page before.
    pub(crate) fn start(&mut self, model: &Arc<Model>, order: &Order) -> Start {
        if let Some(skip) = self.number("skip") {
            return Start::Skip(skip.unsigned_abs());
        }
        match self.take("after") {
            Some(members) => Start::After(Position::of(&self.members_of(model, &members), order)),
            None => Start::Beginning,
        }
    }

    pub(crate) fn query(&mut self, model: &Model) -> Query {
        let (words, fields) = (self.text("query"), self.texts("fields"));
        Query::new(model, &words, &fields).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// The record under `record`, at version 1 and created at the beginning of 2024 where it does not say otherwise.
    pub(crate) fn record(&mut self, model: &Arc<Model>) -> Record {
        let mut members = json!({
            "version": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"
        });
        if let (Some(all), Some(Json::Object(given))) = (members.as_object_mut(), self.take("record")) {
            all.extend(given);
        }
        self.members_of(model, &members)
    }

    fn members_of(&self, model: &Arc<Model>, members: &Json) -> Record {
        let Some(members) = members.as_object() else { panic!("{}: a record is an object", self.path) };
        Record::from_members(model, members).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    pub(crate) fn patch(&mut self, model: &Arc<Model>) -> Patch {
        let changes = self.take("changes").unwrap_or(json!({}));
        read_changes(model, &changes).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

fn ownership(policy: &str) -> Ownership {
    match policy {
        "team_wide" => Ownership::TeamWide,
        "owner_only" => Ownership::OwnerOnly,
        "assigned_only" => Ownership::AssignedOnly,
        "hierarchical" => Ownership::Hierarchical(People::new(["bob", "cid"])),
        other => panic!("`{other}` is no policy"),
    }
}
