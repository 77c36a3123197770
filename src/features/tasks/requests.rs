//! What a client may send about tasks, and what of it is valid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Status, TaskSummary};
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::{documents, patch, shapes};
use crate::domain::id::{NoteId, SaveId, TaskId, TaskListId};
use crate::domain::invalid::Invalid;
use crate::domain::tag::{self, TagName};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::services::documents::{DocumentWithBody, Patch, TextDocument};

/// The highest priority.
const PRIORITY_MAX: u8 = 4;

/// A task to be created, at the end of its list.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTask {
    /// The client's own id for it, any UUID but nil and max.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub id: Option<TaskId>,
    /// One line of at most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub title: String,
    /// Markdown, at most 1 MiB of UTF-8.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00]*$")]
    pub description: String,
    /// The list it lies in; `null`: the inbox. A part lies in the list of its task.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<TaskListId>,
    /// How far it is.
    #[serde(default)]
    pub status: Status,
    /// 0 none, 1 lowest, 4 highest.
    #[serde(default)]
    #[schema(maximum = 4)]
    pub priority: u8,
    /// When one can begin.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
    /// The beginning is a day: `start_at` is midnight UTC of that date.
    #[serde(default)]
    pub start_is_date: bool,
    /// When it should be done.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// It is due on a day: `due_at` is midnight UTC of that date.
    #[serde(default)]
    pub due_is_date: bool,
    /// The task it is a part of; parts have no parts.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<TaskId>,
    /// The note it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub note_id: Option<NoteId>,
    /// At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default)]
    #[schema(value_type = Vec<shapes::TagName>, max_items = 100)]
    pub tags: Vec<String>,
}

/// A whole task that takes the place of the old one; what is absent is as in a new one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskReplacement {
    /// The version that was changed, in the place of `If-Match`: an older one is merged.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false, minimum = 1)]
    pub base_version: Option<u64>,
    /// Made by the client, one a save: the same again gets the first answer again.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub save_id: Option<SaveId>,
    /// One line of at most 200 characters.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub title: String,
    /// Markdown, at most 1 MiB of UTF-8.
    #[schema(pattern = r"^[^\x00]*$")]
    pub description: String,
    /// The list it lies in; `null`: the inbox. A part lies in the list of its task.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<TaskListId>,
    /// How far it is.
    #[serde(default)]
    pub status: Status,
    /// 0 none, 1 lowest, 4 highest.
    #[serde(default)]
    #[schema(maximum = 4)]
    pub priority: u8,
    /// When one can begin.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
    /// The beginning is a day: `start_at` is midnight UTC of that date.
    #[serde(default)]
    pub start_is_date: bool,
    /// When it should be done.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// It is due on a day: `due_at` is midnight UTC of that date.
    #[serde(default)]
    pub due_is_date: bool,
    /// The task it is a part of; parts have no parts.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<TaskId>,
    /// The note it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub note_id: Option<NoteId>,
    /// At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default)]
    #[schema(value_type = Vec<shapes::TagName>, max_items = 100)]
    pub tags: Vec<String>,
}

/// The fields of a task that change; absent ones stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskPatch {
    /// The version that was changed, in the place of `If-Match`: an older one is merged.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false, minimum = 1)]
    pub base_version: Option<u64>,
    /// Made by the client, one a save: the same again gets the first answer again.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub save_id: Option<SaveId>,
    /// One line of at most 200 characters.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        max_length = 200,
        nullable = false,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub title: Option<String>,
    /// Markdown, at most 1 MiB of UTF-8.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(pattern = r"^[^\x00]*$", nullable = false)]
    pub description: Option<String>,
    /// The list it lies in; `null`: the inbox. A part lies in the list of its task.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<Option<TaskListId>>,
    /// How far it is.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub status: Option<Status>,
    /// 0 none, 1 lowest, 4 highest.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(maximum = 4, nullable = false)]
    pub priority: Option<u8>,
    /// When one can begin.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Option<Timestamp>>,
    /// The beginning is a day: `start_at` is midnight UTC of that date.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub start_is_date: Option<bool>,
    /// When it should be done.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Option<Timestamp>>,
    /// It is due on a day: `due_at` is midnight UTC of that date.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub due_is_date: Option<bool>,
    /// The task it is a part of; parts have no parts.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<Option<TaskId>>,
    /// The note it belongs to.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Uuid>)]
    pub note_id: Option<Option<NoteId>>,
    /// At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Vec<shapes::TagName>>, max_items = 100, nullable = false)]
    pub tags: Option<Vec<String>>,
}

macro_rules! whole {
    ($from:expr, $base:expr, $save:expr) => {
        TaskPatch {
            base_version: $base,
            save_id: $save,
            title: Some($from.title),
            description: Some($from.description),
            list_id: Some($from.list_id),
            status: Some($from.status),
            priority: Some($from.priority),
            start_at: Some($from.start_at),
            start_is_date: Some($from.start_is_date),
            due_at: Some($from.due_at),
            due_is_date: Some($from.due_is_date),
            parent_id: Some($from.parent_id),
            note_id: Some($from.note_id),
            tags: Some($from.tags),
        }
    };
}

