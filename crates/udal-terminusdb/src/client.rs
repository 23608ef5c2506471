//! Requests to one server.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Body, Method};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use udal_core::{Error, ErrorKind, Result};
use udal_graph::Request;

use crate::call::{Answer, Commit, Committed, DATA_VERSION, Write, authorization, finish, unreadable};
use crate::failure::{Failure, Rejection, transport};
use crate::settings::{Endpoint, Settings};

/// How often a read is tried when the connection breaks, or the server fails.
const READ_ATTEMPTS: u32 = 3;
/// How often a request is tried whose commit the server gave up because others came in the way.
const OVERRUN_ATTEMPTS: u32 = 5;

/// Requests to one server. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    authorization: HeaderValue,
    organization: String,
    read_timeout: Duration,
    write_timeout: Duration,
}

struct Call<'a> {
    method: Method,
    path: String,
    query: Vec<(&'a str, &'a str)>,
    body: Option<Bytes>,
    at: Option<&'a str>,
    timeout: Duration,
}

impl Client {
    /// A client of the server at `endpoint`.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a URL or credentials that cannot be sent.
    pub(crate) fn new(endpoint: &Endpoint, settings: &Settings) -> Result<Self> {
        // Another part of the process may have chosen before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let invalid = || Error::invalid("the graph database's URL or credentials cannot be used");
        let base = endpoint.url.trim_end_matches('/').to_owned();
        let url =
            reqwest::Url::parse(&base).map_err(|_| invalid().hint("write a URL such as http://localhost:6363"))?;
        let mut authorization = HeaderValue::from_str(&authorization(&endpoint.credentials)).map_err(|_| invalid())?;
        authorization.set_sensitive(true);
        Ok(Client {
            http: http_client(&url, settings).map_err(|error| invalid().cause(error.without_url()))?,
            base,
            authorization,
            organization: settings.organization.clone(),
            read_timeout: settings.read_timeout,
            write_timeout: settings.write_timeout,
        })
    }

    fn place(&self, database: &str) -> String {
        format!("{}/{database}", self.organization)
    }

    /// Asks by GraphQL, and answers the text of what is under `data`.
    pub(crate) async fn ask(&self, database: &str, request: &Request) -> std::result::Result<Box<RawValue>, Failure> {
        self.ask_of(&self.place(database), request).await
    }

    /// Asks what was there after that commit, which is there.
    pub(crate) async fn ask_at(
        &self,
        database: &str,
        commit: &str,
        request: &Request,
    ) -> std::result::Result<Box<RawValue>, Failure> {
        self.ask_of(&format!("{}/local/commit/{commit}", self.place(database)), request).await
    }

    /// Asks the graph of the database's commits.
    pub(crate) async fn ask_commits(
        &self,
        database: &str,
        request: &Request,
    ) -> std::result::Result<Box<RawValue>, Failure> {
        self.ask_of(&format!("{}/local/_commits", self.place(database)), request).await
    }

    async fn ask_of(&self, resource: &str, request: &Request) -> std::result::Result<Box<RawValue>, Failure> {
        #[derive(Deserialize)]
        struct Said {
            data: Option<Box<RawValue>>,
            errors: Option<Json>,
        }
        let call = Call {
            method: Method::POST,
            path: format!("/api/graphql/{resource}"),
            query: Vec::new(),
            body: Some(Bytes::from(request.to_json().to_string())),
            at: None,
            timeout: self.read_timeout,
        };
        let answer = self.read(call).await?;
        let said: Said = serde_json::from_slice(&answer.body).map_err(unreadable)?;
        match (said.data, said.errors) {
            (_, Some(errors)) => Err(Failure::Rejected(Rejection::of_graphql(&errors))),
            (Some(data), None) => Ok(data),
            (None, None) => Err(Failure::Nothing),
        }
    }

    /// The version that the database has now.
    pub(crate) async fn version(&self, database: &str) -> std::result::Result<Option<String>, Failure> {
        let path = format!("/api/document/{}", self.place(database));
        let call =
            Call { method: Method::HEAD, path, query: Vec::new(), body: None, at: None, timeout: self.read_timeout };
        Ok(self.read(call).await?.version)
    }

