//! The names of tenants' databases: which prefixes there may be, and which databases are no tenant's.

use udal_core::{Error, Result, shorten};

use crate::{Place, Settings};

/// The most bytes of a prefix: with the longest tenant's name they are what PostgreSQL takes for a name.
const MAX_PREFIX: usize = 15;
/// The most bytes of a database's name. PostgreSQL cuts off what is longer, and two names could become one.
const MAX_NAME: usize = 63;
/// How the names begin that PostgreSQL and Udal keep for themselves.
const KEPT: [&str; 2] = ["pg_", "udal_"];
/// The databases of every server.
const OF_THE_SERVER: [&str; 3] = ["postgres", "template0", "template1"];

/// Checks what is to stand before a tenant's slug in the name of its database.
///
/// ```
/// use udal_pgpool::check_prefix;
/// assert!(check_prefix("sqh_tenant_").is_ok());
/// assert!(check_prefix("udal_").is_err());
/// ```
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where it is empty, longer than 15 bytes, holds anything but `a` to
/// `z`, digits and `_`, or begins as the names that PostgreSQL and Udal keep for themselves.
pub fn check_prefix(prefix: &str) -> Result<()> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if prefix.is_empty() || prefix.len() > MAX_PREFIX || !prefix.bytes().all(is_letter) {
        return Err(Error::invalid(format!("`{}` cannot be `tenant_prefix`", shorten(prefix)))
            .hint("use 1 to 15 of a-z, 0-9 and _, such as `sqh_tenant_`"));
    }
    match KEPT.iter().find(|kept| prefix.starts_with(*kept)) {
        Some(kept) => Err(Error::invalid(format!("`{prefix}` cannot be `tenant_prefix`: `{kept}` is kept"))
            .hint("choose one that begins otherwise, such as `sqh_tenant_`")),
        None => Ok(()),
    }
}

/// Checks that these can be the names of the platform's database and of the shared one.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where one is empty, too long or a template's, or both are the same.
pub fn check_own_databases(platform: &str, shared: &str) -> Result<()> {
    for (key, name) in [("platform_database", platform), ("shared_database", shared)] {
        let is_template = name.starts_with("template") || name.starts_with("udal_template_");
        if name.is_empty() || name.len() > MAX_NAME || name.contains('\0') || is_template {
            return Err(Error::invalid(format!("`{}` cannot be `{key}`", shorten(name)))
                .hint(format!("use 1 to {MAX_NAME} bytes, such as `udal_platform`; it is no template's name")));
        }
    }
    if platform == shared {
        return Err(Error::invalid(format!("`{platform}` cannot be both `platform_database` and `shared_database`"))
            .hint("each has a database of its own"));
    }
    Ok(())
}

/// Checks that the database at `place` may be a tenant's.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where it is the platform's, the shared one, a template or the
/// server's own, or where its name is too long.
pub(crate) fn check_tenants(settings: &Settings, place: &Place) -> Result<()> {
    let name = place.database();
    let own = settings.servers.get(place.server()).and_then(|config| config.get_dbname());
    let taken = [settings.platform_database.as_str(), settings.shared_database.as_str()];
    let is_taken = taken.contains(&name) || OF_THE_SERVER.contains(&name) || own == Some(name);
    if !is_taken && !name.starts_with("udal_template_") && name.len() <= MAX_NAME {
        return Ok(());
    }
    Err(Error::invalid(format!("the database `{}` cannot be a tenant's", shorten(name)))
        .hint("choose another name for the tenant, or another `tenant_prefix`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for prefix in ["t_", "sqh_tenant_", "a23456789012345", "udal", "pgbig_"] {
            assert!(check_prefix(prefix).is_ok(), "{prefix}");
        }
        for prefix in ["", "a234567890123456", "T_", "a-", "a.", "ä_", "a\"b", "udal_", "udal_x_", "pg_", "pg_a"] {
            assert!(check_prefix(prefix).is_err(), "{prefix}");
        }
    }

    #[test]
    fn databases_of_udal_itself() {
        assert!(check_own_databases("postgres", &"x".repeat(63)).is_ok());
        let long = "x".repeat(64);
        for name in ["", &long, "template1", "udal_template_1", "a\0b", "same"] {
            assert!(check_own_databases("same", name).is_err(), "{name}");
            assert!(check_own_databases(name, "same").is_err(), "{name}");
        }
    }

    #[test]
    fn databases_that_are_no_tenants() {
        let mut config = tokio_postgres::Config::new();
        config.dbname("front");
        let settings = Settings::new(config);
        let check = |name: &str| check_tenants(&settings, &Place::new(settings.platform_server.clone(), name));
        assert!(check("sqh_tenant_acme").is_ok());
        assert!(check(&"x".repeat(63)).is_ok());
        let taken =
            ["udal_platform", "sqh_shared_reference", "udal_template_1", "postgres", "template0", "template1", "front"];
        for name in taken.into_iter().chain([&*"x".repeat(64)]) {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
