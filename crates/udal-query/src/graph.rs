//! What is asked of linked records.
