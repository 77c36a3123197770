//! The trash: in as a batch that can be undone, out again, gone for good, and emptied by a job.

use super::bulk::{self, Action, ApplyOutcome};
use super::rows;
use super::{Document, DocumentWithBody, Documents, TextDocument};
use crate::domain::id::{BatchId, Id, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Tx};
use crate::services::changes::{self, NewChange, Op};
use crate::services::{batches, documents::revisions, search, tags};

/// Days after which the trash drops a document.
pub const TRASH_DAYS: i64 = 30;
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;
/// Documents one run of the job takes out of the trash.
const PURGED_AT_ONCE: u32 = 100;

/// When the trash drops what was put into it.
pub fn purge_at(deleted_at: Option<Timestamp>) -> Option<Timestamp> {
    deleted_at.and_then(|at| Timestamp::from_micros(at.micros() + TRASH_DAYS * DAY_MICROS))
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is in the trash now; the batch takes it back.
    Done(BatchId),
    /// It was where it should be before.
    Already,
    /// Not there, or not the owner's.
    Missing,
    /// Only what is in the trash can be deleted for good.
    NotInTrash,
}

impl<D: Document> Documents<D> {
    /// Puts a document into the trash; done before is done.
    pub async fn remove(&self, owner: UserId, id: Id<D::IdMarker>) -> Result<Removed, DbError> {
        let now = self.clock.now();
        let removed = self
            .db
            .transaction("documents.remove", |tx| async move {
                match tx.first::<(u8, u64)>(&D::SQL.shelf, (owner, id)).await? {
                    None => return Ok(Removed::Missing),
                    Some((2 | 3, _)) => return Ok(Removed::Already),
                    Some(_) => {}
                }
                let (batch, action) = (BatchId::new(), Action::Delete);
                match bulk::apply::<D>(&tx, owner, Some(batch), &[id], (&action, now)).await? {
                    ApplyOutcome::Done { items, .. } => {
                        let head = (batch, D::KIND, "delete");
                        batches::insert(&tx, owner, head, &items, now).await?;
                        Ok::<_, DbError>(Removed::Done(batch))
                    }
                    _ => Ok(Removed::Missing),
                }
            })
            .await?;
        self.changed(owner).await;
        Ok(removed)
    }

    /// Deletes a document in the trash for good: texts and words go, the bare id stays for a month.
    pub async fn purge(&self, owner: UserId, id: Id<D::IdMarker>) -> Result<Removed, DbError> {
        let removed = self
            .db
            .transaction("documents.purge", |tx| async move {
                match tx.first::<(u8, u64)>(&D::SQL.shelf, (owner, id)).await? {
                    None => Ok(Removed::Missing),
                    Some((3, _)) => Ok(Removed::Already),
                    Some((2, top)) => {
                        purge_row::<D>(&tx, owner, id, top + 1).await?;
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

impl<D: TextDocument> Documents<D> {
    /// Takes a document out of the trash; one that is not in it stays as it is.
    pub async fn restore(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
    ) -> Result<Option<DocumentWithBody<D>>, DbError> {
        let now = self.clock.now();
        let full = self
            .db
            .transaction("documents.restore", |tx| async move {
                let action = (&Action::Restore, now);
                // No batch: what takes it back is the deletion.
                bulk::apply::<D>(&tx, owner, None, &[id], action).await?;
                let stored = rows::lock::<D>(&tx, owner, id).await?;
                Ok::<_, DbError>(stored.map(|stored| stored.full))
            })
            .await?;
        self.changed(owner).await;
        Ok(full)
    }
}

async fn purge_row<D: Document>(
    tx: &Tx,
    owner: UserId,
    id: Id<D::IdMarker>,
    version: u64,
) -> Result<(), DbError> {
    tx.exec(&D::SQL.purge_row, (version, owner, id)).await?;
    search::remove_all(tx, owner, D::KIND, id.as_bytes()).await?;
    revisions::remove_all(tx, owner, D::KIND, id.as_bytes()).await?;
    tags::remove_all(tx, owner, D::KIND, id.as_bytes()).await?;
    D::purge_related(tx, owner, id).await?;
    let gone = NewChange {
        kind: D::KIND,
        entity: *id.as_bytes(),
        op: Op::Delete,
        version,
    };
    changes::record(tx, owner, &[gone], None).await
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash<D: Document>(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    let values = (TRASH_DAYS, PURGED_AT_ONCE);
    let due: Vec<(UserId, Id<D::IdMarker>)> = db.list(&D::SQL.due_in_trash, values).await?;
    for (owner, id) in &due {
        let (owner, id) = (*owner, *id);
        db.transaction("documents.purge_trash", |tx| async move {
            // Looked at again under its lock: it may have been taken out meanwhile, and thrown away
            // anew.
            let values = (owner, id, TRASH_DAYS);
            if let Some((top,)) = tx.first::<(u64,)>(&D::SQL.still_due, values).await? {
                purge_row::<D>(&tx, owner, id, top + 1).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
        changes::notify(cache, owner).await;
    }
    Ok(due.len() as u64)
}

/// Forgets documents that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_tombstones<D: Document>(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&D::SQL.purge_tombstones, ()).await?.affected)
}
