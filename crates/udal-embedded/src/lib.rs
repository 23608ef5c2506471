//! Starts, shares and stops a private PostgreSQL server from the machine's binaries.
