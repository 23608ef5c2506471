//! What a reader who knows the columns' types makes of a document: the values that were written.

use std::collections::HashMap;

use serde_json::Value as Json;
use udal_core::model::{Scalar, Shape};
use udal_core::value::Value;
use udal_format::{ColumnKind, Header, Ids, IsonOptions, Uuids};

use crate::oracle::{Block, Cell};

/// A row of a result, as it is given to a writer.
pub(crate) type Row = Vec<Option<Value>>;

/// Checks that `blocks` hold `rows`, in their order.
pub(crate) fn check(blocks: &[Block], header: &Header, rows: &[Row], options: IsonOptions, text: &str) {
    let map = blocks.iter().find(|block| block.kind == "map");
    let numbers: HashMap<i128, String> = map.map(map_of).unwrap_or_default();
    let mut found = 0;
    let mut prefixes: HashMap<String, String> = HashMap::new();
    for block in blocks {
        match block.kind.as_str() {
            "meta" => {
                assert_eq!(block.rows.len(), 1, "{text}");
                let texts = block.rows[0].iter().map(|cell| text_of(cell).to_owned());
                prefixes = block.fields.iter().cloned().zip(texts).collect();
            }
            "table" => {
                let reader = Reader { prefixes: std::mem::take(&mut prefixes), numbers: &numbers, options };
                for row in &block.rows {
                    let expected = rows.get(found).unwrap_or_else(|| panic!("more rows than were written\n{text}"));
                    for (column, value) in header.columns().iter().zip(expected) {
                        let at = block.fields.iter().position(|field| field == column.name());
                        let cell = at.map_or(&Cell::Null, |at| &row[at]);
                        reader.check(column.name(), column.kind(), value.as_ref(), cell, text);
                    }
                    found += 1;
                }
            }
            "map" => {}
            other => panic!("a block of kind {other}\n{text}"),
        }
    }
    assert_eq!(found, rows.len(), "{text}");
}

fn map_of(block: &Block) -> HashMap<i128, String> {
    assert_eq!(block.fields, ["n", "id"]);
    let pair = |row: &Vec<Cell>| match &row[..] {
        [Cell::Int(number), Cell::Text(text)] => (*number, text.clone()),
        other => panic!("{other:?}"),
    };
    block.rows.iter().map(pair).collect()
}

struct Reader<'a> {
    prefixes: HashMap<String, String>,
    numbers: &'a HashMap<i128, String>,
    options: IsonOptions,
}

