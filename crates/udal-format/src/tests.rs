use std::sync::Arc;

use serde_json::json;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::{Record, read_new};

use super::*;

fn model() -> Arc<Model> {
    let model = ModelDeclaration::new("AppNote")
        .field("title", "Optional[str]")
        .field("score", "Optional[float]")
        .field("tags", "Set[str]")
        .field("steps", "Optional[List[int]]")
        .field("extra", "Optional[json]");
    let catalog = Catalog::build(vec![GroupDeclaration::new("notes").model(model)]).unwrap();
    Arc::clone(catalog.model("notes", "AppNote").unwrap())
}

fn record(json: serde_json::Value) -> Record {
    read_new(&model(), &json).unwrap().into_record()
}

fn written(format: Format, width: usize, records: &[Record]) -> String {
    let mut writer = RecordWriter::new(Vec::new(), &model(), Layout::new(format).width(width));
    for record in records {
        writer.write(record).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn two() -> Vec<Record> {
    vec![
        record(json!({"id": "AppNote/1", "title": "a \"b\", c\nd", "tags": ["y", "x"], "score": 0.1, "steps": []})),
        record(json!({"id": "AppNote/2", "title": "=1+1", "extra": "text", "steps": [3, 1], "team_id": "t"})),
    ]
}

#[test]
fn json_is_an_array_with_a_record_a_line() {
    let text = written(Format::Json, 80, &two());
    let back: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(back[0]["tags"], json!(["x", "y"]));
    assert_eq!(back[1]["score"], json!(null));
    assert_eq!(text.lines().count(), 4);
    assert!(text.lines().nth(1).unwrap().starts_with(r#"  {"id":"AppNote/1","title":"#));
    assert_eq!(written(Format::Json, 80, &[]), "[]\n");
}

#[test]
fn ndjson_is_an_object_a_line() {
    let text = written(Format::Ndjson, 80, &two());
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], two()[1].to_json());
    assert_eq!(written(Format::Ndjson, 80, &[]), "");
}

#[test]
fn text_is_written_as_records_are() {
    let pieces = |between: &str, records: &[Record]| -> Vec<String> {
        let texts: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        texts.chunks(2).map(|piece| piece.join(between)).collect()
    };
    let five: Vec<Record> = two().into_iter().cycle().take(5).collect();
    for format in [Format::Json, Format::Ndjson] {
        for count in [0, 1, 2, 5] {
            let records = five.get(..count).unwrap();
            let mut out = Vec::new();
            let Ok(mut writer) = TextWriter::new(&mut out, format) else { unreachable!("{format} is JSON") };
            for piece in pieces(writer.between(), records) {
                writer.write(piece.as_bytes()).unwrap();
            }
            writer.finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), written(format, 80, records), "{format} {count}");
        }
    }
    assert!(TextWriter::new(Vec::new(), Format::Csv).is_err() && TextWriter::new(Vec::new(), Format::Table).is_err());
}

#[test]
fn csv_quotes_what_must_be_and_changes_nothing() {
    let header =
        "id,title,score,tags,steps,extra,version,created_at,updated_at,created_by,owned_by,assigned_to,team_id\r\n";
    let expected = format!(
        "{header}AppNote/1,\"a \"\"b\"\", c\nd\",0.1,\"[\"\"x\"\",\"\"y\"\"]\",[],,,,,,,,\r\n\
         AppNote/2,=1+1,,,\"[3,1]\",\"\"\"text\"\"\",,,,,,,t\r\n"
    );
    assert_eq!(written(Format::Csv, 80, &two()), expected);
    assert_eq!(written(Format::Csv, 80, &[]), header);
}

#[test]
fn a_table_leaves_out_empty_columns_and_shows_controls_as_escapes() {
    let expected = "\
┌───────────┬─────────────┬───────┬──────┬───────┬────────┬─────────┐
│ id        ┆ title       ┆ score ┆ tags ┆ steps ┆ extra  ┆ team_id │
╞═══════════╪═════════════╪═══════╪══════╪═══════╪════════╪═════════╡
│ AppNote/1 ┆ a \"b\", c\\nd ┆   0.1 ┆ x, y ┆ []    ┆        ┆         │
│ AppNote/2 ┆ =1+1        ┆       ┆      ┆ 3, 1  ┆ \"text\" ┆ t       │
└───────────┴─────────────┴───────┴──────┴───────┴────────┴─────────┘
";
    assert_eq!(written(Format::Table, 100, &two()), expected);
    let hostile = [record(json!({"id": "AppNote/3", "title": "\u{1b}[31mred\u{1b}[0m \u{202e}evil\r"}))];
    let found = written(Format::Table, 100, &hostile);
    assert!(found.contains(r"\u{1b}[31mred\u{1b}[0m \u{202e}evil\r"), "{found}");
    assert_eq!(written(Format::Table, 100, &[]), "no records\n");
}

#[test]
fn a_table_is_never_wider_than_there_is_room() {
    let long = "word ".repeat(40);
    let wide = "日本語".repeat(30);
    let records = [
        record(json!({"id": "AppNote/1", "title": long, "tags": [wide], "score": 1e-300, "steps": [1, 2, 3]})),
        record(json!({"id": "AppNote/2", "title": wide, "extra": {"a": long}, "team_id": "t", "owned_by": "o"})),
    ];
    for width in [20, 40, 60, 80, 120, 130, 400] {
        let found = written(Format::Table, width, &records);
        let widest = found.lines().map(text::width).max().unwrap();
        assert!(widest <= width, "{width}: {widest}\n{found}");
        assert!((width < 40 || found.contains("AppNote/1")) && found.contains('…'), "{found}");
        assert_eq!(width <= 120, found.contains("not shown: "), "{width}\n{found}");
    }
}

#[test]
fn many_records_are_several_tables() {
    let records: Vec<Record> =
        (0..2_500).map(|at| record(json!({"id": format!("AppNote/{at}"), "title": "x"}))).collect();
    let found = written(Format::Table, 80, &records);
    assert_eq!(found.matches("title").count(), 3);
    assert_eq!(found.matches("AppNote/").count(), 2_500);
}

#[test]
fn one_record() {
    let shown = |format, record: &Record| {
        let mut out = Vec::new();
        write_record(&mut out, record, Layout::new(format).width(40)).unwrap();
        String::from_utf8(out).unwrap()
    };
    let long = "word ".repeat(12);
    let one = record(json!({"id": "AppNote/1", "title": format!("{long}{}", "x".repeat(50)), "extra": {"a": [1]}}));
    assert!(shown(Format::Json, &one).starts_with("{\n  \"id\": \"AppNote/1\",\n"));
    assert_eq!(shown(Format::Ndjson, &one).lines().count(), 1);
    assert_eq!(shown(Format::Csv, &one).lines().count(), 2);
    let table = shown(Format::Table, &one);
    assert!(table.lines().all(|line| text::width(line) <= 40), "{table}");
    assert_eq!(table.matches("word").count(), 12);
    assert_eq!(table.matches('x').count(), 51);
}

#[test]
fn formats_have_names() {
    for (name, format) in Format::NAMES {
        assert_eq!(Format::named(name), Some(format));
        assert_eq!(format.to_string(), name);
    }
    assert_eq!(Format::named("xml"), None);
}

#[test]
fn small_pieces() {
    assert_eq!(csv_row(&["a", "b,c", ""]), "a,\"b,c\",\r\n");
    assert_eq!(visible_lines("a\n\u{1b}b\r\n"), "a\n\\u{1b}b\\r\n");
}
