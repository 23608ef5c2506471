//! As much of HTTP as the backend speaks.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::exchange::{Answer, Asked};

/// Reads a request; none where the connection ended.
pub(crate) async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut version, mut is_chunked) = (0, None, false);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "transfer-encoding" => is_chunked = value == "chunked",
            "terminusdb-data-version" => version = Some(value.to_owned()),
            _ => {}
        }
    }
    let body = if is_chunked { read_chunks(stream).await? } else { read_exactly(stream, length).await? };
    Some(Asked { method, target, version, body: String::from_utf8(body).ok()? })
}

async fn read_exactly(stream: &mut BufReader<TcpStream>, length: usize) -> Option<Vec<u8>> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).await.ok()?;
        let piece = read_exactly(stream, usize::from_str_radix(size.trim(), 16).ok()? + 2).await?;
        if piece.len() == 2 {
            return Some(body);
        }
        body.extend_from_slice(&piece[..piece.len() - 2]);
    }
}

/// Writes an answer; answers whether the connection is still there.
pub(crate) async fn write(stream: &mut BufReader<TcpStream>, is_head: bool, answer: &Answer) -> bool {
    let version = answer.version.as_ref();
    let version = version.map(|version| format!("terminusdb-data-version: {version}\r\n")).unwrap_or_default();
    let body = if is_head { "" } else { answer.body.as_str() };
    let head = format!("HTTP/1.1 {} X\r\n{version}content-length: {}\r\n\r\n", answer.status, body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.is_ok()
}
