//! What is wrong with declarations: each mistake is said once, where it stands, with a hint.

use udal_core::ErrorKind;
use udal_core::model::{
    Catalog, Expiry, FieldType, GroupDeclaration, Interval, ModelDeclaration, OnDelete, Problem, Retention, Shape,
    StorageKind,
};

fn problems(groups: Vec<GroupDeclaration>) -> Vec<Problem> {
    Catalog::build(groups).unwrap_err()
}

fn lab(models: impl IntoIterator<Item = ModelDeclaration>) -> GroupDeclaration {
    models.into_iter().fold(GroupDeclaration::new("lab"), GroupDeclaration::model)
}

fn document() -> ModelDeclaration {
    ModelDeclaration::new("Thing").field("name", "str")
}

fn table() -> ModelDeclaration {
    document().field("taken_at", "datetime").field("tags", "Set[str]").postgresql()
}

/// One mistake in one model, and where and how it is said.
#[track_caller]
fn says(model: ModelDeclaration, place: &str, message: &str) {
    says_of(vec![lab([model])], place, message);
}

#[track_caller]
fn says_of(groups: Vec<GroupDeclaration>, place: &str, message: &str) {
    let problems = problems(groups);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].place.to_string(), place);
    assert!(problems[0].message.contains(message), "{}", problems[0]);
    assert!(!problems[0].hint.is_empty());
}

#[test]
fn names() {
    says_of(vec![GroupDeclaration::new("Lab")], "Lab", "cannot name a group");
    says_of(vec![GroupDeclaration::new("pg_lab")], "pg_lab", "cannot name a group");
    says(ModelDeclaration::new("thing").field("name", "str"), "lab.thing", "cannot name a model");
    says(ModelDeclaration::new("My_Thing").field("name", "str"), "lab.My_Thing", "cannot name a model");
    for field in ["1st", "not", "_x", "é", "a b", "", &"x".repeat(49)] {
        says(document().field(field, "str"), &format!("lab.Thing.fields.{field}"), "cannot name a field");
    }
}

#[test]
fn names_in_permissions() {
    for name in ["1st", "a b", "a.b", "é", ""] {
        says(document().permission(name), "lab.Thing.permission", "cannot name a permission");
    }
    let named = |name: &str| ModelDeclaration::new(name).field("name", "str");
    says_of(
        vec![lab([named("One").permission("things"), named("Two").permission("Things")])],
        "lab.Two.permission",
        "permissions call model `One` so already",
    );
    says_of(vec![lab([named("One"), named("Two").permission("One")])], "lab.Two.permission", "call model `One` so");
}

#[test]
fn names_that_are_given_twice() {
    let double = || GroupDeclaration::new("lab");
    says_of(vec![double(), double()], "lab", "declared twice");
    let elsewhere = GroupDeclaration::new("crm").model(ModelDeclaration::new("THING").field("name", "str"));
    says_of(vec![lab([document()]), elsewhere], "crm.THING", "in group `lab`");
    says(document().field("Name", "str"), "lab.Thing.fields.Name", "differ in case at most");
    says(document().field("owned_by", "str"), "lab.Thing.fields.owned_by", "every record has `owned_by`");
    says(document().field("Version", "int"), "lab.Thing.fields.Version", "every record has `version`");
    let same = |name: &str| ModelDeclaration::new(name).field("name", "str").postgresql().table_name("things");
    says_of(vec![lab([same("One"), same("Two")])], "lab.Two.table_name", "model `One` has the same table");
}

#[test]
fn fields() {
    says(ModelDeclaration::new("Thing"), "lab.Thing.fields", "needs a field");
    let many = (0..501).fold(ModelDeclaration::new("Thing"), |model, at| model.field(format!("f{at}"), "int"));
    says(many, "lab.Thing.fields", "at most 500 fields");
    for bad in ["string", "Optional[Set[str]]", "Set[json]", "enum[]", "Ref[thing]", ""] {
        says(document().field("other", bad), "lab.Thing.fields.other", bad);
    }
    says(document().field("other", "List[Set[int]]"), "lab.Thing.fields.other", "`Set[int]`: this cannot stand inside");
    says(document().field("other", "Ref[Thng]"), "lab.Thing.fields.other", "there is no model `Thng`");
    let problem = problems(vec![lab([document().field("other", "Ref[Thng]")])]).remove(0);
    assert_eq!(problem.hint, "did you mean `Thing`?");
}

