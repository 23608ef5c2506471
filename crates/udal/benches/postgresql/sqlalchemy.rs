//! The same work with SQLAlchemy, where a Python that has it is named.

use std::process::Command;

use serde_json::Value as Json;

use crate::batches;
use crate::report::{Report, grouped};
use crate::shop::{ROWS, Shop};

/// The variable that names a Python with SQLAlchemy and psycopg; `make bench` makes one.
const PYTHON: &str = "UDAL_BENCH_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/sqlalchemy/bench.py");

/// psycopg in C, which the table of comparisons shows, and in Python, as it is installed by its plain name.
const IN_C: &str = "binary";
const IN_PYTHON: &str = "python";

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let Ok(python) = std::env::var(PYTHON) else {
        return report.miss(format!("SQLAlchemy was not measured: {PYTHON} names no Python that has it"));
    };
    let said = match ask(shop, &python, IN_C).await {
        Ok(said) => said,
        Err(reason) => return report.miss(format!("SQLAlchemy was not measured: {reason}")),
    };
    for said in said {
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
    match ask(shop, &python, IN_PYTHON).await {
        Ok(said) => in_python(&said, report),
        Err(reason) => report.miss(format!("SQLAlchemy over psycopg in Python was not measured: {reason}")),
    }
}

/// What the script says of one implementation of psycopg.
async fn ask(shop: &Shop, python: &str, implementation: &str) -> Result<Vec<Json>, String> {
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(shop.url("postgresql+psycopg")).arg(ROWS.to_string()).arg(batches::ROWS.to_string());
    command.env("PSYCOPG_IMPL", implementation);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().map_err(|it| it.to_string())?;
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stderr));
        return Err("its script failed".to_owned());
    }
    let said = String::from_utf8(output.stdout).unwrap();
    Ok(said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn in_python(said: &[Json], report: &mut Report) {
    let mut rows = Vec::new();
    for said in said {
        let (Some(key), Some(rate)) = (said["key"].as_str(), said["rate"].as_f64()) else { continue };
        let Some(udal) = report.rate_of(key) else { continue };
        rows.push(vec![report.work_of(key), grouped(rate), format!("{:.2}", udal / rate)]);
    }
    let text = "The same script over psycopg without its part in C, which is what `pip install psycopg` installs.";
    report.section("SQLAlchemy over psycopg in Python", text, &["work", "SQLAlchemy", "Udal, of this"], rows);
}
