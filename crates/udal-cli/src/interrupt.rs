//! Ending in order when a signal comes.

use std::future::Future;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;
use crate::failure::Failure;

/// Interrupts and requests to end, as long as it lives.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    came: bool,
}

impl Interrupts {
    /// Takes signals over from the system, which would end the process at once.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|error| Failure::system("cannot listen for signals", &error));
        let (interrupt, terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
        // The terminal was closed.
        let hangup = on(SignalKind::hangup())?;
        Ok(Interrupts { interrupt, terminate, hangup, came: false })
    }

    /// Does `work`, and drops it at the next place where it waits when a signal comes, or came before.
    pub(crate) async fn unless<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        if self.came {
            return Err(Failure::Interrupted);
        }
        tokio::select! {
            biased;
            () = self.next() => Err(Failure::Interrupted),
            done = work => done,
        }
    }

    /// Does `work` to its end, since half of it would leave something behind; a second signal ends the process at once.
    pub(crate) async fn after<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.next() => {}
            }
        }
    }

    /// Waits for a signal; the second one ends the process.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
        if self.came {
            process::exit(Exit::Interrupted.code().into());
        }
        self.came = true;
    }
}
