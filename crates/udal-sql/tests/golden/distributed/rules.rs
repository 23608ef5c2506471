//! What a statement must keep to, so that Citus can run it on a table that is spread by `id`.
//!
//! Each rule says what Citus answers where it is broken. Read in the sources of Citus 13.2 and seen on three servers of it;
//! `src/backend/distributed/` stands before each file.

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A message holds one statement. Two definitions in one: "cannot execute multiple utility events"
    /// (`worker/worker_data_fetch_protocol.c`).
    OneStatement,
    /// Only forms that were judged. Everything else (recursion, windows, grouping, joins of other columns, `MERGE`, set
    /// operations other than `UNION ALL` of whole queries in a `FROM`, which `planner/recursive_planning.c` runs one by one,
    /// subqueries) is to be judged before it is used (`planner/multi_logical_planner.c`).
    KnownForm,
    /// Functions are known to be immutable. Others: "functions used in the WHERE clause … must not be VOLATILE", "STABLE
    /// functions used in UPDATE queries cannot be called with column references" (`planner/multi_router_planner.c`).
    ImmutableFunctions,
    /// Who inserts or copies names `id`: "cannot perform an INSERT without a partition column value"
    /// (`planner/multi_router_planner.c`), "the partition column of table … should have a value" (`commands/multi_copy.c`).
    InsertsNameId,
    /// `id` is never assigned: "modifying the partition value of rows is not allowed" (`planner/multi_router_planner.c`).
    IdStays,
    /// Who locks rows asks for one `id`: "could not run distributed query with FOR UPDATE/SHARE commands"
    /// (`planner/multi_logical_planner.c`).
    LocksOneId,
    /// A `WITH` that writes is about one `id` in each part, the same: "modifying CTEs [are] not supported for multi shard
    /// queries" (`planner/multi_router_planner.c`).
    WritesTogetherOneId,
    /// In a `WITH`, a row is changed or deleted by its place and by what another part found, and by no other condition: one
    /// that cannot be met is taken out by the planner, and with it the table's shard: "cannot execute a distributed query
    /// from a query on a shard" (`executor/multi_executor.c`).
    WritesTogetherByPlace,
    /// Tables are joined where they lie together, on `id = id`: "complex joins are only supported when all distributed tables
    /// are co-located and joined on their distribution columns" (`planner/multi_physical_planner.c`).
    JoinsOnId,
    /// The catalog is not read together with a spread table: "direct joins between distributed and local tables are not
    /// supported" (`planner/local_distributed_join_planner.c`).
    CatalogAlone,
    /// What is skipped and what is wanted are a `bigint` together, which each shard is asked for: "LIMIT must not be
    /// negative" (`planner/multi_logical_optimizer.c`, `WorkerLimitCount`).
    SkipAndLimitFit,
    /// Keys that are unique hold `id`: "cannot create constraint on … Distributed relations cannot have UNIQUE, EXCLUDE, or
    /// PRIMARY KEY constraints that do not include the partition column" (`commands/table.c`).
    UniqueWithId,
    /// A check that comes with a column has a name: "all constraints in Citus must have explicit names" (`commands/table.c`).
    NamedChecks,
    /// A constraint or partition is added alone: "cannot execute ADD CONSTRAINT command with other subcommands" (`commands/table.c`).
    OneChange,
    /// Nothing asks where on the disk a row is: the coordinator's table has no page, so that what goes page by page does nothing.
    NoPages,
    /// Partitions are not detached concurrently: "ALTER TABLE .. DETACH PARTITION .. CONCURRENTLY commands are currently
    /// unsupported" (`commands/table.c`).
    PlainDetach,
}
