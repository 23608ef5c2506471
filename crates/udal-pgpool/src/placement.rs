//! Which server a new tenant goes to.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use udal_core::{Error, ErrorKind, Result, nearest};

use crate::{ServerName, Settings};

/// The servers among which a new tenant's is chosen.
///
/// # Errors
/// [`Unavailable`](ErrorKind::Unavailable) where none takes new tenants.
pub(crate) fn candidates(settings: &Settings) -> Result<Vec<ServerName>> {
    let open = settings.servers.keys().filter(|server| !settings.closed_servers.contains(*server));
    let open: Vec<ServerName> = open.cloned().collect();
    if open.is_empty() {
        return Err(Error::new(ErrorKind::Unavailable, "no server takes new tenants")
            .hint("set `accepts_new` of a server in the configuration, or name the server"));
    }
    Ok(open)
}

/// The one of `servers` that has the fewest tenants for its weight; of equals the first by name.
pub(crate) fn least_loaded<'a>(
    settings: &Settings,
    servers: &'a [ServerName],
    loads: &BTreeMap<ServerName, i64>,
) -> Option<&'a ServerName> {
    let weight = |server| settings.weights.get(server).copied().unwrap_or(NonZeroU32::MIN);
    roomiest(servers.iter().map(|server| (server, weight(server))), loads)
}

/// The server that has the fewest tenants for its weight, with so many on each; of equals the first by name.
pub fn roomiest<'a>(
    servers: impl Iterator<Item = (&'a ServerName, NonZeroU32)>,
    loads: &BTreeMap<ServerName, i64>,
) -> Option<&'a ServerName> {
    // The load that it would have with one more.
    let load = |server| i128::from(loads.get(server).copied().unwrap_or(0)) + 1;
    // a / v < b / w without division.
    let least = servers.min_by(|(a, weight_a), (b, weight_b)| {
        let of = |server, weight: &NonZeroU32| load(server) * i128::from(weight.get());
        of(*a, weight_b).cmp(&of(*b, weight_a)).then(a.cmp(b))
    });
    least.map(|(name, _)| name)
}

/// Checks that a server of that name is configured.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) where none is.
pub(crate) fn check_configured(settings: &Settings, server: &ServerName) -> Result<()> {
    if settings.servers.contains_key(server) {
        return Ok(());
    }
    Err(not_configured("server", server, settings.servers.keys()))
}

/// That no server of that name is among those that are configured; `kind` is what such servers are called.
pub fn not_configured<'a>(
    kind: &str,
    server: &ServerName,
    configured: impl Iterator<Item = &'a ServerName> + Clone,
) -> Error {
    let names = configured.map(ServerName::as_str);
    let error = Error::invalid(format!("there is no {kind} `{server}` in the configuration"));
    match nearest(server.as_str(), names.clone()) {
        Some(near) => error.near(Some(near)),
        None => error.hint(format!("the {kind}s are {}", names.collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(names: &[&str]) -> Settings {
        let mut settings = Settings::new(tokio_postgres::Config::new());
        settings.servers = names.iter().map(|name| (server(name), tokio_postgres::Config::new())).collect();
        settings
    }

    fn server(name: &str) -> ServerName {
        ServerName::new(name).unwrap()
    }

    /// How many of `count` new tenants each server gets, one after the other.
    fn spread(settings: &Settings, count: i64) -> Vec<i64> {
        let servers: Vec<ServerName> = settings.servers.keys().cloned().collect();
        let mut loads = BTreeMap::new();
        for _ in 0..count {
            let chosen = least_loaded(settings, &servers, &loads).unwrap();
            *loads.entry(chosen.clone()).or_default() += 1;
        }
        servers.iter().map(|server| loads.get(server).copied().unwrap_or(0)).collect()
    }

    #[test]
    fn tenants_spread_by_weight() {
        let mut settings = settings(&["a", "b", "c"]);
        assert_eq!(spread(&settings, 100), [34, 33, 33]);
        settings.weights.insert(server("b"), NonZeroU32::new(2).unwrap());
        assert_eq!(spread(&settings, 100), [25, 50, 25]);
    }

    #[test]
    fn a_server_that_is_full_is_avoided_until_the_others_are_too() {
        let settings = settings(&["a", "b"]);
        let servers = [server("a"), server("b")];
        let loads = BTreeMap::from([(server("a"), 5), (server("b"), 4)]);
        assert_eq!(least_loaded(&settings, &servers, &loads), servers.last());
        assert_eq!(least_loaded(&settings, &servers[..1], &loads), servers.first());
        assert_eq!(least_loaded(&settings, &[], &loads), None);
    }

    #[test]
    fn servers_that_take_none() {
        let mut settings = settings(&["east", "west"]);
        settings.closed_servers.insert(server("east"));
        assert_eq!(candidates(&settings).unwrap(), [server("west")]);
        settings.closed_servers.insert(server("west"));
        assert_eq!(candidates(&settings).unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn a_server_that_is_not_configured_is_named() {
        let settings = settings(&["east", "west"]);
        assert!(check_configured(&settings, &server("east")).is_ok());
        let error = check_configured(&settings, &server("esat")).unwrap_err();
        assert_eq!(error.message(), "there is no server `esat` in the configuration");
        assert_eq!(error.mend(), Some("did you mean `east`?"));
        assert_eq!(check_configured(&settings, &server("x")).unwrap_err().mend(), Some("the servers are east, west"));
    }
}
