//! A change of a directory as statements on its tables.

use udal_access::{Change, Condition, Entry, FieldRule, Grant, Grantee, Receiver, Share, TeamEntry, User, Visibility};
use udal_core::TenantSlug;
use udal_core::value::Value;
use udal_sql::{BaseType, Param, Sql, SqlType, Statement};

/// The statements that make a change, in their order.
pub(crate) fn statements(tenant: &TenantSlug, change: &Change) -> Vec<Statement> {
    match change {
        Change::Remove(entry) => vec![remove(tenant, entry)],
        Change::Add(entry) => [vec![add(tenant, entry)], add_parts(tenant, entry)].concat(),
        Change::Replace { old, new } => {
            [vec![update(tenant, new)], remove_parts(tenant, old), add_parts(tenant, new)].concat()
        }
    }
}

/// What stands under a key: the hash of the whole, which may be longer than an index takes.
const KEY: &str = "encode(sha256(convert_to(";
const KEY_END: &str = ", 'UTF8')), 'hex')";

fn text(sql: &mut Sql, text: &str) {
    sql.param(Param::text(text));
}

fn optional(sql: &mut Sql, text: Option<&str>) {
    sql.param(Param::new(SqlType::TEXT, text.map(Value::from)));
}

fn key(sql: &mut Sql, of: &str) {
    sql.push(KEY).param(Param::text(of)).push(KEY_END);
}

/// Starts `INSERT INTO table (columns) VALUES (tenant`.
fn insert(tenant: &TenantSlug, into: &'static str) -> Sql {
    let mut sql = Sql::new();
    sql.push("INSERT INTO ").push(into).push(" VALUES (").param(Param::text(tenant.as_str()));
    sql
}

fn end(mut sql: Sql) -> Statement {
    sql.push(")");
    sql.finish()
}

/// Writes `, value` for each.
fn values(sql: &mut Sql, texts: &[Option<&str>]) {
    for value in texts {
        sql.push(", ");
        optional(sql, *value);
    }
}

fn add(tenant: &TenantSlug, entry: &Entry) -> Statement {
    match entry {
        Entry::Role(name, role) => {
            let mut sql = insert(tenant, "\"udal_access_roles\" (\"tenant\", \"name\", \"description\")");
            values(&mut sql, &[Some(name), role.description.as_deref()]);
            end(sql)
        }
        Entry::User(id, User { name, reports_to, team }) => {
            let into = "\"udal_access_users\" (\"tenant\", \"id\", \"name\", \"reports_to\", \"team\")";
            let mut sql = insert(tenant, into);
            values(&mut sql, &[Some(id), name.as_deref(), reports_to.as_deref(), team.as_deref()]);
            end(sql)
        }
        Entry::Team(id, TeamEntry { description, ownership }) => {
            let into = "\"udal_access_teams\" (\"tenant\", \"id\", \"description\", \"ownership\")";
            let mut sql = insert(tenant, into);
            values(&mut sql, &[Some(id), description.as_deref(), Some(ownership.as_str())]);
            end(sql)
        }
        Entry::Member { team, user, roles: _ } => {
            let mut sql = insert(tenant, "\"udal_access_members\" (\"tenant\", \"team\", \"user\")");
            values(&mut sql, &[Some(team), Some(user)]);
            end(sql)
        }
        Entry::Grant(grant) => add_grant(tenant, grant),
        Entry::Field(rule) => add_rule(tenant, rule),
        Entry::Share { record, with, share } => add_share(tenant, record, with, share),
    }
}

fn add_grant(tenant: &TenantSlug, grant: &Grant) -> Statement {
    let Grant { permission, to, conditions: _ } = grant;
    let (role, user) = match to {
        Grantee::Role(name) => (Some(name.as_str()), None),
        Grantee::User(id) => (None, Some(id.as_str())),
    };
    let into = "\"udal_access_grants\" (\"tenant\", \"permission\", \"role\", \"user\", \"key\")";
    let mut sql = insert(tenant, into);
    values(&mut sql, &[Some(&permission.to_string()), role, user]);
    sql.push(", ");
    key(&mut sql, &grant.key());
    end(sql)
}

