//! Moving whole blobs between the rows and the object store. A blob is copied under its digests,
//! then one statement says where it is read from, then what was left behind is removed; each of
//! these may be cut at any point and is found again. Refuses to touch what another mover changed.

use mysql_async::params;
use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};

use super::BlobRow;
use crate::domain::id::{BlobId, ObjectId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::platform::metrics;
use crate::platform::storage::{self, Blob, ObjectName, Storage, StorageError, Store};

/// Chunks whose bytes one transaction removes.
const CLEARED_AT_ONCE: u32 = 16;
/// Minutes after which what another mover has not touched is nobody's.
pub const IDLE_MIN: u32 = 15;
/// Blobs whose left copies are looked for at once.
const LEFT_AT_ONCE: u32 = 100;

/// A blob that is not where it belongs.
struct Candidate {
    blob: Blob,
    left: Option<Store>,
    /// The clock of the database when it was found.
    found_at: Timestamp,
}

impl FromRow for Candidate {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let left = row.take_opt::<Option<u8>, _>(5).and_then(Result::ok);
        let at = row.take_opt(6).and_then(Result::ok);
        let (Some(left), Some(found_at)) = (left, at) else {
            return Err(FromRowError(row));
        };
        Ok(Self {
            blob: BlobRow::from_row_opt(row)?.0,
            left: left.and_then(Store::from_number),
            found_at,
        })
    }
}

/// What came of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is where it belongs.
    Moved(Blob),
    /// Somebody else moved or removed it meanwhile.
    Elsewhere,
    /// Its bytes are not what they were: it stays where it is.
    Damaged(Blob),
}

/// What is not where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub blobs: u64,
    pub bytes: u64,
}

/// How much is in the other store.
pub async fn remaining(db: &Db, to: Store) -> Result<Remaining, DbError> {
    const REMAINING: Query = Query::new(
        "moving.remaining",
        "SELECT COUNT(*), CAST(COALESCE(SUM(size_bytes), 0) AS UNSIGNED) FROM blobs \
         WHERE store = ? AND state = 1",
    );
    let row = db.first(&REMAINING, (other(to).number(),)).await?;
    let (blobs, bytes) = row.unwrap_or((0, 0));
    Ok(Remaining { blobs, bytes })
}

/// Moves the first blob behind `after` that is not in the store `to`; nothing when there is none.
pub async fn next(
    db: &Db,
    storage: &Storage,
    to: Store,
    after: Option<BlobId>,
) -> Result<Option<(BlobId, Outcome)>, StorageError> {
    const NEXT: Query = Query::new(
        "moving.next",
        "SELECT b.owner_id, b.id, b.store, b.size_bytes, b.sha256, b.left_store, \
           UTC_TIMESTAMP(6) FROM blobs b \
         WHERE b.store = ? AND b.id > ? AND b.state = 1 ORDER BY b.id LIMIT 1",
    );
    let after = after.unwrap_or(BlobId::from_bytes([0; 16]));
    let found: Option<Candidate> = db.first(&NEXT, (other(to).number(), after)).await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let blob = found.blob;
    if found.left.is_some() && to == Store::Objects {
        settle(db, storage, blob.owner, blob.id).await?;
    }
    let moved = match to {
        Store::Objects => to_objects(db, storage, &blob, found.found_at).await,
        Store::Rows => to_rows(db, storage, &blob).await,
    };
    let outcome = match moved {
        Ok(true) => {
            metrics::storage_migrated(to.word());
            Outcome::Moved(blob)
        }
        Ok(false) | Err(StorageError::Gone(_)) => Outcome::Elsewhere,
        Err(err @ StorageError::Damaged { .. }) => {
            metrics::storage_damaged();
            tracing::error!(owner = %blob.owner, error = %err, "a blob cannot be moved");
            Outcome::Damaged(blob)
        }
        Err(err) => return Err(err),
    };
    Ok(Some((blob.id, outcome)))
}

fn other(store: Store) -> Store {
    match store {
        Store::Rows => Store::Objects,
        Store::Objects => Store::Rows,
    }
}

