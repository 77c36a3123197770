//! What of the promises that tasks keep as notes do is repeated on MySQL.

#[path = "../../../notes/portable/thinning.rs"]
mod thinning;
