//! Walks along links: one statement each, which goes a level further in each turn.
//!
//! A recursive query whose rows are links walks cycles again and again. Here a row is a whole level: the records of it as
//! arrays, and all that were met before, so that none is met twice in the same state. What must be true of a record is asked
//! where it is met: one of which it is false is not in the level, and nothing is walked from it.

use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::value::Value;
use udal_query::graph::{Link, Paths, Subgraph, Transition, Traverse, Walk};

use super::{DOCUMENTS, Documents, SELECTION};
use crate::{Param, Sql, SqlType, Statement, write_predicate};

/// The most links between records that a subgraph answers.
pub const MAX_EDGES: usize = 500_000;

/// What is true of the records of each model of a walk that the asker may see, in the order of [`Walk::models`].
pub type Reaches<'a> = &'a [Predicate];

/// The record in which ways are to end.
#[derive(Clone, Copy, Debug)]
pub struct WayEnd<'a> {
    /// Its model.
    pub model: &'a Model,
    /// What must be true of it.
    pub reach: &'a Predicate,
}

/// The columns that a walk answers, after those of the document.
pub mod walk_column {
    /// How many links away; none for a link between two records.
    pub const DEPTH: usize = 9;
    /// The state.
    pub const STATE: usize = 10;
    /// Where in the level before the record stands from which it was reached, from 1.
    pub const PARENT: usize = 11;
    /// The link from there.
    pub const LINK: usize = 12;
    /// Where it stands in its level, from 1.
    pub const PLACE: usize = 13;
    /// The record's id, or that of the record which holds a link.
    pub const RECORD: usize = 14;
    /// The field that holds a link.
    pub const FIELD: usize = 15;
    /// The id that a link leads to.
    pub const TARGET: usize = 16;
}

/// What a walk answers.
struct Answer<'a> {
    /// The states whose records are answered whole.
    whole: Vec<usize>,
    /// Whether the links between the records are answered.
    edges: bool,
    /// Where it ends, and whether it stops there.
    end: Option<(&'a str, WayEnd<'a>, Until)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Reached,
    DepthIsOver,
}

/// How far a walk goes.
struct Bounds<'a> {
    start: &'a str,
    depth: u32,
    nodes: usize,
}

/// Walks a path: answers every record that it meets, those at its ends whole.
pub fn traverse(op: &Traverse, reaches: Reaches<'_>) -> Statement {
    let Traverse { walk, start_id, max_depth, max_nodes } = op;
    let ends = walk.states.iter().enumerate().filter(|(_, state)| state.is_end).map(|(at, _)| at);
    let answer = Answer { whole: ends.collect(), edges: false, end: None };
    write(walk, reaches, &Bounds { start: start_id, depth: *max_depth, nodes: *max_nodes }, &answer)
}

/// Walks until it meets the end: answers every record that it meets.
pub fn shortest_path(op: &Paths, reaches: Reaches<'_>, end: WayEnd<'_>) -> Statement {
    paths(op, reaches, end, Until::Reached)
}

/// Answers the records that are near enough to the start, and every link between two of them.
pub fn links_around(op: &Paths, reaches: Reaches<'_>, end: WayEnd<'_>) -> Statement {
    paths(op, reaches, end, Until::DepthIsOver)
}

fn paths(op: &Paths, reaches: Reaches<'_>, end: WayEnd<'_>, until: Until) -> Statement {
    let Paths { walk, start_id, end_id, end_model: _, max_length, limit: _, max_nodes } = op;
    let edges = until == Until::DepthIsOver;
    let answer = Answer { whole: Vec::new(), edges, end: Some((end_id, end, until)) };
    write(walk, reaches, &Bounds { start: start_id, depth: *max_length, nodes: *max_nodes }, &answer)
}

/// Answers the records around one whole, and every link between two of them.
pub fn subgraph(op: &Subgraph, reaches: Reaches<'_>) -> Statement {
    let Subgraph { walk, root_id, depth, max_nodes } = op;
    let answer = Answer { whole: (0..walk.states.len()).collect(), edges: true, end: None };
    write(walk, reaches, &Bounds { start: root_id, depth: *depth, nodes: *max_nodes }, &answer)
}

