//! Notes: created, read, changed, listed, searched, put into the trash and taken out again.

mod bulk;
mod conditions;
mod crud;
mod lists;
mod notebook_removal;
mod notebooks;
mod paging;
mod plans;
mod round_trips;
mod search;
mod storms;
mod tags;
mod texts;
mod tools;
mod trash;
mod trash_purge;
mod undo;
