//! The server as its users see it.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::cluster;
use crate::directory::{self, DataDirectory};
use crate::error::EmbeddedError;
use crate::launch::{self, Launched};
use crate::lease::{self, Lease, STOP_PATIENCE, Stopped};
use crate::lock::Lock;
use crate::log;
use crate::ping::{Answer, ping};
use crate::postmaster::{self, Postmaster};
use crate::settings::{Durability, Settings};
use crate::socket;

/// The superuser of the cluster.
pub const USER: &str = "udal";

/// The database that is always there.
pub const DATABASE: &str = "postgres";

/// How long a server is waited for that says it is starting.
const LONGEST_START: Duration = Duration::from_secs(3600);
/// How often it is said meanwhile.
const TELL_AFTER: Duration = Duration::from_secs(10);
/// How long to wait between two looks whether the server is ready: twice as long each time, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// What a server says that meets another one which has not quite ended, or not quite started.
const MEETS_ANOTHER: [&str; 2] = ["pre-existing shared memory block", "lock file \"postmaster.pid\" already exists"];

/// A PostgreSQL server in a data directory, in use until it is stopped or dropped.
///
/// Dropping it does what [`Server::stop`] does, blocks for some seconds at most, and reports nothing.
#[derive(Debug)]
pub struct Server {
    lease: Lease,
    socket_dir: PathBuf,
    port: u16,
    started_here: bool,
}

impl Server {
    /// Starts a server in the data directory, or joins the one that runs there, and waits until it takes connections.
    ///
    /// # Errors
    /// `NoBinaries` and `UnusableBinaries` when PostgreSQL is missing; `OtherMajor`, `NotACluster` and
    /// `ForeignCluster` when the cluster cannot be used; `NoAccount` and `NotTraversable` when root cannot step down;
    /// `LessDurable` when others use it without the durability asked for; `Busy`, `InitFailed`, `StartFailed`,
    /// `StartTimedOut`, `Refused`, `UnsafeSocketDirectory` and `Io` for what their names say.
    pub async fn start(settings: Settings) -> Result<Self, EmbeddedError> {
        spawn_blocking(move || Start::run(&settings)).await.map_err(|_| EmbeddedError::Interrupted)?
    }

    /// Answers how to connect, as the superuser, to the database that is always there.
    pub fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.socket_dir).port(self.port).user(USER).dbname(DATABASE);
        config
    }

    /// Answers the private directory of the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Answers the port, which without TCP is only part of the socket's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers the name of the superuser.
    pub fn user(&self) -> &str {
        USER
    }

    /// Answers the data directory, by its canonical path.
    pub fn data_dir(&self) -> &Path {
        self.lease.directory().path()
    }

    /// Answers the path of the server's log.
    pub fn log(&self) -> PathBuf {
        self.lease.directory().log()
    }

    /// Answers whether this call started the server, and did not join one that ran already.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    /// Stops the server, or leaves it running when others use it.
    ///
    /// # Errors
    /// `Busy` when another process starts or stops it for too long, `StopTimedOut` when it does not end.
    pub async fn stop(self) -> Result<Stopped, EmbeddedError> {
        let mut lease = self.lease;
        let stopping = spawn_blocking(move || {
            let transition = Lock::transition(lease.directory(), Instant::now() + STOP_PATIENCE)?;
            lease.give_back(&transition, STOP_PATIENCE)
        });
        stopping.await.map_err(|_| EmbeddedError::Interrupted)?
    }
}

/// One start, while this process alone may start or stop the server.
struct Start<'a> {
    settings: &'a Settings,
    directory: DataDirectory,
    account: Account,
    deadline: Instant,
}

impl<'a> Start<'a> {
    fn run(settings: &'a Settings) -> Result<Server, EmbeddedError> {
        let begun = Instant::now();
        let deadline = begun + settings.start_timeout;
        refuse_closed_path(&settings.data_dir)?;
        let directory = DataDirectory::open(&settings.data_dir)?;
        let transition = Lock::transition(&directory, deadline)?;
        let account = Account::choose(&directory.cluster())?;
        account.check_may_enter(directory.path())?;
        let mut lease = Lease::take(directory.clone(), &transition)?;
        let start = Self { settings, directory, account, deadline };
        let ready = start.replace_less_durable(&lease, &transition).and_then(|()| start.until_ready());
        match ready {
            Ok(Ready { socket_dir, port, started_here }) => {
                let milliseconds = begun.elapsed().as_millis();
                let data_dir = start.directory.path().display();
                tracing::info!(%data_dir, started_here, milliseconds, "PostgreSQL is ready");
                Ok(Server { lease, socket_dir, port, started_here })
            }
            Err(error) => {
                // Nothing is left running that nobody uses; what failed first is what matters.
                let _ = lease.give_back(&transition, STOP_PATIENCE);
                Err(error)
            }
        }
    }

    /// Stops a server that was left running without the durability asked for; refuses when others use it.
    fn replace_less_durable(&self, lease: &Lease, transition: &Lock) -> Result<(), EmbeddedError> {
        let cluster = self.directory.cluster();
        let runs = Postmaster::find(&cluster)?.is_some();
        if !runs || self.settings.durability == Durability::None || !postmaster::is_not_durable(&cluster) {
            return Ok(());
        }
        if !lease.is_alone(transition)? {
            return Err(EmbeddedError::LessDurable { data_dir: self.directory.path().to_path_buf() });
        }
        lease::stop(&self.directory, STOP_PATIENCE)
    }

