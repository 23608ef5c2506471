//! What is asked of tables.
