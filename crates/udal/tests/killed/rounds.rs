//! One round: lives of the child that are ended, and what is found afterwards.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_postgres::NoTls;
use udal_embedded::{Server, Settings};

use crate::expected::{Expected, Tally};
use crate::journal::Line;
use crate::processes::{backends, kill, postmaster, until};
use crate::random::Random;
use crate::verify::{Lost, Settled, verify};
use crate::{DATA_DIR, LIFE, SEED};

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Client,
    /// The server's main process; whoever starts it again, the client goes on.
    Server,
    /// One of the server's other processes, after which the server starts itself again.
    Backend,
    Both,
}

/// What all rounds have done, and what is settled in the data directory of now.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) settled: Settled,
    pub(crate) kills: usize,
    pub(crate) tally: Tally,
    pub(crate) lost: Lost,
}

/// Lets the child live once or more, and looks at what it leaves.
///
/// The server runs on for the next round, or is stopped for it to start anew.
pub(crate) async fn round(
    data_dir: &Path,
    number: u64,
    random: &mut Random,
    history: &mut History,
    kept: Option<Server>,
) -> Option<Server> {
    let mut expected = Expected::default();
    let lives = if random.below(3) == 0 { 2 } else { 1 };
    let mut ends = Vec::new();
    for life in 0..lives {
        let name = format!("life{number}-{life}");
        let (lines, end) = live("child_writes_until_it_is_killed", data_dir, &name, random).await;
        expected.add(lines);
        ends.push(end);
    }
    let server = Server::start(Settings::new(data_dir)).await.unwrap();
    drop(kept);
    until_nobody_is_connected(&server).await;
    let lost = verify(&server, &expected, &mut history.settled, &format!("round{number}")).await;
    println!("round {number}: {}; {}, {lost:?}", ends.join(", then "), expected.tally);
    history.kills += lives;
    history.tally.add(&expected.tally);
    history.lost.add(&lost);
    if random.below(2) == 0 {
        return Some(server);
    }
    server.stop().await.unwrap();
    None
}

/// Lets a child work until it is killed; answers its journal, and how it ended.
pub(crate) async fn live(child: &str, data_dir: &Path, name: &str, random: &mut Random) -> (Vec<Line>, String) {
    let mut life = Life::begin(child, data_dir, name, random.next());
    let from_start = random.below(4) == 0;
    if !from_start {
        until("the child starts", || life.seen(|line| matches!(line, Line::Ready | Line::NotStarted(_))));
    }
    let victims = [Victim::Client, Victim::Server, Victim::Backend, Victim::Both];
    let victim = if from_start { *random.pick(&[Victim::Client, Victim::Both]) } else { *random.pick(&victims) };
    let milliseconds = 30 + random.below(371);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    let client_first = random.below(2) == 0;
    if victim == Victim::Client || (victim == Victim::Both && client_first) {
        life.kill();
    }
    if let (Victim::Server | Victim::Both, Some(pid)) = (victim, postmaster(data_dir)) {
        kill(pid);
    }
    if let (Victim::Backend, [_, ..]) = (victim, backends(data_dir).as_slice()) {
        kill(*random.pick(&backends(data_dir)));
    }
    if [Victim::Server, Victim::Backend].contains(&victim) {
        let server = Server::start(Settings::new(data_dir)).await.unwrap();
        life.goes_on();
        tokio::time::sleep(Duration::from_millis(random.below(200))).await;
        life.kill();
        // Another life, or the one who looks, finds a server that nobody uses.
        drop(server);
    }
    life.kill();
    let since = if from_start { "from its start" } else { "from its first write" };
    (life.end(), format!("{victim:?} after {milliseconds} ms {since}"))
}

/// A child, and what it has said so far.
struct Life {
    child: Child,
    lines: Arc<Mutex<Vec<Line>>>,
    reader: Option<JoinHandle<()>>,
}

impl Life {
    fn begin(child: &str, data_dir: &Path, name: &str, seed: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", child, "--ignored", "--nocapture"]);
        command.env(DATA_DIR, data_dir).env(LIFE, name).env(SEED, seed.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let lines: Arc<Mutex<Vec<Line>>> = Arc::default();
        let written = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for text in output.lines() {
                if let Some(line) = Line::parse(&text.unwrap()) {
                    written.lock().unwrap().push(line);
                }
            }
        });
        Life { child, lines, reader: Some(reader) }
    }

    fn seen(&self, is_it: impl Fn(&Line) -> bool) -> bool {
        self.lines.lock().unwrap().iter().any(is_it)
    }

    /// Waits until something is acknowledged that begins from now on.
    fn goes_on(&self) {
        let so_far = self.lines.lock().unwrap().len();
        until("the client goes on after the server was killed", || {
            let lines = self.lines.lock().unwrap();
            let since = &lines[so_far..];
            let begun = |number: u64| since.iter().any(|line| matches!(line, Line::Begin(at, _) if *at == number));
            since.iter().any(|line| matches!(line, Line::Done(number, _) if begun(*number)))
        });
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Everything that it said.
    fn end(mut self) -> Vec<Line> {
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Where the test fails before it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the connections of a killed client are gone: what it last asked for may still be done.
pub(crate) async fn until_nobody_is_connected(server: &Server) {
    for _ in 0..12_000 {
        if others(server).await.is_ok_and(|others| others == 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the connections of a killed client stay");
}

/// How many others are connected. A server that has lost a process to a signal sends everyone away, this one too.
async fn others(server: &Server) -> Result<i64, tokio_postgres::Error> {
    const OTHERS: &str =
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let (client, connection) = server.config().connect(NoTls).await?;
    tokio::spawn(connection);
    client.query_one(OTHERS, &[]).await.map(|row| row.get(0))
}
