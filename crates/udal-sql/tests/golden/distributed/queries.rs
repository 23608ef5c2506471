//! Statements that read and write.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, CopySource, CopyTarget, Delete, Expr, FromTable, FunctionArg,
    FunctionArgExpr, FunctionArguments, GroupByExpr, Insert, LimitClause, ObjectName, OnConflictAction, OnInsert,
    OrderByKind, Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind, Value,
};
use udal_sql::Param;

use super::rules::Rule;

/// Functions that are immutable, or count.
const FUNCTIONS: [&str; 9] =
    ["count", "strpos", "lower", "translate", "replace", "array_to_string", "unnest", "udal_fold", "NULLIF"];

pub(crate) fn broken(statement: &Statement, params: &[Param]) -> BTreeSet<Rule> {
    let mut check = Check { params, broken: BTreeSet::new(), found: Vec::new() };
    match statement {
        Statement::Query(query) => check.query(query),
        Statement::Insert(insert) => check.insert(insert),
        Statement::Update(update) => check.update(update),
        Statement::Delete(delete) => check.delete(delete),
        Statement::Copy { source: CopySource::Table { columns, .. }, to: false, target: CopyTarget::Stdin, .. } => {
            check.must(columns.iter().any(|column| column.value == "id"), Rule::InsertsNameId);
        }
        _ => check.break_rule(Rule::KnownForm),
    }
    check.broken
}

struct Check<'a> {
    params: &'a [Param],
    broken: BTreeSet<Rule>,
    /// The names of the parts of the `WITH` that is looked at.
    found: Vec<String>,
}

