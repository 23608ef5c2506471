//! The role that statements run as, and the function that it owns.

use udal_core::fingerprint;

use crate::{Param, Sql, Statement};

/// The role: one on each server. It owns nothing but the function, is granted nothing that outlasts a transaction, and nobody
/// logs in as it: so that it is the same for all tenants gives none of them anything.
pub const READER: &str = "udal_reader";

/// What the function does: one query, that only reads. What is not read-only is refused by PostgreSQL since it is `STABLE`; the
/// role cannot be changed within it since it is `SECURITY DEFINER`.
const BODY: &str = "BEGIN RETURN QUERY EXECUTE statement USING params; END";

/// The name of the function: another one does something else.
pub(super) fn function_name() -> String {
    format!("ask_{}", fingerprint(BODY))
}

/// Reads of the role whether the server has it, whether Udal's own may become it, and whether it may do more than read what it is
/// granted: an attribute, or the membership in another role; and whether the function is there, and belongs to it.
pub fn find_reader() -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT role.oid IS NOT NULL, coalesce(pg_has_role(current_user, role.oid, 'MEMBER'), false), ");
    sql.push("coalesce(role.rolsuper OR role.rolcreaterole OR role.rolcreatedb OR role.rolcanlogin ");
    sql.push("OR role.rolreplication OR role.rolbypassrls ");
    sql.push("OR EXISTS (SELECT FROM pg_auth_members AS held WHERE held.member = role.oid), false), ");
    sql.push("EXISTS (SELECT FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace ");
    sql.push("WHERE p.proname = ").param(Param::text(function_name()));
    sql.push(" AND n.nspname = ").param(Param::text(READER));
    sql.push(" AND p.proowner = role.oid AND p.prosecdef AND p.provolatile = 's') ");
    sql.push("FROM (SELECT) AS one LEFT JOIN pg_roles AS role ON role.rolname = ").param(Param::text(READER));
    sql.finish()
}

/// Reads what the role holds in this database, or of what all databases share, beside its schema and functions.
pub fn find_holdings() -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_shdepend AS d ");
    sql.push("JOIN pg_roles AS role ON role.oid = d.refobjid AND d.refclassid = 'pg_authid'::regclass ");
    sql.push("WHERE role.rolname = ").param(Param::text(READER));
    sql.push(" AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ");
    sql.push("AND NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = role.rolname AND d.objid IN ");
    sql.push("(SELECT n.oid UNION ALL SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = n.oid)) ");
    // Memberships, from PostgreSQL 16 on.
    sql.push("AND d.classid <> 'pg_auth_members'::regclass LIMIT 1");
    sql.finish()
}

/// The statement that makes the role.
pub fn create_reader() -> String {
    written(|sql| {
        sql.push("CREATE ROLE ").name(READER);
        sql.push(" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT");
    })
}

/// The statement that lets Udal's own role become it.
pub fn grant_reader() -> String {
    written(|sql| {
        sql.push("GRANT ").name(READER).push(" TO CURRENT_USER");
    })
}

/// The statements that make the function, and take from everyone in this database what the role would have as everyone.
pub fn create_function(database: &str) -> Vec<String> {
    let function = |sql: &mut Sql| {
        sql.name(READER).push(".").name(&function_name()).push("(text, text[])");
    };
    vec![
        written(|sql| {
            sql.push("CREATE SCHEMA IF NOT EXISTS ").name(READER);
        }),
        // To make what is there belong to it takes the right to make something there, for that instant.
        written(|sql| {
            sql.push("GRANT USAGE, CREATE ON SCHEMA ").name(READER).push(" TO ").name(READER);
        }),
        written(|sql| {
            sql.push("CREATE OR REPLACE FUNCTION ").name(READER).push(".").name(&function_name());
            sql.push("(statement text, params text[]) RETURNS SETOF record LANGUAGE plpgsql STABLE SECURITY DEFINER ");
            sql.push("SET search_path = '' AS ").literal(BODY);
        }),
        written(|sql| {
            sql.push("REVOKE ALL ON FUNCTION ");
            function(sql);
            sql.push(" FROM PUBLIC");
        }),
        written(|sql| {
            sql.push("ALTER FUNCTION ");
            function(sql);
            sql.push(" OWNER TO ").name(READER);
        }),
        written(|sql| {
            sql.push("REVOKE CREATE ON SCHEMA ").name(READER).push(" FROM ").name(READER);
        }),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC".to_owned(),
        written(|sql| {
            sql.push("REVOKE TEMPORARY, CREATE ON DATABASE ").name(database).push(" FROM PUBLIC");
        }),
    ]
}

fn written(write: impl FnOnce(&mut Sql)) -> String {
    let mut sql = Sql::new();
    write(&mut sql);
    sql.into_text()
}
