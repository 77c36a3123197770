//! Top floor: puts the pieces together. Nobody below imports it.

mod account_deletion;
pub mod build;
pub mod cli;
pub mod config;
pub mod heartbeat;
pub mod jobs;
pub mod long_jobs;
pub mod middleware;
pub mod openapi;
pub mod registry;
pub mod router;
pub mod server;
pub mod settings;
