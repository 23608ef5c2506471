//! The writer of SQL text: the one place where identifiers are quoted and parameters are numbered.

use std::borrow::Cow;

use udal_core::model::Field;
use udal_core::value::Value;

use crate::SqlType;
use crate::literal::write_literal;

/// A value beside the text of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its type in the database.
    pub sql_type: SqlType,
    /// The value; `None` is `NULL`.
    pub value: Option<Value>,
}

impl Param {
    /// A parameter of that type.
    pub fn new(sql_type: SqlType, value: impl Into<Option<Value>>) -> Self {
        Param { sql_type, value: value.into() }
    }

    /// A text parameter.
    pub fn text(text: impl Into<String>) -> Self {
        Param::new(SqlType::TEXT, Value::Str(text.into()))
    }

    /// A whole number.
    pub fn int(number: i64) -> Self {
        Param::new(SqlType::INT8, Value::Int(number))
    }

    /// An array of texts.
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Param::new(SqlType::TEXT.array(), Value::List(texts.into_iter().map(Value::Str).collect()))
    }
}

/// The columns that PostgreSQL adds to every table by itself.
const TAKEN_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// The name of the column that keeps the field of that name: the same, unless PostgreSQL has a column of that name itself.
/// No field's name holds a `$`.
pub(crate) fn column_name(field: &str) -> Cow<'_, str> {
    if TAKEN_COLUMNS.contains(&field) { Cow::Owned(format!("{field}$")) } else { Cow::Borrowed(field) }
}

/// A statement's text with its parameters, `$1` first.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text.
    pub text: String,
    /// The parameters.
    pub params: Vec<Param>,
}

/// Writes a statement.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    text: String,
    params: Vec<Param>,
    /// Whether values are written into the text: see [`Sql::of_literals`].
    in_text: bool,
}

impl Sql {
    /// An empty statement.
    pub fn new() -> Self {
        Sql::default()
    }

    /// An empty statement whose values become literals in its text: for definitions, which take no parameters.
    pub(crate) fn of_literals() -> Self {
        Sql { in_text: true, ..Sql::default() }
    }

    /// Adds text of the program's own: a `&'static str`, so that no input can get here.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds an identifier, quoted.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        for c in name.chars() {
            match c {
                '"' => self.text.push_str("\"\""),
                // No name holds U+0000; PostgreSQL would end the statement there.
                '\0' => self.text.push('\u{fffd}'),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
        self
    }

    /// Adds the name of the column that keeps `field`.
    pub fn column(&mut self, field: &Field) -> &mut Self {
        self.name(&column_name(field.name()))
    }

    /// Adds the place of a parameter.
    pub fn param(&mut self, param: Param) -> &mut Self {
        if self.in_text {
            return write_literal(self, &param);
        }
        self.params.push(param);
        self.place(self.params.len())
    }

    /// Adds the place of the parameter that was added as number `number`, counted from 1.
    pub fn place(&mut self, number: usize) -> &mut Self {
        self.text.push('$');
        self.text.push_str(&number.to_string());
        self
    }

    /// Adds a number, such as the place of a column in `GROUP BY`.
    pub fn number(&mut self, number: usize) -> &mut Self {
        self.text.push_str(&number.to_string());
        self
    }

    /// How many parameters there are so far.
    pub fn param_count(&self) -> usize {
        self.params.len()
    }

    /// Adds a literal, for the statements that take no parameters: definitions of tables. Quoted and escaped.
    pub fn literal(&mut self, text: &str) -> &mut Self {
        self.text.push_str(if text.contains('\\') { " E'" } else { "'" });
        for c in text.chars() {
            match c {
                '\'' => self.text.push_str("''"),
                '\\' => self.text.push_str("\\\\"),
                '\0' => self.text.push('\u{fffd}'),
                c => self.text.push(c),
            }
        }
        self.text.push('\'');
        self
    }

    /// Adds each of `items` with commas between.
    pub fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Sql, T)) -> &mut Self {
        self.joined(", ", items, &mut each)
    }

    /// Adds each of `items` with `separator` between.
    pub fn joined<T>(
        &mut self,
        separator: &'static str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Sql, T),
    ) -> &mut Self {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.push(separator);
            }
            each(self, item);
        }
        self
    }

    /// The statement.
    pub fn finish(self) -> Statement {
        Statement { text: self.text, params: self.params }
    }

    /// The text alone, of a statement without parameters.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_escaped() {
        let mut sql = Sql::new();
        sql.name("a\"; drop table b; --").push(" ").name("order");
        assert_eq!(sql.into_text(), "\"a\"\"; drop table b; --\" \"order\"");
    }

    #[test]
    fn literals_are_escaped() {
        let mut sql = Sql::new();
        sql.literal("it's").push(" ").literal("a\\'b");
        assert_eq!(sql.into_text(), "'it''s'  E'a\\\\''b'");
    }

    #[test]
    fn parameters_are_numbered() {
        let mut sql = Sql::new();
        sql.push("select ").param(Param::int(1)).push(" + ").param(Param::int(2)).push(" + ").place(1);
        let statement = sql.finish();
        assert_eq!((statement.text.as_str(), statement.params.len()), ("select $1 + $2 + $1", 2));
    }
}
