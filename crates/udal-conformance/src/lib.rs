//! The behaviour suite: numbered clauses, one case or more each, run by every backend.
