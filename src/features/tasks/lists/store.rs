//! Lists of tasks in MySQL. A deleted list keeps its row for a while: its deletion can be undone.

use super::KIND;
use super::model::{COUNT_MAX, Fate, NewTaskList, TaskList, TaskListPatch};
use crate::domain::id::{BatchId, TaskId, TaskListId, UserId};
use crate::domain::if_match::IfMatch;
use crate::features::tasks::actions::Action;
use crate::features::tasks::model::TaskSummary;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Abort, Db, DbError, Query, Tx, in_clause};
use crate::services::batches::{self, Item};
use crate::services::changes::{self, NewChange, Op};
use crate::services::documents::{self, ApplyOutcome, apply};

/// Most tasks that one deletion moves or puts into the trash.
const TASKS_MAX: usize = 5000;
/// Tasks of one step through them.
const STEP: usize = 500;

/// Lists of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct ListStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

/// What became of a list that was to be written.
pub(super) enum Kept {
    /// As it is now.
    Done(TaskList),
    /// Not there, or not the owner's.
    Missing,
    /// The client's id is in use.
    IdTaken,
    /// The account has as many as it may have.
    TooMany,
    /// Changed meanwhile; as it is.
    Stale(TaskList),
}

/// What became of a deletion.
pub(super) enum Dropped {
    /// Done; the batch takes it back.
    Done(BatchId),
    /// It was deleted before.
    Already,
    /// Not there, or not the owner's.
    Missing,
    /// Not empty, and nothing was said about its tasks.
    NotEmpty,
    /// More tasks than one request may move.
    TooMany,
}

const COLUMNS: &str = "SELECT l.id, l.version, l.name, \
     (SELECT COUNT(*) FROM tasks n WHERE n.owner_id = l.owner_id AND n.shelf = 0 AND n.done = 0 \
        AND n.list_id = l.id) AS tasks, l.created_at, l.updated_at FROM task_lists l";

