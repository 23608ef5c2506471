//! Backend: linked documents kept in PostgreSQL.