fn add_rule(tenant: &TenantSlug, rule: &FieldRule) -> Statement {
    let FieldRule { group, subject, field, visibility, except: _ } = rule;
    let mask = match visibility {
        Visibility::Hidden => None,
        Visibility::Masked(mask) => Some(mask.as_str()),
    };
    let into = "\"udal_access_fields\" (\"tenant\", \"group\", \"subject\", \"field\", \"mask\", \"key\")";
    let mut sql = insert(tenant, into);
    values(&mut sql, &[Some(group), Some(subject), Some(field), mask]);
    sql.push(", ");
    key(&mut sql, &rule.key());
    end(sql)
}

fn add_share(tenant: &TenantSlug, record: &str, with: &Receiver, share: &Share) -> Statement {
    let Share { level, until } = share;
    let (user, team) = match with {
        Receiver::User(id) => (Some(id.as_str()), None),
        Receiver::Team(id) => (None, Some(id.as_str())),
    };
    let into = "\"udal_access_shares\" \
         (\"tenant\", \"record\", \"receiver\", \"user\", \"team\", \"level\", \"until\")";
    let mut sql = insert(tenant, into);
    values(&mut sql, &[Some(record), Some(&with.to_string()), user, team, Some(level.name())]);
    sql.push(", ").param(time(*until));
    end(sql)
}

fn time(until: Option<udal_core::value::Timestamp>) -> Param {
    Param::new(SqlType::one(BaseType::Timestamptz), until.map(Value::DateTime))
}

/// The rows that belong to an entry.
fn add_parts(tenant: &TenantSlug, entry: &Entry) -> Vec<Statement> {
    match entry {
        Entry::Role(name, role) => {
            let permissions = role.permissions.iter().map(ToString::to_string);
            let into = "\"udal_access_role_permissions\" (\"tenant\", \"role\", \"permission\")";
            many(tenant, into, |sql| text(sql, name), &[permissions.collect()])
        }
        Entry::Member { team, user, roles } => {
            let into = "\"udal_access_member_roles\" (\"tenant\", \"team\", \"user\", \"role\")";
            let owner = |sql: &mut Sql| {
                text(sql, team);
                sql.push(", ");
                text(sql, user);
            };
            many(tenant, into, owner, &[roles.iter().cloned().collect()])
        }
        Entry::Grant(grant) => {
            let into = "\"udal_access_conditions\" (\"tenant\", \"grant\", \"field\", \"operator\", \"operand\")";
            let column = |of: fn(&Condition) -> String| grant.conditions.iter().map(of).collect::<Vec<_>>();
            let columns = [
                column(|condition| condition.field.clone()),
                column(|condition| condition.operator.clone()),
                column(|condition| condition.operand.to_string()),
            ];
            many(tenant, into, |sql| key(sql, &grant.key()), &columns)
        }
        Entry::Field(rule) => {
            let into = "\"udal_access_exceptions\" (\"tenant\", \"rule\", \"who\")";
            let who = rule.except.iter().map(ToString::to_string).collect();
            many(tenant, into, |sql| key(sql, &rule.key()), &[who])
        }
        Entry::User(..) | Entry::Team(..) | Entry::Share { .. } => Vec::new(),
    }
}

/// One row for each of the columns' values, under the owner; nothing where there is none.
fn many(tenant: &TenantSlug, into: &'static str, owner: impl Fn(&mut Sql), columns: &[Vec<String>]) -> Vec<Statement> {
    if columns.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let mut sql = Sql::new();
    sql.push("INSERT INTO ").push(into).push(" SELECT ").param(Param::text(tenant.as_str())).push(", ");
    owner(&mut sql);
    sql.push(", v.* FROM unnest(");
    sql.list(columns, |sql, column| {
        sql.param(Param::texts(column.iter().cloned()));
    });
    sql.push(") AS v");
    vec![sql.finish()]
}

