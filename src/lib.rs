//! Notes, tasks and files over HTTP. Read downwards: each layer uses only the layers below it.
//! `tests/suite/layers` checks this; `docs/architecture.md` explains it.

/// Puts the pieces together: configuration, routes, middleware, jobs, shutdown.
pub mod app;

/// What the product does, one folder per resource.
pub mod features;

/// What every endpoint does the same way: errors, extractors, paging.
pub mod api;

/// What features share inside a transaction: documents, search, tags, changes, jobs.
pub mod services;

/// Infrastructure: database, cache, storage, mail, cryptography.
pub mod platform;

/// Value types. No I/O.
pub mod domain;
