//! Proofs of identity: passwords, access tokens, refresh tokens.
//! Knows no account; whether a proven caller may act is asked in `services::auth::sessions`.

pub mod jwt;
pub mod password;
pub mod refresh;
pub mod totp;
