//! The commands that ask many records at once.

mod graph;

use clap::{Args, Subcommand};

pub(crate) use graph::{Followed, PathArguments, SubgraphArguments, TraverseArguments};

use super::Target;
use crate::help::query as help;

#[derive(Debug, Subcommand)]
pub(crate) enum QueryCommand {
    /// Count, sum and average the records of a table, in groups
    #[command(after_help = help::AGGREGATE)]
    Aggregate(AggregateArguments),
    /// Show records of several tables side by side
    #[command(after_help = help::JOIN)]
    Join(JoinArguments),
    /// Show records of a table with their ranks, running totals and neighbours
    #[command(after_help = help::WINDOW)]
    Window(WindowArguments),
    /// Show the linked records that a path leads to
    #[command(after_help = help::TRAVERSE)]
    Traverse(TraverseArguments),
    /// Show the ways from one linked record to another
    #[command(after_help = help::PATH)]
    Path(PathArguments),
    /// Show the linked records around one, and the links between them
    #[command(after_help = help::SUBGRAPH)]
    Subgraph(SubgraphArguments),
    /// Run a SELECT of your own over models in tables, as they may be seen
    #[command(after_help = help::SQL)]
    Sql(SqlArguments),
}

#[derive(Debug, Args)]
pub(crate) struct SqlArguments {
    /// The tenant whose records are meant
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: String,
    /// The user who asks, with what they may see [default: the operator, who may see everything]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// One SELECT
    #[arg(long, value_name = "SELECT", allow_hyphen_values = true)]
    pub(crate) sql: String,
    /// A parameter, $1 first: JSON, or a text as it is; once or more often
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) param: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AggregateArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// What to group by, such as test_type,month or day_taken=day(taken_on)
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub(crate) group_by: Vec<String>,
    /// What to measure of each group, such as avg_value=AVG(value); once or more often
    #[arg(long, value_name = "NAME=FUNCTION")]
    pub(crate) metric: Vec<String>,
    /// What must be true of the records, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// What must be true of the groups, as JSON over the columns of the answer
    #[arg(long, value_name = "JSON")]
    pub(crate) having: Option<String>,
    /// The columns of the answer to order by, such as -count,test_type [default: as they are grouped]
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) order_by: Option<String>,
    /// The most groups
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    /// Where days begin, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    /// Answer hours, days or months of which there is nothing, too
    #[arg(long)]
    pub(crate) fill_gaps: bool,
    #[command(flatten)]
    pub(crate) explained: Explained,
}

#[derive(Debug, Args)]
pub(crate) struct WindowArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The fields to show, such as test_type,value [default: id]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// What to work out of the neighbours of each record, as JSON under a name; once or more often
    #[arg(long, value_name = "NAME=JSON")]
    pub(crate) window: Vec<String>,
    /// What must be true of the records, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// What must be true of the rows, as JSON over the columns of the answer
    #[arg(long, value_name = "JSON")]
    pub(crate) keep: Option<String>,
    /// The columns of the answer to order by, such as test_type,-value; the id settles ties [default: no order]
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) order_by: Option<String>,
    /// The most rows
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) explained: Explained,
}

#[derive(Debug, Args)]
pub(crate) struct JoinArguments {
    /// The tenant whose records are meant
    #[arg(long, value_name = "TENANT", allow_hyphen_values = true)]
    pub(crate) tenant: String,
    /// The user who does it, with what they may do [default: the operator, who may do everything]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// A model under a name of its own, such as r=lab.AppLabResult; twice or more often
    #[arg(long, value_name = "NAME=MODEL", required = true)]
    pub(crate) table: Vec<String>,
    /// Tables whose fields are missing where none of their records fits, such as s [default: such rows are left out]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) left: Vec<String>,
    /// Which records stand side by side, such as 'r.sample = s.id'; once or more often
    #[arg(long, value_name = "CONDITION")]
    pub(crate) on: Vec<String>,
    /// What to show, such as r.value,kind=s.kind or s.*
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// What must be true of the rows, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// The fields to order by, such as -r.value,s.kind; the ids settle ties [default: no order]
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    pub(crate) order_by: Option<String>,
    /// The most rows
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) explained: Explained,
}

/// Whether a query is run or explained.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Explained {
    /// Show the statement and the database's plan in the place of the answer
    #[arg(long)]
    pub(crate) explain: bool,
}
