//! Killed at any instant: a child writes, it or its server is killed, and every acknowledged write is found, and no half
//! of any.
//!
//! `UDAL_KILLS` is how many rounds are run (8, and 3 of structures), `UDAL_KILLS_SEED` makes them the same again as far as chance goes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

mod changes;
mod child;
mod expected;
mod found;
mod journal;
mod processes;
mod random;
mod rounds;
mod site;
mod structure;
mod verify;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use random::Random;
use rounds::History;
use tempfile::TempDir;
use udal_embedded::{Server, Settings};
use verify::verify_settled;

/// Tell the child where it writes, under which name, and by which chance.
const DATA_DIR: &str = "UDAL_TEST_KILLED_DATA_DIR";
const LIFE: &str = "UDAL_TEST_KILLED_LIFE";
const SEED: &str = "UDAL_TEST_KILLED_SEED";

/// How many rounds share a data directory: recovery syncs every file, and each tenant has hundreds.
const ROUNDS_OF_A_SCENE: u64 = 4;

/// Not a test of its own: writes until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run as a child process by the test of this file"]
async fn child_writes_until_it_is_killed() {
    let data_dir = env::var_os(DATA_DIR).map(PathBuf::from);
    let data_dir = data_dir.unwrap_or_else(|| panic!("only for a child process: {DATA_DIR} is not set"));
    child::run(&data_dir, &env::var(LIFE).unwrap(), env::var(SEED).unwrap().parse().unwrap()).await;
}

/// Not a test of its own: makes, changes and drops what records are kept in until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run as a child process by the test of this file"]
async fn child_changes_structures_until_it_is_killed() {
    let data_dir = env::var_os(DATA_DIR).map(PathBuf::from);
    let data_dir = data_dir.unwrap_or_else(|| panic!("only for a child process: {DATA_DIR} is not set"));
    structure::child::run(&data_dir, &env::var(LIFE).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_structure_is_half_made_and_the_same_again_ends_it() {
    let (rounds, mut random) = chance(3);
    let (mut begun, mut acknowledged, mut done) = (0, 0, 0);
    while done < rounds {
        let scene = Scene::new();
        for _ in 0..ROUNDS_OF_A_SCENE.min(rounds - done) {
            let round = structure::round(scene.data_dir(), done, &mut random).await;
            begun += round.len();
            acknowledged += round.values().filter(|done| **done).count();
            done += 1;
        }
    }
    println!("in {rounds} rounds {begun} changes of structures were begun, {acknowledged} of them acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let (rounds, mut random) = chance(8);
    let (mut history, mut done) = (History::default(), 0);
    while done < rounds {
        let scene = Scene::new();
        history.settled.clear();
        let mut server = None;
        for _ in 0..ROUNDS_OF_A_SCENE.min(rounds - done) {
            server = rounds::round(scene.data_dir(), done, &mut random, &mut history, server).await;
            done += 1;
        }
        drop(server);
        let server = Server::start(Settings::new(scene.data_dir())).await.unwrap();
        verify_settled(&server, &history.settled).await;
        server.stop().await.unwrap();
    }
    let History { kills, tally, lost, .. } = history;
    println!("in {rounds} rounds {kills} lives were ended: {tally}; of what was not acknowledged {lost:?}");
}

/// How many rounds are run, and by which chance.
fn chance(default_rounds: u64) -> (u64, Random) {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let rounds = number("UDAL_KILLS").unwrap_or(default_rounds);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = number("UDAL_KILLS_SEED").unwrap_or_else(|| u64::from(now()));
    println!("UDAL_KILLS={rounds} UDAL_KILLS_SEED={seed}");
    (rounds, Random::new(seed))
}

/// A data directory that is removed with the processes that work in it, also where the test fails.
struct Scene {
    _scratch: TempDir,
    data_dir: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data_dir = fs::canonicalize(scratch.path()).unwrap().join("data");
        Scene { _scratch: scratch, data_dir }
    }

    fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        processes::kill_everything(&self.data_dir);
    }
}
