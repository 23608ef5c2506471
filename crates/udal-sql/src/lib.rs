//! Pure compiler: typed operation and predicate to PostgreSQL text and parameters.
