//! Which columns a block has, in which order, and what is left out of their values.

use udal_core::value::Value;

use super::cell::{Cell, ColumnWriting, Numbers, is_numbered};
use super::names::Names;
use super::options::{ColumnOrder, Ids, IsonOptions, NullColumns, TrailingNulls};
use super::tokens::is_quoted;
use crate::header::{Header, ResultColumn};

/// A `meta` block says what a column's values start with where at least this many of them do: for fewer it would take more
/// room than it saves.
const WORTH_A_PREFIX: usize = 4;

/// From this many rows it is told which columns are mostly quoted.
const SAMPLE: usize = 100;

/// What a block is made of.
pub(crate) struct Block {
    /// Its columns, in the order in which they are written.
    pub(crate) columns: Vec<ColumnWriting>,
    /// The names of its fields.
    pub(crate) names: Vec<String>,
    /// How wide each column of the picture is.
    pub(crate) widths: Vec<usize>,
    /// The result's columns that it leaves out.
    absent: Vec<ResultColumn>,
}

/// Where a column stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    First,
    Last,
}

impl Block {
    /// The block in which `rows` of a result are written, and those that follow them.
    pub(crate) fn of(header: &Header, rows: &[Vec<Option<Value>>], options: IsonOptions) -> Block {
        let has_value = |column: &ResultColumn| rows.iter().any(|row| column.value(row).is_some());
        let keeps_all = options.null_columns == NullColumns::Kept || rows.is_empty();
        let written = |column: &ResultColumn| keeps_all || has_value(column);
        let mut columns: Vec<ColumnWriting> = header
            .columns()
            .iter()
            .filter(|column| written(column))
            .map(|column| ColumnWriting::new(column, prefix(column, rows, options), options))
            .collect();
        if columns.is_empty() {
            // A row needs a token.
            columns.extend(header.columns().first().map(|column| ColumnWriting::new(column, None, options)));
        }
        if options.columns == ColumnOrder::QuotedLast {
            columns.sort_by_key(|column| place(column, rows));
        }
        Block::with(header, columns)
    }

    /// The block in which `row` can be written, and all that this one can hold.
    pub(crate) fn widened(&self, header: &Header, row: &[Option<Value>], options: IsonOptions) -> Block {
        let again = |column: &ColumnWriting| {
            let prefix = column.prefix().map(str::to_owned);
            ColumnWriting::new(column.column(), prefix, options)
        };
        let added = self.absent.iter().filter(|column| column.value(row).is_some());
        let added = added.map(|column| ColumnWriting::new(column, None, options));
        let mut columns: Vec<ColumnWriting> = self.columns.iter().map(again).chain(added).collect();
        if options.columns == ColumnOrder::AsGiven {
            let at = |column: &ColumnWriting| header.columns().iter().position(|other| other == column.column());
            columns.sort_by_key(at);
        }
        Block::with(header, columns)
    }

    fn with(header: &Header, columns: Vec<ColumnWriting>) -> Block {
        let mut names = Names::default();
        let is_absent = |column: &&ResultColumn| !columns.iter().any(|written| written.column() == *column);
        Block {
            names: columns.iter().map(|column| names.field(column.column().name())).collect(),
            widths: Vec::new(),
            absent: header.columns().iter().filter(is_absent).cloned().collect(),
            columns,
        }
    }

    /// What is left out at the start of each field's values, where something is.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.columns.iter().zip(&self.names);
        fields.filter_map(|(column, name)| Some((name.as_str(), column.prefix()?)))
    }

    /// Whether `row` has a value that this block leaves out.
    pub(crate) fn lacks_column_for(&self, row: &[Option<Value>]) -> bool {
        self.absent.iter().any(|column| column.value(row).is_some())
    }

    /// How many cells of `row` are written.
    pub(crate) fn cells_of(&self, row: &[Option<Value>], options: IsonOptions) -> usize {
        match options.trailing_nulls {
            TrailingNulls::Kept => self.columns.len(),
            TrailingNulls::Dropped => {
                let last = self.columns.iter().rposition(|column| column.column().value(row).is_some());
                last.map_or(1, |last| last + 1).min(self.columns.len())
            }
        }
    }

    /// What is written of `row`.
    pub(crate) fn cells<'a>(
        &'a self,
        row: &'a [Option<Value>],
        numbers: &'a mut Numbers,
    ) -> impl Iterator<Item = Cell<'a>> {
        self.columns.iter().map(|column| column.cell(row, numbers))
    }
}

/// What is left out at the start of each value of `column`.
fn prefix(column: &ResultColumn, rows: &[Vec<Option<Value>>], options: IsonOptions) -> Option<String> {
    let prefix = column.prefix().filter(|_| options.ids == Ids::PrefixInMeta)?;
    let values = rows.iter().filter_map(|row| column.value(row)).flat_map(Value::elements).filter_map(Value::as_str);
    let shortened = values.filter(|text| text.starts_with(&prefix) && !is_numbered(text, options));
    (shortened.take(WORTH_A_PREFIX).count() == WORTH_A_PREFIX).then_some(prefix)
}

/// Last for a column of which more than half of the values are quoted.
fn place(column: &ColumnWriting, rows: &[Vec<Option<Value>>]) -> Place {
    let mut numbers = Numbers::default();
    let (mut quoted, mut bare) = (0, 0);
    for row in rows.iter().take(SAMPLE).filter(|row| column.column().value(row).is_some()) {
        let count = if is_quoted(&column.cell(row, &mut numbers)) { &mut quoted } else { &mut bare };
        *count += 1;
    }
    if quoted > bare { Place::Last } else { Place::First }
}
