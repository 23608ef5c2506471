//! A likeness of a TerminusDB server, in memory: the part of it that Udal uses, with the habits that the source of 12.0.6 shows.
//!
//! It stands in where no server is at hand, so that what Udal does with the answers is tested everywhere. It proves nothing
//! of the real one: `UDAL_TERMINUSDB_URL` runs the same suite there.

mod graphql;
mod query;
mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value as Json, json};
use store::Database;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Databases = Arc<Mutex<BTreeMap<String, Database>>>;

/// Starts a server; answers its URL. It ends with the runtime.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let databases = Databases::default();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&databases)));
        }
    });
    url
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    version: Option<String>,
    body: Vec<u8>,
}

struct Response {
    status: u16,
    version: Option<u64>,
    body: Json,
}

async fn serve(stream: TcpStream, databases: Databases) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let is_head = request.method == "HEAD";
        let Response { status, version, body } = answer(&databases, &request);
        let body = if is_head { String::new() } else { body.to_string() };
        let version =
            version.map(|version| format!("terminusdb-data-version: branch:{version}\r\n")).unwrap_or_default();
        let head = format!("HTTP/1.1 {status} X\r\n{version}content-length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).await.ok()?;
            let mut piece = vec![0; usize::from_str_radix(size.trim(), 16).ok()? + 2];
            stream.read_exact(&mut piece).await.ok()?;
            piece.truncate(piece.len() - 2);
            if piece.is_empty() {
                break;
            }
            body.extend(piece);
        }
    } else if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().ok()?, 0);
        stream.read_exact(&mut body).await.ok()?;
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query = pairs.map(|(name, value)| (name.to_owned(), plain(value))).collect();
    let version = headers.get("terminusdb-data-version").cloned();
    Some(Request { method, path: path.to_owned(), query, version, body })
}

/// A part of a query without its encoding; letters outside of ASCII are not looked at.
fn plain(text: &str) -> String {
    text.replace('+', " ").replace("%5B", "[").replace("%5D", "]").replace("%2F", "/")
}

fn refused((status, kind, message): (u16, &str, String)) -> Response {
    let body = json!({"@type": "api:ErrorResponse", "api:error": {"@type": kind}, "api:message": message});
    Response { status, version: None, body }
}

fn done(database: &Database, body: Json) -> Response {
    Response { status: 200, version: Some(database.version), body }
}

fn answer(databases: &Databases, request: &Request) -> Response {
    let mut databases = databases.lock().unwrap();
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let [_, api, place @ ..] = parts.as_slice() else { return refused((404, "api:NotFound", String::new())) };
    let name = place.last().copied().unwrap_or_default();
    if *api == "db" {
        return of_databases(&mut databases, request, name);
    }
    let Some(database) = databases.get_mut(name) else {
        let said = format!("Unable to resolve an invalid absolute path for descriptor '{name}'");
        return refused((if *api == "graphql" { 403 } else { 404 }, "api:UnknownDatabase", said));
    };
    if let Some(wanted) = &request.version
        && *wanted != format!("branch:{}", database.version)
    {
        return refused((400, "api:DataVersionMismatch", format!("wanted {wanted}, is at {}", database.version)));
    }
    match (*api, request.method.as_str()) {
        ("graphql", _) => asked(database, request),
        ("log", _) => {
            let count = request.query["count"].parse().unwrap();
            done(database, database.log.iter().take(count).cloned().collect())
        }
        ("document", "HEAD") => done(database, Json::Null),
        ("document", "GET") => done(database, database.classes.values().cloned().collect()),
        _ => written(database, request),
    }
}

fn of_databases(databases: &mut BTreeMap<String, Database>, request: &Request, name: &str) -> Response {
    let nothing = |body| Response { status: 200, version: None, body };
    match request.method.as_str() {
        "GET" => nothing(databases.keys().map(|name| json!({"path": format!("admin/{name}")})).collect()),
        "POST" if databases.contains_key(name) => refused((400, "api:DatabaseAlreadyExists", name.to_owned())),
        "POST" => {
            databases.insert(name.to_owned(), Database::default());
            nothing(json!({}))
        }
        _ => match databases.remove(name) {
            Some(_) => nothing(json!({})),
            None => refused((404, "api:UnknownDatabase", name.to_owned())),
        },
    }
}

fn asked(database: &Database, request: &Request) -> Response {
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    let variables = body["variables"].as_object().cloned().unwrap_or_default();
    let text = body["query"].as_str().unwrap_or_default();
    let answer = graphql::read(text, &variables).and_then(|selections| query::answer(database, &selections));
    let body = match answer {
        Ok(data) => json!({ "data": data }),
        Err(message) => json!({"errors": [{ "message": message }]}),
    };
    Response { status: 200, version: None, body }
}

/// A write: to a copy, which takes the database's place where all of it went well.
fn written(database: &mut Database, request: &Request) -> Response {
    let mut changed = database.clone();
    match write(&mut changed, request) {
        Err(refusal) => refused(refusal),
        Ok(()) => {
            let told = |name: &str| request.query.get(name).cloned().unwrap_or_default();
            changed.commit(&told("author"), &told("message"));
            *database = changed;
            done(database, json!([]))
        }
    }
}

fn write(database: &mut Database, request: &Request) -> Result<(), store::Refusal> {
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_slice(&request.body).into_iter::<Json>() {
        match value.map_err(|error| (400, "api:BadInput", error.to_string()))? {
            Json::Array(items) => values.extend(items),
            one => values.push(one),
        }
    }
    if request.path.starts_with("/api/woql/") {
        return values.into_iter().try_for_each(|value| woql(database, &value["query"]));
    }
    let is_schema = request.query.get("graph_type").is_some_and(|kind| kind == "schema");
    match (request.method.as_str(), is_schema) {
        ("PUT", true) => {
            let named = values.into_iter().map(|class| (class["@id"].as_str().unwrap_or_default().to_owned(), class));
            database.classes.extend(named);
            Ok(())
        }
        ("POST", _) => database.insert(values),
        ("PUT", _) => database.put(values),
        _ => {
            let ids: Vec<String> = values.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
            database.delete(&ids)
        }
    }
}

fn woql(database: &mut Database, query: &Json) -> Result<(), store::Refusal> {
    match query["@type"].as_str() {
        Some("And") => query["and"].as_array().into_iter().flatten().try_for_each(|part| woql(database, part)),
        Some("UpdateDocument") => database.put(vec![untemplated(&query["document"])]),
        Some("DeleteDocument") => {
            database.delete(&[query["identifier"]["node"].as_str().unwrap_or_default().to_owned()])
        }
        other => Err((400, "vio:WOQLSyntaxError", format!("{other:?}"))),
    }
}

fn untemplated(value: &Json) -> Json {
    if let Some(pairs) = value["dictionary"]["data"].as_array() {
        let pair = |pair: &Json| (pair["field"].as_str().unwrap_or_default().to_owned(), untemplated(&pair["value"]));
        return Json::Object(pairs.iter().map(pair).collect::<Map<String, Json>>());
    }
    match value["list"].as_array() {
        Some(items) => items.iter().map(untemplated).collect(),
        None => value["data"]["@value"].clone(),
    }
}
