//! Importing measurements from NDJSON with the program, beside psql's `\copy` of the same rows as CSV.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bare::COLUMNS;
use crate::report::{Report, grouped};
use crate::shop::{Shop, TENANT};

/// The variable that names the program; `make bench` builds one.
const PROGRAM: &str = "UDAL_BENCH_PROGRAM";
/// The variable that says how many measurements are imported.
const COUNT: &str = "UDAL_BENCH_IMPORT_ROWS";
const DEFAULT_COUNT: usize = 6_000_000;
/// The part of psql's rate that is aimed at.
const AIM: f64 = 0.5;
const FIRST_YEAR: usize = 2021;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let Ok(program) = std::env::var(PROGRAM) else {
        return report.miss(format!("the import was not measured: {PROGRAM} names no program"));
    };
    let count = std::env::var(COUNT).ok().and_then(|count| count.parse().ok()).unwrap_or(DEFAULT_COUNT);
    let files = Files::write(shop.scratch(), count);
    let client = shop.client().await;
    // The tables and their partitions are there, and empty: both sides fill, neither makes.
    for model in ["Imported", "Copied"] {
        shop.fill_years(model, FIRST_YEAR..FIRST_YEAR + 3).await;
        let table = format!("lab_{}", model.to_lowercase());
        client.batch_execute(&format!("TRUNCATE \"{table}\", \"{table}__ids\"")).await.unwrap();
    }
    let Some(rows) = psql(shop, &format!("\\copy lab_copied ({COLUMNS}) FROM '{}' CSV", files.csv.display())) else {
        return report.miss("the import was not measured: there is no psql");
    };
    let ids = psql(shop, &format!("\\copy lab_copied__ids FROM '{}' CSV", files.ids.display())).unwrap();
    let mut command = Command::new(program);
    command.args(["record", "import", "--tenant", TENANT, "lab", "Imported"]).arg(&files.ndjson);
    command.arg("--groups").arg(&files.groups);
    command.env("UDAL_DATABASE_URL", shop.url_of("postgresql", "postgres")).stdout(Stdio::null());
    let Some((import, memory)) = timed(command) else {
        return report.miss("the import was not measured: the program failed");
    };
    for table in ["lab_imported", "lab_copied", "lab_imported__ids", "lab_copied__ids"] {
        let there: i64 = client.query_one(&format!("SELECT count(*) FROM \"{table}\""), &[]).await.unwrap().get(0);
        assert_eq!(usize::try_from(there).unwrap(), count, "{table}");
    }
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let line = |what: &str, time: Duration, of: Duration| {
        let cells = [what.to_owned(), grouped(rate(time)), format!("{:.1}", time.as_secs_f64())];
        cells.into_iter().chain([format!("{:.2}", rate(import) / rate(of))]).collect::<Vec<_>>()
    };
    let lines = vec![
        line("`udal record import` from NDJSON", import, import),
        line("psql's `\\copy` from CSV into the same table", rows, rows),
        line("psql's `\\copy` into the same table and into its table of ids", rows + ids, rows + ids),
    ];
    let text = format!(
        "{} measurements, partitioned by year, into tables that are there and empty. A table that is split has a table of ids \
         beside it, which keeps them unique: the import fills both, psql's first line only the table. The import took at \
         most {} MiB of memory. The aim is {AIM} of the first line of psql.",
        grouped(count as f64),
        memory.map_or("an unknown number of".to_owned(), |bytes| (bytes >> 20).to_string())
    );
    report.section("Import", text, &["work", "rows/s", "seconds", "Udal's rate, of this"], lines);
    if rate(import) < AIM * rate(rows) {
        report.miss(format!("the import: {:.2} of psql's `\\copy`, not {AIM}.", rate(import) / rate(rows)));
    }
}

/// The measurements as files.
struct Files {
    ndjson: PathBuf,
    csv: PathBuf,
    ids: PathBuf,
    groups: PathBuf,
}

impl Files {
    fn write(scratch: &Path, count: usize) -> Self {
        let at = |name: &str| scratch.join(name);
        let files = Files { ndjson: at("m.ndjson"), csv: at("m.csv"), ids: at("ids.csv"), groups: at("groups") };
        let open = |path: &PathBuf| BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
        let (mut ndjson, mut csv, mut ids) = (open(&files.ndjson), open(&files.csv), open(&files.ids));
        for number in 0..count {
            let minutes = number * 7 % 1_576_800;
            let (day, minute) = (minutes / 1_440, minutes % 1_440);
            let (year, day) = (FIRST_YEAR + day / 365, day % 365);
            let (hour, minute) = (minute / 60, minute % 60);
            let at = format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:00Z", day / 31 + 1, day % 28 + 1);
            let kind = ["ph", "glucose", "sodium", "potassium"][number % 4];
            let value = (number * 37 % 1_000) as f64 / 7.0;
            let (owner, team) = (number % 50, number % 5);
            writeln!(
                ndjson,
                "{{\"id\":\"Imported/{number:08}\",\"created_at\":\"{at}\",\"test_type\":\"{kind}\",\"value\":{value:?},\
                 \"unit\":\"mmol/L\",\"status\":\"final\",\"owned_by\":\"user-{owner}\",\"team_id\":\"team-{team}\"}}"
            )
            .unwrap();
            writeln!(csv, "Copied/{number:08},1,{at},{at},,user-{owner},,team-{team},{kind},{value:?},mmol/L,final")
                .unwrap();
            writeln!(ids, "Copied/{number:08},{at}").unwrap();
        }
        for mut file in [ndjson, csv, ids] {
            file.flush().unwrap();
        }
        fs::create_dir_all(&files.groups).unwrap();
        fs::write(files.groups.join("lab.yaml"), GROUP).unwrap();
        files
    }
}

const GROUP: &str = "group: lab
models:
  Imported:
    storage: postgresql
    high_volume: true
    partition_by: created_at
    partition_interval: year
    fields:
      test_type: str
      value: float
      unit: Optional[str]
      status: Optional[enum[pending, final]]
";

/// Runs a command of psql; answers how long it took, or none where there is no psql.
fn psql(shop: &Shop, text: &str) -> Option<Duration> {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]).arg(shop.url("postgresql")).arg("-c").arg(text);
    let started = Instant::now();
    let output = command.output().ok()?;
    assert!(output.status.success(), "psql said {}", String::from_utf8_lossy(&output.stderr));
    Some(started.elapsed())
}

/// Runs a program; answers how long it took and the most memory it had, where the system tells; none where it failed.
fn timed(mut command: Command) -> Option<(Duration, Option<u64>)> {
    let started = Instant::now();
    let mut child = command.spawn().ok()?;
    let mut peak = None;
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let found = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak =
            found.and_then(|text| text.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map(|kib| kib << 10).or(peak);
        match child.try_wait().unwrap() {
            Some(status) => return status.success().then(|| (started.elapsed(), peak)),
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