impl Check<'_> {
    fn must(&mut self, holds: bool, rule: Rule) {
        if !holds {
            self.break_rule(rule);
        }
    }

    fn break_rule(&mut self, rule: Rule) {
        self.broken.insert(rule);
    }

    fn query(&mut self, query: &Query) {
        let Some(with) = &query.with else { return self.body(query) };
        self.must(!with.recursive, Rule::KnownForm);
        self.found = with.cte_tables.iter().map(|cte| cte.alias.name.value.clone()).collect();
        let bodies = with.cte_tables.iter().map(|cte| cte.query.as_ref()).chain([query]);
        let mut ids = BTreeSet::new();
        let mut writes = false;
        for body in bodies {
            self.body(body);
            let (condition, is_write) = match body.body.as_ref() {
                SetExpr::Update(Statement::Update(update)) => (update.selection.as_ref(), true),
                SetExpr::Delete(Statement::Delete(delete)) => (delete.selection.as_ref(), true),
                SetExpr::Select(select) if !self.is_of_parts(&select.from) => (select.selection.as_ref(), false),
                SetExpr::Insert(Statement::Insert(insert)) => {
                    writes = true;
                    ids.insert(self.inserted_id(insert));
                    continue;
                }
                _ => continue,
            };
            writes |= is_write;
            if is_write {
                let by_place = condition.is_some_and(|condition| self.is_place(condition));
                self.must(by_place, Rule::WritesTogetherByPlace);
            }
            ids.insert(condition.and_then(|condition| self.id_of(condition)));
        }
        self.must(!writes || (ids.len() == 1 && !ids.contains(&None)), Rule::WritesTogetherOneId);
        self.found.clear();
    }

    fn body(&mut self, query: &Query) {
        let plain = query.fetch.is_none() && query.for_clause.is_none() && query.pipe_operators.is_empty();
        self.must(plain, Rule::KnownForm);
        self.limit(query.limit_clause.as_ref());
        if let Some(order) = &query.order_by {
            match &order.kind {
                OrderByKind::Expressions(terms) => terms.iter().for_each(|term| self.expression(&term.expr)),
                OrderByKind::All(_) => self.break_rule(Rule::KnownForm),
            }
        }
        match query.body.as_ref() {
            SetExpr::Select(select) => {
                self.select(select);
                if !query.locks.is_empty() {
                    let id = select.selection.as_ref().and_then(|condition| self.id_of(condition));
                    self.must(id.is_some(), Rule::LocksOneId);
                }
            }
            SetExpr::Insert(Statement::Insert(insert)) => self.insert(insert),
            SetExpr::Update(Statement::Update(update)) => self.update(update),
            SetExpr::Delete(Statement::Delete(delete)) => self.delete(delete),
            SetExpr::Values(values) => {
                values.rows.iter().flat_map(|row| row.content.iter()).for_each(|value| self.expression(value));
            }
            _ => self.break_rule(Rule::KnownForm),
        }
    }

    fn limit(&mut self, clause: Option<&LimitClause>) {
        let Some(clause) = clause else { return };
        let LimitClause::LimitOffset { limit, offset, limit_by } = clause else {
            return self.break_rule(Rule::KnownForm);
        };
        let numbers = [limit.as_ref(), offset.as_ref().map(|offset| &offset.value)];
        let numbers = numbers.into_iter().flatten().map(|expression| match self.value_of(expression) {
            Some(value) => value.parse::<i64>().ok(),
            None => expression.to_string().parse().ok(),
        });
        let sum = numbers
            .collect::<Option<Vec<i64>>>()
            .and_then(|numbers| numbers.into_iter().try_fold(0_i64, i64::checked_add));
        self.must(limit_by.is_empty() && sum.is_some(), Rule::SkipAndLimitFit);
    }

    fn select(&mut self, select: &Select) {
        let plain = select.distinct.is_none()
            && select.having.is_none()
            && select.named_window.is_empty()
            && select.qualify.is_none()
            && select.into.is_none()
            && matches!(&select.group_by, GroupByExpr::Expressions(terms, more) if terms.is_empty() && more.is_empty());
        self.must(plain, Rule::KnownForm);
        let (mut spread, mut catalog) = (0, 0);
        for table in &select.from {
            let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
            for factor in factors {
                match self.table(factor) {
                    Some(name) if name.starts_with("pg_") => catalog += 1,
                    Some(name) if self.found.contains(&name) => {}
                    Some(_) => spread += 1,
                    None => {}
                }
            }
        }
        self.must(spread == 0 || catalog == 0, Rule::CatalogAlone);
        self.must(spread < 2, Rule::JoinsOnId);
        let sizes = select.projection.iter().any(|item| item.to_string().contains("pg_relation_size"));
        self.must(!sizes, Rule::NoPages);
        if spread == 0 {
            // The catalog, or what a part of a `WITH` found: not a matter of shards.
            return;
        }
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. } => {
                    self.expression(expression);
                }
                SelectItem::Wildcard(_) => {}
                _ => self.break_rule(Rule::KnownForm),
            }
        }
        select.selection.iter().for_each(|condition| self.expression(condition));
    }

    /// The table's name; `None` of a function.
    fn table(&mut self, factor: &TableFactor) -> Option<String> {
        match factor {
            TableFactor::Table { name, args: None, sample: None, .. } => Some(last(name)),
            TableFactor::Table { name, args: Some(_), .. } => {
                self.function(&last(name));
                None
            }
            TableFactor::UNNEST { .. } => None,
            TableFactor::Derived { lateral: false, subquery, sample: None, .. } if subquery.with.is_none() => {
                self.united(&subquery.body);
                None
            }
            _ => {
                self.break_rule(Rule::KnownForm);
                None
            }
        }
    }

    /// Queries put together by `UNION ALL`: Citus runs each by itself, and puts their answers together.
    fn united(&mut self, body: &SetExpr) {
        match body {
            SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: SetQuantifier::All, left, right } => {
                self.united(left);
                self.united(right);
            }
            SetExpr::Query(query) if query.with.is_none() && query.locks.is_empty() => self.body(query),
            _ => self.break_rule(Rule::KnownForm),
        }
    }

    fn insert(&mut self, insert: &Insert) {
        self.must(insert.columns.iter().any(|column| last(column) == "id"), Rule::InsertsNameId);
        self.must(matches!(insert.table, TableObject::TableName(_)), Rule::KnownForm);
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => match &conflict.action {
                OnConflictAction::DoNothing => {}
                OnConflictAction::DoUpdate(update) => {
                    self.assignments(&update.assignments);
                    update.selection.iter().for_each(|condition| self.expression(condition));
                }
            },
            Some(_) => self.break_rule(Rule::KnownForm),
        }
        if let Some(source) = &insert.source {
            match source.body.as_ref() {
                SetExpr::Values(_) => self.body(source),
                SetExpr::Select(select) => {
                    self.must(self.is_of_parts(&select.from), Rule::KnownForm);
                    self.body(source);
                }
                _ => self.break_rule(Rule::KnownForm),
            }
        }
    }

    fn update(&mut self, update: &Update) {
        self.must(update.table.joins.is_empty(), Rule::KnownForm);
        self.assignments(&update.assignments);
        let from = match &update.from {
            None => &[][..],
            Some(UpdateTableFromKind::AfterSet(tables)) => tables,
            Some(UpdateTableFromKind::BeforeSet(_)) => return self.break_rule(Rule::KnownForm),
        };
        self.write(from, update.selection.as_ref());
    }

    fn delete(&mut self, delete: &Delete) {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        self.must(tables.len() == 1 && tables.iter().all(|table| table.joins.is_empty()), Rule::KnownForm);
        self.write(delete.using.as_deref().unwrap_or_default(), delete.selection.as_ref());
    }

    fn write(&mut self, others: &[TableWithJoins], condition: Option<&Expr>) {
        let mut joins = false;
        for table in others {
            self.must(table.joins.is_empty(), Rule::KnownForm);
            joins |= self.table(&table.relation).is_some();
        }
        let on_id = condition.is_some_and(|condition| conjuncts(condition).iter().any(|part| joins_ids(part)));
        self.must(!joins || on_id, Rule::JoinsOnId);
        condition.into_iter().for_each(|condition| self.expression(condition));
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for Assignment { target, value } in assignments {
            match target {
                AssignmentTarget::ColumnName(name) => self.must(last(name) != "id", Rule::IdStays),
                AssignmentTarget::Tuple(_) => self.break_rule(Rule::KnownForm),
            }
            self.expression(value);
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(name) => self.must(name.value != "ctid", Rule::NoPages),
            Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::TypedString(_) => {}
            Expr::IsNull(inner) | Expr::IsNotNull(inner) | Expr::IsTrue(inner) | Expr::Nested(inner) => {
                self.expression(inner);
            }
            Expr::UnaryOp { expr, .. }
            | Expr::Cast { expr, .. }
            | Expr::Collate { expr, .. }
            | Expr::CompoundFieldAccess { root: expr, .. } => self.expression(expr),
            Expr::IsDistinctFrom(left, right) | Expr::AtTimeZone { timestamp: left, time_zone: right } => {
                self.expression(left);
                self.expression(right);
            }
            Expr::BinaryOp { left, right, .. } | Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            Expr::Array(array) => array.elem.iter().for_each(|element| self.expression(element)),
            // Rows are compared like values, within each shard.
            Expr::Tuple(elements) => elements.iter().for_each(|element| self.expression(element)),
            Expr::Exists { subquery, .. } => {
                let of_parts =
                    matches!(subquery.body.as_ref(), SetExpr::Select(select) if self.is_of_parts(&select.from));
                self.must(of_parts, Rule::KnownForm);
            }
            Expr::Function(function) => {
                self.function(&last(&function.name));
                self.must(function.over.is_none() && function.filter.is_none(), Rule::KnownForm);
                let FunctionArguments::List(arguments) = &function.args else { return };
                for argument in &arguments.args {
                    match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.expression(inner),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {}
                        _ => self.break_rule(Rule::KnownForm),
                    }
                }
            }
            _ => self.break_rule(Rule::KnownForm),
        }
    }

    fn function(&mut self, name: &str) {
        self.must(FUNCTIONS.contains(&name), Rule::ImmutableFunctions);
    }

    /// Whether everything is read from parts of the `WITH`.
    fn is_of_parts(&self, from: &[TableWithJoins]) -> bool {
        !from.is_empty()
            && from.iter().all(|table| {
                let TableFactor::Table { name, args: None, .. } = &table.relation else { return false };
                table.joins.is_empty() && self.found.contains(&last(name))
            })
    }

    /// Whether the condition is the place of a row, and that a part of the `WITH` found something.
    fn is_place(&self, condition: &Expr) -> bool {
        conjuncts(condition).into_iter().all(|part| match part {
            Expr::Exists { negated, .. } => !negated,
            other => equals_placeholder(other).is_some(),
        })
    }

    /// The value that the condition says `id` has.
    fn id_of(&self, condition: &Expr) -> Option<String> {
        conjuncts(condition).into_iter().find_map(|part| {
            let (column, value) = equals_placeholder(part)?;
            (column == "id").then(|| self.value_of(value)).flatten()
        })
    }

    /// The value of `id` in the one row that is inserted.
    fn inserted_id(&self, insert: &Insert) -> Option<String> {
        let at = insert.columns.iter().position(|column| last(column) == "id")?;
        match insert.source.as_ref()?.body.as_ref() {
            SetExpr::Values(values) if values.rows.len() == 1 => self.value_of(values.rows.first()?.content.get(at)?),
            SetExpr::Select(select) => match select.projection.get(at)? {
                SelectItem::UnnamedExpr(expression) => self.value_of(expression),
                _ => None,
            },
            _ => None,
        }
    }

    fn value_of(&self, expression: &Expr) -> Option<String> {
        let Expr::Value(value) = expression else { return None };
        let Value::Placeholder(place) = &value.value else { return None };
        let number: usize = place.strip_prefix('$')?.parse().ok()?;
        let value = self.params.get(number.checked_sub(1)?)?.value.as_ref()?;
        Some(value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned))
    }
}

/// A column and the place of the parameter that it equals.
fn equals_placeholder(expression: &Expr) -> Option<(&str, &Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expression else { return None };
    let is_place = matches!(right.as_ref(), Expr::Value(value) if matches!(value.value, Value::Placeholder(_)));
    match left.as_ref() {
        Expr::Identifier(column) if is_place => Some((&column.value, right)),
        _ => None,
    }
}

/// Whether it says `a.id = b.id`.
fn joins_ids(expression: &Expr) -> bool {
    let is_id = |side: &Expr| matches!(side, Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|name| name.value == "id"));
    matches!(expression, Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if is_id(left) && is_id(right))
}

/// What the condition's `AND`s join.
fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left).into_iter().chain(conjuncts(right)).collect()
        }
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}
