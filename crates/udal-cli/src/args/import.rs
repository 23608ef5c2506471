//! Options of an import.

use std::path::PathBuf;

use clap::Args;

use super::Target;
use crate::import::Mode;

/// How a file of records is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum InputFormat {
    /// A JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The file; - is standard input
    pub(crate) file: PathBuf,
    /// What is done with each row: create, upsert or update
    #[arg(long, value_name = "MODE", value_enum, default_value_t = Mode::Create, hide_possible_values = true)]
    pub(crate) mode: Mode,
    /// How the file is written [default: by the file's ending; ndjson]
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true)]
    pub(crate) input_format: Option<InputFormat>,
    /// Write all rows or none
    #[arg(long)]
    pub(crate) atomic: bool,
    /// Fields of the file to leave out, such as version,updated_at
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Write every row that could not be imported to this file, as JSON a line
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
}