impl ListStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// The lists after a name and id, in the order of their names.
    pub(super) async fn list(
        &self,
        owner: UserId,
        after: Option<(&str, TaskListId)>,
        limit: u32,
    ) -> Result<Vec<TaskList>, DbError> {
        let (name, id) = after.map_or(("", [0; 16]), |(name, id)| (name, *id.as_bytes()));
        let sql = format!(
            "{COLUMNS} WHERE l.owner_id = ? AND l.deleted_at IS NULL AND l.name >= ? \
             AND (l.name > ? OR l.id > ?) ORDER BY l.name, l.id LIMIT ?"
        );
        let values = (owner, name, name, id.as_slice(), limit);
        let query = Query::assembled("task_lists.list", sql);
        self.db.list(&query, values).await
    }

    /// One list.
    pub(super) async fn find(
        &self,
        owner: UserId,
        id: TaskListId,
    ) -> Result<Option<TaskList>, DbError> {
        self.db.first(&find(), (owner, id)).await
    }

    /// Creates a list.
    pub(super) async fn insert(&self, owner: UserId, new: &NewTaskList) -> Result<Kept, DbError> {
        const INSERT: Query = Query::new(
            "task_lists.insert",
            "INSERT INTO task_lists (owner_id, id, name, created_at, updated_at) \
             VALUES (?, ?, ?, ?, ?)",
        );
        const COUNT: Query = Query::new(
            "task_lists.count",
            "SELECT COUNT(*) FROM task_lists WHERE owner_id = ? AND deleted_at IS NULL",
        );
        let (now, id) = (self.clock.now(), new.id.unwrap_or_default());
        let kept = self.db.transaction("task_lists.insert", |tx| async move {
            changes::lock_sequence(&tx, owner).await?;
            let row: Option<(u64,)> = tx.first(&COUNT, (owner,)).await?;
            if row.is_some_and(|(count,)| count >= COUNT_MAX) {
                return Ok(Kept::TooMany);
            }
            tx.exec(&INSERT, (owner, id, &new.name, now, now)).await?;
            note_changes(&tx, owner, &[id], Op::Create, None).await?;
            Ok::<_, DbError>(
                found(&tx, owner, id)
                    .await?
                    .map_or(Kept::Missing, Kept::Done),
            )
        });
        match kept.await {
            Err(err) if err.violates("PRIMARY") || err.violates("uq_task_lists_id") => {
                Ok(Kept::IdTaken)
            }
            kept => {
                let kept = kept?;
                self.changed(owner).await;
                Ok(kept)
            }
        }
    }

    /// Renames a list.
    pub(super) async fn update(
        &self,
        owner: UserId,
        id: TaskListId,
        base: Option<&IfMatch>,
        patch: &TaskListPatch,
    ) -> Result<Kept, DbError> {
        const UPDATE: Query = Query::new(
            "task_lists.update",
            "UPDATE task_lists SET version = version + 1, name = ?, updated_at = ? \
             WHERE owner_id = ? AND id = ?",
        );
        let now = self.clock.now();
        let kept = self.db.transaction("task_lists.update", |tx| async move {
            if lock(&tx, owner, id).await?.is_none_or(|deleted| deleted) {
                return Ok(Kept::Missing);
            }
            let Some(before) = found(&tx, owner, id).await? else {
                return Ok(Kept::Missing);
            };
            if base.is_some_and(|base| !base.allows(before.version)) {
                return Ok(Kept::Stale(before));
            }
            match &patch.name {
                Some(name) if *name != before.name => {
                    tx.exec(&UPDATE, (name, now, owner, id)).await?;
                    note_changes(&tx, owner, &[id], Op::Update, None).await?;
                    Ok::<_, DbError>(
                        found(&tx, owner, id)
                            .await?
                            .map_or(Kept::Missing, Kept::Done),
                    )
                }
                _ => Ok(Kept::Done(before)),
            }
        });
        let kept = kept.await?;
        self.changed(owner).await;
        Ok(kept)
    }

    /// Deletes a list, as one batch.
    pub(super) async fn remove(
        &self,
        owner: UserId,
        id: TaskListId,
        fate: Option<Fate>,
    ) -> Result<Dropped, DbError> {
        const BURY: Query = Query::new(
            "task_lists.purge_row",
            "UPDATE task_lists SET version = version + 1, deleted_at = ? \
             WHERE owner_id = ? AND id = ?",
        );
        let now = self.clock.now();
        let dropped = self.db.transaction("task_lists.remove", |tx| async move {
            match lock(&tx, owner, id).await? {
                None => return Ok(Dropped::Missing),
                Some(true) => return Ok(Dropped::Already),
                Some(false) => {}
            }
            // Nothing of it is left to find a place in when the tasks look for theirs.
            tx.exec(&BURY, (now, owner, id)).await?;
            let tasks = tasks_in(&tx, owner, id).await?;
            if tasks.len() > TASKS_MAX {
                return Err(Abort::Refused(Dropped::TooMany));
            }
            let action = match fate {
                None if !tasks.is_empty() => return Err(Abort::Refused(Dropped::NotEmpty)),
                Some(Fate::Trash) => documents::Action::Delete,
                _ => documents::Action::Custom(Action::Move(None)),
            };
            let batch = BatchId::new();
            let mut items = vec![Item::new(KIND, id.as_bytes(), &Trashed::Trashed(true))];
            for piece in tasks.chunks(STEP) {
                let applied = apply::<TaskSummary>(&tx, owner, Some(batch), piece, (&action, now));
                if let ApplyOutcome::Done { items: done, .. } = applied.await? {
                    items.extend(done);
                }
            }
            note_changes(&tx, owner, &[id], Op::Delete, Some(batch)).await?;
            let head = (batch, KIND, "delete");
            batches::insert(&tx, owner, head, &items, now).await?;
            Ok(Dropped::Done(batch))
        });
        let dropped = match dropped.await {
            Err(Abort::Refused(dropped)) => return Ok(dropped),
            Err(Abort::Failed(err)) => return Err(err),
            Ok(dropped) => dropped,
        };
        self.changed(owner).await;
        Ok(dropped)
    }

    async fn changed(&self, owner: UserId) {
        changes::notify(&self.cache, owner).await;
    }
}

