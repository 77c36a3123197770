//! The requests and replies of batches, and their validation.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::{patch, shapes};
use crate::domain::id::{BatchId, EntityId, Id, NotebookId, TaskListId};
use crate::domain::invalid::Invalid;
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::features::{files, notes, tasks};
use crate::services::batches::Batch;
use crate::services::batches::handler::Operation;
use crate::services::entity_kind::EntityKind;

/// Most entities of one batch.
const IDS_MAX: usize = 500;
/// Most tags that one batch adds or removes.
const TAGS_MAX: usize = 20;

/// The kind of the entities of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BatchKind {
    Note,
    Task,
    /// Files: `tag`, `untag`, `delete` and `restore`.
    File,
}

/// What a batch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BatchAction {
    /// Notes: move to the notebook `notebook_id`; `null` removes them from their notebook. Tasks:
    /// move to the end of the list `list_id`; `null` is the inbox.
    Move,
    /// Add `tags`.
    Tag,
    /// Remove `tags`.
    Untag,
    /// Tasks: set the status to `status`.
    Status,
    /// Tasks: set the priority to `priority`.
    Priority,
    /// Tasks: set the due date to `due_at`; `null` removes it.
    Due,
    /// Notes: pin to the top.
    Pin,
    /// Notes: unpin.
    Unpin,
    /// Notes: archive.
    Archive,
    /// Notes: unarchive.
    Unarchive,
    /// Move to the trash.
    Delete,
    /// Restore from the trash.
    Restore,
}

impl BatchAction {
    /// Whether a kind has this action.
    fn fits(self, kind: BatchKind) -> bool {
        match self {
            Self::Status | Self::Priority | Self::Due => kind == BatchKind::Task,
            Self::Pin | Self::Unpin | Self::Archive | Self::Unarchive => kind == BatchKind::Note,
            Self::Move => kind != BatchKind::File,
            Self::Tag | Self::Untag | Self::Delete | Self::Restore => true,
        }
    }

    /// The name in the table and in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Due => "due",
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

/// One action on many entities. Either all of them are changed or none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBatch {
    pub kind: BatchKind,
    /// Ids of 1 to 500 entities of the caller, without duplicates.
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 500)]
    pub ids: Vec<EntityId>,
    pub action: BatchAction,
    /// Required for `move` of notes; `null` removes them from their notebook.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<Option<NotebookId>>,
    /// Required for `move` of tasks; `null` is the inbox.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<Option<TaskListId>>,
    /// Required for `status`.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub status: Option<tasks::Status>,
    /// Required for `priority`: 0 to 4.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false, maximum = 4)]
    pub priority: Option<u8>,
    /// Required for `due`; `null` removes the due date.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Option<Timestamp>>,
    /// For `due`: `due_at` is a date without a time, given as midnight UTC.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub due_is_date: Option<bool>,
    /// Required for `tag` and `untag`: 1 to 20 names.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Vec<shapes::TagName>>, min_items = 1, max_items = 20, nullable = false)]
    pub tags: Option<Vec<String>>,
}

impl Validate for NewBatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        let count = self.ids.len();
        if count == 0 || count > IDS_MAX {
            let detail = format!("From 1 to {IDS_MAX} ids.");
            errors.check(Err(Invalid::new("ids", "out_of_range", detail)));
        }
        let mut seen = HashSet::new();
        for (index, id) in self.ids.iter().enumerate().take(IDS_MAX) {
            if !seen.insert(id) {
                let field = format!("ids[{index}]");
                errors.check(Err(Invalid::new(field, "duplicate", "Each id once.")));
            }
        }
        let (is, of) = (|action| self.action == action, |kind| self.kind == kind);
        let tags = is(BatchAction::Tag) || is(BatchAction::Untag);
        let moves = is(BatchAction::Move);
        if !self.action.fits(self.kind) {
            let detail = "Entities of this kind do not have this action.";
            errors.check(Err(Invalid::new("action", "not_allowed", detail)));
            // Further errors would concern fields of an action that is not available.
            return;
        }
        let notebook = moves && of(BatchKind::Note);
        errors.check(belongs("notebook_id", notebook, self.notebook_id.is_some()));
        let list = moves && of(BatchKind::Task);
        errors.check(belongs("list_id", list, self.list_id.is_some()));
        let status = is(BatchAction::Status);
        errors.check(belongs("status", status, self.status.is_some()));
        let priority = is(BatchAction::Priority);
        errors.check(belongs("priority", priority, self.priority.is_some()));
        if let Some(priority) = self.priority {
            errors.check(tasks::check_priority(priority));
        }
        self.check_due(errors);
        errors.check(belongs("tags", tags, self.tags.is_some()));
        if let Some(names) = &self.tags {
            if names.is_empty() || names.len() > TAGS_MAX {
                let detail = format!("From 1 to {TAGS_MAX} tags.");
                errors.check(Err(Invalid::new("tags", "out_of_range", detail)));
            }
            errors.check(tag::parse_all("tags", names).map(drop));
        }
    }
}

