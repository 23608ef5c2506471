//! Starting, sharing and stopping a server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use support::{ask, connect, is_running, postmaster_pid, quick, scratch, until};
use udal_embedded::{Durability, Server, Settings, Stopped};

#[tokio::test]
async fn starts_answers_and_keeps_its_data() {
    let scratch = scratch();
    let data_dir = scratch.path().join("data");
    let server = Server::start(quick(&data_dir)).await.unwrap();
    assert!(server.started_here());
    assert_eq!(server.data_dir(), fs::canonicalize(&data_dir).unwrap());
    let client = connect(&server).await;
    assert_eq!(client.query_one("select 1", &[]).await.unwrap().get::<_, i32>(0), 1);
    client.batch_execute("create table kept (word text); insert into kept values ('here')").await.unwrap();
    assert_eq!(server.stop().await.unwrap(), Stopped::Server);
    assert!(!is_running(&data_dir));

    let server = Server::start(quick(&data_dir)).await.unwrap();
    assert_eq!(ask(&server, "select word from kept").await, "here");
    assert_eq!(server.stop().await.unwrap(), Stopped::Server);
}

#[tokio::test]
async fn is_durable_unless_told_otherwise() {
    let scratch = scratch();
    for (durability, value) in [(Durability::Full, "on"), (Durability::None, "off"), (Durability::Full, "on")] {
        let settings = Settings { durability, ..Settings::new(scratch.path()) };
        let server = Server::start(settings).await.unwrap();
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            assert_eq!(ask(&server, &format!("show {name}")).await, value, "{name}");
        }
        server.stop().await.unwrap();
    }
    assert_eq!(Settings::new(scratch.path()).durability, Durability::Full);
}

#[tokio::test]
async fn speaks_utf8_in_byte_order_and_runs_as_no_superuser_of_the_system() {
    let scratch = scratch();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    assert_eq!(ask(&server, "show server_encoding").await, "UTF8");
    assert_eq!(ask(&server, "select datcollate::text from pg_database where datname = 'postgres'").await, "C");
    assert_eq!(ask(&server, "select current_user::text").await, server.user());
    assert_eq!(ask(&server, "show data_checksums").await, "on");
    assert_ne!(fs::metadata(scratch.path().join("postgresql")).unwrap().uid(), 0);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_last_of_two_users_stops_it() {
    let scratch = scratch();
    let (first, second) = tokio::join!(Server::start(quick(scratch.path())), Server::start(quick(scratch.path())));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.started_here(), second.started_here(), "one starts it, the other joins");
    assert_eq!(first.config(), second.config());
    assert_eq!(first.stop().await.unwrap(), Stopped::LeftRunning);
    assert_eq!(ask(&second, "select 'still here'").await, "still here");
    assert_eq!(second.stop().await.unwrap(), Stopped::Server);
    assert!(!is_running(scratch.path()));
}

#[tokio::test]
async fn a_drop_stops_it_when_it_was_the_last() {
    let scratch = scratch();
    let first = Server::start(quick(scratch.path())).await.unwrap();
    let second = Server::start(quick(scratch.path())).await.unwrap();
    drop(first);
    assert_eq!(ask(&second, "select 'still here'").await, "still here");
    drop(second);
    assert!(!is_running(scratch.path()));
}

#[tokio::test]
async fn a_long_data_directory_has_its_socket_elsewhere() {
    let scratch = scratch();
    let data_dir = scratch.path().join("long-".repeat(40)).join("a \"quoted\", name");
    let server = Server::start(quick(&data_dir)).await.unwrap();
    assert!(!server.socket_dir().starts_with(server.data_dir()));
    assert_eq!(ask(&server, "select 'here'").await, "here");
    assert_private(&server);

    let other = Server::start(quick(&data_dir)).await.unwrap();
    assert_eq!(other.socket_dir(), server.socket_dir());
    assert_eq!(other.stop().await.unwrap(), Stopped::LeftRunning);
    let socket_dir = server.socket_dir().to_path_buf();
    server.stop().await.unwrap();
    fs::remove_dir(socket_dir).unwrap();
}

#[tokio::test]
async fn a_directory_with_odd_letters_works() {
    let scratch = scratch();
    let server = Server::start(quick(scratch.path().join("ü, \"q\" 'x' $y"))).await.unwrap();
    assert!(server.socket_dir().starts_with(server.data_dir()));
    assert_private(&server);
    assert_eq!(ask(&server, "select 'here'").await, "here");
    server.stop().await.unwrap();
}

fn assert_private(server: &Server) {
    let mode = fs::metadata(server.socket_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(server.socket_dir().join(format!(".s.PGSQL.{}", server.port())).as_os_str().len() < 100);
}

/// Answers who listens on PostgreSQL's port, one line of the system's tables each.
#[cfg(target_os = "linux")]
fn listeners() -> HashSet<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines());
    let port = format!(":{:04X}", 5432);
    let listening = lines.filter(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let (local, state) = (columns.next(), columns.nth(1));
        local.is_some_and(|local| local.ends_with(&port)) && state == Some("0A")
    });
    // The last columns count timers.
    listening.map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ")).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn listens_on_no_tcp_port() {
    // The test sees a listener when there is one. Where another PostgreSQL has the port, that is the one.
    until(|| {
        let _witness = std::net::TcpListener::bind(("127.0.0.1", 5432));
        !listeners().is_empty()
    });

    let before = listeners();
    let scratch = scratch();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    assert_eq!(server.port(), 5432);
    // Other programs come and go; the server's own would stay.
    until(|| listeners().is_subset(&before));
    assert_eq!(ask(&server, "show listen_addresses").await, "");
    server.stop().await.unwrap();
}

/// A signal from the terminal goes to a process group; the server's is its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn does_not_hear_the_terminal() {
    let scratch = scratch();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    let group = |pid: i32| rustix::process::getpgid(rustix::process::Pid::from_raw(pid)).unwrap();
    let own = i32::try_from(std::process::id()).unwrap();
    assert_ne!(group(postmaster_pid(scratch.path())), group(own));
    server.stop().await.unwrap();
}

/// What a statement was refused for is its sender's: the log must hold neither text nor values.
#[tokio::test]
async fn logs_no_data() {
    let scratch = scratch();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    let client = connect(&server).await;
    client.batch_execute("create table once (word text primary key)").await.unwrap();
    let insert = "insert into once values ('canary'), ('canary')";
    assert!(client.batch_execute(insert).await.is_err());
    assert!(client.batch_execute("select 'canary'::int").await.is_err());
    let log = server.log();
    server.stop().await.unwrap();
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("database system is ready"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn puts_a_big_log_aside() {
    let scratch = scratch();
    let log = scratch.path().join("postgresql.log");
    fs::write(&log, vec![b'x'; 9 * 1024 * 1024]).unwrap();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    server.stop().await.unwrap();
    assert!(fs::metadata(&log).unwrap().len() < 1024 * 1024);
    assert_eq!(fs::metadata(scratch.path().join("postgresql.log.1")).unwrap().len(), 9 * 1024 * 1024);
}
