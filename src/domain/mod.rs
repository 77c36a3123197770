//! The words of the business: identifiers, addresses, texts, roles, moments.
//! Refuses I/O, async and every crate that does either.

pub mod checklist;
pub mod digest;
pub mod email;
pub mod file_name;
pub mod id;
pub mod if_match;
pub mod invalid;
pub mod media_type;
pub mod password;
pub mod role;
pub mod tag;
pub mod text;
pub mod time;
pub mod time_zone;
pub mod username;
