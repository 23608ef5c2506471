//! What paths are read as, and what is wrong with others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use udal_core::access::{Entitlement, Grant, Visibility};
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
use udal_core::{AccessContext, Action, ErrorKind, Ownership, Result};

use super::{Walk, Ways};

fn catalog() -> Catalog {
    let account = ModelDeclaration::new("Account")
        .field("name", "Optional[str]")
        .field("status", "Optional[enum[active, closed]]")
        .field("parent", "Optional[Ref[Account]]")
        .field("contacts", "Set[Ref[Contact]]");
    let contact = ModelDeclaration::new("Contact")
        .field("name", "Optional[str]")
        .field("age", "Optional[int]")
        .field("opportunities", "Set[Ref[Opportunity]]");
    let note = ModelDeclaration::new("Note").field("about", "Optional[Ref[Account]]").field("text", "Optional[str]");
    let call =
        ModelDeclaration::new("Call").field("about", "Optional[Ref[Account]]").field("with", "Optional[Ref[Contact]]");
    let crm = GroupDeclaration::new("crm")
        .model(account)
        .model(contact)
        .model(ModelDeclaration::new("Opportunity").field("amount", "Optional[decimal]"))
        .model(note)
        .model(call);
    Catalog::build(vec![crm]).unwrap()
}

fn walk(path: &str) -> Result<Walk> {
    let catalog = catalog();
    let access = AccessContext::unrestricted("a test");
    Walk::parse(&catalog, &access, catalog.model("crm", "Account").unwrap(), path)
}

/// The states and what leads from one to another, as text: an end has a dot.
fn drawn(path: &str) -> String {
    let walk = walk(path).unwrap();
    let state = |at: usize| {
        let state = walk.states[at];
        format!("{}{}{}", walk.models[state.model].name(), at, if state.is_end { "." } else { "" })
    };
    let filter = |text: String| if text == "all()" { String::new() } else { format!(" if {text}") };
    let starts = walk.starts.iter().map(|start| format!("{}{}", state(start.state), filter(start.filter.to_string())));
    let ways = walk.transitions.iter().map(|way| {
        let link = &walk.links[way.link];
        format!("{} {link} {}{}", state(way.from), state(way.to), filter(way.filter.to_string()))
    });
    starts.chain(ways).collect::<Vec<_>>().join("; ")
}

#[test]
fn paths_are_states_with_links_between_them() {
    for (path, expected) in [
        ("contacts", "Account0; Account0 contacts Contact1."),
        ("contacts/opportunities", "Account0; Account0 contacts Contact1; Contact1 opportunities Opportunity2."),
        ("contacts/opportunities?", "Account0; Account0 contacts Contact1.; Contact1. opportunities Opportunity2."),
        ("parent*", "Account0.; Account0. parent Account0."),
        ("parent+", "Account0; Account0 parent Account1.; Account1. parent Account1."),
        ("parent{1,2}", "Account0; Account0 parent Account1.; Account1. parent Account2."),
        ("parent{2}", "Account0; Account0 parent Account1; Account1 parent Account2."),
        ("(contacts|parent)*", "Account0.; Account0. contacts Contact1.; Account0. parent Account0."),
        ("^parent", "Account0; Account0 ^Account.parent Account1."),
        ("^about", "Account0; Account0 ^Call.about Call1.; Account0 ^Note.about Note2."),
        ("^Note.about", "Account0; Account0 ^Note.about Note1."),
        ("contacts/^contacts", "Account0; Account0 contacts Contact1; Contact1 ^Account.contacts Account2."),
        (
            "contacts[age >= 18 and not name is null]",
            "Account0; Account0 contacts Contact1. if all(age gte 18, not(name is_null true))",
        ),
        (
            "parent*[status = \"active\"]",
            "Account0; Account1. if status eq \"active\"; Account0 parent Account0; \
             Account0 parent Account1. if status eq \"active\"",
        ),
        (
            "contacts|contacts/opportunities",
            "Account0; Account0 contacts Contact1.; Contact1. opportunities Opportunity2.",
        ),
    ] {
        assert_eq!(drawn(path), expected, "{path}");
    }
    assert_eq!(walk("contacts{0}").unwrap().longest, Some(0));
    assert_eq!(walk("parent{1,3}/contacts|parent").unwrap().longest, Some(4));
    assert_eq!(walk("parent*").unwrap().longest, None);
}

