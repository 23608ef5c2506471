//! What the demo shows.

use udal::ErrorKind;

/// A command with what it is there to show.
pub(super) struct Step {
    /// What it shows; nothing when it goes on with what the step before shows.
    pub(super) heading: &'static str,
    /// The command's arguments.
    pub(super) command: &'static [&'static str],
    /// How it is refused, where that is the point.
    pub(super) refused: Option<ErrorKind>,
}

const fn step(heading: &'static str, command: &'static [&'static str]) -> Step {
    Step { heading, command, refused: None }
}

const fn refused(heading: &'static str, command: &'static [&'static str], kind: ErrorKind) -> Step {
    Step { heading, command, refused: Some(kind) }
}

/// The steps, in their order.
pub(super) const STEPS: [Step; 11] = [
    step("Each model says where its records live; the commands are the same.", &["model", "list"]),
    step(
        "A linked document, by its id.",
        &["record", "get", "crm", "AppCRMAccount", "AppCRMAccount/acme-123", "--tenant", "acme"],
    ),
    step(
        "A filter and an order, on linked documents …",
        &[
            "record",
            "list",
            "crm",
            "AppCRMAccount",
            "--tenant",
            "acme",
            "--filter",
            r#"{"employees":{"gte":200},"not":{"tags":{"has":"pilot"}}}"#,
            "--order-by",
            "-employees",
            "--limit",
            "3",
        ],
    ),
    step(
        "… and on a partitioned table.",
        &[
            "record",
            "list",
            "lab",
            "AppLabResult",
            "--tenant",
            "acme",
            "--filter",
            r#"{"test_type":"ph","value":{"gte":7}}"#,
            "--order-by",
            "-value",
            "--limit",
            "5",
        ],
    ),
    step(
        "",
        &[
            "record",
            "count",
            "lab",
            "AppLabResult",
            "--tenant",
            "acme",
            "--filter",
            r#"{"flags":{"has":"high"},"created_at":{"gte":"2025-01-01T00:00:00Z"}}"#,
        ],
    ),
    step(
        "A search: every word, ignoring case.",
        &["record", "search", "crm", "AppCRMAccount", "acme north", "--fields", "name", "--tenant", "acme"],
    ),
    step(
        "",
        &[
            "record",
            "search",
            "lab",
            "AppLabResult",
            "hemolyzed repeat",
            "--fields",
            "comment",
            "--tenant",
            "acme",
            "--limit",
            "3",
        ],
    ),
    step(
        "An update of the version that was read …",
        &[
            "record",
            "update",
            "crm",
            "AppCRMAccount",
            "AppCRMAccount/acme-123",
            "--tenant",
            "acme",
            "--data",
            r#"{"status":"active"}"#,
            "--if-version",
            "1",
        ],
    ),
    refused(
        "… and one of a version that is stale: refused, and nothing changes.",
        &[
            "record",
            "update",
            "crm",
            "AppCRMAccount",
            "AppCRMAccount/acme-123",
            "--tenant",
            "acme",
            "--data",
            r#"{"status":"closed"}"#,
            "--if-version",
            "1",
        ],
        ErrorKind::VersionConflict,
    ),
    refused(
        "A record that is wrong in many ways: every error at once.",
        &[
            "record",
            "create",
            "lab",
            "AppLabResult",
            "--tenant",
            "acme",
            "--data",
            r#"{"test_typ":"ph","value":"7,2","status":"finished","flags":"high"}"#,
        ],
        ErrorKind::InvalidInput,
    ),
    refused(
        "A link to a record that is not there.",
        &[
            "record",
            "create",
            "crm",
            "AppCRMActivity",
            "--tenant",
            "acme",
            "--data",
            r#"{"account":"AppCRMAccount/nobody","kind":"call","subject":"Who was that?"}"#,
        ],
        ErrorKind::InvalidInput,
    ),
];