impl Reader<'_> {
    /// Checks one cell of a column.
    fn check(&self, name: &str, kind: &ColumnKind, expected: Option<&Value>, cell: &Cell, text: &str) {
        let found = match (kind, cell) {
            (_, Cell::Null) => None,
            (ColumnKind::References, cell) => Some(Json::String(self.any_id(cell))),
            (ColumnKind::Ids(_), cell) => Some(Json::String(self.id(name, cell))),
            (ColumnKind::Values(field_type), cell) => match field_type.shape {
                Shape::One => Some(self.one(name, &field_type.scalar, cell)),
                Shape::Set | Shape::List => Some(Json::Array(self.list(name, &field_type.scalar, cell))),
            },
        };
        let expected = match expected {
            Some(Value::Float(number)) if !number.is_finite() => None,
            expected => expected.map(Value::to_json),
        };
        assert_eq!(found, expected, "column {name} of {kind:?}, read as {cell:?}\n{text}");
    }

    fn one(&self, name: &str, scalar: &Scalar, cell: &Cell) -> Json {
        match (scalar, cell) {
            (Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_), cell) => Json::String(self.id(name, cell)),
            (Scalar::Int, Cell::Int(number)) => Json::from(i64::try_from(*number).unwrap()),
            (Scalar::Int, Cell::Text(text)) => Json::from(text.parse::<i64>().unwrap()),
            (Scalar::Float, Cell::Float(number)) => Json::from(*number),
            (Scalar::Bool, Cell::Bool(truth)) => Json::Bool(*truth),
            (Scalar::DateTime | Scalar::Date | Scalar::Decimal, Cell::Text(text)) => Json::String(text.clone()),
            (Scalar::Json, Cell::Text(text)) => serde_json::from_str(text).unwrap(),
            (Scalar::Json, Cell::Int(number)) => Json::from(i64::try_from(*number).unwrap()),
            (Scalar::Json, Cell::Float(number)) => Json::from(*number),
            (Scalar::Json, Cell::Bool(truth)) => Json::Bool(*truth),
            (scalar, cell) => panic!("{scalar:?} is read as {cell:?}"),
        }
    }

    /// Elements: JSON text after a bracket, else parted by commas.
    fn list(&self, name: &str, scalar: &Scalar, cell: &Cell) -> Vec<Json> {
        let text = match cell {
            Cell::Text(text) if text.starts_with('[') => {
                let items: Vec<Json> = serde_json::from_str(text).unwrap();
                return items.into_iter().map(|item| self.element_of_json(name, scalar, item)).collect();
            }
            Cell::Text(text) => text.clone(),
            Cell::Int(number) => number.to_string(),
            Cell::Float(number) => Json::from(*number).to_string(),
            Cell::Bool(truth) => truth.to_string(),
            other => panic!("a list is read as {other:?}"),
        };
        text.split(',').map(|item| self.element_of_text(name, scalar, item)).collect()
    }

    fn element_of_json(&self, name: &str, scalar: &Scalar, item: Json) -> Json {
        match (scalar, item) {
            (Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_), Json::Number(number)) => {
                Json::String(self.numbered(name, i128::from(number.as_i64().unwrap())))
            }
            (Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_), Json::String(text)) => {
                Json::String(self.whole(name, &text))
            }
            (_, item) => item,
        }
    }

    fn element_of_text(&self, name: &str, scalar: &Scalar, item: &str) -> Json {
        match scalar {
            Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_) => match item.parse() {
                Ok(number) => Json::String(self.numbered(name, number)),
                Err(_) => Json::String(self.whole(name, item)),
            },
            Scalar::DateTime | Scalar::Date | Scalar::Decimal => Json::String(item.to_owned()),
            Scalar::Int | Scalar::Bool | Scalar::Json => serde_json::from_str(item).unwrap(),
            Scalar::Float => Json::from(item.parse::<f64>().unwrap()),
        }
    }

    /// A text, or the id of a reference to a record of a model that is known.
    fn id(&self, name: &str, cell: &Cell) -> String {
        match cell {
            Cell::Int(number) => self.numbered(name, *number),
            Cell::Text(text) => self.whole(name, text),
            Cell::Reference(None, id) if self.is_numbered(id) => self.numbers[&id.parse().unwrap()].clone(),
            Cell::Reference(None, id) => self.whole(name, id),
            other => panic!("an id is read as {other:?}"),
        }
    }

    /// The id of a reference to a record of any model.
    fn any_id(&self, cell: &Cell) -> String {
        let apart = self.options.ids == Ids::PrefixInMeta;
        match cell {
            Cell::Reference(Some(model), key) if apart => format!("{model}/{key}"),
            Cell::Reference(None, id) if self.is_numbered(id) => self.numbers[&id.parse().unwrap()].clone(),
            Cell::Reference(None, id) | Cell::Text(id) if apart => match id.strip_prefix('=') {
                Some(whole) => whole.to_owned(),
                None => id.replacen(':', "/", 1),
            },
            Cell::Reference(None, id) | Cell::Text(id) => id.clone(),
            other => panic!("a reference is read as {other:?}"),
        }
    }

    /// What a number in the place of an id stands for: a UUID, or what follows the column's prefix.
    fn numbered(&self, name: &str, number: i128) -> String {
        match self.options.uuids {
            Uuids::Numbered => self.numbers[&number].clone(),
            Uuids::Whole => format!("{}{number}", self.prefixes[name]),
        }
    }

    fn is_numbered(&self, id: &str) -> bool {
        self.options.uuids == Uuids::Numbered && id.bytes().all(|byte| byte.is_ascii_digit())
    }

    fn whole(&self, name: &str, text: &str) -> String {
        match (self.prefixes.get(name), text.strip_prefix('=')) {
            (None, _) => text.to_owned(),
            (Some(_), Some(whole)) => whole.to_owned(),
            (Some(prefix), None) => format!("{prefix}{text}"),
        }
    }
}

fn text_of(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        other => panic!("not a text: {other:?}"),
    }
}