#[test]
fn a_type_that_is_not_whole_is_mended_by_example() {
    for (text, hint) in [
        ("Set", "`Set[str]`"),
        ("Lst[int]", "`List[str]`"),
        ("Ref", "`Ref[Account]`"),
        ("enum", "`enum[draft, final]`"),
        ("Integer", "`int`"),
        ("nonsense", "types are str int"),
    ] {
        let problem = FieldType::parse(text).unwrap_err();
        assert!(problem.hint.contains(hint), "{text}: {}", problem.hint);
    }
}

#[test]
fn storage() {
    let mut model = document();
    model.storage = Some("postgres".to_owned());
    says(model, "lab.Thing.storage", "`postgres` is not a storage");
    says(document().table_name("things"), "lab.Thing.table_name", "only for models with `storage: postgresql`");
    says(document().high_volume(), "lab.Thing.high_volume", "only for models");
    says(document().partition_by("created_at"), "lab.Thing.partition_by", "only for models");
    says(document().partition_interval("day"), "lab.Thing.partition_interval", "only for models");
    says(document().shared(), "lab.Thing.shared", "only for models");
    says(document().index(["name"]), "lab.Thing.indexes", "only for models");
    says(document().retention("2 years"), "lab.Thing.retention", "only for models");
    says(document().on_delete("cascade"), "lab.Thing.on_delete", "`cascade` is not a rule");
    says(table().on_delete("unlink"), "lab.Thing.on_delete", "only for linked documents");
    for name in ["Things", "pg_things", "udal_things", "th-ings", "things__p2023", "things__ids", &"t".repeat(49)] {
        says(table().table_name(name), "lab.Thing.table_name", "cannot name a table");
    }
    let long = ModelDeclaration::new(format!("T{}", "x".repeat(47))).field("name", "str").postgresql();
    says(long, &format!("lab.T{}.table_name", "x".repeat(47)), "cannot name a table");
}

#[test]
fn partitions() {
    let place = "lab.Thing.partition_by";
    says(table().partition_by("takn_at"), place, "there is no field `takn_at`");
    let optional = table().field("maybe", "Optional[date]").field("times", "List[date]");
    for field in ["name", "tags", "updated_at", "maybe", "times"] {
        says(optional.clone().partition_by(field), place, "cannot be partitioned");
    }
    says(
        table().partition_by("taken_at").partition_interval("week"),
        "lab.Thing.partition_interval",
        "`week` is not an interval",
    );
    says(table().partition_interval("day"), "lab.Thing.partition_interval", "needs `partition_by`");
    says(table().retention("2 years"), "lab.Thing.retention", "needs `partition_by`");
    for bad in ["", "2", "years", "2 weeks", "0 days", "-1 days", "10001 days", "2.5 years"] {
        says(table().partition_by("taken_at").retention(bad), "lab.Thing.retention", "is not a time");
    }
    let kept = || table().partition_by("taken_at").retention("2 years");
    says(kept().retention_then("burn"), "lab.Thing.retention", "`burn` is not what can become of a partition");
    says(table().partition_by("taken_at").retention_then("drop"), "lab.Thing.retention", "`then` needs `keep`");
}

#[test]
fn indexes() {
    let place = "lab.Thing.indexes";
    let wide = || table().field("a", "str").field("b", "str").field("c", "int").field("d", "int");
    says(wide().index(Vec::<String>::new()), place, "index 1: it has 0 fields");
    says(wide().index(["name", "a", "c", "d", "taken_at"]), place, "it has 5 fields");
    says(wide().index(["nam"]), place, "there is no field `nam`");
    says(wide().index(["tags"]), place, "`tags` has no order");
    says(wide().field("steps", "List[str]").index(["c", "steps"]), place, "`steps` has no order");
    says(wide().field("extra", "json").index(["extra"]), place, "`extra` has no order");
    says(wide().index(["c", "c"]), place, "`c` stands twice");
    says(wide().index(["name", "a", "b"]), place, "more than two `str` fields");
    says(wide().index(["c"]).index(["d"]).index(["c"]), place, "index 3 stands twice");
}

