//! The trash: in as a batch that can be undone, out again, gone for good, and emptied by a job.
//! What is gone for good gives its room back, and its bytes when no other file has them.

use super::{FileStore, change, rows};
use crate::domain::id::{BatchId, BlobId, FileId, UserId};
use crate::features::files::model::{File, TRASH_DAYS};
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::batches::{self, Item};
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;
use crate::records::{attachments, blobs, storage_use, tags, terms};

/// Files one run of the job takes out of the trash.
const PURGED_AT_ONCE: u32 = 100;

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::files) enum Removed {
    /// It is in the trash now; the batch takes it back.
    Done(BatchId),
    /// It was where it should be before.
    Already,
    /// Not there, or not the owner's.
    Missing,
    /// Only what is in the trash can be deleted for good.
    NotInTrash,
}

const SHELF: Query = Query::new(
    "files.shelf",
    "SELECT shelf, version, blob_id, size_bytes FROM files \
     WHERE owner_id = ? AND id = ? FOR UPDATE",
);

/// Shelf, version, blob and size of a file.
type Standing = (u8, u64, BlobId, u64);

impl FileStore {
    /// Puts a file into the trash; done before is done.
    pub(in crate::features::files) async fn remove(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<Removed, DbError> {
        let now = self.clock.now();
        let removed = self
            .db
            .transaction("files.remove", |tx| async move {
                let Some(file) = rows::lock(&tx, owner, id).await? else {
                    let gone: Option<Standing> = tx.first(&SHELF, (owner, id)).await?;
                    return Ok(gone.map_or(Removed::Missing, |_| Removed::Already));
                };
                if file.deleted_at.is_some() {
                    return Ok(Removed::Already);
                }
                let batch = BatchId::new();
                let mut after = file;
                after.set_deleted(Some(now));
                move_to(&tx, owner, after, (Op::Trash, Some(batch))).await?;
                let item = Item {
                    kind: Kind::File,
                    entity: *id.as_bytes(),
                    state: br#"{"trashed":true}"#.to_vec(),
                };
                batches::insert(&tx, owner, (batch, Kind::File, "delete"), &[item], now).await?;
                Ok::<_, DbError>(Removed::Done(batch))
            })
            .await?;
        self.changed(owner).await;
        Ok(removed)
    }

    /// Takes a file out of the trash; one that is not in it stays as it is.
    pub(in crate::features::files) async fn restore(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<Option<File>, DbError> {
        let file = self
            .db
            .transaction("files.restore", |tx| async move {
                let Some(mut file) = rows::lock(&tx, owner, id).await? else {
                    return Ok(None);
                };
                if file.deleted_at.is_some() {
                    file.set_deleted(None);
                    // No batch: what takes it back is the deletion.
                    file = move_to(&tx, owner, file, (Op::Restore, None)).await?;
                }
                Ok::<_, DbError>(Some(file))
            })
            .await?;
        self.changed(owner).await;
        Ok(file)
    }

    /// Deletes a file in the trash for good; the bare id stays for a month.
    pub(in crate::features::files) async fn remove_forever(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<Removed, DbError> {
        let removed = self
            .db
            .transaction("files.remove_forever", |tx| async move {
                match tx.first::<Standing>(&SHELF, (owner, id)).await? {
                    None => Ok(Removed::Missing),
                    Some((3, ..)) => Ok(Removed::Already),
                    Some(standing @ (2, ..)) => {
                        bury(&tx, owner, id, standing).await?;
                        Ok::<_, DbError>(Removed::Already)
                    }
                    Some(_) => Ok(Removed::NotInTrash),
                }
            })
            .await?;
        self.changed(owner).await;
        Ok(removed)
    }
}

/// Writes a file that went into the trash or came out, with what shows it.
async fn move_to(
    tx: &Tx,
    owner: UserId,
    mut file: File,
    (op, batch): (Op, Option<BatchId>),
) -> Result<File, DbError> {
    file.version += 1;
    rows::update(tx, owner, &file).await?;
    let mut touched = attachments::touch(tx, owner, [file.id]).await?;
    touched.push(change(&file, op));
    changes::record(tx, owner, &touched, batch).await?;
    Ok(file)
}

async fn bury(
    tx: &Tx,
    owner: UserId,
    id: FileId,
    (_, version, blob, size_bytes): Standing,
) -> Result<(), DbError> {
    const BURY: Query = Query::new(
        "files.bury",
        "UPDATE files SET version = version + 1, shelf = 3, name = '', tags = '', \
           deleted_at = UTC_TIMESTAMP(6) WHERE owner_id = ? AND id = ?",
    );
    tx.exec(&BURY, (owner, id)).await?;
    terms::remove_all(tx, owner, Kind::File, id.as_bytes()).await?;
    tags::remove_all(tx, owner, Kind::File, id.as_bytes()).await?;
    attachments::remove_file(tx, owner, id).await?;
    blobs::release(tx, owner, blob).await?;
    storage_use::release(tx, owner, size_bytes).await?;
    let gone = NewChange {
        kind: Kind::File,
        entity: *id.as_bytes(),
        op: Op::Delete,
        version: version + 1,
    };
    changes::record(tx, owner, &[gone], None).await
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    const DUE: Query = Query::new(
        "files.due_in_trash",
        "SELECT owner_id, id FROM files \
         WHERE shelf = 2 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY LIMIT ?",
    );
    const STILL_DUE: Query = Query::new(
        "files.still_due_in_trash",
        "SELECT shelf, version, blob_id, size_bytes FROM files WHERE owner_id = ? AND id = ? \
           AND shelf = 2 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY FOR UPDATE",
    );
    let due: Vec<(UserId, FileId)> = db.list(&DUE, (TRASH_DAYS, PURGED_AT_ONCE)).await?;
    for (owner, id) in &due {
        let (owner, id) = (*owner, *id);
        db.transaction("files.purge_trash", |tx| async move {
            // Looked at again under its lock: it may have been taken out meanwhile.
            let due = (owner, id, TRASH_DAYS);
            if let Some(standing) = tx.first::<Standing>(&STILL_DUE, due).await? {
                bury(&tx, owner, id, standing).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
        changes::announce(cache, owner).await;
    }
    Ok(due.len() as u64)
}

/// Forgets files that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_gone(db: &Db) -> Result<u64, DbError> {
    const PURGE_GONE: Query = Query::new(
        "files.purge_gone",
        "DELETE FROM files WHERE shelf = 3 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY \
         LIMIT 1000",
    );
    Ok(db.exec(&PURGE_GONE, ()).await?.affected)
}
