//! Top floor: puts the pieces together. Nobody below imports it.

pub mod build;
pub mod cli;
pub mod config;
pub mod heartbeat;
pub mod jobs;
pub mod long_jobs;
pub mod middleware;
pub mod openapi;
pub mod router;
pub mod server;
pub mod settings;
