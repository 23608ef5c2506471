//! The commands and their options.

mod access;
mod audit;
mod history;
mod import;
mod query;
mod who;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::parser::ValueSource;
use clap::{Args, Parser, Subcommand};
use udal::config::{ENV_CONFIG, ENV_DATA_DIR, ENV_GROUPS};
use udal_format::{Format, IsonOptions};

pub(crate) use access::{AccessCommand, MemberCommand, PolicyFile, TeamCommand, UserCommand};
pub(crate) use audit::{AuditArguments, AuditCommand};
pub(crate) use history::{DiffArguments, HistoryArguments};
pub(crate) use import::{ImportArguments, InputFormat};
pub(crate) use query::{
    AggregateArguments, Explained, Followed, JoinArguments, PathArguments, QueryCommand, SqlArguments,
    SubgraphArguments, TraverseArguments, WindowArguments,
};

use crate::help;
use crate::import::Mode;

/// The environment variable that names the format of answers.
const ENV_FORMAT: &str = "UDAL_FORMAT";

/// One record service over linked documents and tables, for many tenants
#[derive(Debug, Parser)]
#[command(name = "udal", version, after_help = help::TOP.as_str(), disable_help_subcommand = true, max_term_width = 120)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Where the embedded PostgreSQL keeps its data [default: /var/lib/udal for root, else ~/.local/share/udal]
    #[arg(long, global = true, value_name = "DIR", env = ENV_DATA_DIR, hide_env = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// The directory of group files [default: groups]
    #[arg(long, global = true, value_name = "DIR", env = ENV_GROUPS, hide_env = true)]
    pub(crate) groups: Option<PathBuf>,
    /// The configuration file [default: udal.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE", env = ENV_CONFIG, hide_env = true)]
    pub(crate) config: Option<PathBuf>,
    /// How answers are written: table, json, ndjson, csv, ison or ison_table [default: table on a terminal, else json]
    #[arg(long, global = true, value_name = "FORMAT", env = ENV_FORMAT, hide_env = true,
        value_parser = format_parser(), hide_possible_values = true)]
    pub(crate) format: Option<Format>,
    /// What ISON leaves out: plain, compact or brief, or words for single options; ison is then the format
    #[arg(long, global = true, value_name = "WORDS", value_parser = ison_options)]
    pub(crate) ison: Option<IsonOptions>,
}

impl Options {
    /// The options, where `--ison` was given, with a format that it is for.
    ///
    /// # Errors
    /// What is wrong where `--format`, too, was given and says something else.
    pub(crate) fn with_ison(mut self, format_from: Option<ValueSource>) -> Result<Self, String> {
        match self.format {
            Some(Format::Ison | Format::IsonTable) => {}
            Some(format) if self.ison.is_some() && format_from == Some(ValueSource::CommandLine) => {
                return Err(format!("--ison says what ISON leaves out; --format {format} does not go with it"));
            }
            // What the environment says is for commands that say nothing.
            _ if self.ison.is_some() => self.format = Some(Format::Ison),
            _ => {}
        }
        Ok(self)
    }
}

