//! What only tasks do in a batch, as steps that can be taken and taken back. Refuses the database:
//! whether a list is there, and where in it there is room, is settled in `store`.

use serde::{Deserialize, Serialize};

use super::model::{Status, TaskSummary};
use crate::domain::id::{TaskId, TaskListId};
use crate::domain::time::Timestamp;

/// What only tasks do in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// To the end of another list; `None`: of the inbox.
    Move(Option<TaskListId>),
    /// Todo, doing, done.
    Status(Status),
    /// 0 to 4.
    Priority(u8),
    /// When it should be done.
    Due(Due),
    /// To a place in a list, and as far as it is there.
    Place {
        list: Option<TaskListId>,
        /// How far it is then; `None`: as far as it was.
        status: Option<Status>,
        /// The place; `None`: its own in its list, the end of another one.
        position: Option<String>,
    },
}

/// When a task should be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Due {
    /// `None`: whenever.
    pub at: Option<Timestamp>,
    /// `at` is midnight UTC of a civil date.
    pub is_date: bool,
}

/// The one thing that such an action changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// It went to another list, place or status.
    Moved { from: Spot, to: Spot },
    /// It got another priority.
    Prioritised { from: u8, to: u8 },
    /// It is due at another time.
    Rescheduled { from: Due, to: Due },
}

/// Where a task is, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    pub(super) list_id: Option<TaskListId>,
    pub(super) status: Status,
    pub(super) completed_at: Option<Timestamp>,
    pub(super) parent_id: Option<TaskId>,
    /// Empty: at the end.
    pub(super) position: String,
}

impl Spot {
    /// Whether whoever goes there from here needs just that place.
    pub(super) fn asks_for(&self, to: &Self) -> bool {
        let is_other = (to.list_id, &to.position) != (self.list_id, &self.position);
        is_other && !to.position.is_empty()
    }
}

impl TaskSummary {
    /// Where it is, and how far.
    pub(super) fn spot(&self) -> Spot {
        Spot {
            list_id: self.list_id,
            status: self.status,
            completed_at: self.completed_at,
            parent_id: self.parent_id,
            position: self.position.clone(),
        }
    }

    /// When it should be done.
    pub(super) fn due(&self) -> Due {
        Due {
            at: self.due_at,
            is_date: self.due_is_date,
        }
    }

    /// Makes it due; what is due whenever is due on no date.
    pub(super) fn set_due(&mut self, due: Due) {
        // The database keeps microseconds.
        self.due_at = due.at.map(|at| Timestamp::new(at.inner()));
        self.due_is_date = due.is_date && due.at.is_some();
    }

    /// Makes it so far, and says when it was done.
    pub(super) fn set_status(&mut self, status: Status, now: Timestamp) {
        self.completed_at = match status {
            Status::Done => self.completed_at.or(Some(now)),
            Status::Todo | Status::Doing => None,
        };
        self.status = status;
    }

    /// What an action would change about it; `None`: nothing.
    pub(super) fn step_of(&self, action: &Action) -> Option<Step> {
        let from = self.spot();
        let mut to = from.clone();
        match action {
            Action::Priority(priority) => {
                return (self.priority != *priority).then_some(Step::Prioritised {
                    from: self.priority,
                    to: *priority,
                });
            }
            Action::Due(due) => {
                let (from, mut after) = (self.due(), self.clone());
                after.set_due(*due);
                let to = after.due();
                return (from != to).then_some(Step::Rescheduled { from, to });
            }
            Action::Status(status) => to.status = *status,
            Action::Move(list) => to.list_id = *list,
            Action::Place {
                list,
                status,
                position,
            } => {
                to.list_id = *list;
                to.status = status.unwrap_or(self.status);
                to.position = position.clone().unwrap_or(to.position);
            }
        }
        if to.list_id != from.list_id && to.position == from.position {
            to.position.clear();
        }
        (to != from).then_some(Step::Moved { from, to })
    }

    pub(super) fn take_step(&mut self, step: &Step, now: Timestamp) {
        match step {
            Step::Prioritised { to, .. } => self.priority = *to,
            Step::Rescheduled { to, .. } => self.set_due(*to),
            Step::Moved { from, to } => {
                self.list_id = to.list_id;
                self.parent_id = to.parent_id;
                self.completed_at = to.completed_at;
                self.set_status(to.status, now);
                if (to.list_id, to.status) == (from.list_id, from.status) {
                    return;
                }
            }
        }
        self.updated_at = now;
    }

    /// The step that takes one back; `None`: it is no longer as that one left it.
    pub(super) fn reversed(&self, step: &Step) -> Option<Step> {
        match step {
            Step::Prioritised { from, to } => (self.priority == *to).then_some(Step::Prioritised {
                from: *to,
                to: *from,
            }),
            Step::Rescheduled { from, to } => (self.due() == *to).then_some(Step::Rescheduled {
                from: *to,
                to: *from,
            }),
            Step::Moved { from, to } => {
                if (self.list_id, self.status) != (to.list_id, to.status) {
                    return None;
                }
                let mut back = from.clone();
                // Dragged again in the same list: only the rest goes back.
                if self.position != to.position && from.list_id == to.list_id {
                    back.position.clone_from(&self.position);
                }
                let from = self.spot();
                (from != back).then_some(Step::Moved { from, to: back })
            }
        }
    }
}
