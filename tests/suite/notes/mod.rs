//! Notes: created, read, changed, listed, searched, put into the trash and taken out again.

mod conditions;
mod crud;
mod lists;
mod paging;
mod search;
mod texts;
mod trash;
