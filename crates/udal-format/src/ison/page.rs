//! Blocks and rows as text, in one notation or the other.

use std::io::{self, Write};

use udal_core::value::Value;

use super::block::Block;
use super::cell::{Cell, Numbers};
use super::names::Names;
use super::options::IsonOptions;
use super::picture;
use super::token::write_string;
use super::tokens::write_row;
use crate::header::Header;

/// About this many bytes are written at once.
const BUFFER: usize = 16 << 10;

/// Which of the two forms is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Official ISON.
    Tokens,
    /// The piped picture.
    Picture,
}

/// What is written, with what its blocks have in common.
pub(crate) struct Page<W: Write> {
    out: W,
    text: String,
    notation: Notation,
    names: Names,
    numbers: Numbers,
    is_empty: bool,
}

impl<W: Write> Page<W> {
    pub(crate) fn new(out: W, notation: Notation) -> Self {
        Page {
            out,
            text: String::with_capacity(BUFFER * 2),
            notation,
            names: Names::default(),
            numbers: Numbers::default(),
            is_empty: true,
        }
    }

    pub(crate) fn notation(&self) -> Notation {
        self.notation
    }

    /// Writes how `block` starts: what is left out of its ids, its name, its fields. The picture's columns become wide
    /// enough for the rows that are `known`.
    pub(crate) fn start(&mut self, header: &Header, block: &mut Block, known: &[Vec<Option<Value>>]) {
        // A block without fields is none.
        if block.columns.is_empty() {
            return;
        }
        let name = self.names.block(header.name());
        let prefixes: Vec<(&str, &str)> = block.prefixes().collect();
        if !prefixes.is_empty() {
            let meta = self.names.block(&format!("{name}_prefixes"));
            let (fields, values): (Vec<&str>, Vec<&str>) = prefixes.into_iter().unzip();
            let values = values.into_iter().map(Cell::Text).collect();
            self.block("meta", &meta, &fields, vec![values]);
        }
        if self.notation == Notation::Picture {
            let mut widths = vec![0; block.columns.len()];
            let mut numbers = self.numbers.clone();
            for row in known {
                picture::widen(&mut widths, &picture_cells(block.cells(row, &mut numbers)));
            }
            block.widths = widths;
        }
        let fields: Vec<&str> = block.names.iter().map(String::as_str).collect();
        self.head(header.kind().word(), &name, &fields, &mut block.widths);
    }

    /// Writes a row of `block`; of a new one where the row has a value that `block` has no column for.
    pub(crate) fn row(
        &mut self,
        header: &Header,
        block: &mut Block,
        row: &[Option<Value>],
        options: IsonOptions,
    ) -> io::Result<()> {
        if block.lacks_column_for(row) {
            *block = block.widened(header, row, options);
            self.start(header, block, &[row.to_vec()]);
        }
        let count = block.cells_of(row, options);
        if count == 0 {
            return Ok(());
        }
        let cells = block.cells(row, &mut self.numbers);
        match self.notation {
            Notation::Tokens => write_row(&mut self.text, cells.take(count)),
            Notation::Picture => picture::write_line(&mut self.text, &picture_cells(cells), &block.widths),
        }
        if self.text.len() >= BUFFER {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    /// Writes what the numbers for UUIDs stand for, and ends.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let numbers = std::mem::take(&mut self.numbers);
        let rows: Vec<Vec<Cell<'_>>> =
            numbers.in_order().into_iter().map(|(number, text)| vec![Cell::Number(number), Cell::Text(text)]).collect();
        if !rows.is_empty() {
            let name = self.names.block("ids");
            self.block("map", &name, &["n", "id"], rows);
        }
        self.out.write_all(self.text.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Writes a block that is known as a whole.
    fn block(&mut self, kind: &str, name: &str, fields: &[&str], rows: Vec<Vec<Cell<'_>>>) {
        match self.notation {
            Notation::Tokens => {
                self.head(kind, name, fields, &mut []);
                for row in rows {
                    write_row(&mut self.text, row.into_iter());
                }
            }
            Notation::Picture => {
                let lines: Vec<Vec<String>> = rows.into_iter().map(|row| picture_cells(row.into_iter())).collect();
                let mut widths = vec![0; fields.len()];
                lines.iter().for_each(|line| picture::widen(&mut widths, line));
                self.head(kind, name, fields, &mut widths);
                lines.iter().for_each(|line| picture::write_line(&mut self.text, line, &widths));
            }
        }
    }

    /// Writes a block's name and the names of its fields.
    fn head(&mut self, kind: &str, name: &str, fields: &[&str], widths: &mut [usize]) {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push('\n');
        }
        match self.notation {
            Notation::Tokens => {
                self.text.extend([kind, ".", name, "\n"]);
                for (at, field) in fields.iter().enumerate() {
                    if at > 0 {
                        self.text.push(' ');
                    }
                    write_string(&mut self.text, field);
                }
                self.text.push('\n');
            }
            Notation::Picture => {
                self.text.extend(["@", name, "\n"]);
                let names = picture_cells(fields.iter().map(|field| Cell::Text(field)));
                picture::widen(widths, &names);
                picture::write_line(&mut self.text, &names, widths);
            }
        }
    }
}

fn picture_cells<'a>(cells: impl Iterator<Item = Cell<'a>>) -> Vec<String> {
    cells.map(|cell| picture::text(&cell)).collect()
}