fn belongs(field: &str, needed: bool, given: bool) -> Result<(), Invalid> {
    match (needed, given) {
        (true, false) => Err(Invalid::new(field, "required", "This action requires it.")),
        (false, true) => Err(Invalid::new(
            field,
            "not_allowed",
            "This action does not take it.",
        )),
        _ => Ok(()),
    }
}

impl NewBatch {
    fn check_due(&self, errors: &mut ValidationErrors) {
        let due = self.action == BatchAction::Due;
        errors.check(belongs("due_at", due, self.due_at.is_some()));
        let is_date = self.due_is_date;
        errors.check(belongs(
            "due_is_date",
            due && is_date.is_some(),
            is_date.is_some(),
        ));
        let (at, is_date) = (self.due_at.flatten(), is_date == Some(true));
        errors.check(tasks::check_date("due_at", at, is_date));
    }

    /// The kind of its entities.
    pub(super) fn kind(&self) -> EntityKind {
        match self.kind {
            BatchKind::Note => notes::KIND,
            BatchKind::File => files::KIND,
            BatchKind::Task => tasks::KIND,
        }
    }

    /// The operation of a request that was validated; `None` where a value is missing.
    pub(super) fn operation(&self) -> Option<Operation> {
        let names = self.tags.as_deref().unwrap_or_default();
        let tags = || tag::parse_all("tags", names).unwrap_or_default();
        Some(match self.action {
            BatchAction::Tag => Operation::Tag(tags()),
            BatchAction::Untag => Operation::Untag(tags()),
            BatchAction::Delete => Operation::Delete,
            BatchAction::Restore => Operation::Restore,
            BatchAction::Move => Operation::Move(self.container()),
            BatchAction::Pin => Operation::Pin(true),
            BatchAction::Unpin => Operation::Pin(false),
            BatchAction::Archive => Operation::Archive(true),
            BatchAction::Unarchive => Operation::Archive(false),
            BatchAction::Status => Operation::Status(self.status?.name()),
            BatchAction::Priority => Operation::Priority(self.priority?),
            BatchAction::Due => Operation::Due {
                at: self.due_at?,
                is_date: self.due_is_date == Some(true),
            },
        })
    }

    /// The notebook or the list of a `move`.
    fn container(&self) -> Option<EntityId> {
        let notebook = self.notebook_id.flatten().map(Id::cast);
        notebook.or_else(|| self.list_id.flatten().map(Id::cast))
    }
}

/// A batch in the list of batches.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchSummary {
    /// UUID version 7.
    #[schema(value_type = Uuid)]
    pub id: BatchId,
    /// `note`, `task`, `file`, `notebook`, `task_list`.
    pub kind: String,
    pub action: String,
    /// How many entities were changed; entities that already were as requested do not count.
    pub count: u32,
    /// When, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was taken back; `null`: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
}

impl From<Batch> for BatchSummary {
    fn from(batch: Batch) -> Self {
        let kind = EntityKind::from_number(batch.kind);
        Self {
            id: batch.id,
            kind: kind.map_or("unknown", |kind| kind.name).to_owned(),
            action: batch.action,
            count: batch.count,
            created_at: batch.created_at,
            undone_at: batch.undone_at,
        }
    }
}

/// An entity of a batch as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchItem {
    #[schema(value_type = Uuid)]
    pub id: EntityId,
    pub version: u64,
}

/// The answer to a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchDone {
    #[serde(flatten)]
    pub batch: BatchSummary,
    /// Every entity of the request, in its order.
    pub items: Vec<BatchItem>,
}

/// One page of batches, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchPage {
    pub items: Vec<BatchSummary>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// The answer to an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Undone {
    #[schema(value_type = Uuid)]
    pub id: BatchId,
    /// Entities whose earlier state was restored.
    pub undone: u64,
    /// Entities that were skipped because they were changed since or no longer exist.
    pub skipped: u64,
    /// When, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub undone_at: Timestamp,
}
