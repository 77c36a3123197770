//! Where the bytes of a file are, for its owner or for who holds a link of an owner that may act.

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};

use super::FileStore;
use crate::domain::id::{FileId, UserId};
use crate::platform::db::{DbError, Query};
use crate::platform::storage::Blob;
use crate::services::blobs::BlobRow;

/// The bytes of a file and what is said about them.
pub(in crate::features::files) struct Content {
    pub(in crate::features::files) blob: Blob,
    pub(in crate::features::files) name: String,
    pub(in crate::features::files) mime: String,
    /// Whether the account is active.
    pub(in crate::features::files) owner_is_active: bool,
}

impl FromRow for Content {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let read = |row: &mut Row| {
            Some((
                row.take_opt(5)?.ok()?,
                row.take_opt(6)?.ok()?,
                row.take_opt(7)?.ok()?,
            ))
        };
        let Some((name, mime, owner_is_active)) = read(&mut row) else {
            return Err(FromRowError(row));
        };
        let BlobRow(blob) = BlobRow::from_row_opt(row)?;
        Ok(Self {
            blob,
            name,
            mime,
            owner_is_active,
        })
    }
}

impl FileStore {
    /// The bytes of a file, also of one in the trash.
    pub(in crate::features::files) async fn content(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<Option<Content>, DbError> {
        // The columns of the blob are those that `BlobRow` takes.
        const CONTENT: Query = Query::new(
            "files.content",
            "SELECT f.owner_id, f.blob_id, b.store, f.size_bytes, f.sha256, f.name, f.mime, \
               u.status = 'active' \
             FROM files f JOIN users u ON u.id = f.owner_id \
             LEFT JOIN blobs b ON b.owner_id = f.owner_id AND b.id = f.blob_id \
             WHERE f.owner_id = ? AND f.id = ? AND f.shelf < 3",
        );
        self.db.first(&CONTENT, (owner, id)).await
    }
}