fn write(walk: &Walk, reaches: Reaches<'_>, bounds: &Bounds<'_>, answer: &Answer<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("WITH RECURSIVE \"level\" AS (");
    first_level(&mut sql, walk, reaches, bounds, answer);
    sql.push(" UNION ALL ");
    next_level(&mut sql, walk, reaches, bounds, answer);
    sql.push(")");
    if answer.edges {
        sql.push(", \"met\" AS MATERIALIZED (SELECT DISTINCT e.\"record\" FROM \"level\" AS l, ");
        sql.push("unnest(l.\"records\") AS e(\"record\"))");
    }
    sql.push(" SELECT ").push(SELECTION).push(", l.\"depth\", e.\"state\", e.\"parent\", e.\"link\", e.\"place\", ");
    sql.push("e.\"record\", NULL::text AS \"field\", NULL::text AS \"target\" FROM \"level\" AS l LEFT JOIN LATERAL ");
    sql.push("unnest(l.\"states\", l.\"records\", l.\"parents\", l.\"links\") WITH ORDINALITY ");
    sql.push("AS e(\"state\", \"record\", \"parent\", \"link\", \"place\") ON true LEFT JOIN ").push(DOCUMENTS);
    // The test is in the value that is looked for: beside it, each record would be read before it is left out.
    sql.push(" ON \"id\" = CASE WHEN e.\"state\" = ANY (").param(numbers(answer.whole.iter().copied()));
    sql.push(") THEN e.\"record\" END");
    if answer.edges {
        edges(&mut sql, &walk.links);
    }
    sql.finish()
}

/// The start, where the asker may see it, in the states whose filters are true of it.
fn first_level(sql: &mut Sql, walk: &Walk, reaches: Reaches<'_>, bounds: &Bounds<'_>, answer: &Answer<'_>) {
    sql.push("SELECT 0::bigint AS \"depth\", s.\"states\", s.\"records\", s.\"zeros\" AS \"ranks\", ");
    sql.push("s.\"zeros\" AS \"parents\", s.\"zeros\" AS \"links\", s.\"states\" AS \"met_states\", s.\"records\" AS \"met\"");
    sql.push(" FROM (SELECT h.\"states\", array_fill(h.\"record\", ARRAY[cardinality(h.\"states\")]) COLLATE \"C\" ");
    sql.push("AS \"records\", array_fill(0::bigint, ARRAY[cardinality(h.\"states\")]) AS \"zeros\" FROM (SELECT ");
    sql.push("\"id\" AS \"record\", array_remove(ARRAY[");
    sql.list(&walk.starts, |sql, start| {
        sql.push("CASE WHEN ");
        write_predicate(sql, &Documents, &start.filter);
        if let Some((id, end, _)) = &answer.end {
            sql.push(" AND EXISTS (SELECT FROM ").push(DOCUMENTS).push(" WHERE \"id\" = ").param(Param::text(*id));
            sql.push(" AND \"model\" = ").param(Param::text(end.model.name())).push(" AND ");
            write_predicate(sql, &Documents, end.reach);
            sql.push(")");
        }
        sql.push(" THEN ").param(number(start.state)).push(" END");
    });
    sql.push("]::bigint[], NULL) AS \"states\" FROM ").push(DOCUMENTS).push(" WHERE \"id\" = ");
    sql.param(Param::text(bounds.start));
    if let (Some(model), Some(reach)) = (walk.models.first(), reaches.first()) {
        sql.push(" AND \"model\" = ").param(Param::text(model.name())).push(" AND ");
        write_predicate(sql, &Documents, reach);
    }
    sql.push(") AS h) AS s");
}

