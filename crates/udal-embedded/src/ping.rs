//! Whether a server takes connections, asked in its own protocol.
//!
//! Without the driver, because a start and a drop must work whatever state the runtime is in.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest answer that is read, in bytes; longer ones are not a greeting.
const MAX_ANSWER: usize = 16 * 1024;

/// The protocol's version 3.0.
const PROTOCOL: i32 = 196_608;

/// What a server answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It takes connections.
    Ready,
    /// It starts or recovers, and says so.
    Starting,
    /// It shuts down, is not there, or says nothing.
    NotYet,
    /// It runs and does not want this user.
    Refused(String),
}

/// Asks the server behind `socket` whether `user` may connect to `database`.
pub(crate) fn ping(socket: &Path, user: &str, database: &str) -> Answer {
    ask(socket, user, database).unwrap_or(Answer::NotYet)
}

fn ask(socket: &Path, user: &str, database: &str) -> std::io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&startup_message(user, database))?;
    let mut head = [0_u8; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX).saturating_sub(4);
    if length > MAX_ANSWER {
        return Ok(Answer::Refused("it does not speak PostgreSQL's protocol".to_owned()));
    }
    let mut body = vec![0_u8; length];
    stream.read_exact(&mut body)?;
    let answer = understand(kind, &body);
    if answer == Answer::Ready {
        // Terminate, so that the server does not log a lost connection.
        let _ = stream.write_all(&[b'X', 0, 0, 0, 4]);
    }
    Ok(answer)
}

fn startup_message(user: &str, database: &str) -> Vec<u8> {
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    for word in ["user", user, "database", database] {
        body.extend_from_slice(word.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &body].concat()
}

fn understand(kind: u8, body: &[u8]) -> Answer {
    match (kind, body) {
        (b'R', [0, 0, 0, 0]) => Answer::Ready,
        (b'R', _) => Answer::Refused("it asks for a password".to_owned()),
        (b'E', fields) => understand_error(fields),
        _ => Answer::NotYet,
    }
}

fn understand_error(fields: &[u8]) -> Answer {
    let field = |wanted: u8| {
        let mut all = fields.split(|byte| *byte == 0).filter_map(<[u8]>::split_first);
        all.find(|(kind, _)| **kind == wanted).map(|(_, text)| String::from_utf8_lossy(text).into_owned())
    };
    match field(b'C').as_deref() {
        // Full is up: whoever comes next waits for a connection, not for the server.
        Some("53300") => Answer::Ready,
        Some("57P03") => Answer::Starting,
        Some(code) if code.starts_with("57P") => Answer::NotYet,
        _ => Answer::Refused(field(b'M').unwrap_or_else(|| "it gives no reason".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_ready_from_not_yet_and_refused() {
        let error = |code: &str| format!("SFATAL\0C{code}\0Mno such role\0\0").into_bytes();
        assert_eq!(understand(b'R', &[0, 0, 0, 0]), Answer::Ready);
        assert_eq!(understand(b'E', &error("57P03")), Answer::Starting);
        assert_eq!(understand(b'E', &error("57P01")), Answer::NotYet);
        assert_eq!(understand(b'E', &error("53300")), Answer::Ready);
        assert_eq!(understand(b'E', &error("28000")), Answer::Refused("no such role".to_owned()));
        assert_eq!(understand(b'R', &[0, 0, 0, 5]), Answer::Refused("it asks for a password".to_owned()));
    }
}
