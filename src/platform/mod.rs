//! Infrastructure. It knows no resource of the product and nothing of HTTP.

pub mod auth;
pub mod background;
pub mod cache;
pub mod clock;
pub mod crypto;
pub mod db;
pub mod diff;
pub mod health;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod notifier;
pub mod secret;
pub mod storage;