/// Writes that an entry, which is there, says something else; its parts apart.
fn update(tenant: &TenantSlug, entry: &Entry) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE ");
    match entry {
        Entry::Role(_, role) => {
            sql.push("\"udal_access_roles\" SET \"description\" = ");
            optional(&mut sql, role.description.as_deref());
        }
        Entry::User(_, User { name, reports_to, team }) => {
            sql.push("\"udal_access_users\" SET \"name\" = ");
            optional(&mut sql, name.as_deref());
            sql.push(", \"reports_to\" = ");
            optional(&mut sql, reports_to.as_deref());
            sql.push(", \"team\" = ");
            optional(&mut sql, team.as_deref());
        }
        Entry::Team(_, TeamEntry { description, ownership }) => {
            sql.push("\"udal_access_teams\" SET \"description\" = ");
            optional(&mut sql, description.as_deref());
            sql.push(", \"ownership\" = ");
            text(&mut sql, ownership.as_str());
        }
        // Its roles are its parts.
        Entry::Member { .. } => drop(sql.push("\"udal_access_members\" SET \"user\" = \"user\"")),
        // All that they say is in their keys.
        Entry::Grant(_) => drop(sql.push("\"udal_access_grants\" SET \"key\" = \"key\"")),
        Entry::Field(_) => drop(sql.push("\"udal_access_fields\" SET \"key\" = \"key\"")),
        Entry::Share { share: Share { level, until }, .. } => {
            sql.push("\"udal_access_shares\" SET \"level\" = ");
            text(&mut sql, level.name());
            sql.push(", \"until\" = ").param(time(*until));
        }
    }
    is_entry(&mut sql, tenant, entry);
    sql.finish()
}

fn remove(tenant: &TenantSlug, entry: &Entry) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM ").push(match entry {
        Entry::Role(..) => "\"udal_access_roles\"",
        Entry::User(..) => "\"udal_access_users\"",
        Entry::Team(..) => "\"udal_access_teams\"",
        Entry::Member { .. } => "\"udal_access_members\"",
        Entry::Grant(_) => "\"udal_access_grants\"",
        Entry::Field(_) => "\"udal_access_fields\"",
        Entry::Share { .. } => "\"udal_access_shares\"",
    });
    is_entry(&mut sql, tenant, entry);
    sql.finish()
}

/// Removes the rows that belong to an entry that stays.
fn remove_parts(tenant: &TenantSlug, entry: &Entry) -> Vec<Statement> {
    let mut sql = Sql::new();
    sql.push("DELETE FROM ");
    match entry {
        Entry::Role(name, _) => {
            sql.push("\"udal_access_role_permissions\" WHERE \"role\" = ");
            text(&mut sql, name);
        }
        Entry::Member { team, user, .. } => {
            sql.push("\"udal_access_member_roles\" WHERE \"team\" = ");
            text(&mut sql, team);
            sql.push(" AND \"user\" = ");
            text(&mut sql, user);
        }
        Entry::Grant(_) | Entry::Field(_) | Entry::User(..) | Entry::Team(..) | Entry::Share { .. } => {
            return Vec::new();
        }
    }
    sql.push(" AND \"tenant\" = ").param(Param::text(tenant.as_str()));
    vec![sql.finish()]
}

/// Writes ` WHERE` and what makes it that entry.
fn is_entry(sql: &mut Sql, tenant: &TenantSlug, entry: &Entry) {
    sql.push(" WHERE \"tenant\" = ").param(Param::text(tenant.as_str())).push(" AND ");
    match entry {
        Entry::Role(name, _) => {
            sql.push("\"name\" = ");
            text(sql, name);
        }
        Entry::User(id, _) | Entry::Team(id, _) => {
            sql.push("\"id\" = ");
            text(sql, id);
        }
        Entry::Member { team, user, .. } => {
            sql.push("\"team\" = ");
            text(sql, team);
            sql.push(" AND \"user\" = ");
            text(sql, user);
        }
        Entry::Grant(grant) => {
            sql.push("\"key\" = ");
            key(sql, &grant.key());
        }
        Entry::Field(rule) => {
            sql.push("\"key\" = ");
            key(sql, &rule.key());
        }
        Entry::Share { record, with, .. } => {
            sql.push("\"record\" = ");
            text(sql, record);
            sql.push(" AND \"receiver\" = ");
            text(sql, &with.to_string());
        }
    }
}
