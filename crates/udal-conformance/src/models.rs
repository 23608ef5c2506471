//! The models that cases use: the same for every storage, built with the storage of the subject.

use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration, Problem, StorageKind};

use crate::case::Failure;

/// The group of every model of the suite.
pub(crate) const GROUP: &str = "suite";

/// The words of the suite's enum: neither in the order of bytes nor in one case.
pub(crate) const CHOICES: &str = "enum[low, Mid, high, a b, ~]";

/// How many fields a `Wide` record has: more than a function of a database takes arguments.
pub(crate) const WIDE_FIELDS: usize = 120;

/// What a field name can be that a database reads as its own word, or changes the case of.
pub(crate) const KEYWORDS: [&str; 16] = [
    "order", "select", "User", "userName", "table", "group", "limit", "from", "where", "null", "true", "default",
    "primary", "INSERT", "data", "key",
];

/// The names that PostgreSQL's own hidden columns have.
pub(crate) const HIDDEN_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

/// The single values of a `Single` record: field and type, each optional, each with an order.
pub(crate) const SINGLES: [(&str, &str); 9] = [
    ("text", "str"),
    ("whole", "int"),
    ("number", "float"),
    ("truth", "bool"),
    ("instant", "datetime"),
    ("day", "date"),
    ("amount", "decimal"),
    ("choice", CHOICES),
    ("friend", "Ref[Friend]"),
];

/// The suite's models for a subject of that storage.
pub(crate) fn catalog(storage: StorageKind) -> Result<Catalog, Failure> {
    let stored = |model: ModelDeclaration| match storage {
        StorageKind::Postgresql => model.postgresql(),
        StorageKind::Terminusdb => model,
    };
    let mut models: Vec<ModelDeclaration> = plain().into_iter().map(stored).collect();
    models.extend(linked(storage).into_iter().map(stored));
    models.push(ModelDeclaration::new("Foreign").field("name", "str").postgresql());
    models.push(partitioned(stored(ModelDeclaration::new("Sample")), storage, "taken_at", "month"));
    models.push(partitioned(stored(ModelDeclaration::new("Daily")), storage, "day", "day"));
    models.push(partitioned(stored(ModelDeclaration::new("Yearly")), storage, "created_at", "year"));
    if storage == StorageKind::Postgresql {
        models.push(indexed());
        models.push(ModelDeclaration::new("Shared").field("name", "str").field("tag", "str").postgresql().shared());
    }
    build(models)
}

/// A catalog of these models.
pub(crate) fn build(models: Vec<ModelDeclaration>) -> Result<Catalog, Failure> {
    let group = models.into_iter().fold(GroupDeclaration::new(GROUP), GroupDeclaration::model);
    let listed = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
    Catalog::build(vec![group]).map_err(|problems| Failure::new(listed(problems)))
}

fn plain() -> Vec<ModelDeclaration> {
    let named = ModelDeclaration::new;
    let with = |model: ModelDeclaration, wrap: fn(&str) -> String| {
        SINGLES.iter().fold(model, |model, (name, inner)| model.field(*name, wrap(inner)))
    };
    let keywords = KEYWORDS.iter().fold(named("Keyword"), |model, name| model.field(*name, "Optional[str]"));
    let hidden = HIDDEN_COLUMNS.iter().fold(named("Hidden"), |model, name| model.field(*name, "Optional[str]"));
    let wide = (0..WIDE_FIELDS).fold(named("Wide"), |model, at| model.field(format!("f{at}"), "Optional[str]"));
    let twelve =
        (0..11).fold(named("Twelve").field("name", "str"), |model, at| model.field(format!("f{at}"), "Optional[int]"));
    vec![
        named("Plain").field("name", "Optional[str]").field("value", "Optional[int]").field("tags", "Set[str]"),
        with(named("Single"), |inner| format!("Optional[{inner}]")).field("anything", "Optional[json]"),
        with(named("Strict"), str::to_owned).field("anything", "json").field("texts", "List[str]"),
        with(named("Sets"), |inner| format!("Set[{inner}]")),
        with(named("Lists"), |inner| format!("Optional[List[{inner}]]")),
        named("Friend").field("name", "Optional[str]"),
        named("Note")
            .field("title", "str")
            .field("body", "Optional[str]")
            .field("author", "Optional[str]")
            .field("pages", "Optional[int]"),
        keywords,
        hidden,
        wide,
        twelve,
        named("Modelwhosenameisaslongasanameofatablecanbe")
            .field("a_field_whose_name_is_as_long_as_a_name_may_be_1", "Optional[str]")
            .field("a_field_whose_name_is_as_long_as_a_name_may_be_2", "Set[str]"),
    ]
}

/// Models that link to one another; in tables the same references are not links.
fn linked(storage: StorageKind) -> Vec<ModelDeclaration> {
    let tag = ModelDeclaration::new("Tag").field("name", "Optional[str]");
    vec![
        ModelDeclaration::new("Account").field("name", "Optional[str]").field("parent", "Optional[Ref[Account]]"),
        ModelDeclaration::new("Contact")
            .field("name", "Optional[str]")
            .field("account", "Optional[Ref[Account]]")
            .field("accounts", "Set[Ref[Account]]")
            .field("history", "Optional[List[Ref[Account]]]"),
        if storage == StorageKind::Terminusdb { tag.on_delete("unlink") } else { tag },
        ModelDeclaration::new("Tagged")
            .field("name", "Optional[str]")
            .field("tag", "Optional[Ref[Tag]]")
            .field("tags", "Set[Ref[Tag]]")
            .field("history", "Optional[List[Ref[Tag]]]"),
        ModelDeclaration::new("Labelled").field("tag", "Ref[Tag]"),
        ModelDeclaration::new("Visitor").field("row", "Optional[Ref[Foreign]]").field("rows", "Set[Ref[Foreign]]"),
    ]
}

fn partitioned(model: ModelDeclaration, storage: StorageKind, by: &str, interval: &str) -> ModelDeclaration {
    let model = model.field("taken_at", "datetime").field("day", "date").field("value", "Optional[float]");
    match storage {
        StorageKind::Postgresql => model.high_volume().partition_by(by).partition_interval(interval),
        StorageKind::Terminusdb => model,
    }
}

fn indexed() -> ModelDeclaration {
    ModelDeclaration::new("Indexed")
        .field("kind", "Optional[str]")
        .field("order", "Optional[str]")
        .field("value", "Optional[float]")
        .postgresql()
        .index(["kind", "value"])
        .index(["order"])
}
