//! The numbers in docs/ison.md: tokens of the same results in each format, counted as current models count them.
//!
//! With `UDAL_WRITE_GUIDE=1` the table is written into docs/ison.md instead of being compared.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod examples;

use std::path::Path;

use examples::{Example, examples};
use udal_format::{Format, IsonOptions};

const BEGIN: &str = "<!-- tokens -->\n";
const END: &str = "<!-- /tokens -->";

/// The columns of the table.
const WAYS: [(&str, Format, IsonOptions); 6] = [
    ("`json`", Format::Json, IsonOptions::PLAIN),
    ("`csv`", Format::Csv, IsonOptions::PLAIN),
    ("`ison_table`", Format::IsonTable, IsonOptions::PLAIN),
    ("`ison`", Format::Ison, IsonOptions::PLAIN),
    ("`compact`", Format::Ison, IsonOptions::COMPACT),
    ("`brief`", Format::Ison, IsonOptions::BRIEF),
];

#[test]
fn the_guide_shows_what_is_measured() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ison.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let measured = table();
    if std::env::var_os("UDAL_WRITE_GUIDE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{measured}{END}{after}")).unwrap();
    } else {
        assert_eq!(shown, measured, "UDAL_WRITE_GUIDE=1 writes the table anew");
    }
}

fn table() -> String {
    let tokenizer = tiktoken_rs::o200k_base().unwrap();
    let count = |text: &str| tokenizer.encode_ordinary(text).len();
    let names: Vec<&str> = WAYS.iter().map(|(name, ..)| *name).collect();
    let mut table = format!("| result | {} | `brief`, map kept aside |\n", names.join(" | "));
    table.push_str(&format!("| --- |{}\n", " ---: |".repeat(WAYS.len() + 1)));
    for Example { name, write } in examples() {
        let mut counts: Vec<usize> = WAYS.iter().map(|(_, format, options)| count(&write(*format, *options))).collect();
        let brief = write(Format::Ison, IsonOptions::BRIEF);
        let without_map = brief.split_once("\nmap.ids\n").map_or(brief.as_str(), |(rows, _)| rows);
        counts.push(count(without_map));
        let least = counts.iter().min().copied();
        let shown: Vec<String> = counts
            .iter()
            .map(|count| if Some(*count) == least { format!("**{count}**") } else { count.to_string() })
            .collect();
        table.push_str(&format!("| {name} | {} |\n", shown.join(" | ")));
    }
    table
}
