//! Names: the one place that turns names of models, fields and records into those of classes, properties and nodes.

use udal_core::model::Field;

/// Names of GraphQL's and TerminusDB's own types, in the forms in which they appear beside the classes.
const TAKEN: [&str; 41] = [
    "BigFloat",
    "BigFloatFilter",
    "BigInt",
    "BigIntFilter",
    "Boolean",
    "BooleanFilter",
    "CollectionBigFloatFilter",
    "CollectionBigIntFilter",
    "CollectionBooleanFilter",
    "CollectionDateTimeFilter",
    "CollectionFloatFilter",
    "CollectionIdFilterInputObject",
    "CollectionIntFilter",
    "CollectionStringFilter",
    "DateTime",
    "DateTimeFilter",
    "Float",
    "FloatFilter",
    "GraphQLJSON",
    "ID",
    "IdFilter",
    "Int",
    "IntFilter",
    "JSON",
    "Mutation",
    "Query",
    "String",
    "StringFilter",
    "Subscription",
    "System",
    "TerminusMutation",
    "TerminusOrdering",
    "TerminusTypeCollection",
    "Branch",
    "Commit",
    "Database",
    "Organization",
    "Remote",
    "Repository",
    "Schema",
    "User",
];

/// The class that keeps the records of the model of that name.
///
/// It is the model's name, with `_` after it where GraphQL has a type of that name: no model's name holds a `_`.
pub fn class_name(model: &str) -> String {
    if TAKEN.contains(&model) { format!("{model}_") } else { model.to_owned() }
}

/// The property that keeps the values of `field`: its name, which is one that GraphQL takes as it is.
pub(crate) fn property(field: &Field) -> &str {
    field.name()
}

/// The property beside that of a single link which keeps the linked record's id as text: links themselves have no order.
pub(crate) fn text_of_link(field: &Field) -> String {
    format!("_id_{}", field.name())
}

/// The property beside that of an optional list which says that there is one: an empty list and none are the same to the server.
pub(crate) fn mark_of_list(field: &Field) -> String {
    mark_of(field.name())
}

/// The same, for the list of that name.
pub(crate) fn mark_of(list: &str) -> String {
    format!("_has_{list}")
}

/// The name of the field whose values the property of that name keeps, alone or among others.
pub fn field_of(property: &str) -> &str {
    let name = property.strip_prefix(SCHEMA_BASE).unwrap_or(property);
    name.strip_prefix("_id_").or_else(|| name.strip_prefix("_has_")).unwrap_or(name)
}

/// What the node of a record is called, without the base of all of them: `Account/a1`.
///
/// The key is percent-encoded but for letters, digits and `-._~` of ASCII, so that no character of it has a meaning to the server.
pub fn node_id(id: &str) -> String {
    let (model, key) = id.split_once('/').unwrap_or((id, ""));
    format!("{}/{}", class_name(model), encoded(key))
}

/// What stands before the names of classes and properties in what the server says.
const SCHEMA_BASE: &str = "terminusdb:///schema#";

/// What stands before every node's short name.
pub(crate) fn base() -> &'static str {
    "terminusdb:///data/"
}

/// The whole IRI of a record's node, as GraphQL takes it.
pub(crate) fn iri(id: &str) -> String {
    format!("{}{}", base(), node_id(id))
}

/// What the node is called that keeps what a create of that model with that idempotency key answered.
pub fn answer_node(model: &str, key: &str) -> String {
    format!("{}/{model}%2F{}", crate::class::ANSWERS, encoded(key))
}

/// The id of the record whose node is called so; `None` where no record's is.
pub fn record_id(node: &str) -> Option<String> {
    let short = node.strip_prefix(base()).unwrap_or(node);
    let (class, key) = short.split_once('/')?;
    Some(format!("{}/{}", class.trim_end_matches('_'), decoded(key)?))
}

fn encoded(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decoded(key: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_lead_back_to_fields() {
        for property in ["contact", "_id_contact", "_has_contact", "terminusdb:///schema#_id_contact"] {
            assert_eq!(field_of(property), "contact");
        }
    }

    #[test]
    fn nodes_are_called_after_records_and_lead_back() {
        for (id, node) in [
            ("Account/a1", "Account/a1"),
            ("Account/a b", "Account/a%20b"),
            ("Account/a%20b", "Account/a%2520b"),
            ("Account/a/b:c?d#e", "Account/a%2Fb%3Ac%3Fd%23e"),
            ("Account/é", "Account/%C3%A9"),
            ("Query/x", "Query_/x"),
        ] {
            assert_eq!(node_id(id), node);
            assert_eq!(record_id(node).as_deref(), Some(id));
            assert_eq!(record_id(&iri(id)).as_deref(), Some(id));
        }
        assert_eq!(record_id("Account/%zz"), None);
        assert_eq!(record_id("Account"), None);
    }
}
