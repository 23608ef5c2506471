//! Random people and what they may do, said plainly: the answer that every backend's must be, found without a predicate.
//!
//! A [`Policy`] is plain data. From it is made the context that a backend is asked with; and [`Policy::may`] answers, from the
//! JSON of a record, what that context must allow. It knows nothing of predicates, of what compiles them, or of SQL.

use serde_json::{Value as Json, json};
use udal_core::access::{
    AccessContext, Action, Condition, ConditionOperator, Entitlement, Grant, Ownership, People, ShareLevel,
};
use udal_core::model::{Model, Scalar, Shape};
use udal_core::value::Value;

use crate::case::Failure;
use crate::dice::Dice;

/// Whose records a permission is about.
#[derive(Clone, Debug)]
enum Whose {
    Team,
    Own,
    Assigned,
    Below(Vec<String>),
}

/// What must be true of one attribute.
#[derive(Clone, Debug)]
struct Rule {
    field: String,
    operator: ConditionOperator,
    operand: Json,
}

/// A permission as someone holds it.
#[derive(Clone, Debug)]
struct Held {
    action: Action,
    whose: Whose,
    /// The conditions of each grant.
    grants: Vec<Vec<Rule>>,
}

/// What someone may do with the records of one model.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    user: String,
    team: Option<String>,
    held: Vec<Held>,
    shares: Vec<(String, ShareLevel)>,
}

impl Policy {
    /// The context of someone who may do that.
    pub(crate) fn access(&self, model: &Model) -> Result<AccessContext, Failure> {
        let mut access = AccessContext::user(&self.user, self.team.as_deref())?;
        for Held { action, whose, grants } in &self.held {
            let ownership = match whose {
                Whose::Team => Ownership::TeamWide,
                Whose::Own => Ownership::OwnerOnly,
                Whose::Assigned => Ownership::AssignedOnly,
                Whose::Below(people) => Ownership::Hierarchical(People::new(people.iter().cloned())),
            };
            let grant = |rules: &Vec<Rule>| {
                rules.iter().fold(Grant::new("chance"), |grant, Rule { field, operator, operand }| {
                    grant.when(Condition::new(field, *operator, operand.clone()))
                })
            };
            let entitlement = grants.iter().map(grant).fold(Entitlement::of(ownership), Entitlement::grant);
            access = access.permit(model.permission(*action), entitlement);
        }
        let shared = self.shares.iter().cloned();
        Ok(shared.fold(access, |access, (id, level)| access.share(model.subject(), id, level)).build())
    }

    /// Whether the action is permitted at all.
    pub(crate) fn holds(&self, action: Action) -> bool {
        self.held.iter().any(|held| held.action == action)
    }

    /// Whether the action may be done with that record.
    pub(crate) fn may(&self, action: Action, record: &Json) -> bool {
        let is_shared = self.shares.iter().any(|(id, level)| record["id"] == json!(id) && names(*level, action));
        self.held.iter().filter(|held| held.action == action).any(|Held { action: _, whose, grants }| {
            let is_granted = grants.iter().any(|rules| rules.iter().all(|rule| meets(rule, record)));
            is_granted && (is_shared || self.owns(whose, record))
        })
    }

    fn owns(&self, whose: &Whose, record: &Json) -> bool {
        let is_own = record["owned_by"] == json!(self.user);
        let is_assigned = || record["assigned_to"].as_array().is_some_and(|users| users.contains(&json!(self.user)));
        match whose {
            Whose::Team => self.team.as_ref().is_some_and(|team| record["team_id"] == json!(team)),
            Whose::Own => is_own,
            Whose::Assigned => is_own || is_assigned(),
            Whose::Below(people) => {
                is_own || is_assigned() || people.iter().any(|person| record["owned_by"] == json!(person))
            }
        }
    }
}

/// The actions that a share of that level names.
fn names(level: ShareLevel, action: Action) -> bool {
    match level {
        ShareLevel::View => matches!(action, Action::View),
        ShareLevel::Edit => matches!(action, Action::View | Action::Update),
        ShareLevel::Full => {
            matches!(action, Action::View | Action::Update | Action::Delete | Action::Transfer | Action::Share)
        }
    }
}

/// Whether the attribute is there, and is what the rule says.
fn meets(rule: &Rule, record: &Json) -> bool {
    let is_one_of = |value: &Json| rule.operand.as_array().is_some_and(|values| values.contains(value));
    match (&record[rule.field.as_str()], rule.operator) {
        (Json::Null, _) => false,
        (value, ConditionOperator::Equals) => *value == rule.operand,
        (value, ConditionOperator::NotEquals) => *value != rule.operand,
        (value, ConditionOperator::In) => is_one_of(value),
        (value, ConditionOperator::NotIn) => !is_one_of(value),
        (Json::Array(elements), ConditionOperator::Contains) => elements.contains(&rule.operand),
        (Json::String(text), ConditionOperator::Contains) => {
            rule.operand.as_str().is_some_and(|part| text.contains(part))
        }
        (_, ConditionOperator::Contains) => false,
    }
}