    /// Every class of the database, with the database's version.
    pub(crate) async fn classes(&self, database: &str) -> std::result::Result<(Vec<Json>, Option<String>), Failure> {
        let call = Call {
            method: Method::GET,
            path: format!("/api/document/{}", self.place(database)),
            query: vec![("graph_type", "schema"), ("as_list", "true")],
            body: None,
            at: None,
            timeout: self.read_timeout,
        };
        let answer = self.read(call).await?;
        Ok((serde_json::from_slice(&answer.body).map_err(unreadable)?, answer.version))
    }

    /// Puts these classes in the place of those of their names, or adds them.
    pub(crate) async fn put_classes(
        &self,
        database: &str,
        classes: &[Json],
        commit: &Commit,
    ) -> std::result::Result<Committed, Failure> {
        let body = Bytes::from(serde_json::to_vec(classes).map_err(Error::internal)?);
        let query = vec![
            ("graph_type", "schema"),
            ("create", "true"),
            ("author", commit.author.as_str()),
            ("message", commit.message.as_str()),
        ];
        self.write_with(Method::PUT, database, query, body, commit.at.as_deref()).await
    }

    /// Changes classes together with their documents, in one commit.
    pub(crate) async fn migrate(
        &self,
        database: &str,
        operations: Vec<Json>,
        message: &str,
    ) -> std::result::Result<(), Failure> {
        let body = serde_json::json!({"author": "udal", "message": message, "operations": operations});
        let call = Call {
            method: Method::POST,
            path: format!("/api/migration/{}", self.place(database)),
            query: Vec::new(),
            body: Some(Bytes::from(body.to_string())),
            at: None,
            timeout: self.write_timeout,
        };
        self.send(call).await.map(drop)
    }

    /// Writes, in one commit.
    pub(crate) async fn write(
        &self,
        database: &str,
        write: Write,
        commit: &Commit,
    ) -> std::result::Result<Committed, Failure> {
        let query = vec![("author", commit.author.as_str()), ("message", commit.message.as_str())];
        match write {
            Write::Insert(body) => self.write_with(Method::POST, database, query, body, commit.at.as_deref()).await,
            Write::Delete(body) => self.write_with(Method::DELETE, database, query, body, commit.at.as_deref()).await,
            Write::Query(woql) => self.woql(database, &woql, commit).await,
        }
    }

    async fn write_with(
        &self,
        method: Method,
        database: &str,
        query: Vec<(&str, &str)>,
        body: Bytes,
        at: Option<&str>,
    ) -> std::result::Result<Committed, Failure> {
        let path = format!("/api/document/{}", self.place(database));
        let mut attempt = 1;
        loop {
            let call = Call {
                method: method.clone(),
                path: path.clone(),
                query: query.clone(),
                body: Some(body.clone()),
                at,
                timeout: self.write_timeout,
            };
            match self.send(call).await {
                Err(Failure::Overtaken) if at.is_none() && attempt < OVERRUN_ATTEMPTS => attempt += 1,
                done => return done.map(|answer| Committed { version: answer.version }),
            }
        }
    }

    /// Sends new documents that are read from `body` while they are sent, in one commit.
    pub(crate) async fn insert_stream(
        &self,
        database: &str,
        body: Body,
        commit: &Commit,
    ) -> std::result::Result<Committed, Failure> {
        let mut request = self
            .http
            .post(format!("{}/api/document/{}", self.base, self.place(database)))
            .query(&[("author", &commit.author), ("message", &commit.message)])
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json");
        if let Some(at) = &commit.at {
            request = request.header(DATA_VERSION, at);
        }
        let answer = finish(request.body(body).send().await.map_err(transport)?).await?;
        Ok(Committed { version: answer.version })
    }

    /// Runs a WOQL query that writes, in one commit.
    async fn woql(&self, database: &str, query: &str, commit: &Commit) -> std::result::Result<Committed, Failure> {
        #[derive(Deserialize)]
        struct Said {
            bindings: Vec<Json>,
        }
        let Commit { author, message, at } = commit;
        let commit_info = serde_json::json!({"author": author, "message": message});
        let call = Call {
            method: Method::POST,
            path: format!("/api/woql/{}", self.place(database)),
            query: Vec::new(),
            body: Some(Bytes::from(format!("{{\"commit_info\":{commit_info},\"query\":{query}}}"))),
            at: at.as_deref(),
            timeout: self.write_timeout,
        };
        let answer = self.send(call).await?;
        let said: Said = serde_json::from_slice(&answer.body).map_err(unreadable)?;
        // What the query rests on was so no more.
        if said.bindings.is_empty() { Err(Failure::Overtaken) } else { Ok(Committed { version: answer.version }) }
    }