#[test]
fn filters_have_a_small_syntax() {
    for (filter, expected) in [
        ("name = \"a \\\" b\"", "name eq \"a \\\" b\""),
        ("age!=1", "age ne 1"),
        ("age <= -1 or age > 5", "any(age lte -1, age gt 5)"),
        ("age in (1, 2)", "age in [1,2]"),
        ("age not in (1)", "age not_in [1]"),
        ("name contains \"x\" AND name starts_with \"y\"", "all(name contains \"x\", name starts_with \"y\")"),
        ("not (age = 1 or age = 2) and id = \"Contact/a\"", "all(not(any(age eq 1, age eq 2)), id eq \"Contact/a\")"),
        ("age is not null", "age is_null false"),
        ("assigned_to has \"ann\"", "assigned_to has \"ann\""),
    ] {
        let walk = walk(&format!("contacts[{filter}]")).unwrap();
        assert_eq!(walk.transitions[0].filter.to_string(), expected, "{filter}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (path, kind, said) in [
        (
            "contcts",
            ErrorKind::UnknownName,
            "`Account` has no link `contcts`, at position 1 of the path; did you mean `contacts`?",
        ),
        ("contacts/oportunities", ErrorKind::UnknownName, "position 10 of the path; did you mean `opportunities`?"),
        (
            "^abut",
            ErrorKind::UnknownName,
            "`Account` is not linked to by `abut`, at position 1 of the path; did you mean `^about`?",
        ),
        (
            "^Nte.about",
            ErrorKind::UnknownName,
            "there is no model `Nte` of linked records, at position 1 of the path; did you mean `Note`?",
        ),
        ("xyz", ErrorKind::UnknownName, "links from there are contacts parent"),
        ("contacts/opportunities/x", ErrorKind::UnknownName, "no link leads on from there"),
        ("name", ErrorKind::InvalidInput, "`name` at position 1 of the path does not link to records"),
        ("", ErrorKind::InvalidInput, "position 1: a link is missing"),
        ("contacts/", ErrorKind::InvalidInput, "position 10: a link is missing"),
        ("contacts contacts", ErrorKind::InvalidInput, "position 10: `contacts` was not expected"),
        ("(contacts", ErrorKind::InvalidInput, "position 10: `)` is missing"),
        ("contacts)", ErrorKind::InvalidInput, "position 9: `)` was not expected"),
        ("contacts{3,1}", ErrorKind::InvalidInput, "{3,1} counts down"),
        ("contacts{65}", ErrorKind::InvalidInput, "a count is a whole number from 0 to 64"),
        ("contacts{-1}", ErrorKind::InvalidInput, "a count is a whole number"),
        ("Account.contacts", ErrorKind::InvalidInput, "write `contacts`, or `^Account.contacts`"),
        ("contacts[age = 'x']", ErrorKind::InvalidInput, "texts in double quotes"),
        ("contacts[age = \"x]", ErrorKind::InvalidInput, "position 16"),
        ("contacts[age]", ErrorKind::InvalidInput, "`age` is not compared with anything"),
        ("contacts[agee = 1]", ErrorKind::UnknownName, "did you mean `age`?"),
        (
            "contacts[age = \"x\"]",
            ErrorKind::InvalidInput,
            "the filter at position 9 of the path does not fit `Contact`",
        ),
        ("(parent|contacts)[age = 1]", ErrorKind::UnknownName, "does not fit `Account`"),
        ("parent{64}/(parent{64}){64}", ErrorKind::InvalidInput, "too many steps"),
    ] {
        let error = walk(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(error.to_string().contains(said), "{path}: {error}");
    }
    let nested = format!("{}contacts{}", "(".repeat(40), ")".repeat(40));
    assert!(walk(&nested).unwrap_err().to_string().contains("deeper than 32"));
    assert!(walk(&"contacts|".repeat(1_000)).unwrap_err().to_string().contains("4,000"));
}

#[test]
fn a_field_that_is_kept_back_is_no_link() {
    let catalog = catalog();
    let account = catalog.model("crm", "Account").unwrap();
    let contact = catalog.model("crm", "Contact").unwrap();
    let note = catalog.model("crm", "Note").unwrap();
    let all = Entitlement::of(Ownership::TeamWide).grant(Grant::new("a test"));
    let access = AccessContext::user("ann", Some("sales")).unwrap().permit(account.permission(Action::View), all);
    let access = access
        .restrict(account.subject(), "contacts", Visibility::Hidden)
        .restrict(account.subject(), "parent", Visibility::Masked("***".to_owned()))
        .restrict(note.subject(), "about", Visibility::Hidden)
        .restrict(contact.subject(), "age", Visibility::Hidden)
        .build();
    let parse = |path: &str| Walk::parse(&catalog, &access, account, path);
    let hidden = parse("contacts").unwrap_err();
    assert_eq!(
        (hidden.kind(), hidden.message()),
        (ErrorKind::UnknownName, "`Account` has no link `contacts`, at position 1 of the path")
    );
    assert!(!hidden.to_string().contains("did you mean"), "{hidden}");
    for masked in ["parent", "^parent", "^Account.parent"] {
        let error = parse(masked).unwrap_err();
        assert!(error.to_string().contains("masked from you"), "{masked}: {error}");
    }
    assert!(parse("^Note.about").is_err());
    let back = parse("^about").unwrap();
    assert_eq!(back.links.iter().map(ToString::to_string).collect::<Vec<_>>(), ["^Call.about"]);
    assert!(parse("^about/with[age = 1]").unwrap_err().to_string().contains("`age`"));

    let along = |links: &[&str], ways| {
        let links: Vec<String> = links.iter().map(ToString::to_string).collect();
        Walk::along(&catalog, &access, account, &links, ways)
    };
    let links = |walk: Walk| walk.links.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(links(along(&[], Ways::Forward).unwrap()), Vec::<String>::new());
    assert_eq!(
        links(along(&[], Ways::Both).unwrap()),
        ["^Call.about", "^Call.with", "^Contact.opportunities", "about", "opportunities", "with"]
    );
    assert_eq!(links(along(&["with", "about"], Ways::Both).unwrap()), ["^Call.about", "^Call.with", "about", "with"]);
    assert!(along(&["contacts"], Ways::Both).unwrap_err().to_string().contains("no model has a link `contacts`"));
    assert!(along(&["parent"], Ways::Both).unwrap_err().to_string().contains("masked from you"));
}
