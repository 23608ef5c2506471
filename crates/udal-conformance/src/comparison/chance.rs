//! Random models, values, records and people.

use proptest::prelude::any;
use serde_json::{Map, Value as Json, json};
use udal_core::Context;
use udal_core::model::{Field, Model, ModelDeclaration, Scalar, Shape, StorageKind};

use crate::case::Failure;
use crate::corpus;
use crate::dice::Dice;
use crate::fixture::Policy;
use crate::models::CHOICES;
use crate::rows::Rows;
use crate::world::{World, operator};

/// The model that random references lead to.
pub(super) const TARGET: &str = "Friend";
/// The random model's name.
pub(super) const MODEL: &str = "Random";

const NAMES: [&str; 12] =
    ["alpha", "Order", "select", "userName", "f_1", "value", "data", "key", "xmin", "kind", "offset", "Z"];
const SCALARS: [&str; 10] =
    ["str", "str", "int", "float", "bool", "datetime", "date", "decimal", CHOICES, "Ref[Friend]"];
/// Who owns records, is assigned to them, and asks.
pub(super) const PEOPLE: [&str; 4] = ["ann", "bob", "Ann", "cid"];
/// The teams of records, and of those who ask.
pub(super) const TEAMS: [&str; 3] = ["red", "blue", "Red"];

/// A model of three to eight random fields, and the one that its references lead to.
pub(super) fn models(dice: &mut Dice, storage: StorageKind) -> Vec<ModelDeclaration> {
    let mut model = ModelDeclaration::new(MODEL);
    let mut sortable = Vec::new();
    let first = dice.below(NAMES.len());
    for at in 0..3 + dice.below(6) {
        let Some(name) = NAMES.get((first + at * 5) % NAMES.len()) else { continue };
        let inner = dice.pick(&SCALARS).copied().unwrap_or("str");
        let declared = match dice.below(8) {
            0 => "Optional[json]".to_owned(),
            1 => format!("Set[{inner}]"),
            2 => format!("Optional[List[{inner}]]"),
            3 | 4 => inner.to_owned(),
            _ => format!("Optional[{inner}]"),
        };
        if !declared.contains("json") && !declared.contains("Set[") && !declared.contains("List[") {
            sortable.push(*name);
        }
        model = model.field(*name, declared);
    }
    let mut target = ModelDeclaration::new(TARGET).field("name", "Optional[str]");
    if storage == StorageKind::Postgresql {
        (model, target) = (model.postgresql(), target.postgresql());
        if dice.once_in(3) {
            model = model.partition_by("created_at").partition_interval("year");
        }
        if let Some(name) = dice.pick(&sortable).filter(|_| dice_is_even(first)) {
            model = model.index([*name]);
        }
    }
    vec![model, target]
}

fn dice_is_even(rolled: usize) -> bool {
    rolled.is_multiple_of(2)
}

/// For each field a few values that its records and filters share, so that they meet.
pub(super) struct Pools(Vec<Vec<Json>>);

impl Pools {
    /// Pools for this model.
    pub(super) fn new(dice: &mut Dice, model: &Model) -> Result<Self, Failure> {
        model.fields().iter().map(|field| pool(dice, field)).collect::<Result<_, _>>().map(Pools)
    }

    /// A value for one element of the field.
    pub(super) fn element(&self, dice: &mut Dice, field: &Field) -> Json {
        let pool = self.0.get(field.position());
        pool.and_then(|pool| dice.pick(pool)).cloned().unwrap_or_default()
    }

    /// A value for the field: one, several, or none where that is allowed.
    pub(super) fn value(&self, dice: &mut Dice, field: &Field) -> Json {
        if !field.is_required() && dice.once_in(4) {
            return Json::Null;
        }
        match field.field_type().shape {
            Shape::One => self.element(dice, field),
            Shape::Set | Shape::List => (0..dice.below(4)).map(|_| self.element(dice, field)).collect(),
        }
    }

    /// The members of a random record.
    pub(super) fn members(&self, dice: &mut Dice, model: &Model) -> Json {
        let mut members = Map::new();
        for field in model.declared_fields() {
            members.insert(field.name().to_owned(), self.value(dice, field));
        }
        members.insert("created_at".to_owned(), json!(dice.pick(&corpus::INSTANTS)));
        for (name, value) in ownership(dice) {
            members.insert(name.to_owned(), value);
        }
        Json::Object(members)
    }
}

