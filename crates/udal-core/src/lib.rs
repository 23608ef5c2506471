//! Models, values, predicates and their meaning, access contexts, the backend contract and errors.
