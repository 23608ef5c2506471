//! A document as a parser reads it, whichever parser that is.

/// What a parser found in one place of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// The type, where one is named, and the id.
    Reference(Option<String>, String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) fields: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// Reads `text` with ison-rs.
pub(crate) fn read(text: &str) -> Vec<Block> {
    let document = ison_rs::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let block = |block: &ison_rs::Block| Block {
        kind: block.kind.clone(),
        name: block.name.clone(),
        fields: block.fields.clone(),
        rows: block.rows.iter().map(|row| block.fields.iter().map(|field| cell(&row[field])).collect()).collect(),
    };
    document.blocks.iter().map(block).collect()
}

fn cell(value: &ison_rs::Value) -> Cell {
    match value {
        ison_rs::Value::Null => Cell::Null,
        ison_rs::Value::Bool(truth) => Cell::Bool(*truth),
        ison_rs::Value::Int(number) => Cell::Int(i128::from(*number)),
        ison_rs::Value::Float(number) => Cell::Float(*number),
        ison_rs::Value::String(text) => Cell::Text(text.clone()),
        ison_rs::Value::Reference(reference) => Cell::Reference(reference.ref_type.clone(), reference.id.clone()),
    }
}
