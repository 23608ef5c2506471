//! A JSON object a line.

use std::io::{self, BufRead};

use udal::Error;

use super::Mode;
use super::rows::{MAX_ROW_BYTES, Row, Source, too_long};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a file, blank ones aside.
pub(super) struct LineRows {
    source: Source,
    line: u64,
    position: u64,
    text: Vec<u8>,
    mode: Mode,
}

impl LineRows {
    pub(super) fn new(source: Source, mode: Mode) -> Self {
        LineRows { source, line: 0, position: 0, text: Vec::new(), mode }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        while let Some(fits) = self.read_line()? {
            let mut text = self.text.as_slice();
            if self.line == 1 {
                text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
            }
            let text = text.trim_ascii();
            if fits && text.is_empty() {
                continue;
            }
            let json = if fits { parse(text, self.mode) } else { Err(too_long()) };
            return Ok(Some(Row { line: self.line, json }));
        }
        Ok(None)
    }

    /// Reads a line into `text`; answers whether it fits, or none at the end. What does not fit is passed over.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.text.clear();
        let mut fits = true;
        let mut any = false;
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            any = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            fits &= self.text.len() + taken <= MAX_ROW_BYTES;
            if fits {
                self.text.extend_from_slice(bytes.get(..taken).unwrap_or_default());
            }
            self.source.consume(taken);
            self.position += taken as u64;
            if end.is_some() {
                break;
            }
        }
        self.line += u64::from(any);
        Ok(any.then_some(fits))
    }
}

/// Reads a JSON text; where records are deleted, a line that does not begin as JSON does is an id.
fn parse(text: &[u8], mode: Mode) -> udal::Result<serde_json::Value> {
    let text = std::str::from_utf8(text)
        .map_err(|error| Error::invalid(format!("not UTF-8 from byte {} of the line on", error.valid_up_to() + 1)))?;
    if mode == Mode::Delete && !text.starts_with(['{', '[', '"']) {
        return Ok(serde_json::Value::from(text));
    }
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        Error::invalid(format!("not JSON: {said} at column {}", error.column()))
    })
}
