//! The same work with SQLAlchemy, where a Python that has it is named.

use std::process::Command;

use serde_json::Value as Json;

use crate::batches;
use crate::report::Report;
use crate::shop::{ROWS, Shop};

/// The variable that names a Python with SQLAlchemy and psycopg; `make bench` makes one.
const PYTHON: &str = "UDAL_BENCH_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/sqlalchemy/bench.py");

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let Ok(python) = std::env::var(PYTHON) else {
        return report.miss(format!("SQLAlchemy was not measured: {PYTHON} names no Python that has it"));
    };
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(shop.url("postgresql+psycopg")).arg(ROWS.to_string()).arg(batches::ROWS.to_string());
    let output = match tokio::task::spawn_blocking(move || command.output()).await.unwrap() {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            println!("{}", String::from_utf8_lossy(&output.stderr));
            return report.miss("SQLAlchemy was not measured: its script failed");
        }
        Err(error) => return report.miss(format!("SQLAlchemy was not measured: {error}")),
    };
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let said: Json = serde_json::from_str(line).unwrap();
        match (said["version"].as_str(), said["key"].as_str(), said["rate"].as_f64(), said["text"].as_str()) {
            (Some(version), ..) => report.version(version),
            (_, Some(key), Some(rate), _) => report.sqlalchemy(key, rate),
            (_, _, _, Some(text)) => {
                let client = shop.client().await;
                assert_eq!(text, crate::bare::list(&client, 100).await, "all write the same JSON");
            }
            _ => panic!("the script said {said}"),
        }
    }
}