    /// Waits until a server is ready, and launches one when there is none.
    fn until_ready(&self) -> Result<Ready, EmbeddedError> {
        let mut launched: Option<Launched> = None;
        let (mut pause, longest) = PAUSES;
        let now = Instant::now();
        let mut waiting = Waiting { deadline: self.deadline, end: now + LONGEST_START, told: now };
        loop {
            match Postmaster::find(&self.directory.cluster())? {
                Some(postmaster) => match self.ask(&postmaster, launched.as_ref())? {
                    Asked::Ready(ready) => return Ok(ready),
                    Asked::Starting => waiting.it_starts(Instant::now(), self.settings.start_timeout),
                    Asked::Nothing => {}
                },
                None => launched = self.launch_if_none(launched)?,
            }
            if Instant::now() >= waiting.deadline {
                return Err(self.timed_out(launched.as_ref()));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
    }

    fn ask(&self, postmaster: &Postmaster, launched: Option<&Launched>) -> Result<Asked, EmbeddedError> {
        let Some((socket_dir, port)) = postmaster.socket() else { return Ok(Asked::Nothing) };
        match ping(&socket::path(socket_dir, *port), USER, DATABASE) {
            Answer::Ready => Ok(Asked::Ready(Ready {
                socket_dir: socket_dir.clone(),
                port: *port,
                started_here: launched.is_some_and(|launched| launched.pid() == postmaster.pid()),
            })),
            Answer::Starting => Ok(Asked::Starting),
            Answer::NotYet => Ok(Asked::Nothing),
            Answer::Refused(reason) => {
                Err(EmbeddedError::Refused { data_dir: self.directory.path().to_path_buf(), reason })
            }
        }
    }

    fn launch_if_none(&self, launched: Option<Launched>) -> Result<Option<Launched>, EmbeddedError> {
        match launched {
            // It has not written its file yet.
            Some(launched) if !launched.has_ended() => Ok(Some(launched)),
            Some(launched) => {
                let reason = log::last_words(&self.directory.log(), launched.log_offset(), Some(launched.pid()));
                if MEETS_ANOTHER.iter().any(|words| reason.contains(words)) {
                    return Ok(None);
                }
                Err(EmbeddedError::StartFailed { reason, log: self.directory.log() })
            }
            None => self.launch().map(Some),
        }
    }

    fn launch(&self) -> Result<Launched, EmbeddedError> {
        let cluster = self.directory.cluster();
        let durability = self.settings.durability;
        let major = cluster::major(&cluster)?;
        let binaries = Binaries::find(self.settings.binaries.as_deref(), &self.account, &cluster, major)?;
        cluster::remove_unfinished(&self.directory)?;
        if major.is_none() {
            cluster::create(&self.directory, &self.account, &binaries, durability)?;
        } else if durability == Durability::Full && postmaster::is_not_durable(&cluster) {
            cluster::sync(&self.directory, &self.account, &binaries)?;
        }
        let socket_dir = socket::prepare(&self.directory, &self.account)?;
        postmaster::remove_misleading_locks(&cluster, &socket_dir)?;
        launch::launch(&self.directory, &self.account, &binaries, durability, &socket_dir)
    }

    /// Ends what was launched and says what it said last.
    fn timed_out(&self, launched: Option<&Launched>) -> EmbeddedError {
        if let Some(launched) = launched {
            launched.end();
        }
        let log = self.directory.log();
        let reason = log::last_words(&log, launched.map_or(0, Launched::log_offset), launched.map(Launched::pid));
        EmbeddedError::StartTimedOut { seconds: self.settings.start_timeout.as_secs(), reason, log }
    }
}

/// What a server that runs says of itself.
enum Asked {
    Ready(Ready),
    /// It starts, or recovers from a crash.
    Starting,
    Nothing,
}

/// How long a start goes on.
struct Waiting {
    deadline: Instant,
    /// When it ends though the server says that it starts: it says the same while it shuts down.
    end: Instant,
    /// When it was last said that a start takes long.
    told: Instant,
}

impl Waiting {
    /// A server that says that it starts is waited for: to end a recovery would be to begin it again with the next start.
    fn it_starts(&mut self, now: Instant, timeout: Duration) {
        self.deadline = self.deadline.max(now + timeout).min(self.end.max(self.deadline));
        if now - self.told >= TELL_AFTER {
            self.told = now;
            tracing::info!("PostgreSQL is still starting: it recovers from a crash");
        }
    }
}

/// Refuses a data directory that the server's user could not enter, before anything is made in it.
fn refuse_closed_path(data_dir: &Path) -> Result<(), EmbeddedError> {
    let (data_dir, existing) = directory::nearest_existing(data_dir)?;
    Account::choose(&DataDirectory::cluster_in(&data_dir))?.check_may_enter(&existing)
}

/// A server that takes connections.
struct Ready {
    socket_dir: PathBuf,
    port: u16,
    started_here: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_it_starts_is_waited_for_but_not_for_ever() {
        let (begun, timeout) = (Instant::now(), Duration::from_secs(120));
        let mut waiting = Waiting { deadline: begun + timeout, end: begun + LONGEST_START, told: begun };
        waiting.it_starts(begun + Duration::from_secs(100), timeout);
        assert_eq!(waiting.deadline, begun + Duration::from_secs(220));
        assert_eq!(waiting.told, begun + Duration::from_secs(100));
        waiting.it_starts(begun + Duration::from_secs(3550), timeout);
        assert_eq!(waiting.deadline, begun + LONGEST_START);
    }
}
