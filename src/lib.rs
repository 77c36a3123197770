//! Notes, tasks and files over HTTP. Read downwards: each floor uses only the floors below it.
//! `tests/floors.rs` keeps that law; `docs/architecture.md` tells the story.

/// Puts the pieces together: settings, routes, middleware, jobs, shutdown.
pub mod app;

/// What the product does, one folder per noun.
pub mod features;

/// What every endpoint says the same way: errors, extractors, paging.
pub mod api;

/// What every noun writes besides itself, in the same transaction.
pub mod records;

/// The machines we stand on: database, cache, mail, auth.
pub mod platform;

/// The words of the business. No I/O.
pub mod domain;
