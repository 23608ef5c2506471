//! The facade: builder and wiring, the only place that names concrete backends.