    /// Makes a database; answers whether it was not there before.
    pub(crate) async fn create_database(&self, database: &str) -> std::result::Result<bool, Failure> {
        let body = serde_json::json!({"label": database, "comment": "a tenant of Udal", "schema": true});
        let call = Call {
            method: Method::POST,
            path: format!("/api/db/{}", self.place(database)),
            query: Vec::new(),
            body: Some(Bytes::from(body.to_string())),
            at: None,
            timeout: self.write_timeout,
        };
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(Failure::Rejected(said)) if said.is_there_already() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Removes a database; answers whether it was there.
    pub(crate) async fn drop_database(&self, database: &str) -> std::result::Result<bool, Failure> {
        let call = Call {
            method: Method::DELETE,
            path: format!("/api/db/{}", self.place(database)),
            query: vec![("force", "true")],
            body: None,
            at: None,
            timeout: self.write_timeout,
        };
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(Failure::Missing(_)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Optimises the layers of a part of the database.
    pub(crate) async fn optimize(&self, database: &str, resource: &str) -> std::result::Result<(), Failure> {
        let path = format!("/api/optimize/{}/{resource}", self.place(database));
        let timeout = self.write_timeout;
        let call = Call { method: Method::POST, path, query: Vec::new(), body: None, at: None, timeout };
        self.read(call).await.map(drop)
    }

    /// The names of the organisation's databases.
    pub(crate) async fn databases(&self) -> std::result::Result<Vec<String>, Failure> {
        let call = Call {
            method: Method::GET,
            path: "/api/db".to_owned(),
            query: Vec::new(),
            body: None,
            at: None,
            timeout: self.read_timeout,
        };
        let listed: Vec<Json> = serde_json::from_slice(&self.read(call).await?.body).map_err(unreadable)?;
        let paths = listed.iter().filter_map(|entry| entry.get("path").and_then(Json::as_str));
        let owned = paths.filter_map(|path| path.split_once('/')).filter(|(owner, _)| *owner == self.organization);
        Ok(owned.map(|(_, name)| name.to_owned()).collect())
    }

    /// Sends what changes nothing: again where the connection breaks, or the server fails.
    async fn read(&self, call: Call<'_>) -> std::result::Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            let again = Call {
                method: call.method.clone(),
                path: call.path.clone(),
                query: call.query.clone(),
                body: call.body.clone(),
                at: call.at,
                timeout: call.timeout,
            };
            match self.send(again).await {
                Err(Failure::Unclear(error)) if attempt < READ_ATTEMPTS && error.kind() != ErrorKind::TimedOut => {
                    attempt += 1;
                }
                // So it answers also while the database is being made, for a few hundredths of a second.
                Err(Failure::Rejected(said)) if attempt < READ_ATTEMPTS && said.is_unexplained() => {
                    tokio::time::sleep(Duration::from_millis(50) * attempt).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn send(&self, call: Call<'_>) -> std::result::Result<Answer, Failure> {
        let Call { method, path, query, body, at, timeout } = call;
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .query(&query)
            .timeout(timeout)
            .header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        if let Some(at) = at {
            request = request.header(DATA_VERSION, at);
        }
        finish(request.send().await.map_err(transport)?).await
    }
}

/// A client that holds no connection to the server itself but while a request is under way.
///
/// The server has a worker for each processor, and each open connection keeps one: 60 seconds long until a first request comes
/// on it, and 2 seconds after an answer. A pool of connections, which also opens some for later, would silence the server.
/// With `https` there is a proxy between, as the server speaks no TLS: what is open to it keeps no worker.
fn http_client(url: &reqwest::Url, settings: &Settings) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .gzip(true);
    let builder = match url.scheme() {
        "https" => builder.pool_idle_timeout(Duration::from_secs(60)),
        _ => builder
            .pool_max_idle_per_host(0)
            .default_headers(HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))])),
    };
    builder.build()
}
