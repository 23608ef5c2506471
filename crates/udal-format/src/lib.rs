//! Result sets to JSON, CSV and tables.