/// Who owns a record, is assigned to it, and of which team it is: some of it, or none.
pub(super) fn ownership(dice: &mut Dice) -> Vec<(&'static str, Json)> {
    let mut members = Vec::new();
    if !dice.once_in(4) {
        members.push(("owned_by", json!(dice.pick(&PEOPLE))));
    }
    if !dice.once_in(3) {
        members.push(("team_id", json!(dice.pick(&TEAMS))));
    }
    if dice.once_in(2) {
        let assigned: Vec<_> = (0..dice.below(3)).filter_map(|_| dice.pick(&PEOPLE)).collect();
        members.push(("assigned_to", json!(assigned)));
    }
    members
}

/// Who asks: the operator, or `ann` under one of the policies.
pub(super) fn someone(dice: &mut Dice, world: &World) -> Result<Context, Failure> {
    let policies = [Policy::TeamWide, Policy::OwnerOnly, Policy::AssignedOnly, Policy::Hierarchical, Policy::Teamless];
    match dice.pick(&policies) {
        // The last sees nothing; it is asked less often than the others.
        Some(Policy::Teamless) if dice.once_in(2) => Policy::Teamless.context(world),
        Some(policy) if dice.once_in(2) => policy.context(world),
        _ => Ok(operator(&world.tenant)),
    }
}

/// A key that no record of `taken` has, or one that it has.
pub(super) fn key(dice: &mut Dice, rows: &Rows, taken: &[udal_core::record::Record]) -> String {
    let used = rows.keys(taken);
    match dice.pick(&used).cloned() {
        Some(key) if dice.once_in(4) => key,
        _ => {
            let hostile = corpus::keys();
            let free: Vec<String> = hostile.into_iter().filter(|key| !used.contains(key)).collect();
            dice.pick(&free).cloned().unwrap_or_else(|| format!("k{}", used.len()))
        }
    }
}

fn pool(dice: &mut Dice, field: &Field) -> Result<Vec<Json>, Failure> {
    match field.name() {
        "owned_by" | "assigned_to" | "created_by" => return Ok(PEOPLE.iter().map(|name| json!(name)).collect()),
        "team_id" => return Ok(TEAMS.iter().map(|name| json!(name)).collect()),
        "id" => return Ok(corpus::keys().iter().map(|key| json!(format!("{MODEL}/{key}"))).collect()),
        "version" => return Ok((1..5).map(|version| json!(version)).collect()),
        _ => {}
    }
    let scalar = &field.field_type().scalar;
    let values = corpus::values(scalar);
    let mut pool: Vec<Json> = (0..5).filter_map(|_| dice.pick(&values).cloned()).collect();
    for _ in 0..3 {
        pool.extend(random(dice, scalar)?);
    }
    Ok(pool)
}

/// A value that is not in the corpus.
fn random(dice: &mut Dice, scalar: &Scalar) -> Result<Option<Json>, Failure> {
    Ok(match scalar {
        Scalar::Str => Some(json!(dice.draw(any::<String>())?.replace('\0', "").chars().take(60).collect::<String>())),
        Scalar::Int => Some(json!(dice.draw(any::<i64>())?)),
        Scalar::Float => Some(dice.draw(any::<f64>())?).filter(|float| float.is_finite()).map(|float| json!(float)),
        Scalar::DateTime => Some(dice.draw(-62_135_596_800_000_000_i64..253_402_300_800_000_000)?)
            .and_then(udal_core::value::Timestamp::from_micros)
            .map(|instant| json!(instant.to_string())),
        Scalar::Date => Some(dice.draw(-719_162_i32..2_932_896)?)
            .and_then(udal_core::value::Date::from_days)
            .map(|day| json!(day.to_string())),
        Scalar::Decimal => Some(json!(dice.draw("-?[0-9]{1,40}(\\.[0-9]{1,40})?")?)),
        Scalar::Json => Some(json!({ dice.draw("[a-z]{0,3}")?: [dice.draw(any::<f64>())?, dice.draw("\\PC{0,9}")?] })),
        Scalar::Bool | Scalar::Enum(_) | Scalar::Ref(_) => None,
    })
}
