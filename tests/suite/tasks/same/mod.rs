//! The promises that tasks keep as notes do: the very tests of notes, with tasks for notes.

#[path = "../../notes/common.rs"]
mod common;
#[path = "../../notes/conditions.rs"]
mod conditions;
#[path = "../../notes/merging.rs"]
mod merging;
#[path = "../../notes/revisions.rs"]
mod revisions;
#[path = "../../notes/save_ids.rs"]
mod save_ids;
#[path = "../../notes/saving.rs"]
mod saving;
#[path = "../../notes/search.rs"]
mod search;
#[path = "../../notes/tags.rs"]
mod tags;
#[path = "../../notes/texts.rs"]
mod texts;
#[path = "../../notes/tools.rs"]
#[expect(dead_code, reason = "some of them are for notes alone")]
mod tools;
#[path = "../../notes/trash.rs"]
mod trash;

use crate::harness::{Noun, TestApp};
use common::{history, save, save_body, text_at, three_lines, told};

/// One instance over an empty database.
async fn start() -> TestApp {
    TestApp::start().await.of(Noun::Task)
}

/// So many instances over the same one.
async fn instances(count: usize) -> Vec<TestApp> {
    let instances = TestApp::instances(count).await.into_iter();
    instances.map(|app| app.of(Noun::Task)).collect()
}
