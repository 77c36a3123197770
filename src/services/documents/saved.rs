//! What a save was based on and what became of it, as values.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DocumentWithBody;
use crate::domain::if_match::IfMatch;
use crate::domain::invalid::Invalid;
use crate::services::dedup::save_ids::SaveRequest;

/// What a change was based on.
#[derive(Debug, Clone)]
pub struct Base {
    /// A stale version is refused.
    pub if_match: Option<IfMatch>,
    /// A stale version is merged.
    pub version: Option<u64>,
    /// The client's id of this save.
    pub save: Option<SaveRequest>,
}

/// How a save came together with what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// Nothing had changed in between.
    None,
    /// Something had; both are in the text now.
    Clean,
    /// The same lines had; what stood stands, what came is kept as a revision.
    Conflict,
}

/// The text that lost against the one that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conflict {
    /// The revision that keeps it.
    pub version: u64,
    pub title: String,
    pub body: String,
}

/// A document as it is after a save.
#[derive(Debug)]
pub struct SavedDocument<D> {
    pub full: DocumentWithBody<D>,
    /// How the save came together with what was there.
    pub merge: Merge,
    /// Only on a conflict: the text that came.
    pub conflict: Option<Conflict>,
}

/// What became of a change.
#[derive(Debug)]
pub enum Saved<D> {
    /// The document as it is now.
    Done(SavedDocument<D>),
    /// Not there, or not the owner's.
    Missing,
    /// Changed meanwhile; the document as it is.
    Stale(DocumentWithBody<D>),
    /// Based on a version that does not exist yet; the present one.
    UnknownVersion(u64),
    /// The save id stands for another save.
    SaveIdReused,
    /// It cannot have its place.
    Refused(Invalid),
}
