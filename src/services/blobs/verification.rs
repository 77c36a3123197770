//! Reads the bytes of every whole blob and compares them with their digests, those of the chunks
//! and that of the whole. Changes nothing; says which files are concerned, by their ids.

use mysql_async::prelude::FromRow;

use super::BlobRow;
use crate::domain::id::{BlobId, FileId, UserId};
use crate::platform::db::{Db, DbError, Query};
use crate::platform::metrics;
use crate::platform::storage::{Blob, Storage, StorageError};

/// Files of one blob that are named.
const FILES: u32 = 100;

pub struct Checked {
    pub blob: Blob,
    /// What is wrong with it.
    pub error: Option<Fault>,
    /// The files that consist of it; only when something is wrong.
    pub files: Vec<FileId>,
}

/// What is wrong with a blob.
pub enum Fault {
    /// Its bytes are missing or others.
    Damaged(String),
    /// The object store did not give them: nothing is known.
    Unread(String),
}

impl Fault {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "damaged",
            Self::Unread(_) => "unread",
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Damaged(text) | Self::Unread(text) => text,
        }
    }
}

/// Checks the first blob behind `after`; nothing when there is none.
pub async fn next(
    db: &Db,
    storage: &Storage,
    after: Option<BlobId>,
) -> Result<Option<Checked>, StorageError> {
    const NEXT: Query = Query::new(
        "verifying.next",
        "SELECT b.owner_id, b.id, b.store, b.size_bytes, b.sha256 FROM blobs b \
         WHERE b.id > ? AND b.state = 1 ORDER BY b.id LIMIT 1",
    );
    let mut after = after.unwrap_or(BlobId::from_bytes([0; 16]));
    while let Some(BlobRow(blob)) = db.first(&NEXT, (after,)).await? {
        let err = match read(storage, blob).await {
            Ok(()) => None,
            Err(err @ StorageError::Damaged { .. }) => Some(Fault::Damaged(err.to_string())),
            Err(err @ StorageError::Objects(_)) => Some(Fault::Unread(err.to_string())),
            Err(StorageError::Gone(id)) => {
                after = id;
                continue;
            }
            Err(err @ StorageError::Db(_)) => return Err(err),
        };
        let files = match &err {
            Some(err) => {
                if matches!(err, Fault::Damaged(_)) {
                    metrics::storage_damaged();
                }
                files_of(db, blob.owner, blob.id).await?
            }
            None => Vec::new(),
        };
        return Ok(Some(Checked {
            blob,
            error: err,
            files,
        }));
    }
    Ok(None)
}

async fn read(storage: &Storage, blob: Blob) -> Result<(), StorageError> {
    let mut reader = storage.read(blob, 0..blob.size_bytes);
    while let Some(chunk) = reader.next().await {
        chunk?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Named {
    id: FileId,
}

async fn files_of(db: &Db, owner: UserId, blob: BlobId) -> Result<Vec<FileId>, DbError> {
    const FILES_OF: Query = Query::new(
        "verifying.files",
        "SELECT id FROM files WHERE owner_id = ? AND blob_id = ? AND shelf < 3 \
         ORDER BY id LIMIT ?",
    );
    let named: Vec<Named> = db.list(&FILES_OF, (owner, blob, FILES)).await?;
    Ok(named.into_iter().map(|named| named.id).collect())
}
