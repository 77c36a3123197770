//! Files as values: what a client sees, what it may send, and what of it is valid.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::reply::Versioned;
use crate::domain::id::FileId;
use crate::domain::time::Timestamp;

/// Days after which the trash drops a file.
pub(super) const TRASH_DAYS: i64 = 30;
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// A file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct File {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: FileId,
    /// Grows with every write; also in the `ETag`.
    pub version: u64,
    /// What it is called; at most 255 characters, never a path.
    pub name: String,
    /// The media type found in its bytes.
    pub mime: String,
    /// `image`, `video`, `audio`, `text`, `document`, `archive` or `other`.
    pub family: String,
    /// Bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// Names, sorted.
    pub tags: Vec<String>,
    /// When it was sent up, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its name last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was put into the trash; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    /// When the trash drops it; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purge_at: Option<Timestamp>,
}

impl File {
    /// Puts it into the trash, or takes it out.
    pub(super) fn set_deleted(&mut self, at: Option<Timestamp>) {
        self.deleted_at = at;
        self.purge_at =
            at.and_then(|at| Timestamp::from_micros(at.micros() + TRASH_DAYS * DAY_MICROS));
    }
}

impl Versioned for File {
    fn version(&self) -> u64 {
        self.version
    }
}