/// What is a link further, without what was met before. Of the ways to a record the one whose ids and links come first is
/// kept: that of the record with the least rank in the level before.
fn next_level(sql: &mut Sql, walk: &Walk, reaches: Reaches<'_>, bounds: &Bounds<'_>, answer: &Answer<'_>) {
    sql.push("SELECT l.\"depth\" + 1, n.\"states\", n.\"records\", n.\"ranks\", n.\"parents\", n.\"links\", ");
    sql.push("l.\"met_states\" || n.\"states\", (l.\"met\" || n.\"records\") COLLATE \"C\" FROM \"level\" AS l ");
    sql.push("CROSS JOIN LATERAL (SELECT array_agg(r.\"state\" ORDER BY r.\"rank\", r.\"state\") AS \"states\", ");
    sql.push("array_agg(r.\"record\" ORDER BY r.\"rank\", r.\"state\") COLLATE \"C\" AS \"records\", ");
    sql.push("array_agg(r.\"rank\" ORDER BY r.\"rank\", r.\"state\") AS \"ranks\", ");
    sql.push("array_agg(r.\"way\" & 1048575 ORDER BY r.\"rank\", r.\"state\") AS \"parents\", ");
    sql.push("array_agg((r.\"way\" >> 20) & 1048575 ORDER BY r.\"rank\", r.\"state\") AS \"links\" FROM (");
    sql.push("SELECT k.\"state\", k.\"record\", k.\"way\", ");
    sql.push("dense_rank() OVER (ORDER BY k.\"way\" >> 40, k.\"record\" COLLATE \"C\", (k.\"way\" >> 20) & 1048575) ");
    sql.push("AS \"rank\" FROM (SELECT c.\"state\", c.\"record\", min(c.\"way\") AS \"way\" FROM (");
    let checks = Checks::of(walk, reaches);
    let mut parts = 0;
    for is_back in [false, true] {
        let followed = |way: &&Transition| walk.links.get(way.link).is_some_and(|link| link.is_back == is_back);
        let ways: Vec<&Transition> = walk.transitions.iter().filter(followed).collect();
        if !ways.is_empty() {
            sql.push(if parts > 0 { " UNION ALL " } else { "" });
            steps(sql, walk, &ways, &checks, if is_back { BACK } else { FORWARD });
            parts += 1;
        }
    }
    sql.push(if parts > 0 { " UNION ALL " } else { "" });
    sql.push("SELECT m.\"state\", m.\"record\", -1::bigint AS \"way\" FROM unnest(l.\"met_states\", l.\"met\") ");
    sql.push("AS m(\"state\", \"record\")) AS c GROUP BY c.\"state\", c.\"record\" HAVING min(c.\"way\") >= 0");
    sql.push(") AS k ORDER BY \"rank\", k.\"state\" LIMIT greatest(0, ").param(number(bounds.nodes + 1));
    sql.push(" - cardinality(l.\"met\"))) AS r) AS n WHERE l.\"depth\" < ").param(Param::int(bounds.depth.into()));
    sql.push(" AND n.\"states\" IS NOT NULL");
    if let Some((id, _, Until::Reached)) = &answer.end {
        sql.push(" AND NOT (").param(Param::text(*id)).push(" = ANY (l.\"records\"))");
    }
}

/// The columns of a link that is followed one way.
struct Along {
    from: &'static str,
    to: &'static str,
    /// Says that the link is held by a record of the right model; those that are followed forwards are.
    held_by: &'static str,
}

const FORWARD: Along = Along { from: "g.\"source\"", to: "g.\"target\"", held_by: "" };
const BACK: Along = Along { from: "g.\"target\"", to: "g.\"source\"", held_by: " AND g.\"source\" ^@ t.\"holder\"" };

/// The records that are one of these ways further, with the way as a number that sorts as ways do.
fn steps(sql: &mut Sql, walk: &Walk, ways: &[&Transition], checks: &Checks<'_>, along: Along) {
    let link = |way: &&Transition| walk.links.get(way.link);
    sql.push("SELECT t.\"to\" AS \"state\", ").push(along.to).push(" COLLATE \"C\" AS \"record\", ");
    sql.push("(f.\"rank\" << 40) | (t.\"link\" << 20) | f.\"place\" AS \"way\" FROM ");
    sql.push("unnest(l.\"states\", l.\"records\", l.\"ranks\") WITH ORDINALITY ");
    sql.push("AS f(\"state\", \"record\", \"rank\", \"place\") JOIN unnest(");
    sql.param(numbers(ways.iter().map(|way| way.from))).push(", ");
    sql.param(Param::texts(ways.iter().filter_map(link).map(|link| link.field.clone()))).push(", ");
    sql.param(Param::texts(ways.iter().filter_map(link).map(|link| format!("{}/", link.holder)))).push(", ");
    sql.param(numbers(ways.iter().map(|way| way.link))).push(", ");
    sql.param(numbers(ways.iter().map(|way| way.to))).push(", ");
    sql.param(numbers(ways.iter().map(|way| checks.of_way(walk, way))));
    sql.push(") AS t(\"from\", \"field\", \"holder\", \"link\", \"to\", \"check\") ON t.\"from\" = f.\"state\" ");
    sql.push("JOIN \"udal_links\" AS g ON ").push(along.from).push(" = f.\"record\" COLLATE \"C\" ");
    sql.push("AND g.\"field\" = t.\"field\" COLLATE \"C\"").push(along.held_by);
    checks.write(sql, along.to);
}