/// Values that records and rules share, so that they meet.
pub(crate) struct Known<'a> {
    /// A value of the field, in the one form that it has in records.
    pub(crate) element: &'a dyn Fn(&mut Dice, &udal_core::model::Field) -> Option<Value>,
    /// Ids of records.
    pub(crate) ids: Vec<String>,
    /// People who own records.
    pub(crate) people: &'a [&'a str],
    /// Teams of records.
    pub(crate) teams: &'a [&'a str],
}

/// Someone at random: most permissions, over one policy or several, with conditions and shares sometimes.
pub(crate) fn policy(dice: &mut Dice, model: &Model, known: &Known<'_>) -> Policy {
    let word = |dice: &mut Dice, from: &[&str]| dice.pick(from).map(|word| (*word).to_owned()).unwrap_or_default();
    let user = word(dice, known.people);
    let team = (!dice.once_in(6)).then(|| word(dice, known.teams));
    let (one_policy, one_rule) = (dice.once_in(2), dice.once_in(2));
    let (mut whose, mut grants) = (any_whose(dice, known), any_grants(dice, model, known));
    let mut held = Vec::new();
    for action in Action::ALL {
        if dice.once_in(9) {
            continue;
        }
        if !one_policy {
            whose = any_whose(dice, known);
        }
        if !one_rule {
            grants = any_grants(dice, model, known);
        }
        held.push(Held { action, whose: whose.clone(), grants: grants.clone() });
        if dice.once_in(8) {
            held.push(Held { action, whose: any_whose(dice, known), grants: any_grants(dice, model, known) });
        }
    }
    let mut shares = Vec::new();
    while dice.once_in(2) {
        let Some(id) = dice.pick(&known.ids).cloned() else { break };
        let level = dice.pick(&[ShareLevel::View, ShareLevel::Edit, ShareLevel::Full]).copied();
        shares.push((id, level.unwrap_or(ShareLevel::View)));
    }
    Policy { user, team, held, shares }
}

fn any_whose(dice: &mut Dice, known: &Known<'_>) -> Whose {
    match dice.below(6) {
        0 => Whose::Own,
        1 => Whose::Assigned,
        2 | 3 => {
            let count = dice.below(4);
            Whose::Below((0..count).filter_map(|_| dice.pick(known.people).map(|p| (*p).to_owned())).collect())
        }
        _ => Whose::Team,
    }
}

/// No grant rarely, one without conditions often, else one or two with one to three.
fn any_grants(dice: &mut Dice, model: &Model, known: &Known<'_>) -> Vec<Vec<Rule>> {
    match dice.below(8) {
        0 => Vec::new(),
        1..=3 => vec![Vec::new()],
        _ => {
            let count = 1 + dice.below(2);
            (0..count).map(|_| (0..1 + dice.below(3)).filter_map(|_| rule(dice, model, known)).collect()).collect()
        }
    }
}

fn rule(dice: &mut Dice, model: &Model, known: &Known<'_>) -> Option<Rule> {
    use ConditionOperator::{Contains, Equals, In, NotEquals, NotIn};
    let fields: Vec<_> = model.fields().iter().filter(|field| field.field_type().scalar != Scalar::Json).collect();
    let field = *dice.pick(&fields)?;
    let is_text = field.field_type().scalar == Scalar::Str;
    let operators: &[ConditionOperator] = match (field.field_type().shape, is_text) {
        (Shape::One, true) => &[Equals, NotEquals, In, NotIn, Contains],
        (Shape::One, false) => &[Equals, NotEquals, In, NotIn],
        _ => &[Contains],
    };
    let operator = *dice.pick(operators)?;
    let element = |dice: &mut Dice| (known.element)(dice, field).map(|value| value.to_json());
    let operand = match operator {
        In | NotIn => {
            let count = dice.below(4);
            (0..count).filter_map(|_| element(dice)).collect()
        }
        Contains if field.field_type().shape == Shape::One => {
            let text = element(dice)?;
            let skipped = dice.below(2);
            json!(text.as_str()?.chars().skip(skipped).take(1 + dice.below(3)).collect::<String>())
        }
        _ => element(dice)?,
    };
    Some(Rule { field: field.name().to_owned(), operator, operand })
}
