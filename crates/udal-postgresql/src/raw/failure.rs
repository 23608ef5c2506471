//! What is said of what PostgreSQL says: its own words can hold values and names, and are kept for the log.

use tokio_postgres::Error as PgError;
use tokio_postgres::error::{DbError, ErrorPosition};
use udal_core::model::StorageKind;
use udal_core::{AccessContext, Error, ErrorKind};
use udal_core::{nearest, shorten};
use udal_pgpool::Failure;
use udal_query::raw::{RawStatement, Rewritten};

/// How what PostgreSQL was given became of the statement.
#[derive(Clone, Copy)]
pub(super) enum Sent<'a> {
    /// As it is, behind that many characters.
    Prepared(usize),
    /// With something else in the place of its parameters, behind that many characters.
    Run(usize, &'a Rewritten),
}

/// What whoever sent the statement is told.
pub(super) fn told(error: PgError, statement: &RawStatement, access: &AccessContext, sent: Sent<'_>) -> Error {
    let Some(said) = error.as_db_error() else { return Failure::from(error).into() };
    let code = said.code().code().to_owned();
    let at = position(said, sent);
    let place = at.map(|at| format!(", {}", statement.place_of(at))).unwrap_or_default();
    let word = at.and_then(|at| statement.word_at(at, code == "42703"));
    let told = match code.as_str() {
        "42601" => Error::invalid(match &word {
            Some(word) => format!("the statement is not valid SQL near `{}`{place}", shorten(word)),
            None => "the statement is not valid SQL: it ends too early, or something is left open".to_owned(),
        })
        .hint("it is read as PostgreSQL's SQL, one `SELECT`"),
        "42P01" => unknown_table(statement, word.as_deref().unwrap_or_default(), &place),
        "42703" => unknown_column(statement, access, word.as_deref().unwrap_or_default(), &place),
        "42501" => Error::new(ErrorKind::Denied, format!("the statement reaches for what it may not{place}"))
            .hint("it can read the models of the tenant, and nothing else"),
        "25006" => Error::new(ErrorKind::Denied, format!("the statement does more than read{place}"))
            .hint("nothing can be changed here; records are written by the record service"),
        "57014" => Error::new(ErrorKind::TimedOut, "the statement took longer than it may")
            .hint("ask for less, or for a range of time by which the table is split"),
        "53200" | "54000" | "54001" | "54011" => {
            Error::invalid("the statement takes more memory than there is for it").hint("ask for less")
        }
        code => match words_for(code) {
            Some((kind, what, hint)) => Error::new(kind, format!("{what}{place} (SQLSTATE {code})")).hint(hint),
            None => return Failure::from(error).into(),
        },
    };
    told.cause(format!("{code}: {}", said.message()))
}

const NOT_ASKED: &str = "the statement asks for what cannot be answered";

/// What a code of PostgreSQL means, and how to mend it.
fn words_for(code: &str) -> Option<(ErrorKind, &'static str, &'static str)> {
    let invalid = ErrorKind::InvalidInput;
    Some(match code {
        "42883" => (
            invalid,
            "no function or operator takes values of these types",
            "look at the types on both sides, and cast one: `…::numeric`",
        ),
        "42702" => (invalid, "a column that is in more than one table", "write the table's alias before it: `r.value`"),
        "42803" => (
            invalid,
            "a column is neither grouped by nor in an aggregate",
            "add it to `GROUP BY`, or put it in an aggregate",
        ),
        "42804" | "42846" | "42P08" | "42725" => {
            (invalid, "types that do not fit one another", "cast one of them: `…::numeric`")
        }
        "42P18" => (invalid, "a parameter's type cannot be told", "cast it: `$1::text`, and leave no number out"),
        "42P02" => (invalid, "a parameter that is not there", "number them from `$1` on, without a gap"),
        "42712" => (invalid, "two tables have one alias", "give each an alias of its own"),
        "42704" => (invalid, "a type or collation that is not known", "use one of PostgreSQL's own"),
        "42P19" => (invalid, "a recursive `WITH` that PostgreSQL cannot run", "write it as `start UNION ALL step`"),
        "42P20" => (invalid, "a window function where none can be", "put it in a sub-query, and filter around that"),
        "3F000" | "3D000" => (invalid, "a name with a schema", "write the model's name alone"),
        "22012" => (invalid, "a division by zero", "divide by `nullif(…, 0)`"),
        "22003" | "22P03" => (invalid, "a number is out of its type's range", "cast to `numeric` before you reckon"),
        "22P02" | "22007" | "22008" | "22009" => (
            invalid,
            "a text or parameter is no value of the type that it is read as",
            "look at the casts, and at what the statement compares with one another",
        ),
        "21000" => (invalid, "a sub-query answers more than one row where one can be", "add `LIMIT 1` or an aggregate"),
        "0A000" => (ErrorKind::Unsupported, NOT_ASKED, "write it another way"),
        code if ["22", "42", "20", "2F", "38", "39", "34", "25", "55"].iter().any(|class| code.starts_with(class)) => {
            (invalid, NOT_ASKED, "PostgreSQL's manual lists these codes")
        }
        _ => return None,
    })
}

/// Where in the statement it is, in characters from 1.
fn position(said: &DbError, sent: Sent<'_>) -> Option<usize> {
    let (before, rewritten) = match sent {
        Sent::Prepared(before) => (before, None),
        Sent::Run(before, rewritten) => (before, Some(rewritten)),
    };
    let at = match (said.position()?, rewritten) {
        (ErrorPosition::Original(at), None) => *at,
        (ErrorPosition::Internal { position, .. }, Some(_)) => *position,
        _ => return None,
    };
    let at = usize::try_from(at).ok()?.checked_sub(before).filter(|at| *at > 0)?;
    Some(rewritten.map_or(at, |rewritten| rewritten.original(at)))
}

fn unknown_table(statement: &RawStatement, name: &str, place: &str) -> Error {
    let catalog = statement.catalog();
    let message = format!("there is no model `{}` to read from{place}", shorten(name));
    let error = Error::new(ErrorKind::UnknownName, message);
    let same = catalog.models().find(|model| model.name().eq_ignore_ascii_case(name));
    match same {
        Some(model) if model.storage_kind() == StorageKind::Terminusdb => {
            error.hint(format!("`{}` is kept as linked documents: ask for it with `traverse` or `list`", model.name()))
        }
        Some(model) => error.hint(format!("it is in another database: join `{}` with `join` instead", model.name())),
        None => {
            let known = catalog.models().filter(|model| model.table().is_some()).map(|model| model.name());
            match nearest(name, known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("the tables are the models, by their names"),
            }
        }
    }
}

fn unknown_column(statement: &RawStatement, access: &AccessContext, name: &str, place: &str) -> Error {
    // As the asker sees them: a hidden field is not hinted at.
    let models: Vec<_> = statement.models().iter().map(|named| named.model.seen_by(access)).collect();
    let fields = || models.iter().flat_map(|model| model.visible_fields());
    let error = Error::new(ErrorKind::UnknownName, format!("there is no column `{}`{place}", shorten(name)));
    if let Some(field) = fields().find(|field| field.name() != name && field.name().eq_ignore_ascii_case(name)) {
        return error.hint(format!("names with capitals are written in double quotes: `\"{}\"`", field.name()));
    }
    error.near(nearest(name, fields().map(|field| field.name())))
}