/// What must be true of a record, for each model and filter.
struct Checks<'a> {
    distinct: Vec<(usize, &'a Predicate)>,
    reaches: Reaches<'a>,
}

impl<'a> Checks<'a> {
    fn of(walk: &'a Walk, reaches: Reaches<'a>) -> Self {
        let mut distinct: Vec<(usize, &Predicate)> = Vec::new();
        for way in &walk.transitions {
            let check = (arrival(walk, way), &way.filter);
            if !distinct.contains(&check) {
                distinct.push(check);
            }
        }
        Checks { distinct, reaches }
    }

    fn of_way(&self, walk: &Walk, way: &Transition) -> usize {
        self.distinct.iter().position(|check| *check == (arrival(walk, way), &way.filter)).unwrap_or(usize::MAX)
    }

    fn predicate(&self, (model, filter): (usize, &Predicate)) -> Predicate {
        // A model without a reach would be a fault: nothing of it is seen.
        self.reaches.get(model).cloned().unwrap_or_else(Predicate::never).and(filter.clone())
    }

    /// Writes the test of the record with the id in that column, where there is anything to test: links lead to what is there.
    fn write(&self, sql: &mut Sql, id: &'static str) {
        let all: Vec<Predicate> = self.distinct.iter().map(|check| self.predicate(*check)).collect();
        if all.iter().all(|predicate| *predicate == Predicate::always()) {
            return;
        }
        sql.push(" JOIN ").push(DOCUMENTS).push(" ON \"id\" = ").push(id);
        // `CASE` keeps each test from the records of other models, whose values it could not read.
        sql.push(" AND CASE t.\"check\"");
        for (at, predicate) in all.iter().enumerate() {
            sql.push(" WHEN ").param(number(at)).push(" THEN ");
            write_predicate(sql, &Documents, predicate);
        }
        sql.push(" END");
    }
}

fn arrival(walk: &Walk, way: &Transition) -> usize {
    walk.states.get(way.to).map_or(usize::MAX, |state| state.model)
}

/// The links between the records that were met, one more than [`MAX_EDGES`].
fn edges(sql: &mut Sql, links: &[Link]) {
    let mut held: Vec<(String, String)> =
        links.iter().map(|link| (link.field.clone(), format!("{}/", link.holder))).collect();
    held.sort();
    held.dedup();
    let (fields, holders): (Vec<String>, Vec<String>) = held.into_iter().unzip();
    sql.push(
        " UNION ALL (SELECT NULL::text, NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text, ",
    );
    sql.push(
        "NULL::text[], NULL::text, NULL::jsonb, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, ",
    );
    sql.push("g.\"source\", g.\"field\", g.\"target\" FROM \"met\" AS m JOIN unnest(").param(Param::texts(fields));
    sql.push(", ").param(Param::texts(holders)).push(") AS v(\"field\", \"holder\") ON m.\"record\" ^@ v.\"holder\" ");
    sql.push("JOIN \"udal_links\" AS g ON g.\"source\" = m.\"record\" COLLATE \"C\" ");
    sql.push(
        "AND g.\"field\" = v.\"field\" COLLATE \"C\" WHERE g.\"target\" IN (SELECT \"record\" FROM \"met\") LIMIT ",
    );
    sql.param(number(MAX_EDGES + 1)).push(")");
}

fn number(number: usize) -> Param {
    Param::int(as_int(number))
}

fn numbers(numbers: impl Iterator<Item = usize>) -> Param {
    Param::new(SqlType::INT8.array(), Value::List(numbers.map(|number| Value::Int(as_int(number))).collect()))
}

fn as_int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
