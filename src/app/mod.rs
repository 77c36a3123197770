//! The application layer: configuration, command line, registry, router, middleware, server and job loops.
//! No other layer imports it.

mod account_deletion;
pub mod blob_jobs;
pub mod build;
pub mod cli;
pub mod config;
pub mod heartbeat;
pub mod jobs;
pub mod long_jobs;
pub mod middleware;
pub mod openapi;
pub mod registry;
pub mod route_list;
pub mod router;
pub mod server;
pub mod settings;
