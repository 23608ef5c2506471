//! SQL of the asker's own: views in the place of the tables, a role that reaches nothing else, a transaction that only reads.
//!
//! [`run`] is the way of a statement, [`reader`] how the role comes to be, [`params`] and [`columns`] what goes in and comes
//! out, [`failure`] what is said of what PostgreSQL says.

mod columns;
mod failure;
mod params;
mod reader;
mod run;

pub(crate) use run::raw_sql;
