//! The same list by the official Python client, where a Python that has it is named.

use std::process::Command;

use crate::report::{Line, Report};
use crate::site::Site;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/terminusdb/client.py");

pub(crate) async fn compare(site: &Site, size: usize, report: &mut Report) {
    let Ok(python) = std::env::var("UDAL_BENCH_PYTHON") else {
        return report.miss("the official client was not measured: UDAL_BENCH_PYTHON names no Python that has it");
    };
    let (url, database) = (site.url.clone(), site.database(&site.tenant));
    let run = move || Command::new(python).arg(SCRIPT).arg(url).arg(database).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        Ok(output) => {
            println!("{}", String::from_utf8_lossy(&output.stderr));
            return report.miss("the official client was not measured: its script failed");
        }
        Err(error) => return report.miss(format!("the official client was not measured: {error}")),
    };
    let theirs: f64 = 1.0 / said.trim().parse::<f64>().unwrap();
    let mut times = Vec::new();
    for _ in 0..30 {
        let started = std::time::Instant::now();
        assert_eq!(site.list_by_id().await, 100);
        times.push(started.elapsed().as_secs_f64());
    }
    let ours = 1.0 / crate::median(times);
    report.line(Line::new(size, "list 100 with filter, beside `query_document`", "/s", ours).bare(theirs, 8.0));
}
