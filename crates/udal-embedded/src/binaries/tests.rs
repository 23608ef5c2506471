use std::os::unix::fs::PermissionsExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;

fn own_account() -> Account {
    Account::choose(Path::new("/nowhere/postgresql")).unwrap()
}

/// Puts scripts in place of binaries that say they are of `version`.
fn install(parent: &Path, name: &str, version: &str) -> PathBuf {
    let directory = parent.join(name).join("bin");
    fs::create_dir_all(&directory).unwrap();
    for program in ["postgres", "initdb"] {
        let path = directory.join(program);
        fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    directory
}

/// One test at a time: a child that another test forks would hold a script open while it is written, and a file that is
/// open for writing cannot be executed.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Scratch {
    directory: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Scratch {
    fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn scratch() -> Scratch {
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = tempfile::tempdir().unwrap();
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    Scratch { directory: scratch, _turn: turn }
}

fn searched(path: Option<OsString>, parent: &Path, wanted: Option<u32>) -> Result<Binaries, EmbeddedError> {
    let found = search(path, &[(parent.to_str().unwrap(), "pg", "bin")], &own_account());
    choose(found, Path::new("/data/postgresql"), wanted)
}

#[test]
fn reads_the_major_of_what_versions_look_like() {
    assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
    assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
    assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
    assert_eq!(parse_major("postgres"), None);
    assert_eq!(parse_major(""), None);
}

#[test]
fn takes_the_newest_and_path_between_equals() {
    let scratch = scratch();
    install(scratch.path(), "pg9", "9.6.24");
    install(scratch.path(), "pg14", "14.2");
    install(scratch.path(), "pg16", "16.1");
    install(scratch.path(), "other20", "20.0");
    let in_path = install(scratch.path(), "in-path", "16.3");
    let found = searched(Some(in_path.clone().into_os_string()), scratch.path(), None).unwrap();
    assert_eq!(found, Binaries { directory: in_path, major: 16 });
    assert_eq!(searched(None, scratch.path(), Some(14)).unwrap().major, 14);
}

#[test]
fn names_the_versions_there_are_when_the_cluster_needs_another() {
    let scratch = scratch();
    install(scratch.path(), "pg14", "14.2");
    install(scratch.path(), "pg16", "16.1");
    let message = searched(None, scratch.path(), Some(17)).unwrap_err().to_string();
    assert!(message.contains("made by PostgreSQL 17, and this machine has 14, 16;"), "{message}");
}

#[test]
fn says_in_one_line_what_to_install_when_there_is_nothing_or_only_old() {
    let scratch = scratch();
    install(scratch.path(), "pg12", "12.9");
    let message = searched(Some("relative:".into()), scratch.path(), None).unwrap_err().to_string();
    assert!(message.contains("apt-get install postgresql"), "{message}");
    assert!(message.contains(ENV_BINARIES), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn accepts_a_named_directory_with_bin_below_it_and_refuses_others() {
    let scratch = scratch();
    let directory = install(scratch.path(), "pg16", "16.1");
    let found = probe_named(&scratch.path().join("pg16"), "the setting", &own_account()).unwrap();
    assert_eq!(found, Binaries { directory, major: 16 });

    let message = probe_named(scratch.path(), "the setting", &own_account()).unwrap_err().to_string();
    assert!(message.contains("which the setting names: there is no `postgres` in it"), "{message}");
    let old = install(scratch.path(), "pg12", "12.1");
    let message = probe_named(&old, "the setting", &own_account()).unwrap_err().to_string();
    assert!(message.ends_with("version 12 is older than 14"), "{message}");
}