/// Copies the rows into a new object, checked on the way, and has it read from there.
async fn to_objects(
    db: &Db,
    storage: &Storage,
    blob: &Blob,
    begun_at: Timestamp,
) -> Result<bool, StorageError> {
    // An object that nobody names is removed when it is a day old: who took half of that to write
    // it may be too late, and begins again.
    const FLIP: Query = Query::new(
        "moving.to_objects",
        "UPDATE blobs SET store = 2, left_store = 1, object_id = :object, \
           changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = :owner AND id = :id AND store = 1 AND state = 1 \
           AND left_store IS NULL AND UTC_TIMESTAMP(6) < :begun + INTERVAL 12 HOUR",
    );
    let objects = storage.objects()?;
    let name = ObjectName {
        owner: blob.owner,
        blob: blob.id,
        object: ObjectId::new(),
    };
    let mut put = objects.put(&name, blob.size_bytes).await?;
    let mut reader = storage.read(*blob, 0..blob.size_bytes);
    while let Some(chunk) = reader.next().await {
        let written = match chunk {
            Ok(chunk) => put.write(chunk).await,
            Err(err) => Err(err),
        };
        if let Err(err) = written {
            put.abort().await;
            return Err(err);
        }
    }
    put.finish().await?;
    let values = params! {
        "object" => name.object, "owner" => blob.owner, "id" => blob.id, "begun" => begun_at,
    };
    if db.exec(&FLIP, values).await?.affected == 0 {
        objects.remove(&name).await?;
        return Ok(false);
    }
    settle(db, storage, blob.owner, blob.id).await?;
    Ok(true)
}

/// Copies an object back into its rows, checked on the way, and has it read from there.
async fn to_rows(db: &Db, storage: &Storage, blob: &Blob) -> Result<bool, StorageError> {
    // From here on its rows count as left behind, until all of them are there.
    const BEGIN: Query = Query::new(
        "moving.to_rows",
        "UPDATE blobs SET left_store = 1, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND id = ? AND store = 2 AND state = 1",
    );
    let (owner, id) = (blob.owner, blob.id);
    if db.exec(&BEGIN, (owner, id)).await?.affected == 0 {
        return Ok(false);
    }
    let mut reader = storage.read(*blob, 0..blob.size_bytes);
    let mut n = 0;
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        let data = chunk.as_ref();
        let _turn = storage.turn().await;
        let kept = db
            .transaction("moving.restore", |tx| async move {
                if !hold(&tx, owner, id).await? {
                    return Ok::<_, DbError>(false);
                }
                storage::restore_chunk(&tx, owner, id, n, data).await?;
                Ok(true)
            })
            .await?;
        if !kept {
            return Ok(false);
        }
        n += 1;
    }
    if !flip_to_rows(db, blob).await? {
        return Ok(false);
    }
    settle(db, storage, owner, id).await?;
    Ok(true)
}

/// Locks a blob that is being copied into its rows, and says that somebody is at it.
async fn hold(tx: &Tx, owner: UserId, id: BlobId) -> Result<bool, DbError> {
    const HOLD: Query = Query::new(
        "moving.hold",
        "UPDATE blobs SET changed_at = UTC_TIMESTAMP(6) WHERE owner_id = ? AND id = ? \
           AND store = 2 AND state = 1 AND left_store = 1",
    );
    Ok(tx.exec(&HOLD, (owner, id)).await?.affected > 0)
}

/// The rows are the truth from here on, if they hold every chunk.
async fn flip_to_rows(db: &Db, blob: &Blob) -> Result<bool, DbError> {
    const FULL: Query = Query::new(
        "moving.full",
        "SELECT COUNT(*) FROM blob_chunks \
         WHERE owner_id = ? AND blob_id = ? AND data IS NOT NULL",
    );
    const FLIP: Query = Query::new(
        "moving.flip_to_rows",
        "UPDATE blobs SET store = 1, left_store = 2, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND id = ?",
    );
    let (owner, id, chunks) = (blob.owner, blob.id, u64::from(blob.chunks()));
    db.transaction("moving.flip_to_rows", |tx| async move {
        if !hold(&tx, owner, id).await? {
            return Ok(false);
        }
        let full: Option<(u64,)> = tx.first(&FULL, (owner, id)).await?;
        if full != Some((chunks,)) {
            return Ok(false);
        }
        tx.exec(&FLIP, (owner, id)).await?;
        Ok(true)
    })
    .await
}

