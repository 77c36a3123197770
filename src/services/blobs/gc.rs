//! Removes bytes that nobody names: blobs whose last file went, blobs whose upload vanished, chunks
//! and objects without a blob. Everything in steps, and found again after a cut at any point.
//! Refuses to remove what is young: somebody may be about to name it.

use std::collections::HashSet;

use futures_util::TryStreamExt;

use crate::domain::id::{BlobId, ObjectId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query};
use crate::platform::metrics;
use crate::platform::storage::{self, ObjectName, Storage, StorageError, Stored};

/// Blobs looked at in one go.
const BLOBS: u32 = 100;
/// Blobs whose chunks are looked for in one go.
const OWNERS_OF_CHUNKS: u32 = 500;
/// An object that nobody names is left alone so long; who writes one must be done in half of it.
const OBJECT_AGE_S: i64 = 24 * 3600;

/// What one run removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Blobs that were dead, with their bytes.
    pub dead: u64,
    /// Blobs whose upload is not there any more; they are dead now.
    pub abandoned: u64,
    /// Blobs that had chunks and no row.
    pub chunks: u64,
    /// Objects that no blob names.
    pub objects: u64,
}

/// One run through all of it.
pub async fn run(db: &Db, storage: &Storage) -> Result<Removed, StorageError> {
    let removed = Removed {
        abandoned: kill_abandoned(db).await?,
        dead: remove_dead(db, storage).await?,
        chunks: remove_stray_chunks(db).await?,
        objects: match storage.has_objects() {
            true => remove_stray_objects(db, storage).await?,
            false => 0,
        },
    };
    for (kind, count) in [
        ("abandoned", removed.abandoned),
        ("dead", removed.dead),
        ("chunks", removed.chunks),
        ("object", removed.objects),
    ] {
        metrics::storage_orphans(kind, count);
    }
    Ok(removed)
}

/// Blobs that are being written by no upload for more than an hour.
async fn kill_abandoned(db: &Db) -> Result<u64, DbError> {
    const KILL: Query = Query::new(
        "sweeping.abandoned",
        "UPDATE blobs SET state = 2, changed_at = UTC_TIMESTAMP(6) \
         WHERE state = 0 AND changed_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR \
           AND NOT EXISTS (SELECT 1 FROM uploads u \
             WHERE u.owner_id = blobs.owner_id AND u.blob_id = blobs.id)",
    );
    Ok(db.exec(&KILL, ()).await?.affected)
}

/// Dead blobs, once nobody can be reading them any more. One whose object cannot be removed stays,
/// and does not keep the others.
async fn remove_dead(db: &Db, storage: &Storage) -> Result<u64, StorageError> {
    const DEAD: Query = Query::new(
        "sweeping.dead",
        "SELECT owner_id, id, object_id FROM blobs WHERE state = 2 AND id > ? \
           AND changed_at < UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE ORDER BY id LIMIT ?",
    );
    let (mut after, mut removed) = (BlobId::from_bytes([0; 16]), 0);
    let mut kept = None;
    loop {
        let dead: Vec<Dead> = db.list(&DEAD, (after, BLOBS)).await?;
        let Some((_, last, _)) = dead.last() else {
            break;
        };
        after = *last;
        for blob in dead {
            match remove_blob(db, storage, blob).await {
                Ok(()) => removed += 1,
                Err(err @ StorageError::Objects(_)) => kept = Some(err),
                Err(err) => return Err(err),
            }
        }
    }
    kept.map_or(Ok(removed), Err)
}

type Dead = (UserId, BlobId, Option<ObjectId>);

/// Removes the dead blobs of an owner at once, for the end of an account; how many there were.
pub async fn remove_dead_of(
    db: &Db,
    storage: &Storage,
    owner: UserId,
) -> Result<u64, StorageError> {
    const DEAD: Query = Query::new(
        "sweeping.dead_of",
        "SELECT owner_id, id, object_id FROM blobs WHERE owner_id = ? AND state = 2 LIMIT ?",
    );
    let dead: Vec<Dead> = db.list(&DEAD, (owner, BLOBS)).await?;
    let count = dead.len() as u64;
    for blob in dead {
        remove_blob(db, storage, blob).await?;
    }
    Ok(count)
}

