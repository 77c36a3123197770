//! Notebooks in MySQL. What changes the tree locks all of its rows, so that two moves at once
//! cannot tie a knot. A deleted notebook keeps its row for a while: its deletion can be undone.

use super::KIND;
use super::branch;
use super::model::{COUNT_MAX, Fate, NewNotebook, Notebook, NotebookPatch};
use super::tree::{Misplaced, Tree};
use crate::domain::id::{BatchId, NoteId, NotebookId, UserId};
use crate::domain::if_match::IfMatch;
use crate::features::notes::model::NoteSummary;
use crate::features::notes::store::{Action, AnyStep, Step};
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::services::batches;
use crate::services::changes::{self, Op};
use crate::services::documents::{self, ApplyOutcome, apply};

/// Most notes that one deletion moves or puts into the trash.
const NOTES_MAX: usize = 5000;
/// Notes of one step through them.
const STEP: usize = 500;

/// Notebooks of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct NotebookStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

/// What became of a notebook that was to be written.
pub(super) enum Kept {
    /// As it is now.
    Done(Notebook),
    /// Not there, or not the owner's.
    Missing,
    /// The client's id is in use.
    IdTaken,
    /// The account has as many as it may have.
    TooMany,
    /// It cannot lie there.
    Misplaced(Misplaced),
    /// Changed meanwhile; as it is.
    Stale(Notebook),
}

/// What became of a deletion.
pub(super) enum Dropped {
    /// Done; the batch takes it back.
    Done(BatchId),
    /// It was deleted before.
    Already,
    /// Not there, or not the owner's.
    Missing,
    /// Not empty, and nothing was said about its notes.
    NotEmpty,
    /// More notes than one request may move.
    TooMany,
}

const COLUMNS: &str = "SELECT b.id, b.version, b.name, b.parent_id, \
     (SELECT COUNT(*) FROM notes n WHERE n.owner_id = b.owner_id AND n.shelf = 0 \
        AND n.notebook_id = b.id) AS notes, b.created_at, b.updated_at FROM notebooks b";

impl NotebookStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// The notebooks after a name and id, in the order of their names.
    pub(super) async fn list(
        &self,
        owner: UserId,
        after: Option<(&str, NotebookId)>,
        limit: u32,
    ) -> Result<Vec<Notebook>, DbError> {
        let (name, id) = after.map_or(("", [0; 16]), |(name, id)| (name, *id.as_bytes()));
        let sql = format!(
            "{COLUMNS} WHERE b.owner_id = ? AND b.deleted_at IS NULL AND b.name >= ? \
             AND (b.name > ? OR b.id > ?) ORDER BY b.name, b.id LIMIT ?"
        );
        let values = (owner, name, name, id.as_slice(), limit);
        self.db
            .list(&Query::assembled("notebooks.list", sql), values)
            .await
    }

    /// One notebook.
    pub(super) async fn find(
        &self,
        owner: UserId,
        id: NotebookId,
    ) -> Result<Option<Notebook>, DbError> {
        let sql = format!("{COLUMNS} WHERE b.owner_id = ? AND b.id = ? AND b.deleted_at IS NULL");
        let query = Query::assembled("notebooks.find", sql);
        self.db.first(&query, (owner, id)).await
    }

    /// Creates a notebook.
    pub(super) async fn insert(&self, owner: UserId, new: &NewNotebook) -> Result<Kept, DbError> {
        const INSERT: Query = Query::new(
            "notebooks.insert",
            "INSERT INTO notebooks (owner_id, id, parent_id, name, created_at, updated_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        );
        let (now, id) = (self.clock.now(), new.id.unwrap_or_default());
        let kept: Result<Kept, DbError> = self
            .db
            .transaction("notebooks.insert", |tx| async move {
                let tree = lock_tree(&tx, owner).await?;
                if tree.len() >= COUNT_MAX {
                    return Ok(Kept::TooMany);
                }
                if let Err(why) = tree.check(id, new.parent_id) {
                    return Ok(Kept::Misplaced(why));
                }
                let values = (owner, id, new.parent_id, &new.name, now, now);
                tx.exec(&INSERT, values).await?;
                branch::note_changes(&tx, owner, &[(id, Op::Create)], None).await?;
                Ok(found(&tx, owner, id)
                    .await?
                    .map_or(Kept::Missing, Kept::Done))
            })
            .await;
        match kept {
            Err(err) if err.violates("PRIMARY") || err.violates("uq_notebooks_id") => {
                Ok(Kept::IdTaken)
            }
            kept => {
                let kept = kept?;
                self.changed(owner).await;
                Ok(kept)
            }
        }
    }

    /// Renames or moves a notebook.
    pub(super) async fn update(
        &self,
        owner: UserId,
        id: NotebookId,
        base: Option<&IfMatch>,
        patch: &NotebookPatch,
    ) -> Result<Kept, DbError> {
        const UPDATE: Query = Query::new(
            "notebooks.update",
            "UPDATE notebooks SET version = version + 1, name = ?, parent_id = ?, updated_at = ? \
             WHERE owner_id = ? AND id = ?",
        );
        let now = self.clock.now();
        let kept = self
            .db
            .transaction("notebooks.update", |tx| async move {
                let tree = lock_tree(&tx, owner).await?;
                let Some(before) = found(&tx, owner, id).await? else {
                    return Ok(Kept::Missing);
                };
                if base.is_some_and(|base| !base.allows(before.version)) {
                    return Ok(Kept::Stale(before));
                }
                let parent = patch.parent_id.unwrap_or(before.parent_id);
                if parent != before.parent_id
                    && let Err(why) = tree.check(id, parent)
                {
                    return Ok(Kept::Misplaced(why));
                }
                let name = patch.name.as_ref().unwrap_or(&before.name);
                if *name == before.name && parent == before.parent_id {
                    return Ok(Kept::Done(before));
                }
                tx.exec(&UPDATE, (name, parent, now, owner, id)).await?;
                branch::note_changes(&tx, owner, &[(id, Op::Update)], None).await?;
                Ok::<_, DbError>(
                    found(&tx, owner, id)
                        .await?
                        .map_or(Kept::Missing, Kept::Done),
                )
            })
            .await?;
        self.changed(owner).await;
        Ok(kept)
    }

    /// Deletes a notebook, as one batch.
    pub(super) async fn remove(
        &self,
        owner: UserId,
        id: NotebookId,
        fate: Option<Fate>,
    ) -> Result<Dropped, DbError> {
        let now = self.clock.now();
        let dropped = self
            .db
            .transaction("notebooks.remove", |tx| async move {
                let tree = lock_tree(&tx, owner).await?;
                if !tree.has(id) {
                    return missing(&tx, owner, id).await;
                }
                let gone = match fate {
                    Some(Fate::Trash) => tree.branch(id),
                    _ => vec![id],
                };
                let notes = notes_in(&tx, owner, &gone).await?;
                if fate.is_none() && (!notes.is_empty() || !tree.children(id).is_empty()) {
                    return Ok(Dropped::NotEmpty);
                }
                if notes.len() > NOTES_MAX {
                    return Ok(Dropped::TooMany);
                }
                let batch = BatchId::new();
                let action = match fate {
                    Some(Fate::Trash) => documents::Action::Delete,
                    _ => documents::Action::Custom(Action::Move(tree.parent(id))),
                };
                let mut items = Vec::new();
                for piece in notes.chunks(STEP) {
                    let action = (&action, now);
                    let applied =
                        apply::<NoteSummary>(&tx, owner, Some(batch), piece, action).await?;
                    if let ApplyOutcome::Done { items: done, .. } = applied {
                        items.extend(done);
                    }
                }
                let mut changes = Vec::new();
                if fate != Some(Fate::Trash) {
                    let (from, to) = (Some(id), tree.parent(id));
                    let children = tree.children(id);
                    branch::move_all(&tx, owner, now, &children, to).await?;
                    for child in children {
                        items.push(branch::item(child, &Step::Moved { from, to }.into()));
                        changes.push((child, Op::Update));
                    }
                }
                branch::purge_row(&tx, owner, now, &gone).await?;
                for id in gone {
                    items.push(branch::item(id, &AnyStep::Trashed(true)));
                    changes.push((id, Op::Delete));
                }
                branch::note_changes(&tx, owner, &changes, Some(batch)).await?;
                let head = (batch, KIND, "delete");
                batches::insert(&tx, owner, head, &items, now).await?;
                Ok::<_, DbError>(Dropped::Done(batch))
            })
            .await?;
        self.changed(owner).await;
        Ok(dropped)
    }

    async fn changed(&self, owner: UserId) {
        changes::notify(&self.cache, owner).await;
    }
}

