//! Taking over what crashes leave behind: of the server, of the process that holds it, of both.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::{ask, connect, is_running, kill, postmaster_pid, quick, scratch, until};
use tempfile::TempDir;
use tokio::runtime::Handle;
use udal_embedded::{Durability, EmbeddedError, Server, Settings, Stopped};

/// Tells the child which data directory it holds.
const HELD: &str = "UDAL_TEST_HELD_DATA_DIR";

/// Tells the child whether the server it holds is durable.
const DURABLE: &str = "UDAL_TEST_HELD_DURABLE";

/// Not a test of its own: holds a server until its input ends.
#[tokio::test]
#[ignore = "run as a child process by the tests of this file"]
async fn child_holds_a_server() {
    let data_dir = PathBuf::from(env::var_os(HELD).expect("only for a child process"));
    let durability = if env::var_os(DURABLE).is_some() { Durability::Full } else { Durability::None };
    let server = Server::start(Settings { durability, ..Settings::new(data_dir) }).await.unwrap();
    println!("\nheld");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("\nended: {:?}", server.stop().await.unwrap());
}

/// Another process that uses a data directory.
struct Holder {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Holder {
    fn launch(data_dir: &Path, durability: Durability) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "child_holds_a_server", "--ignored", "--nocapture"]).env(HELD, data_dir);
        if durability == Durability::Full {
            command.env(DURABLE, "1");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn start(data_dir: &Path, durability: Durability) -> Self {
        let mut holder = Self::launch(data_dir, durability);
        holder.read("held");
        holder
    }

    /// Reads until a line that starts with `word`.
    fn read(&mut self, word: &str) -> String {
        let lines = (&mut self.output).lines().map(Result::unwrap);
        lines.into_iter().find(|line| line.starts_with(word)).expect("the child says so")
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let said = self.read("ended");
        assert!(self.child.wait().unwrap().success());
        said
    }
}

fn durable(data_dir: &Path) -> Settings {
    Settings::new(data_dir)
}

async fn commit(server: &Server, words: &[&str]) {
    let client = connect(server).await;
    client.batch_execute("create table if not exists kept (word text)").await.unwrap();
    for word in words {
        client.execute("insert into kept values ($1)", &[word]).await.unwrap();
    }
}

async fn kept(server: &Server) -> String {
    ask(server, "select coalesce(string_agg(word, ',' order by word), '') from kept").await
}

#[tokio::test]
async fn recovers_what_was_committed_after_the_server_was_killed() {
    let scratch = scratch();
    let first = Server::start(durable(scratch.path())).await.unwrap();
    commit(&first, &["a", "b"]).await;
    // Someone is connected, in a transaction that must not survive.
    let mut client = connect(&first).await;
    let open = client.transaction().await.unwrap();
    open.execute("insert into kept values ('lost')", &[]).await.unwrap();
    kill(postmaster_pid(scratch.path()));

    let second = Server::start(durable(scratch.path())).await.unwrap();
    assert!(second.started_here());
    assert_eq!(kept(&second).await, "a,b");
    assert_eq!(first.stop().await.unwrap(), Stopped::LeftRunning);
    assert_eq!(second.stop().await.unwrap(), Stopped::Server);
}

#[tokio::test]
async fn stopping_a_server_that_was_killed_is_no_error() {
    let scratch = scratch();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    kill(postmaster_pid(scratch.path()));
    assert_eq!(server.stop().await.unwrap(), Stopped::Server);
}

#[tokio::test]
async fn takes_over_the_server_of_a_killed_process() {
    let scratch = scratch();
    let holder = Holder::start(scratch.path(), Durability::Full);
    let pid = postmaster_pid(scratch.path());
    holder.kill();

    let server = Server::start(durable(scratch.path())).await.unwrap();
    assert!(!server.started_here());
    assert_eq!(postmaster_pid(scratch.path()), pid);
    assert_eq!(ask(&server, "select 'here'").await, "here");
    assert_eq!(server.stop().await.unwrap(), Stopped::Server);
    assert!(!is_running(scratch.path()));
}

