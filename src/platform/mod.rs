//! The machines we stand on. Knows no noun of the product and nothing of HTTP.

pub mod auth;
pub mod cache;
pub mod clock;
pub mod crypto;
pub mod db;
pub mod diff;
pub mod doorbell;
pub mod health;
pub mod logging;
pub mod mail;
pub mod meter;
pub mod secret;
pub mod storage;
pub mod tasks;
