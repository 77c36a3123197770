//! The trash: in as a batch that can be undone, out again, gone for good, and emptied by a job.

use super::NoteStore;
use super::bulk::{self, Action, Applied};
use super::rows;
use crate::domain::id::{BatchId, NoteId, UserId};
use crate::features::notes::model::{Note, TRASH_DAYS};
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Owned, Query, Tx};
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;
use crate::records::{attachments, batches, revisions, tags, terms};

/// What goes with the account.
pub const OWNED: [Owned; 2] = [
    ("notes.purge_owner", "notes", 5000),
    ("notes.purge_notebooks", "notebooks", 5000),
];

/// Notes one run of the job takes out of the trash.
const PURGED_AT_ONCE: u32 = 100;

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::notes) enum Removed {
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
    "notes.shelf",
    "SELECT shelf, GREATEST(version, top_version) FROM notes \
     WHERE owner_id = ? AND id = ? FOR UPDATE",
);

const BURY: Query = Query::new(
    "notes.bury",
    "UPDATE notes SET version = ?, shelf = 3, title = '', excerpt = '', tags = '', \
       notebook_id = NULL, deleted_at = UTC_TIMESTAMP(6) WHERE owner_id = ? AND id = ?",
);

impl NoteStore {
    /// Puts a note into the trash; done before is done.
    pub(in crate::features::notes) async fn remove(
        &self,
        owner: UserId,
        id: NoteId,
    ) -> Result<Removed, DbError> {
        let now = self.clock.now();
        let removed = self
            .db
            .transaction("notes.remove", |tx| async move {
                match tx.first::<(u8, u64)>(&SHELF, (owner, id)).await? {
                    None => return Ok(Removed::Missing),
                    Some((2 | 3, _)) => return Ok(Removed::Already),
                    Some(_) => {}
                }
                let batch = BatchId::new();
                match bulk::apply(&tx, owner, batch, &[id], (&Action::Delete, now)).await? {
                    Applied::Done { items, .. } => {
                        let head = (batch, Kind::Note, Action::Delete.word());
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

    /// Takes a note out of the trash; one that is not in it stays as it is.
    pub(in crate::features::notes) async fn restore(
        &self,
        owner: UserId,
        id: NoteId,
    ) -> Result<Option<Note>, DbError> {
        let now = self.clock.now();
        let note = self
            .db
            .transaction("notes.restore", |tx| async move {
                let action = (&Action::Restore, now);
                // No batch: what takes it back is the deletion.
                bulk::apply_in(&tx, owner, None, &[id], action).await?;
                let stored = rows::lock(&tx, owner, id).await?;
                Ok::<_, DbError>(stored.map(rows::Stored::into_note))
            })
            .await?;
        self.changed(owner).await;
        Ok(note)
    }

    /// Deletes a note in the trash for good: texts and words go, the bare id stays for a month.
    pub(in crate::features::notes) async fn remove_forever(
        &self,
        owner: UserId,
        id: NoteId,
    ) -> Result<Removed, DbError> {
        let removed = self
            .db
            .transaction("notes.remove_forever", |tx| async move {
                match tx.first::<(u8, u64)>(&SHELF, (owner, id)).await? {
                    None => Ok(Removed::Missing),
                    Some((3, _)) => Ok(Removed::Already),
                    Some((2, top)) => {
                        bury(&tx, owner, id, top + 1).await?;
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

async fn bury(tx: &Tx, owner: UserId, id: NoteId, version: u64) -> Result<(), DbError> {
    tx.exec(&BURY, (version, owner, id)).await?;
    terms::remove_all(tx, owner, Kind::Note, id.as_bytes()).await?;
    revisions::remove_all(tx, owner, Kind::Note, id.as_bytes()).await?;
    tags::remove_all(tx, owner, Kind::Note, id.as_bytes()).await?;
    attachments::remove_entity(tx, owner, Kind::Note, id.as_bytes()).await?;
    let gone = NewChange {
        kind: Kind::Note,
        entity: *id.as_bytes(),
        op: Op::Delete,
        version,
    };
    changes::record(tx, owner, &[gone], None).await
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    const DUE: Query = Query::new(
        "notes.due_in_trash",
        "SELECT owner_id, id FROM notes \
         WHERE shelf = 2 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY LIMIT ?",
    );
    const STILL_DUE: Query = Query::new(
        "notes.still_due_in_trash",
        "SELECT GREATEST(version, top_version) FROM notes WHERE owner_id = ? AND id = ? \
           AND shelf = 2 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY FOR UPDATE",
    );
    let due: Vec<(UserId, NoteId)> = db.list(&DUE, (TRASH_DAYS, PURGED_AT_ONCE)).await?;
    for (owner, id) in &due {
        let (owner, id) = (*owner, *id);
        db.transaction("notes.purge_trash", |tx| async move {
            // Looked at again under its lock: it may have been taken out meanwhile, and thrown away
            // anew.
            if let Some((top,)) = tx
                .first::<(u64,)>(&STILL_DUE, (owner, id, TRASH_DAYS))
                .await?
            {
                bury(&tx, owner, id, top + 1).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
        changes::announce(cache, owner).await;
    }
    Ok(due.len() as u64)
}

/// Forgets notes that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_gone(db: &Db) -> Result<u64, DbError> {
    const PURGE_GONE: Query = Query::new(
        "notes.purge_gone",
        "DELETE FROM notes WHERE shelf = 3 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY \
         LIMIT 1000",
    );
    Ok(db.exec(&PURGE_GONE, ()).await?.affected)
}
