//! Tenant databases in PostgreSQL: placement, creation, pools, driver errors.
