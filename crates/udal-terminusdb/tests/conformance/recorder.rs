//! Stands between the backend and a server: records what is said, or says it again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

use crate::exchange::{self, Answer, Asked, Exchange, Exchanges, Kept};
use crate::http;

/// How much of what differs is shown, in characters.
const SHOWN: usize = 300;

/// Records what is said, or says it again.
pub(crate) struct Recorder {
    /// The server that is recorded.
    server: Option<(reqwest::Client, String)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was recorded before.
    earlier: Exchanges,
    /// What was recorded now.
    now: Exchanges,
    /// The databases that are there: the list of them is no tenant's.
    databases: BTreeSet<String>,
    /// The tenants of this recording.
    seen: BTreeSet<String>,
    /// Requests that are not among those that were recorded.
    differences: Vec<String>,
}

impl Recorder {
    /// Records what the server at `url` answers.
    pub(crate) fn recording(url: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection that waits for a next request keeps one of the server's few workers.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Recorder { server: Some((client, url)), state: Mutex::new(State::read()) }
    }

    /// Answers what was recorded.
    pub(crate) fn replaying() -> Self {
        Recorder { server: None, state: Mutex::new(State::read()) }
    }

    /// Whether what is called so can be run: it is recorded now, or was.
    pub(crate) fn can_run(&self, title: &str) -> bool {
        self.server.is_some() || self.state.lock().unwrap().earlier.contains_key(&udal_conformance::tenant_of(title))
    }

    /// Starts to answer; answers the URL. It ends with the runtime.
    pub(crate) async fn start(self: Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&self).serve(stream));
            }
        });
        url
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut stream = BufReader::new(stream);
        while let Some(asked) = http::read(&mut stream).await {
            let answer = self.answer(&asked).await;
            if !http::write(&mut stream, asked.method == "HEAD", &answer).await {
                return;
            }
        }
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        let Some(tenant) = asked.tenant() else { return self.state.lock().unwrap().list() };
        let answer = match &self.server {
            None => self.state.lock().unwrap().replay(tenant, &asked.kept()),
            Some((client, url)) => {
                self.start_anew(client, url, tenant).await;
                let answer = forward(client, url, asked).await;
                let exchange = Exchange { tenant: tenant.to_owned(), asked: asked.kept(), answer: answer.clone() };
                self.state.lock().unwrap().now.entry(tenant.to_owned()).or_default().push(exchange);
                answer
            }
        };
        self.state.lock().unwrap().note(asked, tenant, answer.status);
        answer
    }

    /// Drops what an earlier recording left of the tenant.
    async fn start_anew(&self, client: &reqwest::Client, url: &str, tenant: &str) {
        if self.state.lock().unwrap().seen.insert(tenant.to_owned()) {
            let target = format!("/api/db/admin/sqh_tenant_{tenant}?force=true");
            let asked = Asked { method: "DELETE".to_owned(), target, version: None, body: String::new() };
            forward(client, url, &asked).await;
        }
    }

    /// Ends: keeps what was recorded, or says what differed. Answers whether all is well.
    pub(crate) fn finish(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        if self.server.is_some() {
            let State { mut earlier, now, .. } = std::mem::take(&mut *state);
            earlier.extend(now);
            exchange::write(&earlier, udal_conformance::group_of_tenant);
            return true;
        }
        let differences = std::mem::take(&mut state.differences);
        for difference in differences.iter().take(10) {
            eprintln!("{difference}\n");
        }
        if !differences.is_empty() {
            eprintln!(
                "{} requests are not those that were recorded. Where that is meant, record them again from a real server:\n  \
                 UDAL_TERMINUSDB_URL=http://localhost:6363 UDAL_TERMINUSDB_RECORD=1 make test-live",
                differences.len()
            );
        }
        differences.is_empty()
    }
}

impl State {
    fn read() -> Self {
        State { earlier: exchange::read(), ..State::default() }
    }

    /// The answer that was recorded: the first one to such a request that was not given yet.
    fn replay(&mut self, tenant: &str, asked: &Kept) -> Answer {
        let recorded = self.earlier.entry(tenant.to_owned()).or_default();
        if let Some(at) = recorded.iter().position(|exchange| exchange.asked == *asked) {
            return recorded.remove(at).answer;
        }
        let case = udal_conformance::case_of_tenant(tenant).unwrap_or_else(|| tenant.to_owned());
        let mut told = format!("{case}: a request that was not recorded:\n  {}", told(asked));
        match recorded.first() {
            Some(next) => {
                let _ = write!(told, "\nwhere this was:\n  {}{}", self::told(&next.asked), parting(asked, &next.asked));
            }
            None => told.push_str("\nwhere nothing more was asked"),
        }
        self.differences.push(told);
        let body = "{\"api:message\": \"this was not recorded\"}".to_owned();
        Answer { status: 400, version: None, body }
    }

    fn note(&mut self, asked: &Asked, tenant: &str, status: u16) {
        if status == 200 && asked.target.starts_with("/api/db/") {
            match asked.method.as_str() {
                "POST" => self.databases.insert(tenant.to_owned()),
                _ => self.databases.remove(tenant),
            };
        }
    }

    /// The list of databases, in the form in which the server gives it.
    fn list(&self) -> Answer {
        let entry = |tenant: &String| serde_json::json!({"@type": "UserDatabase", "path": format!("admin/sqh_tenant_{tenant}")});
        let body = self.databases.iter().map(entry).collect::<serde_json::Value>().to_string();
        Answer { status: 200, version: None, body }
    }
}

async fn forward(client: &reqwest::Client, url: &str, asked: &Asked) -> Answer {
    let password = std::env::var(crate::ENV_PASSWORD).unwrap_or_else(|_| "root".to_owned());
    let mut request = client
        .request(asked.method.parse().unwrap(), format!("{url}{}", asked.target))
        .basic_auth("admin", Some(password))
        .body(asked.body.clone());
    if !asked.body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    if let Some(version) = &asked.version {
        request = request.header("terminusdb-data-version", version);
    }
    let response = request.send().await.unwrap();
    let version = response.headers().get("terminusdb-data-version").map(|value| value.to_str().unwrap().to_owned());
    Answer { status: response.status().as_u16(), version, body: response.text().await.unwrap() }
}

fn told(kept: &Kept) -> String {
    let version = kept.version.as_ref().map(|version| format!(" at {version}")).unwrap_or_default();
    format!("{}{version}\n  {}", short(&kept.line), short(&kept.body))
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// Where two requests part.
fn parting(asked: &Kept, recorded: &Kept) -> String {
    let pair = [(&asked.line, &recorded.line), (&asked.body, &recorded.body)].into_iter().find(|(a, b)| a != b);
    match pair {
        Some((asked, recorded)) => {
            let same = asked.chars().zip(recorded.chars()).take_while(|(a, b)| a == b).count();
            let from = |text: &str| text.chars().skip(same.saturating_sub(20)).take(80).collect::<String>();
            format!("\nthey part at character {same}: `{}` for `{}`", from(asked), from(recorded))
        }
        None if asked.version != recorded.version => "\nthey part in the version".to_owned(),
        None => format!("\nthey part behind what is kept of long bodies: {:?} for {:?}", asked.long, recorded.long),
    }
}
