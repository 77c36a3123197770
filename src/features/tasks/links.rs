//! What a task is linked to: its list, the task it is a part of, its note, and the days it names.

use super::model::TaskSummary;
use super::places::{Places, list_of};
use crate::domain::id::{NoteId, TaskId, TaskListId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::documents::Verdict;

/// Most parts of a task.
const PARTS_MAX: u64 = 100;
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

impl TaskSummary {
    /// Dates are midnights, and belong to something.
    fn check_dates(&self) -> Result<(), Invalid> {
        let dates = [
            ("start_at", self.start_at, self.start_is_date),
            ("due_at", self.due_at, self.due_is_date),
        ];
        let mut dates = dates.into_iter();
        dates.try_for_each(|(field, at, is_date)| check_date(field, at, is_date))
    }

    /// Finds the task and its links a place after they were changed; `before`: it is not new.
    pub(super) async fn find_place(
        &mut self,
        tx: &Tx,
        owner: UserId,
        before: Option<&Self>,
        places: &mut Places,
    ) -> Verdict {
        if let Err(err) = self.check_dates() {
            return Ok(Err(err));
        }
        let same_parent = before.is_some_and(|before| before.parent_id == self.parent_id);
        if let Some(parent) = self.parent_id {
            if same_parent {
                self.list_id = before.map_or(self.list_id, |before| before.list_id);
            } else {
                match parent_list(tx, owner, parent, self.id).await? {
                    Ok(list) => self.list_id = list,
                    Err(err) => return Ok(Err(err)),
                }
            }
        } else if before.is_none_or(|before| before.list_id != self.list_id)
            && !places.has_list(tx, owner, self.list_id).await?
        {
            return Ok(Err(no_list()));
        }
        let same_note = before.is_some_and(|before| before.note_id == self.note_id);
        if !same_note && !is_note(tx, owner, self.note_id).await? {
            let err = Invalid::new("note_id", "not_found", "There is no such note.");
            return Ok(Err(err));
        }
        if before.is_none_or(|before| before.list_id != self.list_id) {
            self.position = places.end(tx, owner, self.list_id).await?;
        }
        Ok(Ok(()))
    }
}

/// Whether what is said to be a civil date is written as one.
pub fn check_date(field: &str, at: Option<Timestamp>, is_date: bool) -> Result<(), Invalid> {
    let midnight = at.is_none_or(|at| at.micros().rem_euclid(DAY_MICROS) == 0);
    if is_date && !midnight {
        let detail = "A date is written as its midnight in UTC.";
        return Err(Invalid::new(field, "not_a_date", detail));
    }
    Ok(())
}

/// There is no such list.
pub(super) fn no_list() -> Invalid {
    Invalid::new("list_id", "not_found", "There is no such list.")
}

/// The list of a task that another one is to be a part of.
async fn parent_list(
    tx: &Tx,
    owner: UserId,
    parent: TaskId,
    task: TaskId,
) -> Result<Result<Option<TaskListId>, Invalid>, DbError> {
    const PARENT: Query = Query::new(
        "tasks.parent",
        "SELECT list_id, parent_id IS NOT NULL FROM tasks \
         WHERE owner_id = ? AND id = ? AND shelf = 0 LOCK IN SHARE MODE",
    );
    const PARTS: Query = Query::new(
        "tasks.count_parts",
        "SELECT COUNT(IF(parent_id = ?, 1, NULL)), COUNT(IF(parent_id = ?, 1, NULL)) FROM tasks \
         WHERE owner_id = ? AND parent_id IN (?, ?) AND shelf < 3",
    );
    let refuse = |code, detail: &str| Ok(Err(Invalid::new("parent_id", code, detail)));
    if parent == task {
        return refuse("cycle", "A task cannot be a part of itself.");
    }
    let row: Option<(Vec<u8>, bool)> = tx.first(&PARENT, (owner, parent)).await?;
    let Some((list, is_part)) = row else {
        return refuse("not_found", "There is no such task.");
    };
    let values = (parent, task, owner, parent, task);
    let counts: Option<(u64, u64)> = tx.first(&PARTS, values).await?;
    let (siblings, parts) = counts.unwrap_or_default();
    if is_part || parts > 0 {
        return refuse("too_deep", "A part of a task has no parts of its own.");
    }
    if siblings >= PARTS_MAX {
        let detail = format!("A task has at most {PARTS_MAX} parts.");
        return refuse("too_many", &detail);
    }
    Ok(Ok(list.try_into().ok().and_then(list_of)))
}

async fn is_note(tx: &Tx, owner: UserId, id: Option<NoteId>) -> Result<bool, DbError> {
    const EXISTS: Query = Query::new(
        "tasks.note_exists",
        "SELECT 1 FROM notes WHERE owner_id = ? AND id = ? AND shelf < 3",
    );
    let Some(id) = id else { return Ok(true) };
    Ok(tx.first::<(u8,)>(&EXISTS, (owner, id)).await?.is_some())
}
