//! Notes: created, read, changed, listed, searched, put into the trash and taken out again, and
//! never lost: saved, merged, kept as revisions, thinned.

mod archive;
mod bulk;
mod checklists;
mod common;
mod conditions;
mod crud;
mod lists;
mod lost_nothing;
mod merging;
mod notebook_removal;
mod notebooks;
mod paging;
mod plans;
mod portable;
mod refusals;
mod revisions;
mod round_trips;
mod save_ids;
mod saving;
mod search;
mod storms;
mod tags;
mod texts;
mod tools;
mod trash;
mod trash_purge;
mod undo;

use crate::harness::TestApp;
use common::{history, save, save_body, text_at, three_lines, told};

/// One instance over an empty database.
async fn start() -> TestApp {
    TestApp::start().await
}

/// So many instances over the same one.
async fn instances(count: usize) -> Vec<TestApp> {
    TestApp::instances(count).await
}
