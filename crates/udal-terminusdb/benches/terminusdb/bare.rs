//! The requests themselves, sent by reqwest and read to the end.

use bytes::Bytes;
use udal_graph::Request;

pub(crate) struct Bare {
    http: reqwest::Client,
    url: String,
}

impl Bare {
    pub(crate) fn new(url: &str) -> Self {
        // A connection that stays open silences the server: it gives each a worker of its own.
        let http = reqwest::Client::builder().gzip(true).pool_max_idle_per_host(0).build().unwrap();
        Bare { http, url: url.trim_end_matches('/').to_owned() }
    }

    async fn send(&self, path: &str, body: impl Into<reqwest::Body>) -> Bytes {
        let password = std::env::var("UDAL_TERMINUSDB_PASSWORD").unwrap_or_else(|_| "root".to_owned());
        let request = self.http.post(format!("{}{path}", self.url)).basic_auth("admin", Some(password));
        let request = request.header("content-type", "application/json").header("connection", "close");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        body
    }

    pub(crate) async fn ask(&self, database: &str, request: &Request) -> Bytes {
        self.send(&format!("/api/graphql/admin/{database}"), request.to_json().to_string()).await
    }

    pub(crate) async fn insert(&self, database: &str, body: String) -> Bytes {
        self.send(&format!("/api/document/admin/{database}?author=bench&message=bench"), body).await
    }
}
