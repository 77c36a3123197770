//! Dragging a task: to a place in a list, to a column of the board, or both. One that is dragged at
//! the same time waits, so every drag finds the order as the one before left it.

use super::actions::Action;
use super::model::TaskSummary;
use super::places::{self, Anchor, list_of};
use super::requests::MoveTask;
use super::store::TaskStore;
use crate::domain::id::{BatchId, TaskId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;
use crate::platform::db::{Abort, DbError, Query, Tx};
use crate::services::documents::{self, ApplyOutcome, Document, DocumentWithBody, apply};
use crate::services::{batches, changes};

/// What became of a drag.
pub(super) enum Dragged {
    /// The task where it is now, and what takes that back; nothing when it was there before.
    Done(Box<DocumentWithBody<TaskSummary>>, Option<BatchId>),
    /// Not there, or not the owner's.
    Missing,
    /// It cannot have that place.
    Refused(Invalid),
}

impl TaskStore {
    /// Drags a task somewhere.
    pub(super) async fn drag(
        &self,
        owner: UserId,
        id: TaskId,
        to: &MoveTask,
        now: Timestamp,
    ) -> Result<Dragged, DbError> {
        let dragged = self.db.transaction("tasks.drag", |tx| async move {
            // First of all: whoever drags two tasks at once gets one order.
            changes::lock_sequence(&tx, owner).await?;
            let Some(action) = settled(&tx, owner, id, to).await? else {
                return Ok(None);
            };
            let action = action.map_err(Abort::Refused)?;
            let batch = BatchId::new();
            let moved = place(&tx, owner, (id, batch), action, now).await?;
            let moved = moved.map_err(Abort::Refused)?;
            Ok(Some(moved.then_some(batch)))
        });
        let batch = match dragged.await {
            Err(Abort::Refused(err)) => return Ok(Dragged::Refused(err)),
            Err(Abort::Failed(err)) => return Err(err),
            Ok(None) => return Ok(Dragged::Missing),
            Ok(Some(batch)) => batch,
        };
        self.changed(owner).await;
        let full = self.find(owner, id).await?;
        Ok(full.map_or(Dragged::Missing, |full| {
            Dragged::Done(Box::new(full), batch)
        }))
    }
}

/// What is to be done; `None`: the task is not there.
async fn settled(
    tx: &Tx,
    owner: UserId,
    id: TaskId,
    to: &MoveTask,
) -> Result<Option<Result<Action, Invalid>>, DbError> {
    const LIST: Query = Query::new(
        "tasks.list_of",
        "SELECT list_id FROM tasks WHERE owner_id = ? AND id = ? AND shelf < 3",
    );
    let Some((list,)) = tx.first::<(Vec<u8>,)>(&LIST, (owner, id)).await? else {
        return Ok(None);
    };
    let present = list.try_into().ok().and_then(list_of);
    let list = to.list_id.unwrap_or(present);
    let anchor = match (to.after, to.before) {
        (Some(after), _) => Some(("after", Anchor::After(after))),
        (None, Some(before)) => Some(("before", Anchor::Before(before))),
        (None, None) => None,
    };
    let mut position = None;
    if let Some((field, anchor)) = anchor {
        position = places::beside(tx, owner, list, (anchor, id)).await?;
        if position.is_none() {
            let detail = "There is no such task in that list.";
            return Ok(Some(Err(Invalid::new(field, "not_found", detail))));
        }
    }
    Ok(Some(Ok(Action::Place {
        list,
        status: to.status,
        position,
    })))
}

/// Does it, to the parts of the task as well when it goes to another list; whether anything was
/// different.
async fn place(
    tx: &Tx,
    owner: UserId,
    (id, batch): (TaskId, BatchId),
    action: Action,
    now: Timestamp,
) -> Result<Result<bool, Invalid>, DbError> {
    let mut items = Vec::new();
    let Action::Place { list, .. } = &action else {
        return Ok(Ok(false));
    };
    let with_it = documents::Action::Custom(Action::Move(*list));
    let action = documents::Action::Custom(action);
    match apply::<TaskSummary>(tx, owner, Some(batch), &[id], (&action, now)).await? {
        ApplyOutcome::Done { items: done, .. } => items.extend(done),
        ApplyOutcome::Refused(err) => return Ok(Err(err)),
        _ => return Ok(Ok(false)),
    }
    let parts = TaskSummary::cascade(tx, owner, &[id], &with_it).await?;
    if !items.is_empty() && !parts.is_empty() {
        let applied = apply::<TaskSummary>(tx, owner, Some(batch), &parts, (&with_it, now));
        if let ApplyOutcome::Done { items: done, .. } = applied.await? {
            items.extend(done);
        }
    }
    if items.is_empty() {
        return Ok(Ok(false));
    }
    let head = (batch, TaskSummary::KIND, "move");
    batches::insert(tx, owner, head, &items, now).await?;
    Ok(Ok(true))
}