/// What a batch remembers of a list.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Trashed {
    Trashed(bool),
}

fn find() -> Query {
    let sql = format!("{COLUMNS} WHERE l.owner_id = ? AND l.id = ? AND l.deleted_at IS NULL");
    Query::assembled("task_lists.find", sql)
}

async fn found(tx: &Tx, owner: UserId, id: TaskListId) -> Result<Option<TaskList>, DbError> {
    tx.first(&find(), (owner, id)).await
}

/// Locks a list; whether it is deleted, `None`: it is not there.
async fn lock(tx: &Tx, owner: UserId, id: TaskListId) -> Result<Option<bool>, DbError> {
    const LOCK: Query = Query::new(
        "task_lists.lock",
        "SELECT deleted_at IS NOT NULL FROM task_lists WHERE owner_id = ? AND id = ? FOR UPDATE",
    );
    let row: Option<(bool,)> = tx.first(&LOCK, (owner, id)).await?;
    Ok(row.map(|(deleted,)| deleted))
}

/// The tasks of a list, the trash left out, what has parts before the parts; one more than may be
/// moved at most.
async fn tasks_in(tx: &Tx, owner: UserId, id: TaskListId) -> Result<Vec<TaskId>, DbError> {
    const TASKS: Query = Query::new(
        "task_lists.tasks",
        "SELECT id FROM tasks WHERE owner_id = ? AND shelf = 0 AND list_id = ? \
         ORDER BY parent_id IS NOT NULL, position LIMIT ?",
    );
    let rows: Vec<(TaskId,)> = tx.list(&TASKS, (owner, id, TASKS_MAX + 1)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Writes the changes of lists, with the versions they have by now.
async fn note_changes(
    tx: &Tx,
    owner: UserId,
    ids: &[TaskListId],
    op: Op,
    batch: Option<BatchId>,
) -> Result<(), DbError> {
    let mut changes = Vec::with_capacity(ids.len());
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql =
            format!("SELECT id, version FROM task_lists WHERE owner_id = ? AND id IN ({marks})");
        let query = Query::assembled("task_lists.versions", sql);
        let values = [vec![owner.into()], ids].concat();
        for (id, version) in tx.list::<(TaskListId, u64)>(&query, values).await? {
            changes.push(NewChange {
                kind: KIND,
                entity: *id.as_bytes(),
                op,
                version,
            });
        }
    }
    changes::record(tx, owner, &changes, batch).await
}

/// Takes the deletion of lists back, as far as their rows are there; how many, and how many not.
pub(in crate::features::tasks) async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
) -> Result<(u64, u64), DbError> {
    const REVIVE: Query = Query::new(
        "task_lists.revive",
        "UPDATE task_lists SET version = version + 1, deleted_at = NULL \
         WHERE owner_id = ? AND id = ? AND deleted_at IS NOT NULL",
    );
    let deleted = items.iter().filter(|item| item.kind == KIND);
    let (mut back, mut skipped) = (Vec::new(), 0);
    for item in deleted {
        let id = TaskListId::from_bytes(item.entity);
        match tx.exec(&REVIVE, (owner, id)).await?.affected {
            0 => skipped += 1,
            _ => back.push(id),
        }
    }
    note_changes(tx, owner, &back, Op::Restore, Some(batch)).await?;
    Ok((back.len() as u64, skipped))
}

/// Forgets lists whose deletion can no longer be undone, a thousand at a time; how many.
pub(crate) async fn purge(db: &Db) -> Result<u64, DbError> {
    const PURGE: Query = Query::new(
        "task_lists.purge",
        "DELETE FROM task_lists WHERE deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000",
    );
    Ok(db.exec(&PURGE, ()).await?.affected)
}
