//! A server that answers as a test says: also late, half, or not at all.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path, with the query.
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        self.line.starts_with(&format!("{method} {path}"))
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, the database's version, a body.
    Whole(u16, &'static str, String),
    /// The same, cut off in the middle of the body.
    Half(String),
    /// A body in gzip, with so many of its bytes left out at the end.
    Gzip(String, usize),
    /// Nothing: the connection is closed.
    Closed,
    /// Nothing, and the connection stays open.
    Silence,
}

/// A running server. It ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server that answers with `answer`, which sees the request and how many came before it.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Server::with_workers(Semaphore::MAX_PERMITS, answer).await
    }

    /// The same with so many workers: each has one connection at a time, until that ends.
    pub(crate) async fn with_workers(
        workers: usize,
        answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer, workers) = (Arc::clone(&asked), Arc::new(answer), Arc::new(Semaphore::new(workers)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer, workers) = (Arc::clone(&log), Arc::clone(&answer), Arc::clone(&workers));
                tokio::spawn(async move {
                    let _worker = workers.acquire().await;
                    serve(stream, &log, &*answer).await;
                });
            }
        });
        Server { url, asked }
    }

    pub(crate) fn asked(&self, method: &str, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.is(method, path)).cloned().collect()
    }
}

async fn serve(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &(dyn Fn(&Asked, usize) -> Answer + Sync)) {
    while let Some(asked) = read(&mut stream).await {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        let (answer, ends) = match answer(&asked, before) {
            Answer::Whole(status, version, body) => (whole(status, version, &body).into_bytes(), false),
            Answer::Half(body) => {
                let text = whole(200, "branch:v", &body);
                (text[..text.len() - body.len() / 2].to_owned().into_bytes(), true)
            }
            Answer::Gzip(body, left_out) => (gzip(&body, left_out), left_out > 0),
            Answer::Closed => return,
            Answer::Silence => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                return;
            }
        };
        if stream.write_all(&answer).await.is_err() || ends {
            return;
        }
    }
}

fn gzip(body: &str, left_out: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\
         terminusdb-data-version: branch:v1\r\ncontent-length: {}\r\n\r\n",
        packed.len() - left_out
    );
    packed.truncate(packed.len() - left_out);
    [head.into_bytes(), packed].concat()
}

fn whole(status: u16, version: &str, body: &str) -> String {
    let body = format!("{body}\n");
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nterminusdb-data-version: {version}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let held = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = held.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
                return Some(Asked { line: line.to_owned(), headers: headers.to_lowercase(), body: body.to_owned() });
            }
        }
        match stream.read(&mut piece).await {
            Ok(count @ 1..) => text.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    }
}
