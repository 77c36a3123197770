//! Tasks as values: what a client sees. What it may send stands in `requests`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::documents::Shown;
use crate::api::reply::Versioned;
use crate::domain::id::{NoteId, TaskId, TaskListId};
use crate::domain::time::Timestamp;
use crate::services::attachments::Attachment;
use crate::services::documents::{Conflict, DocumentWithBody, Merge, SavedDocument};

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TaskStatus)]
pub enum Status {
    /// Nobody began.
    #[default]
    Todo,
    /// Somebody is at it.
    Doing,
    Done,
}

impl Status {
    /// The number in the table.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Todo => 0,
            Self::Doing => 1,
            Self::Done => 2,
        }
    }

    const ALL: [Self; 3] = [Self::Todo, Self::Doing, Self::Done];

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.number() == number)
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Doing => "doing",
            Self::Done => "done",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Task {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: TaskSummary,
    /// Markdown, exactly as it was saved.
    pub description: String,
}

/// A task without its description, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct TaskSummary {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: TaskId,
    /// Grows with every write; also in the `ETag`.
    pub version: u64,
    /// The list it lies in; `null`: in the inbox.
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<TaskListId>,
    /// At most 200 characters; may be empty.
    pub title: String,
    /// The first words of the description on one line.
    pub excerpt: String,
    /// How far it is.
    #[schema(value_type = Status)]
    pub status: Status,
    /// 0 none, 1 lowest, 4 highest.
    #[schema(minimum = 0, maximum = 4)]
    pub priority: u8,
    /// When one can begin; `null`: at once.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
    /// The beginning is a day: `start_at` is midnight UTC of that date, wherever its owner lives.
    pub start_is_date: bool,
    /// When it should be done; `null`: whenever.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// It is due on a day: `due_at` is midnight UTC of that date, wherever its owner lives.
    pub due_is_date: bool,
    /// When it was done; `null`: it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    /// Its place in its list: texts that are compared byte by byte.
    pub position: String,
    /// The task it is a part of.
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<TaskId>,
    /// The note it belongs to; that one may be deleted later.
    #[schema(value_type = Option<Uuid>)]
    pub note_id: Option<NoteId>,
    /// Names, sorted.
    pub tags: Vec<String>,
    /// The files that are attached to it, in the order of attaching; those in the trash left out.
    #[serde(default)]
    #[schema(required = true)]
    pub attachments: Vec<Attachment>,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last edited, UTC; being dragged about is no edit.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was put into the trash; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    /// When the trash drops it; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purge_at: Option<Timestamp>,
}

impl From<DocumentWithBody<TaskSummary>> for Task {
    fn from(full: DocumentWithBody<TaskSummary>) -> Self {
        Self {
            summary: full.document,
            description: full.body,
        }
    }
}

impl Shown for TaskSummary {
    type View = Task;
}

impl Versioned for Task {
    fn version(&self) -> u64 {
        self.summary.version
    }
}

/// The answer to a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct SavedTask {
    /// The task as it is now.
    #[serde(flatten)]
    pub task: Task,
    /// How the save came together with what was there.
    pub merge: Merge,
    /// Only on a conflict: the text that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

impl From<SavedDocument<TaskSummary>> for SavedTask {
    fn from(saved: SavedDocument<TaskSummary>) -> Self {
        Self {
            task: saved.full.into(),
            merge: saved.merge,
            conflict: saved.conflict,
        }
    }
}

impl Versioned for SavedTask {
    fn version(&self) -> u64 {
        self.task.summary.version
    }
}

/// A task of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct TaskItem {
    #[serde(flatten)]
    pub summary: TaskSummary,
    /// How its parts are.
    pub subtasks: Subtasks,
}

/// How many parts a task has, those in the trash left out. Its version does not grow with them, so
/// only lists tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Subtasks {
    /// Those that are not done.
    #[schema(maximum = 100)]
    pub open: u32,
    /// All of them.
    #[schema(maximum = 100)]
    pub total: u32,
}

/// One page of tasks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskPage {
    pub items: Vec<TaskItem>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}
