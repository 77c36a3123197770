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
mod shelves;
mod storms;
mod tags;
mod texts;
mod tools;
mod trash;
mod trash_purge;
mod undo;

use crate::harness::Noun;
use crate::{instances, start};
use common::{history, save, save_body, text_at, three_lines, told};

/// What the notes of these tests are.
const NOUN: Noun = Noun::Note;
/// The orders of their lists, the usual one first.
const ORDERS: [&str; 3] = ["updated", "created", "title"];
/// An order to which those are alike that have one title, however it is spelled.
const ALIKE: &str = "title";
/// The order of what was written from A to Z.
const WRITTEN: &str = "title";
/// What only a list tells of each.
const LISTED_ONLY: &[&str] = &[];
