//! Revisions of a note as values.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Faults, Validate};
use crate::domain::time::Timestamp;
use crate::platform::diff::Piece;
use crate::records::revisions::RevisionRow;

/// A revision, as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Revision {
    /// The version of the note that brought this text, or the number a text got that never was
    /// the note's.
    pub version: u64,
    /// Its title.
    pub title: String,
    /// Bytes of its body in UTF-8.
    pub size_bytes: u32,
    /// `edit`, `merge` (two texts became one), `merged` (one of the two as it was sent),
    /// `conflict` (it lost against another text), `restore`.
    pub reason: String,
    /// Whether it is the note's text now.
    pub current: bool,
    /// When it was saved, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl Revision {
    pub(super) fn new(row: RevisionRow, current: u64) -> Self {
        Self {
            current: row.version == current,
            version: row.version,
            title: row.title,
            size_bytes: row.size_bytes,
            reason: row.reason,
            created_at: row.created_at,
        }
    }
}

/// A revision with its body.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionText {
    /// What the list shows of it.
    #[serde(flatten)]
    pub revision: Revision,
    /// Markdown, exactly as it was saved.
    pub body: String,
}

/// One page of revisions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionPage {
    /// The revisions.
    pub items: Vec<Revision>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// The difference between two revisions, by words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Difference {
    /// The older side: `equal` and `delete` pieces are its text.
    pub from: u64,
    /// The newer side: `equal` and `insert` pieces are its text.
    pub to: u64,
    /// The titles.
    pub title: Vec<Piece>,
    /// The bodies.
    pub body: Vec<Piece>,
}

/// What a revision is held against.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct DifferenceQuery {
    /// Another revision; the current one when absent.
    #[param(minimum = 1)]
    pub to: Option<u64>,
}

impl Validate for DifferenceQuery {
    fn validate(&self, _: &mut Faults) {}
}