/// Locks all notebooks of the owner that are not deleted.
pub(super) async fn lock_tree(tx: &Tx, owner: UserId) -> Result<Tree, DbError> {
    const LOCK: Query = Query::new(
        "notebooks.lock_tree",
        "SELECT id, parent_id FROM notebooks \
         WHERE owner_id = ? AND deleted_at IS NULL ORDER BY id FOR UPDATE",
    );
    let rows: Vec<(NotebookId, Option<NotebookId>)> = tx.list(&LOCK, (owner,)).await?;
    Ok(Tree::new(rows))
}

async fn found(tx: &Tx, owner: UserId, id: NotebookId) -> Result<Option<Notebook>, DbError> {
    let sql = format!("{COLUMNS} WHERE b.owner_id = ? AND b.id = ? AND b.deleted_at IS NULL");
    let query = Query::assembled("notebooks.found", sql);
    tx.first(&query, (owner, id)).await
}

async fn missing(tx: &Tx, owner: UserId, id: NotebookId) -> Result<Dropped, DbError> {
    const DELETED: Query = Query::new(
        "notebooks.deleted",
        "SELECT 1 FROM notebooks WHERE owner_id = ? AND id = ?",
    );
    let row: Option<(u8,)> = tx.first(&DELETED, (owner, id)).await?;
    Ok(row.map_or(Dropped::Missing, |_| Dropped::Already))
}

/// The notes that lie in some notebooks, the trash left out; one more than may be moved at most.
async fn notes_in(
    tx: &Tx,
    owner: UserId,
    notebooks: &[NotebookId],
) -> Result<Vec<NoteId>, DbError> {
    const NOTES: Query = Query::new(
        "notebooks.notes",
        "SELECT id FROM notes WHERE owner_id = ? AND shelf IN (0, 1) AND notebook_id = ? \
         ORDER BY id LIMIT ?",
    );
    let mut notes: Vec<NoteId> = Vec::new();
    for notebook in notebooks {
        if notes.len() > NOTES_MAX {
            break;
        }
        let rows: Vec<(NoteId,)> = tx.list(&NOTES, (owner, *notebook, NOTES_MAX + 1)).await?;
        notes.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(notes)
}

/// Forgets notebooks whose deletion can no longer be undone, a thousand at a time; how many.
pub(crate) async fn purge(db: &Db) -> Result<u64, DbError> {
    const PURGE: Query = Query::new(
        "notebooks.purge",
        "DELETE FROM notebooks WHERE deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000",
    );
    Ok(db.exec(&PURGE, ()).await?.affected)
}
