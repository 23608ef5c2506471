//! The table of the audit log: the same in each tenant's database and in the platform's.

/// Makes the table of the audit log with its indexes, a statement each. Each does nothing where it has been done.
pub fn audit_tables() -> Vec<String> {
    AUDIT.iter().map(|text| (*text).to_owned()).collect()
}

pub(crate) const AUDIT: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS \"udal_audit\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"id\" text COLLATE \"C\" NOT NULL, \
     \"at\" timestamptz NOT NULL, \
     \"kind\" text COLLATE \"C\" NOT NULL CHECK (\"kind\" IN ('write', 'denial', 'read', 'permission', 'task')), \
     \"operation\" text COLLATE \"C\" NOT NULL, \"model\" text COLLATE \"C\", \"record\" text COLLATE \"C\", \"records\" bigint, \
     \"user\" text COLLATE \"C\", \"team\" text COLLATE \"C\", \"task\" text COLLATE \"C\", \"request\" text COLLATE \"C\" NOT NULL, \
     \"detail\" text COLLATE \"C\", PRIMARY KEY (\"tenant\", \"id\"))",
    "CREATE INDEX IF NOT EXISTS \"udal_audit_at\" ON \"udal_audit\" (\"tenant\", \"at\", \"id\")",
    "CREATE INDEX IF NOT EXISTS \"udal_audit_user\" ON \"udal_audit\" (\"tenant\", \"user\", \"at\", \"id\")",
    "CREATE INDEX IF NOT EXISTS \"udal_audit_model\" ON \"udal_audit\" (\"tenant\", \"model\", \"at\", \"id\")",
];
