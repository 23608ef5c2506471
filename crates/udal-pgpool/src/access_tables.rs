//! The tables of tenants' access directories, in the platform's database.

/// Makes them: version 3 of the platform's tables.
///
/// A directory's generation comes out of one sequence, so that one that was dropped and made again is never taken for the
/// same. What refers to what is in the keys; those that can be in a circle, or refer ahead, are looked at when a change is
/// committed.
pub(crate) const TABLES: &str = "\
CREATE SEQUENCE \"udal_access_generation\"; \
CREATE TABLE \"udal_access_directories\" (\"tenant\" text COLLATE \"C\" PRIMARY KEY, \
 \"generation\" bigint NOT NULL, \"changed_at\" timestamptz NOT NULL DEFAULT now()); \
CREATE TABLE \"udal_access_users\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"id\" text COLLATE \"C\" NOT NULL CHECK (\"id\" <> ''), \
 \"name\" text COLLATE \"C\", \"reports_to\" text COLLATE \"C\", \"team\" text COLLATE \"C\", PRIMARY KEY (\"tenant\", \"id\"), \
 FOREIGN KEY (\"tenant\", \"reports_to\") REFERENCES \"udal_access_users\" DEFERRABLE INITIALLY DEFERRED); \
CREATE INDEX ON \"udal_access_users\" (\"tenant\", \"reports_to\"); \
CREATE TABLE \"udal_access_roles\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"name\" text COLLATE \"C\" NOT NULL CHECK (\"name\" <> ''), \
 \"description\" text COLLATE \"C\", PRIMARY KEY (\"tenant\", \"name\")); \
CREATE TABLE \"udal_access_role_permissions\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"role\" text COLLATE \"C\" NOT NULL, \
 \"permission\" text COLLATE \"C\" NOT NULL, PRIMARY KEY (\"tenant\", \"role\", \"permission\"), \
 FOREIGN KEY (\"tenant\", \"role\") REFERENCES \"udal_access_roles\" ON DELETE CASCADE); \
CREATE TABLE \"udal_access_teams\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"id\" text COLLATE \"C\" NOT NULL CHECK (\"id\" <> ''), \
 \"description\" text COLLATE \"C\", \"ownership\" text COLLATE \"C\" NOT NULL \
 CHECK (\"ownership\" IN ('team_wide', 'owner_only', 'assigned_only', 'hierarchical')), PRIMARY KEY (\"tenant\", \"id\")); \
CREATE TABLE \"udal_access_members\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"team\" text COLLATE \"C\" NOT NULL, \
 \"user\" text COLLATE \"C\" NOT NULL, PRIMARY KEY (\"tenant\", \"team\", \"user\"), \
 FOREIGN KEY (\"tenant\", \"team\") REFERENCES \"udal_access_teams\" ON DELETE CASCADE, \
 FOREIGN KEY (\"tenant\", \"user\") REFERENCES \"udal_access_users\" ON DELETE CASCADE); \
CREATE INDEX ON \"udal_access_members\" (\"tenant\", \"user\"); \
ALTER TABLE \"udal_access_users\" ADD FOREIGN KEY (\"tenant\", \"team\", \"id\") \
 REFERENCES \"udal_access_members\" (\"tenant\", \"team\", \"user\") DEFERRABLE INITIALLY DEFERRED; \
CREATE TABLE \"udal_access_member_roles\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"team\" text COLLATE \"C\" NOT NULL, \
 \"user\" text COLLATE \"C\" NOT NULL, \"role\" text COLLATE \"C\" NOT NULL, PRIMARY KEY (\"tenant\", \"team\", \"user\", \"role\"), \
 FOREIGN KEY (\"tenant\", \"team\", \"user\") REFERENCES \"udal_access_members\" ON DELETE CASCADE); \
CREATE TABLE \"udal_access_grants\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"key\" text COLLATE \"C\" NOT NULL, \
 \"permission\" text COLLATE \"C\" NOT NULL, \"role\" text COLLATE \"C\", \"user\" text COLLATE \"C\", \
 CHECK (num_nonnulls(\"role\", \"user\") = 1), PRIMARY KEY (\"tenant\", \"key\"), \
 FOREIGN KEY (\"tenant\", \"user\") REFERENCES \"udal_access_users\" ON DELETE CASCADE); \
CREATE INDEX ON \"udal_access_grants\" (\"tenant\", \"user\"); \
CREATE TABLE \"udal_access_conditions\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"grant\" text COLLATE \"C\" NOT NULL, \
 \"field\" text COLLATE \"C\" NOT NULL, \"operator\" text COLLATE \"C\" NOT NULL \
 CHECK (\"operator\" IN ('equals', 'not_equals', 'in', 'not_in', 'contains')), \"operand\" text COLLATE \"C\" NOT NULL, \
 PRIMARY KEY (\"tenant\", \"grant\", \"field\", \"operator\"), \
 FOREIGN KEY (\"tenant\", \"grant\") REFERENCES \"udal_access_grants\" ON DELETE CASCADE); \
CREATE TABLE \"udal_access_fields\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"key\" text COLLATE \"C\" NOT NULL, \
 \"group\" text COLLATE \"C\" NOT NULL, \"subject\" text COLLATE \"C\" NOT NULL, \"field\" text COLLATE \"C\" NOT NULL, \
 \"mask\" text COLLATE \"C\", PRIMARY KEY (\"tenant\", \"key\")); \
CREATE TABLE \"udal_access_exceptions\" (\"tenant\" text COLLATE \"C\" NOT NULL, \"rule\" text COLLATE \"C\" NOT NULL, \
 \"who\" text COLLATE \"C\" NOT NULL, PRIMARY KEY (\"tenant\", \"rule\", \"who\"), \
 FOREIGN KEY (\"tenant\", \"rule\") REFERENCES \"udal_access_fields\" ON DELETE CASCADE); \
CREATE TABLE \"udal_access_shares\" (\"tenant\" text COLLATE \"C\" NOT NULL \
 REFERENCES \"udal_access_directories\" ON DELETE CASCADE, \"record\" text COLLATE \"C\" NOT NULL CHECK (\"record\" <> ''), \
 \"receiver\" text COLLATE \"C\" NOT NULL, \"user\" text COLLATE \"C\", \"team\" text COLLATE \"C\", \
 \"level\" text COLLATE \"C\" NOT NULL CHECK (\"level\" IN ('view', 'edit', 'full')), \"until\" timestamptz, \
 CHECK (num_nonnulls(\"user\", \"team\") = 1), PRIMARY KEY (\"tenant\", \"record\", \"receiver\"), \
 FOREIGN KEY (\"tenant\", \"user\") REFERENCES \"udal_access_users\" ON DELETE CASCADE, \
 FOREIGN KEY (\"tenant\", \"team\") REFERENCES \"udal_access_teams\" ON DELETE CASCADE); \
CREATE INDEX ON \"udal_access_shares\" (\"tenant\", \"user\"); \
CREATE INDEX ON \"udal_access_shares\" (\"tenant\", \"team\")";
