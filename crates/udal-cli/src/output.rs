//! Where answers and messages go: answers to standard output, messages to standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use serde_json::{Value as Json, json};
use udal_format::{Format, Layout, Table};

use crate::answer;
use crate::args::Options;
use crate::exit::Exit;
use crate::failure::Failure;

/// Where answers and messages go, and in which format.
pub(crate) struct Output {
    answers: Box<dyn Write + Send>,
    messages: Box<dyn Write + Send>,
    /// The format that was asked for.
    asked: Option<Format>,
    layout: Layout,
}

impl Output {
    /// Answers to standard output, messages to standard error; a table on a terminal, JSON elsewhere, unless one is asked for.
    pub(crate) fn to_standard(options: &Options) -> Self {
        let asked = options.format;
        let is_terminal = io::stdout().is_terminal();
        let format = asked.unwrap_or(if is_terminal { Format::Table } else { Format::Json });
        Output {
            answers: Box::new(BufWriter::new(io::stdout())),
            messages: Box::new(io::stderr()),
            asked,
            layout: Layout::new(format).width(terminal_width(is_terminal)).ison(options.ison.unwrap_or_default()),
        }
    }

    /// Answers and messages both to standard output, in the order in which they come.
    pub(crate) fn all_to_standard(format: Format) -> Self {
        Output {
            answers: Box::new(io::stdout()),
            messages: Box::new(io::stdout()),
            asked: Some(format),
            layout: Layout::new(format).width(terminal_width(io::stdout().is_terminal())),
        }
    }

    /// Answers and messages to these places.
    #[cfg(test)]
    pub(crate) fn to(
        answers: impl Write + Send + 'static,
        messages: impl Write + Send + 'static,
        format: Format,
    ) -> Self {
        Output {
            answers: Box::new(answers),
            messages: Box::new(messages),
            asked: Some(format),
            layout: Layout::new(format),
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.layout.format()
    }

    /// Whether that format was asked for, rather than chosen.
    pub(crate) fn was_asked_for(&self, format: Format) -> bool {
        self.asked == Some(format)
    }

    /// Writes a line of an answer for people.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.answers, "{}", udal_format::visible_lines(text)).map_err(Failure::from)
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Where answers are written.
    pub(crate) fn answers(&mut self) -> &mut (dyn Write + Send) {
        &mut self.answers
    }

    /// Writes a small answer: `json` for programs, `text` for people, `rows` as a line of CSV or ISON each.
    pub(crate) fn answer(&mut self, json: &Json, text: &str, rows: &[&[&str]]) -> Result<(), Failure> {
        match self.format() {
            Format::Json | Format::Ndjson => writeln!(self.answers, "{json}")?,
            Format::Table => writeln!(self.answers, "{}", udal_format::visible_lines(text))?,
            Format::Csv => {
                for row in rows {
                    write!(self.answers, "{}", udal_format::csv_row(row))?;
                }
            }
            Format::Ison | Format::IsonTable => answer::write(&mut self.answers, json, rows, self.layout)?,
        }
        self.flush()
    }

    /// Writes a table, in the format for people.
    pub(crate) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        write!(self.answers, "{table}")?;
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.answers.flush().map_err(Failure::from)
    }

    /// Writes a line for people to standard error. That nobody reads it changes nothing.
    pub(crate) fn message(&mut self, text: &str) {
        let _unread = writeln!(self.messages, "{}", udal_format::visible_lines(text));
    }

    /// Writes why a command failed, as JSON when JSON was asked for; answers how the process ends.
    pub(crate) fn failure(&mut self, failure: &Failure) -> Exit {
        let _unread = self.answers.flush();
        match self.asked {
            Some(Format::Json | Format::Ndjson) => {
                if let Some(error) = failure.json() {
                    let _unread = writeln!(self.messages, "{}", json!({"error": error}));
                }
            }
            _ => {
                if let Some(text) = failure.text() {
                    self.message(&format!("error: {text}"));
                }
            }
        }
        failure.exit()
    }
}

/// How wide a table may be: the terminal, or `COLUMNS`, or the default.
fn terminal_width(is_terminal: bool) -> usize {
    let named = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let seen = || is_terminal.then(console_width).flatten();
    named.or_else(seen).unwrap_or(Layout::DEFAULT_WIDTH).max(40)
}

fn console_width() -> Option<usize> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
