//! Bodies as TerminusDB 12.0.6 answered them, but for their request ids.

use udal_core::ErrorKind;

use super::*;

fn error(status: u16, error: &str, message: &str) -> Error {
    let body = format!(
        "{{\"@type\":\"api:InsertDocumentErrorResponse\",\"api:error\": {error},\"api:message\":\"{message}\",\"api:status\":\"api:failure\"}}"
    );
    error_of(Rejection::read(status, body.as_bytes()))
}

fn refused(witnesses: &str) -> Error {
    error(
        400,
        &format!("{{\"@type\":\"api:SchemaCheckFailure\",\"api:witnesses\": {witnesses}}}"),
        "Schema check failure",
    )
}

/// The one field that is named, and the code.
fn named(error: &Error) -> (ErrorKind, &str, &str) {
    let [field] = error.field_errors() else { panic!("one field: {error:?}") };
    (error.kind(), field.field.as_str(), field.code)
}

#[test]
fn a_field_that_is_missing() {
    let error = refused(
        r#"[ {"@type":"required_field_does_not_exist_in_document","document": {"@id":"terminusdb:///data/P/2","@type":"terminusdb:///schema#P","terminusdb:///schema#l": {"@container":"@list","@type":"http://www.w3.org/2001/XMLSchema#integer","@value": []}},"field":"terminusdb:///schema#name"} ]"#,
    );
    assert_eq!(named(&error), (ErrorKind::InvalidInput, "name", "missing"));
    let woql = error_of(Rejection::read(
        400,
        br#"{"@type":"api:WoqlErrorResponse","api:error": {"@type":"api:WOQLSchemaCheckFailure","api:witnesses": [ {"@type":"instance_not_cardinality_one","class":"http://www.w3.org/2001/XMLSchema#string","instance":"terminusdb:///data/P/1","predicate":"terminusdb:///schema#name"} ]},"api:message":"There was an error when schema checking","api:status":"api:failure"}"#,
    ));
    assert_eq!(named(&woql), (ErrorKind::InvalidInput, "name", "missing"));
}

#[test]
fn a_value_of_another_type() {
    let integer = refused(
        r#"[ {"terminusdb:///schema#n": {"@type":"could_not_interpret_as_type","type":"http://www.w3.org/2001/XMLSchema#integer","value":"hunter2"}} ]"#,
    );
    assert_eq!(named(&integer), (ErrorKind::InvalidInput, "n", "wrong_type"));
    assert!(integer.to_string().contains("`integer`") && !integer.to_string().contains("hunter2"), "{integer}");
    let object = refused(
        r#"[ {"terminusdb:///schema#_id_link": {"@type":"no_unique_type_for_document","document": {"a":1}}} ]"#,
    );
    assert_eq!(named(&object), (ErrorKind::InvalidInput, "link", "wrong_type"));
    let cast = error(
        400,
        r#"{"@type":"api:BadCast","api:document": {"@id":"P/71","@type":"P","l": [],"n":1.5,"name":"x"},"api:type":"http://www.w3.org/2001/XMLSchema#integer","api:value":1.5}"#,
        "value 3r2 could not be casted to a 'http://www.w3.org/2001/XMLSchema#integer'",
    );
    assert_eq!(named(&cast), (ErrorKind::InvalidInput, "n", "wrong_type"));
}

#[test]
fn words_properties_and_links() {
    let word = refused(
        r#"[ {"terminusdb:///schema#e": {"@type":"not_a_valid_enum","enum":"terminusdb:///schema#E","value":"c"}} ]"#,
    );
    assert_eq!(named(&word), (ErrorKind::InvalidInput, "e", "not_allowed"));
    let unknown = refused(
        r#"[ {"@type":"unknown_property_for_type","document": {"@id":"terminusdb:///data/P/2","@type":"terminusdb:///schema#P","terminusdb:///schema#l": [],"terminusdb:///schema#name":"x","terminusdb:///schema#what":"c"},"property": ["terminusdb:///schema#what" ],"type":"terminusdb:///schema#P"} ]"#,
    );
    assert_eq!(named(&unknown), (ErrorKind::InvalidInput, "what", "unknown"));
    let gone = refused(
        r#"[ {"@type":"references_untyped_object","object":"terminusdb:///data/Q/no%20ne","predicate":"terminusdb:///schema#link","subject":"terminusdb:///data/P/73"} ]"#,
    );
    assert_eq!(named(&gone), (ErrorKind::InvalidInput, "link", "broken_link"));
    assert!(gone.to_string().contains("`Q/no ne`"), "{gone}");
    let other = refused(
        r#"[ {"@type":"referential_integrity_violation","actual_class":"terminusdb:///schema#P","instance":"terminusdb:///data/P/1","predicate":"terminusdb:///schema#link","required_class":"terminusdb:///schema#Q"} ]"#,
    );
    assert_eq!(named(&other), (ErrorKind::InvalidInput, "link", "broken_link"));
}

#[test]
fn an_id_that_is_taken() {
    let taken = error(
        400,
        r#"{"@type":"api:DocumentIdAlreadyExists","api:document": {"@id":"P/1","@type":"P","l": [],"name":"x"},"api:document_id":"terminusdb:///data/P/a%20b"}"#,
        "Tried to insert a new document with id 'terminusdb:///data/P/a%20b', but an object with that id already exists",
    );
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    assert!(taken.to_string().contains("`P/a b`"), "{taken}");
}

#[test]
fn what_names_no_field_is_ours_to_find_out() {
    for witnesses in [
        r#"[ {"@type":"unexpected_list","type":"http://www.w3.org/2001/XMLSchema#string","value": ["x", "y" ]} ]"#,
        r#"[ [ {"@type":"could_not_interpret_as_type","type":"http://www.w3.org/2001/XMLSchema#integer","value":"a"} ] ]"#,
        r#"[ {"@type":"ascribed_type_does_not_exist","ascribed_type":"terminusdb:///schema#R","document": {"@id":"R/2","@type":"R","name":"x"}} ]"#,
    ] {
        let error = refused(witnesses);
        assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
        assert!(error.field_errors().is_empty() && !error.to_string().contains("XMLSchema"));
    }
    let unhandled = br#"{"@type":"api:UnhandledErrorResponse","api:error": {"@type":"api:InternalServerError"},"api:message":"An internal server error occurred. Please contact the administrator.","api:status":"api:server_error"}"#;
    assert_eq!(error_of(Rejection::read(500, unhandled)).kind(), ErrorKind::Internal);
}
