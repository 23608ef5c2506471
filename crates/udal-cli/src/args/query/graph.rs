//! The commands that walk along links.

use clap::Args;

use super::super::Target;

#[derive(Debug, Args)]
pub(crate) struct TraverseArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record to start from, such as AppCRMAccount/acme-123
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) start: String,
    /// The links to follow, such as contacts/opportunities
    #[arg(long, value_name = "PATH")]
    pub(crate) path: String,
    /// The most links to go away [default: as many as the path has; 10 where it has no end]
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_depth: Option<u32>,
    /// The most records to look at [default: 10000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_nodes: Option<usize>,
}

/// Which links are followed.
#[derive(Clone, Debug, Args)]
pub(crate) struct Followed {
    /// The links to follow, by their fields' names, with commas between [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) links: Vec<String>,
    /// Follow links back, too
    #[arg(long)]
    pub(crate) both_ways: bool,
    /// The most records to look at [default: 10000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_nodes: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct PathArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record to start from, such as AppCRMAccount/acme-123
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) start: String,
    /// The record to arrive at
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) end: String,
    #[command(flatten)]
    pub(crate) followed: Followed,
    /// The longest way to look for, in links [default: 10]
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_length: Option<u32>,
    /// The most ways to show, the shortest first [default: 1]
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct SubgraphArguments {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The record in the middle, such as AppCRMAccount/acme-123
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) root: String,
    /// How many links away
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) depth: u32,
    #[command(flatten)]
    pub(crate) followed: Followed,
}