/// Removes the copies that blobs of a store left behind in the other one, when nobody was at them
/// for so long.
pub async fn settle_left(
    db: &Db,
    storage: &Storage,
    store: Store,
    idle_min: u32,
) -> Result<(), StorageError> {
    const LEFT: Query = Query::new(
        "moving.left",
        "SELECT owner_id, id FROM blobs WHERE left_store = ? AND store = ? AND state = 1 \
           AND id > ? AND changed_at <= UTC_TIMESTAMP(6) - INTERVAL ? MINUTE \
         ORDER BY id LIMIT ?",
    );
    let mut after = BlobId::from_bytes([0; 16]);
    loop {
        let values = (
            other(store).number(),
            store.number(),
            after,
            idle_min,
            LEFT_AT_ONCE,
        );
        let left: Vec<(UserId, BlobId)> = db.list(&LEFT, values).await?;
        let Some((_, last)) = left.last() else {
            return Ok(());
        };
        after = *last;
        for (owner, id) in left {
            settle(db, storage, owner, id).await?;
        }
    }
}

/// Removes the copy that a blob left behind where it is not read from.
async fn settle(db: &Db, storage: &Storage, owner: UserId, id: BlobId) -> Result<(), StorageError> {
    const STATE: Query = Query::new(
        "moving.state",
        "SELECT store, left_store, object_id, size_bytes FROM blobs \
         WHERE owner_id = ? AND id = ? AND state = 1",
    );
    const CLEARED: Query = Query::new(
        "moving.cleared",
        "UPDATE blobs SET left_store = NULL, object_id = NULL WHERE owner_id = ? AND id = ? \
           AND store = 1 AND left_store = 2 AND object_id = ?",
    );
    type State = (u8, Option<u8>, Option<ObjectId>, u64);
    match db.first::<State>(&STATE, (owner, id)).await? {
        Some((2, Some(1), _, size)) => clear_rows(db, owner, id, size).await?,
        Some((1, Some(2), Some(object), _)) => {
            let name = ObjectName {
                owner,
                blob: id,
                object,
            };
            storage.objects()?.remove(&name).await?;
            db.exec(&CLEARED, (owner, id, object)).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Takes the bytes out of the rows of a blob that is read from the object store, some at a time;
/// the row of the blob is locked meanwhile, so that nobody makes the rows the truth again.
async fn clear_rows(db: &Db, owner: UserId, id: BlobId, size: u64) -> Result<(), DbError> {
    const CLEAR: Query = Query::new(
        "blob_chunks.clear",
        "UPDATE blob_chunks SET data = NULL \
         WHERE owner_id = ? AND blob_id = ? AND n >= ? AND n < ?",
    );
    const CLEARED: Query = Query::new(
        "moving.rows_cleared",
        "UPDATE blobs SET left_store = NULL WHERE owner_id = ? AND id = ?",
    );
    let chunks = size.div_ceil(storage::CHUNK_BYTES as u64);
    let mut n: u32 = 0;
    loop {
        let is_last = u64::from(n) + u64::from(CLEARED_AT_ONCE) >= chunks;
        let end = n.saturating_add(CLEARED_AT_ONCE);
        let held = db
            .transaction("moving.clear", |tx| async move {
                if !hold(&tx, owner, id).await? {
                    return Ok::<_, DbError>(false);
                }
                tx.exec(&CLEAR, (owner, id, n, end)).await?;
                if is_last {
                    tx.exec(&CLEARED, (owner, id)).await?;
                }
                Ok(true)
            })
            .await?;
        if is_last || !held {
            return Ok(());
        }
        n = end;
    }
}