#[tokio::test]
async fn starts_anew_when_process_and_server_were_killed() {
    let scratch = scratch();
    let holder = Holder::start(scratch.path(), Durability::Full);
    let joined = Server::start(durable(scratch.path())).await.unwrap();
    commit(&joined, &["a"]).await;
    drop(joined);
    let pid = postmaster_pid(scratch.path());
    holder.kill();
    kill(pid);

    let server = Server::start(durable(scratch.path())).await.unwrap();
    assert!(server.started_here());
    assert_eq!(kept(&server).await, "a");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn two_processes_share_one_server_and_the_last_stops_it() {
    let scratch = scratch();
    let holder = Holder::start(scratch.path(), Durability::None);
    let server = Server::start(quick(scratch.path())).await.unwrap();
    assert!(!server.started_here());
    assert_eq!(server.stop().await.unwrap(), Stopped::LeftRunning);

    let server = Server::start(quick(scratch.path())).await.unwrap();
    assert_eq!(holder.end(), "ended: LeftRunning");
    assert_eq!(ask(&server, "select 'here'").await, "here");
    assert_eq!(server.stop().await.unwrap(), Stopped::Server);
}

#[tokio::test]
async fn waits_for_a_server_that_shuts_down() {
    let scratch = scratch();
    let first = Server::start(durable(scratch.path())).await.unwrap();
    commit(&first, &["a"]).await;
    let pid = postmaster_pid(scratch.path());
    kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
    let second = Server::start(durable(scratch.path())).await.unwrap();
    // It may have answered once more before it heard of its end.
    if postmaster_pid(scratch.path()) != pid {
        assert!(second.started_here());
        assert_eq!(kept(&second).await, "a");
    }
    drop(first);
    assert_eq!(second.stop().await.unwrap(), Stopped::Server);
}

fn unfinished(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".postgresql.unfinished-")).collect()
}

/// Kills a process while it makes a cluster.
fn killed_in_the_middle() -> TempDir {
    loop {
        let scratch = scratch();
        let holder = Holder::launch(scratch.path(), Durability::None);
        until(|| {
            unfinished(scratch.path()).iter().any(|path| path.join("base").exists()) || is_running(scratch.path())
        });
        holder.kill();
        if !scratch.path().join("postgresql").exists() {
            return scratch;
        }
        // The cluster was made faster than it was seen. Do not leave its server behind.
        drop(tokio::task::block_in_place(|| Handle::current().block_on(Server::start(quick(scratch.path())))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removes_what_a_killed_initdb_left() {
    let scratch = killed_in_the_middle();
    assert_eq!(unfinished(scratch.path()).len(), 1);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let server = Server::start(quick(scratch.path())).await.unwrap();
        assert!(server.started_here());
        server.stop().await.unwrap();
        // The orphaned `initdb` may have written on while its files were removed; then it is the next start's turn.
        if unfinished(scratch.path()).is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "it is never removed");
    }
}

#[tokio::test]
async fn starts_beside_locks_in_which_a_killed_server_had_written_nothing_yet() {
    for name in ["postmaster.pid", ".s.PGSQL.5432.lock"] {
        let scratch = scratch();
        let server = Server::start(durable(scratch.path())).await.unwrap();
        commit(&server, &["a"]).await;
        let cluster = scratch.path().join("postgresql");
        let directory = if name == "postmaster.pid" { &cluster } else { server.socket_dir() };
        let lock = directory.join(name);
        kill(postmaster_pid(scratch.path()));
        drop(server);
        fs::write(&lock, "").unwrap();

        let server = Server::start(durable(scratch.path())).await.unwrap();
        assert!(server.started_here(), "{name}");
        assert_eq!(kept(&server).await, "a", "{name}");
        server.stop().await.unwrap();
    }
}

#[tokio::test]
async fn is_not_misled_by_another_program_with_the_number_of_a_dead_server() {
    let scratch = scratch();
    let server = Server::start(durable(scratch.path())).await.unwrap();
    commit(&server, &["a"]).await;
    let pid_file = scratch.path().join("postgresql/postmaster.pid");
    let socket_lock = server.socket_dir().join(".s.PGSQL.5432.lock");
    let pid = postmaster_pid(scratch.path());
    kill(pid);
    drop(server);

    let owner = fs::metadata(scratch.path().join("postgresql")).unwrap().uid();
    let mut command = Command::new("sleep");
    command.arg("600").current_dir("/");
    if rustix::process::geteuid().is_root() {
        // PostgreSQL pays heed to processes of its own user only.
        command.uid(owner);
    }
    let mut stranger = command.spawn().unwrap();
    for path in [&pid_file, &socket_lock] {
        let content = fs::read_to_string(path).unwrap();
        fs::write(path, content.replacen(&pid.to_string(), &stranger.id().to_string(), 1)).unwrap();
    }

    let server = Server::start(durable(scratch.path())).await.unwrap();
    assert!(server.started_here());
    assert_eq!(kept(&server).await, "a");
    server.stop().await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "the other program lives");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_durable_server_is_not_got_from_one_that_is_not() {
    let scratch = scratch();
    let holder = Holder::start(scratch.path(), Durability::None);
    let refused = Server::start(durable(scratch.path())).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::LessDurable { .. }), "{refused}");
    assert!(is_running(scratch.path()), "its user keeps it");

    // Nobody uses it any more: it is replaced.
    holder.kill();
    let server = Server::start(durable(scratch.path())).await.unwrap();
    assert!(server.started_here());
    assert_eq!(ask(&server, "show fsync").await, "on");

    // The other way round is fine: more than was asked for.
    let joined = Server::start(quick(scratch.path())).await.unwrap();
    assert_eq!(ask(&joined, "show fsync").await, "on");
    drop(joined);
    server.stop().await.unwrap();
}
