//! Many notebooks with few statements: a branch that goes, its way back, and what the change
//! sequence hears of it. The caller holds the locks of the tree.

use super::KIND;
use super::model::COUNT_MAX;
use super::store::lock_tree;
use super::tree::Tree;
use crate::domain::id::{BatchId, NotebookId, UserId};
use crate::domain::time::Timestamp;
use crate::features::notes::store::{AnyStep, Step};
use crate::platform::db::{DbError, Query, Tx, in_clause};
use crate::services::batches::Item;
use crate::services::changes::{self, NewChange, Op};

/// Deletes notebooks; their rows stay for a while.
pub(super) async fn purge_row(
    tx: &Tx,
    owner: UserId,
    now: Timestamp,
    ids: &[NotebookId],
) -> Result<(), DbError> {
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql = format!(
            "UPDATE notebooks SET version = version + 1, deleted_at = ? \
             WHERE owner_id = ? AND id IN ({marks})"
        );
        let values = [vec![now.into(), owner.into()], ids].concat();
        tx.exec(&Query::assembled("notebooks.purge_row", sql), values)
            .await?;
    }
    Ok(())
}

/// Moves notebooks under another one, or to the top.
pub(super) async fn move_all(
    tx: &Tx,
    owner: UserId,
    now: Timestamp,
    ids: &[NotebookId],
    to: Option<NotebookId>,
) -> Result<(), DbError> {
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql = format!(
            "UPDATE notebooks SET version = version + 1, parent_id = ?, updated_at = ? \
             WHERE owner_id = ? AND id IN ({marks})"
        );
        let values = [vec![to.into(), now.into(), owner.into()], ids].concat();
        tx.exec(&Query::assembled("notebooks.move", sql), values)
            .await?;
    }
    Ok(())
}

/// What a batch remembers of a notebook.
pub(super) fn item(id: NotebookId, step: &AnyStep) -> Item {
    Item::new(KIND, id.as_bytes(), step)
}

/// Writes the changes of notebooks, with the versions they have by now.
pub(super) async fn note_changes(
    tx: &Tx,
    owner: UserId,
    changes: &[(NotebookId, Op)],
    batch: Option<BatchId>,
) -> Result<(), DbError> {
    let ids: Vec<NotebookId> = changes.iter().map(|(id, _)| *id).collect();
    let mut versions: Vec<(NotebookId, u64)> = Vec::with_capacity(ids.len());
    for (marks, ids) in in_clause(ids) {
        let sql =
            format!("SELECT id, version FROM notebooks WHERE owner_id = ? AND id IN ({marks})");
        let values = [vec![owner.into()], ids].concat();
        let query = Query::assembled("notebooks.versions", sql);
        versions.extend(tx.list::<(NotebookId, u64)>(&query, values).await?);
    }
    let change = |(id, op): &(NotebookId, Op)| {
        let version = versions.iter().find(|(other, _)| other == id);
        NewChange {
            kind: KIND,
            entity: *id.as_bytes(),
            op: *op,
            version: version.map_or(0, |(_, version)| *version),
        }
    };
    let changes: Vec<NewChange> = changes.iter().map(change).collect();
    changes::record(tx, owner, &changes, batch).await
}

/// Takes the deletion of notebooks back, as far as their rows are there and the tree has room.
pub(in crate::features::notes) async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let mut trashed = Vec::new();
    let mut moved = Vec::new();
    for item in items.iter().filter(|item| item.kind == KIND) {
        let step: AnyStep = item.step()?;
        let id = NotebookId::from_bytes(item.entity);
        match step {
            AnyStep::Trashed(_) => trashed.push(id),
            AnyStep::Custom(Step::Moved { from, to }) => moved.push((id, from, to)),
            _ => {}
        }
    }
    let steps = (trashed.len() + moved.len()) as u64;
    if steps == 0 {
        return Ok((0, 0));
    }
    let mut tree = lock_tree(tx, owner).await?;
    let back = revive(tx, owner, &mut tree, &trashed).await?;
    let mut changes: Vec<(NotebookId, Op)> = back.iter().map(|id| (*id, Op::Restore)).collect();
    for (id, from, to) in moved {
        let is_there = tree.has(id) && tree.parent(id) == to;
        if is_there && tree.check(id, from).is_ok() {
            tree.place(id, from);
            move_all(tx, owner, now, &[id], from).await?;
            changes.push((id, Op::Update));
        }
    }
    note_changes(tx, owner, &changes, Some(batch)).await?;
    let undone = changes.len() as u64;
    Ok((undone, steps - undone))
}

/// Brings deleted notebooks back, each inside of what it lay in: what has no place there any more
/// comes back at the top, with everything below it. Which ones came.
async fn revive(
    tx: &Tx,
    owner: UserId,
    tree: &mut Tree,
    ids: &[NotebookId],
) -> Result<Vec<NotebookId>, DbError> {
    let mut rows: Vec<(NotebookId, Option<NotebookId>)> = Vec::new();
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql = format!(
            "SELECT id, parent_id FROM notebooks \
             WHERE owner_id = ? AND id IN ({marks}) AND deleted_at IS NOT NULL FOR UPDATE"
        );
        let query = Query::assembled("notebooks.lock_deleted", sql);
        let values = [vec![owner.into()], ids].concat();
        rows.extend(
            tx.list::<(NotebookId, Option<NotebookId>)>(&query, values)
                .await?,
        );
    }
    let lost = Tree::new(rows.iter().copied());
    let roots = rows
        .iter()
        .filter(|(_, parent)| !parent.is_some_and(|id| lost.has(id)));
    let mut homeless: Vec<NotebookId> = Vec::new();
    let mut back = Vec::new();
    for (root, parent) in roots {
        let mut branch = lost.branch(*root);
        // From above to below, so that what is cut off leaves nothing behind in the air.
        branch.truncate(COUNT_MAX.saturating_sub(tree.len()));
        for id in &branch {
            tree.place(*id, lost.parent(*id).filter(|_| id != root));
        }
        match tree.check(*root, *parent) {
            Ok(()) => tree.place(*root, *parent),
            Err(_) => homeless.extend(branch.first()),
        }
        back.extend(branch);
    }
    for (marks, ids) in in_clause(back.iter().copied()) {
        let sql = format!(
            "UPDATE notebooks SET version = version + 1, deleted_at = NULL \
             WHERE owner_id = ? AND id IN ({marks})"
        );
        let values = [vec![owner.into()], ids].concat();
        tx.exec(&Query::assembled("notebooks.revive", sql), values)
            .await?;
    }
    for (marks, ids) in in_clause(homeless) {
        let sql =
            format!("UPDATE notebooks SET parent_id = NULL WHERE owner_id = ? AND id IN ({marks})");
        let values = [vec![owner.into()], ids].concat();
        tx.exec(&Query::assembled("notebooks.to_the_top", sql), values)
            .await?;
    }
    Ok(back)
}
