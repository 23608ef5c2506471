//! Tables for people: safe to show, and never wider than there is room.

use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement};

use crate::text::{cut, visible, width};

/// The widest a column is, in columns of a terminal.
const WIDEST: usize = 48;
/// A column is made no narrower than this to make room for others; those on the right are left out instead.
const NARROWEST: usize = 20;
/// This many columns on the left are always shown.
const ALWAYS_SHOWN: usize = 2;
/// What columns that are always shown are narrowed to where there is next to no room.
const CRAMPED: usize = 4;

/// Which side of a column its cells stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The left: text.
    Left,
    /// The right: numbers.
    Right,
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The side its cells stand on.
    pub align: Align,
}

impl Column {
    /// A column of text.
    pub fn text(name: impl Into<String>) -> Self {
        Column { name: name.into(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Column { name: name.into(), align: Align::Right }
    }
}

/// Rows under named columns. [`Display`](fmt::Display) writes them, each line ended.
///
/// Where there is no room for all, wide columns are narrowed, then those on the right left out; a last line names them.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    width: usize,
    cut_cells: bool,
}

impl Table {
    /// A table without rows, at most `width` columns of a terminal wide.
    pub fn new(columns: Vec<Column>, width: usize) -> Self {
        Table { columns, rows: Vec::new(), width, cut_cells: true }
    }

    /// The same table, whose cells take several lines rather than being cut.
    #[must_use]
    pub fn wrapped(mut self) -> Self {
        self.cut_cells = false;
        self
    }

    /// Adds a row, with a cell a column.
    pub fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| visible(cell)).collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The columns that are shown, with their widths.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
                let widest = if self.cut_cells { WIDEST } else { usize::MAX };
                cells.max().unwrap_or(0).min(widest).max(width(&column.name)).max(1)
            })
            .collect();
        // Each column has a border and two blanks; the last border stands at the end.
        let total =
            |widths: &[usize]| widths.iter().map(|width| width.saturating_add(3)).fold(1, usize::saturating_add);
        while total(&widths) > self.width {
            let excess = total(&widths) - self.width;
            let shown = widths.len();
            // The first column says which row it is: it is cut last.
            let widest_but_first = widths.iter_mut().skip(1).max_by_key(|width| **width);
            if let Some(widest) = widest_but_first.filter(|width| **width > NARROWEST) {
                *widest = widest.saturating_sub(excess).max(NARROWEST);
            } else if shown > ALWAYS_SHOWN {
                widths.pop();
            } else if let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > CRAMPED)
            {
                *widest = widest.saturating_sub(excess).max(CRAMPED);
            } else {
                break;
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let mut table = comfy_table::Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.columns.iter().zip(&widths).map(|(column, width)| cut(&column.name, *width)));
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).zip(&widths).map(|((cell, column), width)| {
                let text = if self.cut_cells { cut(cell, *width) } else { wrap(cell, *width) };
                Cell::new(text).set_alignment(match column.align {
                    Align::Left => CellAlignment::Left,
                    Align::Right => CellAlignment::Right,
                })
            });
            table.add_row(cells);
        }
        writeln!(f, "{table}")?;
        let left_out: Vec<&str> = self.columns.iter().skip(widths.len()).map(|column| column.name.as_str()).collect();
        if left_out.is_empty() {
            return Ok(());
        }
        writeln!(f, "{}", cut(&format!("not shown: {}", left_out.join(", ")), self.width))
    }
}

/// `text` in lines of at most `columns`, broken at blanks where there are any.
fn wrap(text: &str, columns: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let mut rest = word;
        while !rest.is_empty() {
            let line_width = lines.last().map_or(0, |line| width(line));
            if line_width + width(rest.trim_end()) <= columns {
                lines.last_mut().into_iter().for_each(|line| line.push_str(rest));
                break;
            }
            if line_width > 0 {
                lines.push(String::new());
                continue;
            }
            let end = rest.char_indices().map(|(at, character)| at + character.len_utf8());
            let fits = end.take_while(|end| width(rest.get(..*end).unwrap_or_default()) <= columns).last();
            let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
            let (head, tail) = rest.split_at(fits.unwrap_or(first));
            lines.last_mut().into_iter().for_each(|line| line.push_str(head));
            rest = tail;
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}