impl From<TaskReplacement> for TaskPatch {
    fn from(whole: TaskReplacement) -> Self {
        whole!(whole, whole.base_version, whole.save_id)
    }
}

/// The fields whose values have rules beyond their types.
struct Checked<'a> {
    title: Option<&'a String>,
    description: Option<&'a String>,
    priority: Option<u8>,
    moments: [Option<Timestamp>; 2],
    tags: Option<&'a Vec<String>>,
}

impl Checked<'_> {
    fn check(&self, errors: &mut ValidationErrors) {
        if let Some(title) = self.title {
            errors.check(text::check_title("title", title));
        }
        if let Some(description) = self.description {
            errors.check(text::check_body("description", description));
        }
        if let Some(priority) = self.priority {
            errors.check(check_priority(priority));
        }
        for (field, at) in ["start_at", "due_at"].into_iter().zip(self.moments) {
            errors.check(check_moment(field, at));
        }
        if let Some(tags) = self.tags {
            errors.check(tag::parse_all("tags", tags).map(drop));
        }
    }
}

impl Validate for NewTask {
    fn validate(&self, errors: &mut ValidationErrors) {
        let checked = Checked {
            title: Some(&self.title),
            description: Some(&self.description),
            priority: Some(self.priority),
            moments: [self.start_at, self.due_at],
            tags: Some(&self.tags),
        };
        checked.check(errors);
    }
}

impl Validate for TaskReplacement {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(documents::check_base(self.base_version));
        let checked = Checked {
            title: Some(&self.title),
            description: Some(&self.description),
            priority: Some(self.priority),
            moments: [self.start_at, self.due_at],
            tags: Some(&self.tags),
        };
        checked.check(errors);
    }
}

impl Validate for TaskPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(documents::check_base(self.base_version));
        let checked = Checked {
            title: self.title.as_ref(),
            description: self.description.as_ref(),
            priority: self.priority,
            moments: [self.start_at.flatten(), self.due_at.flatten()],
            tags: self.tags.as_ref(),
        };
        checked.check(errors);
    }
}

pub fn check_priority(priority: u8) -> Result<(), Invalid> {
    if priority > PRIORITY_MAX {
        let detail = format!("From 0 to {PRIORITY_MAX}.");
        return Err(Invalid::new("priority", "out_of_range", detail));
    }
    Ok(())
}

/// Moments have to fit their columns, whatever day it is there.
fn check_moment(field: &str, at: Option<Timestamp>) -> Result<(), Invalid> {
    let utc = at.map(|at| jiff::tz::Offset::UTC.to_datetime(at.inner()));
    match utc {
        Some(utc) if !(1900..=9998).contains(&utc.year()) => {
            let detail = "From the year 1900 to the year 9998.";
            Err(Invalid::new(field, "out_of_range", detail))
        }
        _ => Ok(()),
    }
}

impl NewTask {
    /// The task as it begins; its tags and its place are settled when they are known.
    pub(super) fn into_task(
        mut self,
        now: Timestamp,
    ) -> (DocumentWithBody<TaskSummary>, Vec<TagName>) {
        let names = tag::parse_all("tags", &self.tags).unwrap_or_default();
        let mut task = TaskSummary {
            id: self.id.unwrap_or_default(),
            version: 1,
            list_id: None,
            title: std::mem::take(&mut self.title),
            excerpt: text::excerpt(&self.description),
            status: Status::Todo,
            priority: 0,
            start_at: None,
            start_is_date: false,
            due_at: None,
            due_is_date: false,
            completed_at: None,
            position: String::new(),
            parent_id: None,
            note_id: None,
            tags: Vec::new(),
            attachments: Vec::new(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
            purge_at: None,
        };
        let body = std::mem::take(&mut self.description);
        let fields: TaskPatch = whole!(self, None, None);
        task.patch(&fields, now);
        let full = DocumentWithBody {
            document: task,
            body,
        };
        (full, names)
    }
}

impl Patch for TaskPatch {
    fn base(&self) -> (Option<u64>, Option<SaveId>) {
        (self.base_version, self.save_id)
    }

    fn text(&self) -> (Option<&String>, Option<&String>) {
        (self.title.as_ref(), self.description.as_ref())
    }

    fn tags(&self) -> Option<&[String]> {
        self.tags.as_deref()
    }
}

/// Where a task is dragged.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveTask {
    /// Into this list; `null`: into the inbox; absent: it stays in its list.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<Option<TaskListId>>,
    /// The column of the board; absent: it stays as far as it is.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub status: Option<Status>,
    /// Right behind this task.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub after: Option<TaskId>,
    /// Right before this task; counts when `after` is absent.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub before: Option<TaskId>,
}

impl Validate for MoveTask {
    fn validate(&self, _: &mut ValidationErrors) {}
}
