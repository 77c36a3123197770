//! The rows of blobs: opened when an upload begins, whole when it ends, dead when no file names
//! them any more. An owner keeps each content once. Refuses the bytes themselves: they are
//! `platform::storage`'s.

pub mod gc;
pub mod migration;
pub mod quota;
pub mod verification;

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};

use crate::domain::id::{BlobId, UserId};
use crate::platform::db::{DbError, Query, Tx};
use crate::platform::storage::{Blob, Store};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// An upload writes it.
    Writing,
    /// Whole and checked.
    Whole,
    /// To be removed by the sweep.
    Dead,
}

impl State {
    /// The number in the table; never reused.
    pub fn number(self) -> u8 {
        match self {
            Self::Writing => 0,
            Self::Whole => 1,
            Self::Dead => 2,
        }
    }
}

/// The columns that `BlobRow` takes, under the alias `b`.
pub const COLUMNS: &str = "b.owner_id, b.id, b.store, b.size_bytes, b.sha256";

/// A whole blob, read from the columns `COLUMNS`.
pub struct BlobRow(pub Blob);

impl FromRow for BlobRow {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        let read = |row: &Row| {
            let digest: Vec<u8> = row.get_opt(4)?.ok()?;
            Some(Self(Blob {
                owner: row.get_opt(0)?.ok()?,
                id: row.get_opt(1)?.ok()?,
                store: Store::from_number(row.get_opt(2)?.ok()?)?,
                size_bytes: row.get_opt(3)?.ok()?,
                sha256: digest.try_into().ok()?,
            }))
        };
        read(&row).ok_or(FromRowError(row))
    }
}

/// Opens a blob that an upload is going to write.
pub async fn open(tx: &Tx, owner: UserId, id: BlobId) -> Result<(), DbError> {
    const OPEN: Query = Query::new(
        "blobs.open",
        "INSERT INTO blobs (owner_id, id, state, store, created_at, changed_at) \
         VALUES (?, ?, 0, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
    );
    tx.exec(&OPEN, (owner, id)).await?;
    Ok(())
}

/// Ends the writing of a blob. When the owner has these bytes already, that blob is used and this
/// one is dead. Which one the file is to name.
pub async fn finish(
    tx: &Tx,
    owner: UserId,
    id: BlobId,
    size_bytes: u64,
    sha256: &[u8; 32],
) -> Result<BlobId, DbError> {
    const SAME: Query = Query::new(
        "blobs.same",
        "SELECT id FROM blobs WHERE owner_id = ? AND sha256 = ? AND state = 1 FOR UPDATE",
    );
    const WHOLE: Query = Query::new(
        "blobs.whole",
        "UPDATE blobs SET state = 1, size_bytes = ?, sha256 = ?, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND id = ? AND state = 0",
    );
    let digest = sha256.as_slice();
    if let Some((same,)) = tx.first::<(BlobId,)>(&SAME, (owner, digest)).await? {
        kill(tx, owner, id).await?;
        return Ok(same);
    }
    // A sweep that found it abandoned is removing its chunks: it must not come back to life.
    if tx
        .exec(&WHOLE, (size_bytes, digest, owner, id))
        .await?
        .affected
        == 0
    {
        return Err(DbError::unreadable(
            "blobs.finish",
            "a blob that a sweep removes",
        ));
    }
    Ok(id)
}

/// Marks a blob to be removed by the sweep.
pub async fn kill(tx: &Tx, owner: UserId, id: BlobId) -> Result<(), DbError> {
    const KILL: Query = Query::new(
        "blobs.kill",
        "UPDATE blobs SET state = 2, sha256 = NULL, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND id = ?",
    );
    tx.exec(&KILL, (owner, id)).await?;
    Ok(())
}

/// Marks a blob to be removed when no file of the owner names it any more. The blob's row is
/// locked first: an upload of the same bytes waits, and then finds it dead.
pub async fn release(tx: &Tx, owner: UserId, id: BlobId) -> Result<(), DbError> {
    const LOCK: Query = Query::new(
        "blobs.lock",
        "SELECT 1 FROM blobs WHERE owner_id = ? AND id = ? FOR UPDATE",
    );
    const NAMED: Query = Query::new(
        "blobs.named",
        "SELECT 1 FROM files WHERE owner_id = ? AND blob_id = ? AND shelf < 3 LIMIT 1",
    );
    tx.first::<(u8,)>(&LOCK, (owner, id)).await?;
    if tx.first::<(u8,)>(&NAMED, (owner, id)).await?.is_none() {
        kill(tx, owner, id).await?;
    }
    Ok(())
}