/// The bytes first, wherever they are, and the row last: it is what finds them.
async fn remove_blob(
    db: &Db,
    storage: &Storage,
    (owner, blob, object): Dead,
) -> Result<(), StorageError> {
    const REMOVE: Query = Query::new(
        "sweeping.remove",
        "DELETE FROM blobs WHERE owner_id = ? AND id = ? AND state = 2",
    );
    if let Some(object) = object {
        let name = ObjectName {
            owner,
            blob,
            object,
        };
        storage.objects()?.remove(&name).await?;
    }
    while storage::remove_chunks(db, owner, blob).await? > 0 {}
    db.exec(&REMOVE, (owner, blob)).await?;
    Ok(())
}

/// Chunks without a blob: no write of ours leaves any, but a restored backup may.
async fn remove_stray_chunks(db: &Db) -> Result<u64, DbError> {
    const PAGE: Query = Query::new(
        "sweeping.chunks",
        "SELECT c.owner_id, c.blob_id, b.id IS NULL FROM \
           (SELECT owner_id, blob_id FROM blob_chunks \
            WHERE owner_id > ? OR (owner_id = ? AND blob_id > ?) \
            GROUP BY owner_id, blob_id ORDER BY owner_id, blob_id LIMIT ?) c \
         LEFT JOIN blobs b ON b.owner_id = c.owner_id AND b.id = c.blob_id \
         ORDER BY c.owner_id, c.blob_id",
    );
    let mut after = (UserId::from_bytes([0; 16]), BlobId::from_bytes([0; 16]));
    let mut removed = 0;
    loop {
        let (owner, blob) = after;
        let values = (owner, owner, blob, OWNERS_OF_CHUNKS);
        let page: Vec<(UserId, BlobId, bool)> = db.list(&PAGE, values).await?;
        let Some((owner, blob, _)) = page.last() else {
            return Ok(removed);
        };
        after = (*owner, *blob);
        for (owner, blob, _) in page.iter().filter(|(_, _, stray)| *stray) {
            while storage::remove_chunks(db, *owner, *blob).await? > 0 {}
            removed += 1;
        }
    }
}

/// Objects that no blob names and that nobody can be about to name.
async fn remove_stray_objects(db: &Db, storage: &Storage) -> Result<u64, StorageError> {
    const NOW: Query = Query::new("sweeping.now", "SELECT UTC_TIMESTAMP(6)");
    let objects = storage.objects()?;
    // Taken before the list: what is old now was old then.
    let now: Option<(Timestamp,)> = db.first(&NOW, ()).await?;
    let Some((now,)) = now else { return Ok(0) };
    let is_old = |stored: &Stored| {
        let at = stored.written_at;
        at.is_some_and(|at| at.seconds() < now.seconds() - OBJECT_AGE_S)
    };
    let mut pages = objects.pages();
    let mut removed = 0;
    while let Some(page) = pages.try_next().await? {
        let page: Vec<Stored> = page.into_iter().filter(is_old).collect();
        // The names begin with the owner, so those of one stand together.
        for group in page.chunk_by(|one, other| owner_of(one) == owner_of(other)) {
            for stored in strays(db, group).await? {
                objects.remove_stored(stored).await?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

fn owner_of(stored: &Stored) -> Option<UserId> {
    stored.name.map(|name| name.owner)
}

/// Those of one owner's objects that no blob names. What has no name of ours is not ours.
async fn strays<'a>(db: &Db, group: &'a [Stored]) -> Result<Vec<&'a Stored>, DbError> {
    const NAMED: Query = Query::new(
        "sweeping.named",
        "SELECT id, object_id FROM blobs \
         WHERE owner_id = ? AND id >= ? AND id <= ? AND object_id IS NOT NULL",
    );
    let blobs = || {
        group
            .iter()
            .filter_map(|stored| stored.name)
            .map(|n| n.blob)
    };
    let (Some(owner), Some(first), Some(last)) = (
        group.first().and_then(owner_of),
        blobs().min(),
        blobs().max(),
    ) else {
        return Ok(Vec::new());
    };
    let named = db.list(&NAMED, (owner, first, last)).await?;
    let named: HashSet<(BlobId, ObjectId)> = named.into_iter().collect();
    let is_stray = |stored: &&Stored| {
        let name = stored.name;
        name.is_some_and(|name| !named.contains(&(name.blob, name.object)))
    };
    Ok(group.iter().filter(is_stray).collect())
}