#[test]
fn a_field_whose_type_is_wrong_is_not_said_to_be_missing_elsewhere() {
    let model = || ModelDeclaration::new("Thing").field("name", "str").field("day", "datte").postgresql();
    says(model().partition_by("day"), "lab.Thing.fields.day", "this is not a type");
    says(model().index(["day"]), "lab.Thing.fields.day", "this is not a type");
}

#[test]
fn every_mistake_is_said_in_the_order_of_the_declarations() {
    let bad = |name: &str| ModelDeclaration::new(name).field("a", "string").field("b", "Ref[None]").high_volume();
    let groups = vec![lab([bad("One"), bad("Two")]), GroupDeclaration::new("X").model(bad("Three"))];
    let places: Vec<String> = problems(groups).iter().map(|problem| problem.place.to_string()).collect();
    for model in ["lab.One", "lab.Two", "X.Three"] {
        for key in ["fields.a", "fields.b", "high_volume"] {
            let place = format!("{model}.{key}");
            assert_eq!(places.iter().filter(|found| **found == place).count(), 1, "{place} in {places:?}");
        }
    }
    assert_eq!(places.len(), 10);
}

#[test]
fn what_is_right_is_a_catalog() {
    let model = table()
        .high_volume()
        .partition_by("taken_at")
        .partition_interval("year")
        .retention("24 months")
        .index(["name", "-taken_at".trim_start_matches('-')])
        .field("steps", "List[str]")
        .index(["steps"])
        .description("a thing");
    let linked =
        ModelDeclaration::new("Node").field("next", "Optional[Ref[Node]]").field("thing", "Optional[Ref[Thing]]");
    let catalog = Catalog::build(vec![lab([model, linked.on_delete("unlink")])]).unwrap();
    let thing = catalog.model("lab", "Thing").unwrap();
    let table = thing.table().unwrap();
    assert_eq!((table.name.as_str(), table.high_volume, table.shared), ("lab_thing", true, false));
    assert_eq!(table.partition.as_ref().unwrap().interval, Interval::Year);
    assert_eq!(table.retention, Some(Retention { count: 24, interval: Interval::Month, then: Expiry::Drop }));
    assert!(thing.field("name").unwrap().is_indexed() && !thing.field("tags").unwrap().is_indexed());
    assert_eq!(thing.storage_kind(), StorageKind::Postgresql);
    let node = catalog.model("lab", "Node").unwrap();
    assert_eq!((node.on_delete(), node.storage_kind()), (OnDelete::Unlink, StorageKind::Terminusdb));
    // A reference to a table is not a link.
    assert!(node.field("next").unwrap().is_link() && !node.field("thing").unwrap().is_link());
    assert!(thing.incoming_links().is_empty());
    let incoming: Vec<_> =
        node.incoming_links().iter().map(|link| (link.model.as_str(), link.field.as_str())).collect();
    assert_eq!(incoming, [("Node", "next")]);
    assert_eq!(FieldType::parse("Set[str]").unwrap().shape, Shape::Set);
}

#[test]
fn unknown_names_get_the_nearest() {
    let catalog = Catalog::build(vec![lab([document()]), GroupDeclaration::new("crm")]).unwrap();
    let hint = |error: udal_core::Error| {
        assert_eq!(error.kind(), ErrorKind::UnknownName);
        error.mend().map(str::to_owned)
    };
    assert_eq!(hint(catalog.group("labs").unwrap_err()).as_deref(), Some("did you mean `lab`?"));
    assert_eq!(hint(catalog.model("lab", "Thin").unwrap_err()).as_deref(), Some("did you mean `Thing`?"));
    assert_eq!(hint(catalog.model("crm", "Thing").unwrap_err()).as_deref(), Some("it is in group `lab`"));
    let thing = catalog.model("lab", "Thing").unwrap();
    assert_eq!(hint(thing.field("nmae").unwrap_err()).as_deref(), Some("did you mean `name`?"));
    assert_eq!(hint(thing.field(&"x".repeat(1 << 20)).unwrap_err()), None);
}