fn ison_options(words: &str) -> Result<IsonOptions, String> {
    words.parse().map_err(|error: udal::Error| {
        let hint = error.mend().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{}{hint}", error.message())
    })
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name))
        .map(|name| Format::named(&name).unwrap_or(Format::Json))
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check and show models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Create, list, maintain and drop tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Compare tables with their models, and bring them up to them
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Read and write records
    #[command(subcommand)]
    Record(RecordCommand),
    /// Ask many records at once: reports over tables
    #[command(subcommand)]
    Query(QueryCommand),
    /// Say who may do what: users, teams, roles, grants, shares
    #[command(subcommand)]
    Access(AccessCommand),
    /// Show what was done and denied, and by whom
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Show what Udal does, on data of its own
    #[command(after_help = help::DEMO)]
    Demo(Demo),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Check group files and list every error
    #[command(after_help = help::MODEL_CHECK)]
    Check {
        /// The directory of group files
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// List groups and models
    #[command(after_help = help::MODEL_LIST)]
    List,
    /// Show a model's fields, types and storage
    #[command(after_help = help::MODEL_SHOW)]
    Show {
        /// The group, such as lab
        group: String,
        /// The model, such as AppLabResult
        model: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Create a tenant
    #[command(after_help = help::TENANT_CREATE)]
    Create {
        /// The tenant's name
        #[arg(value_name = "TENANT", allow_hyphen_values = true)]
        name: String,
        /// The server that its database is to be on [default: the one with most room]
        #[arg(long, value_name = "SERVER")]
        server: Option<String>,
        /// The TerminusDB server that its graph database is to be on [default: the one with most room]
        #[arg(long, value_name = "SERVER")]
        graph_server: Option<String>,
    },
    /// List the tenants, their servers and states
    #[command(after_help = help::TENANT_LIST)]
    List,
    /// Make partitions ahead, drop those whose retention is over, forget old idempotency keys
    #[command(after_help = help::TENANT_MAINTAIN)]
    Maintain {
        /// The tenant's name
        #[arg(value_name = "TENANT", allow_hyphen_values = true)]
        name: String,
    },
    /// Remove a tenant with everything in it
    #[command(after_help = help::TENANT_DROP)]
    Drop {
        /// The tenant's name
        #[arg(value_name = "TENANT", allow_hyphen_values = true)]
        name: String,
        /// Really remove it
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Show what differs between models and tables, and what would be done
    #[command(after_help = help::MIGRATE_PLAN)]
    Plan(MigrateArguments),
    /// Add what tables lack, and do what is allowed beyond that
    #[command(after_help = help::MIGRATE_APPLY)]
    Apply(MigrateArguments),
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// A tenant, once or more often [default: every one, and the shared reference database]
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: Vec<String>,
    /// A change that could lose data and may be done, such as drop-column:lab.AppLabResult.unit
    #[arg(long, value_name = "CHANGE", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// What records get that lack a value, as JSON, such as lab.AppLabResult.unit='"g"'
    #[arg(long, value_name = "FIELD=JSON")]
    pub(crate) fill: Vec<String>,
    /// How many databases are worked on at the same time, as far as there are connections for maintenance
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) parallel: u16,
}

/// The model and the tenant that a command is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// The group, such as lab
    pub(crate) group: String,
    /// The model, such as AppLabResult
    pub(crate) model: String,
    /// The tenant whose records are meant
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: String,
    /// The user who does it, with what they may do [default: the operator, who may do everything]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Create a record
    #[command(after_help = help::RECORD_CREATE)]
    Create(CreateArguments),
    /// Read a record by its id
    #[command(after_help = help::RECORD_GET)]
    Get {
        #[command(flatten)]
        target: Target,
        /// The record's id, such as AppLabResult/r1
        id: String,
        /// As it was after a commit that `history` names, or at a time such as 2024-05-01T12:00:00Z
        #[arg(long, value_name = "COMMIT|TIME")]
        at: Option<String>,
    },
    /// Show what a record was, where the storage keeps history
    #[command(after_help = help::RECORD_HISTORY)]
    History(HistoryArguments),
    /// Show what differs between two versions of a record, where the storage keeps history
    #[command(after_help = help::RECORD_DIFF)]
    Diff(DiffArguments),
    /// Change fields of a record
    #[command(after_help = help::RECORD_UPDATE)]
    Update(UpdateArguments),
    /// Delete a record, or those that a file names
    #[command(after_help = help::RECORD_DELETE)]
    Delete(DeleteArguments),
    /// List records by a filter, in an order
    #[command(after_help = help::RECORD_LIST)]
    List(ListArguments),
    /// Find records by words
    #[command(after_help = help::RECORD_SEARCH)]
    Search(SearchArguments),
    /// Count records
    #[command(after_help = help::RECORD_COUNT)]
    Count {
        #[command(flatten)]
        target: Target,
        /// What must be true of them, as JSON
        #[arg(long, value_name = "JSON")]
        filter: Option<String>,
    },
    /// Create or change records from a file
    #[command(after_help = help::RECORD_IMPORT)]
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record as a JSON object; - reads it from standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) data: String,
    /// Makes a repetition of this create answer what the first one did
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record's id, such as AppLabResult/r1
    pub(crate) id: String,
    /// The fields to change as a JSON object; - reads it from standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) data: String,
    /// Change it only if it has this version
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_version: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record's id, such as AppLabResult/r1
    #[arg(required_unless_present = "from")]
    pub(crate) id: Option<String>,
    /// Delete only if the record has this version
    #[arg(long, value_name = "VERSION", requires = "id")]
    pub(crate) if_version: Option<i64>,
    /// Delete every record that this file names, by an id a line; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "if_version"])]
    pub(crate) from: Option<PathBuf>,
    /// Delete all that the file names or none
    #[arg(long, requires = "from", conflicts_with = "id")]
    pub(crate) atomic: bool,
    /// Write every row that could not be deleted to this file, as JSON a line
    #[arg(long, value_name = "FILE", requires = "from", conflicts_with = "id")]
    pub(crate) errors: Option<PathBuf>,
}

impl DeleteArguments {
    /// The deletes of a file, which is read as an import's is; `None` where there is no file.
    pub(crate) fn of_file(&self) -> Option<ImportArguments> {
        let DeleteArguments { target, id: _, if_version: _, from, atomic, errors } = self;
        Some(ImportArguments {
            target: target.clone(),
            file: from.clone()?,
            mode: Mode::Delete,
            input_format: None,
            atomic: *atomic,
            without: Vec::new(),
            errors: errors.clone(),
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// What must be true of them, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// The fields to order by, such as -value,test_type
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    pub(crate) order_by: Option<String>,
    /// The most records to list [default: 100]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// How many records to pass over first
    #[arg(long, value_name = "COUNT")]
    pub(crate) skip: Option<u64>,
    /// Where an earlier list of the same filter and order ended
    #[arg(long, value_name = "CURSOR", conflicts_with = "skip")]
    pub(crate) cursor: Option<String>,
    /// List every record, however many
    #[arg(long, conflicts_with_all = ["limit", "skip", "cursor"])]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The words to find
    #[arg(value_name = "WORDS", allow_hyphen_values = true)]
    pub(crate) words: String,
    /// The text fields to look in, such as name,city [default: every text field]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// The most records to find [default: 100]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// How many lab results to make
    #[arg(long, value_name = "COUNT", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    pub(crate) results: u64,
}
