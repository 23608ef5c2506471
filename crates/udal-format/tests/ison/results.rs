//! Writing results for the tests.

use udal_core::model::{FieldType, Scalar, Shape};
use udal_core::value::Value;
use udal_format::{Format, Header, IsonOptions, Layout, ResultColumn, ResultWriter};

use crate::reading::Row;

pub(crate) fn written(header: &Header, rows: &[Row], format: Format, options: IsonOptions) -> String {
    let mut writer = ResultWriter::new(Vec::new(), header.clone(), Layout::new(format).ison(options));
    rows.iter().for_each(|row| writer.write(row).unwrap());
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

pub(crate) fn ison(header: &Header, rows: &[Row], options: IsonOptions) -> String {
    written(header, rows, Format::Ison, options)
}

pub(crate) fn one(scalar: Scalar) -> FieldType {
    FieldType::optional(scalar)
}

pub(crate) fn many(scalar: Scalar, shape: Shape) -> FieldType {
    FieldType { scalar, shape, optional: true }
}

pub(crate) fn text(text: &str) -> Option<Value> {
    Some(Value::from(text))
}

/// Columns of plain text under these names.
pub(crate) fn texts(names: &[&str]) -> Header {
    Header::new("t", names.iter().map(|name| ResultColumn::new(*name, one(Scalar::Str))).collect())
}
