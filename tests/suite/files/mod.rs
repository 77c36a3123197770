//! Files: sent up whole or in pieces by one client or many, listed, renamed, tagged, given out whole
//! and in part and never wrong, put into the trash and taken out again, attached to notes.

mod attachments;
mod bulk;
mod by_curl;
mod content;
mod editing;
mod links;
mod lists;
mod plans;
mod storms;
pub(crate) mod tools;
mod trash;
mod uploads;
