//! The promises that tasks keep as notes do: the very tests of notes, with tasks for notes.

#[path = "../../notes/bulk.rs"]
mod bulk;
#[path = "../../cache.rs"]
mod cache;
#[path = "../../notes/common.rs"]
mod common;
#[path = "../../notes/conditions.rs"]
mod conditions;
#[path = "../../notes/crud.rs"]
mod crud;
#[path = "../../idempotency.rs"]
mod idempotency;
#[path = "../../isolation.rs"]
mod isolation;
#[path = "../../notes/lists.rs"]
mod lists;
#[path = "../../notes/lost_nothing.rs"]
mod lost_nothing;
#[path = "../../notes/merging.rs"]
mod merging;
#[path = "../../notes/paging.rs"]
mod paging;
mod portable;
#[path = "../../notes/refusals.rs"]
mod refusals;
#[path = "../../notes/revisions.rs"]
mod revisions;
#[path = "../../notes/round_trips.rs"]
mod round_trips;
#[path = "../../notes/save_ids.rs"]
mod save_ids;
#[path = "../../notes/saving.rs"]
mod saving;
#[path = "../../notes/search.rs"]
mod search;
#[path = "../../notes/storms.rs"]
mod storms;
#[path = "../../notes/tags.rs"]
mod tags;
#[path = "../../notes/texts.rs"]
mod texts;
#[path = "../../notes/tools.rs"]
mod tools;
#[path = "../../notes/trash.rs"]
mod trash;
#[path = "../../notes/trash_purge.rs"]
mod trash_purge;
#[path = "../../notes/undo.rs"]
mod undo;

use crate::harness::{Noun, TestApp};
use common::{history, save, save_body, text_at, three_lines, told};

/// What the notes of these tests are.
const NOUN: Noun = Noun::Task;
/// The orders of their lists, the usual one first.
const ORDERS: [&str; 5] = ["position", "created", "updated", "due", "priority"];
/// An order to which those are alike of which only the title is known.
const ALIKE: &str = "priority";
/// The order of what was written from A to Z.
const WRITTEN: &str = "position";

/// What only a list tells of each.
const LISTED_ONLY: &[&str] = &["subtasks"];

/// One instance over an empty database.
async fn start() -> TestApp {
    TestApp::start().await.of(NOUN)
}

/// So many instances over the same one.
async fn instances(count: usize) -> Vec<TestApp> {
    let instances = TestApp::instances(count).await.into_iter();
    instances.map(|app| app.of(NOUN)).collect()
}
