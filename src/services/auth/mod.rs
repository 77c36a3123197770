//! Who may call: sessions, API keys, rate limits, the throttle of failed logins, and the audit log.

pub mod api_keys;
pub mod audit;
pub mod login_throttle;
pub mod rate_limits;
pub mod sessions;
