//! The record service: routing, validation, hooks, events, tenants, over any backend.
