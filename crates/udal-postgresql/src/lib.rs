//! Backend: a PostgreSQL table per model.
