//! Reading a directory: one statement, and so one instant.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tokio_postgres::Row;
use udal_access::{
    Condition, Directory, Exception, FieldRule, Grant, Grantee, Pattern, Policy, Receiver, Role, Share, Team, User,
    Visibility, parse_level,
};
use udal_core::value::Timestamp;
use udal_core::{Error, Result, TenantSlug};
use udal_pgpool::read_text;
use udal_sql::{Param, Sql, Statement};

/// A directory as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Which state of it this is; every change makes another. 0 where the tenant has no directory.
    pub generation: i64,
    /// What it says.
    pub directory: Directory,
}

/// Answers the generation and each table's rows of the tenant as JSON; no row where there is no directory.
pub(crate) fn statement(tenant: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"generation\"");
    for (table, columns) in TABLES {
        sql.push(", (SELECT coalesce(json_agg(json_build_array(").push(columns).push(")), '[]')::text FROM ");
        sql.push(table).push(" AS t WHERE t.\"tenant\" = d.\"tenant\")");
    }
    sql.push(SHARES)
        .push(" FROM \"udal_access_directories\" AS d WHERE \"tenant\" = ")
        .param(Param::text(tenant.as_str()));
    sql.finish()
}

const TABLES: [(&str, &str); 10] = [
    ("\"udal_access_users\"", "\"id\", \"name\", \"reports_to\", \"team\""),
    ("\"udal_access_roles\"", "\"name\", \"description\""),
    ("\"udal_access_role_permissions\"", "\"role\", \"permission\""),
    ("\"udal_access_teams\"", "\"id\", \"description\", \"ownership\""),
    ("\"udal_access_members\"", "\"team\", \"user\""),
    ("\"udal_access_member_roles\"", "\"team\", \"user\", \"role\""),
    ("\"udal_access_grants\"", "\"key\", \"permission\", \"role\", \"user\""),
    ("\"udal_access_conditions\"", "\"grant\", \"field\", \"operator\", \"operand\""),
    ("\"udal_access_fields\"", "\"key\", \"group\", \"subject\", \"field\", \"mask\""),
    ("\"udal_access_exceptions\"", "\"rule\", \"who\""),
];
/// Times are read as numbers.
const SHARES: &str = ", (SELECT coalesce(json_agg(json_build_array(\"record\", \"receiver\", \"level\", \
     (extract(epoch FROM \"until\") * 1000000)::int8)), '[]')::text FROM \"udal_access_shares\" AS t \
     WHERE t.\"tenant\" = d.\"tenant\")";

/// Reads the rows of [`statement`].
pub(crate) fn read(rows: &[Row]) -> Result<Stored> {
    let Some(row) = rows.first() else { return Ok(Stored::default()) };
    let generation = row.try_get::<_, i64>(0).map_err(Error::internal)?;
    let mut directory = Directory::default();
    read_people(row, &mut directory)?;
    read_rules(row, &mut directory)?;
    Ok(Stored { generation, directory })
}

/// The rows in column `at`.
fn rows<T: for<'de> Deserialize<'de>>(row: &Row, at: usize) -> Result<Vec<T>> {
    serde_json::from_str(&read_text(row, at)?).map_err(Error::internal)
}

/// What Udal did not write.
fn damaged(what: &str, text: &str) -> Error {
    Error::internal(format!("the access directory holds `{}`, which is no {what}", udal_core::shorten(text)))
}

fn pattern(text: &str) -> Result<Pattern> {
    Pattern::parse(text).ok_or_else(|| damaged("permission", text))
}

fn read_people(row: &Row, directory: &mut Directory) -> Result<()> {
    type Optional = Option<String>;
    for (id, name, reports_to, team) in rows::<(String, Optional, Optional, Optional)>(row, 1)? {
        directory.users.insert(id, User { name, reports_to, team });
    }
    for (name, description) in rows::<(String, Optional)>(row, 2)? {
        directory.roles.insert(name, Role { description, permissions: BTreeSet::new() });
    }
    for (role, permission) in rows::<(String, String)>(row, 3)? {
        let role = directory.roles.entry(role).or_default();
        role.permissions.insert(pattern(&permission)?);
    }
    for (id, description, ownership) in rows::<(String, Optional, String)>(row, 4)? {
        let ownership = Policy::parse(&ownership).ok_or_else(|| damaged("policy", &ownership))?;
        directory.teams.insert(id, Team { description, ownership, members: BTreeMap::new() });
    }
    for (team, user) in rows::<(String, String)>(row, 5)? {
        let team = directory.teams.get_mut(&team).ok_or_else(|| damaged("team", &team))?;
        team.members.insert(user, BTreeSet::new());
    }
    for (team, user, role) in rows::<(String, String, String)>(row, 6)? {
        let team = directory.teams.get_mut(&team).ok_or_else(|| damaged("team", &team))?;
        team.members.entry(user).or_default().insert(role);
    }
    Ok(())
}

fn read_rules(row: &Row, directory: &mut Directory) -> Result<()> {
    let mut conditions: BTreeMap<String, BTreeSet<Condition>> = BTreeMap::new();
    for (grant, field, operator, operand) in rows::<(String, String, String, String)>(row, 8)? {
        let operand = serde_json::from_str(&operand).map_err(Error::internal)?;
        conditions.entry(grant).or_default().insert(Condition { field, operator, operand });
    }
    for (key, permission, role, user) in rows::<(String, String, Option<String>, Option<String>)>(row, 7)? {
        let to = match (role, user) {
            (Some(role), None) => Grantee::Role(role),
            (None, Some(user)) => Grantee::User(user),
            _ => return Err(damaged("grant", &key)),
        };
        let conditions = conditions.remove(&key).unwrap_or_default();
        directory.grants.insert(Grant { permission: pattern(&permission)?, to, conditions });
    }
    let mut exceptions: BTreeMap<String, BTreeSet<Exception>> = BTreeMap::new();
    for (rule, who) in rows::<(String, String)>(row, 10)? {
        let exception = Exception::parse(&who).ok_or_else(|| damaged("exception", &who))?;
        exceptions.entry(rule).or_default().insert(exception);
    }
    for (key, group, subject, field, mask) in rows::<(String, String, String, String, Option<String>)>(row, 9)? {
        let visibility = mask.map_or(Visibility::Hidden, Visibility::Masked);
        let except = exceptions.remove(&key).unwrap_or_default();
        directory.fields.insert(FieldRule { group, subject, field, visibility, except });
    }
    for (record, receiver, level, until) in rows::<(String, String, String, Option<i64>)>(row, 11)? {
        let with = Receiver::parse(&receiver).ok_or_else(|| damaged("receiver", &receiver))?;
        let level = parse_level(&level).ok_or_else(|| damaged("level", &level))?;
        let time = |micros| Timestamp::from_micros(micros).ok_or_else(|| damaged("time", &micros.to_string()));
        let until = until.map(time).transpose()?;
        directory.shares.insert((record, with), Share { level, until });
    }
    Ok(())
}
