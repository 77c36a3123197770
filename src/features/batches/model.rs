//! Batches as values: what a client sees, what it may send, and what of it is valid.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::{patch, shapes};
use crate::domain::id::{BatchId, EntityId, NotebookId, TaskListId};
use crate::domain::invalid::Invalid;
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::features::{files, notes, tasks};
use crate::services::batches::Batch;
use crate::services::documents::Action;
use crate::services::entity_kind::EntityKind;

/// Most entities of one batch.
const IDS_MAX: usize = 500;
/// Most tags that one batch puts on or takes off.
const TAGS_MAX: usize = 20;

/// The noun of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BatchKind {
    Note,
    Task,
    /// Files: `tag`, `untag`, `delete` and `restore`.
    File,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BatchAction {
    /// Notes into the notebook `notebook_id`, `null`: out of any. Tasks to the end of the list
    /// `list_id`, `null`: of the inbox.
    Move,
    /// Put `tags` on.
    Tag,
    /// Take `tags` off.
    Untag,
    /// Tasks: make them `status`.
    Status,
    /// Tasks: give them `priority`.
    Priority,
    /// Tasks: make them due at `due_at`, `null`: whenever.
    Due,
    /// Notes: keep at the top.
    Pin,
    /// Notes: no longer keep at the top.
    Unpin,
    /// Notes: into the archive.
    Archive,
    /// Notes: out of the archive.
    Unarchive,
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
}

impl BatchAction {
    /// Whether it is done to entities of a kind.
    fn fits(self, kind: BatchKind) -> bool {
        match self {
            Self::Status | Self::Priority | Self::Due => kind == BatchKind::Task,
            Self::Pin | Self::Unpin | Self::Archive | Self::Unarchive => kind == BatchKind::Note,
            Self::Move => kind != BatchKind::File,
            Self::Tag | Self::Untag | Self::Delete | Self::Restore => true,
        }
    }

    /// The word in table and API.
    pub(super) fn word(self) -> &'static str {
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

/// One thing to be done to many entities: to all of them, or to none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBatch {
    /// The noun.
    pub kind: BatchKind,
    /// 1 to 500 of the caller's, each once.
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 500)]
    pub ids: Vec<EntityId>,
    /// What is done.
    pub action: BatchAction,
    /// For `move` of notes, and needed there; `null`: out of any notebook.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<Option<NotebookId>>,
    /// For `move` of tasks, and needed there; `null`: into the inbox.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub list_id: Option<Option<TaskListId>>,
    /// For `status`, and needed there.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub status: Option<tasks::Status>,
    /// For `priority`, and needed there: 0 to 4.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false, maximum = 4)]
    pub priority: Option<u8>,
    /// For `due`, and needed there; `null`: whenever.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Option<Timestamp>>,
    /// For `due`: `due_at` is midnight UTC of a civil date.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub due_is_date: Option<bool>,
    /// For `tag` and `untag`, and needed there: 1 to 20 names.
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
        for (place, id) in self.ids.iter().enumerate().take(IDS_MAX) {
            if !seen.insert(id) {
                let field = format!("ids[{place}]");
                errors.check(Err(Invalid::new(field, "duplicate", "Each id once.")));
            }
        }
        let (is, of) = (|action| self.action == action, |kind| self.kind == kind);
        let tags = is(BatchAction::Tag) || is(BatchAction::Untag);
        let moves = is(BatchAction::Move);
        if !self.action.fits(self.kind) {
            let detail = "This is not done to entities of that kind.";
            errors.check(Err(Invalid::new("action", "not_allowed", detail)));
            // What else came with it says nothing more.
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
        (true, false) => Err(Invalid::new(field, "required", "This action needs it.")),
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

    /// The noun of its entities.
    pub(super) fn kind(&self) -> EntityKind {
        match self.kind {
            BatchKind::Note => EntityKind::Note,
            BatchKind::File => EntityKind::File,
            BatchKind::Task => EntityKind::Task,
        }
    }

    /// The action on entities, as far as it is the same for all nouns.
    fn common<A>(&self) -> Option<Action<A>> {
        let names = self.tags.as_deref().unwrap_or_default();
        let tags = || tag::parse_all("tags", names).unwrap_or_default();
        match self.action {
            BatchAction::Tag => Some(Action::Tag(tags())),
            BatchAction::Untag => Some(Action::Untag(tags())),
            BatchAction::Delete => Some(Action::Delete),
            BatchAction::Restore => Some(Action::Restore),
            _ => None,
        }
    }

    /// The action on files; `None`: there is none.
    pub(super) fn on_files(&self) -> Option<Action<files::Nothing>> {
        self.common()
    }

    /// The action on notes; `None`: there is none.
    pub(super) fn on_notes(&self) -> Option<Action<notes::Action>> {
        let own = match self.action {
            BatchAction::Move => notes::Action::Move(self.notebook_id.flatten()),
            BatchAction::Pin => notes::Action::Pin(true),
            BatchAction::Unpin => notes::Action::Pin(false),
            BatchAction::Archive => notes::Action::Archive(true),
            BatchAction::Unarchive => notes::Action::Archive(false),
            _ => return self.common(),
        };
        Some(Action::Custom(own))
    }

    /// The action on tasks; `None`: there is none.
    pub(super) fn on_tasks(&self) -> Option<Action<tasks::Action>> {
        let own = match self.action {
            BatchAction::Move => tasks::Action::Move(self.list_id.flatten()),
            BatchAction::Status => tasks::Action::Status(self.status?),
            BatchAction::Priority => tasks::Action::Priority(self.priority?),
            BatchAction::Due => tasks::Action::Due(tasks::Due {
                at: self.due_at?,
                is_date: self.due_is_date == Some(true),
            }),
            _ => return self.common(),
        };
        Some(Action::Custom(own))
    }
}

/// A batch, as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchSummary {
    /// UUID version 7.
    #[schema(value_type = Uuid)]
    pub id: BatchId,
    /// `note`, `task`, `file`, `notebook`, `task_list`.
    pub kind: String,
    /// What was done.
    pub action: String,
    /// How many entities were really changed.
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
            kind: kind.map_or("unknown", EntityKind::word).to_owned(),
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
    /// Entities that are again as they were.
    pub undone: u64,
    /// Entities that were left alone: changed again since, or gone.
    pub skipped: u64,
    /// When, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub undone_at: Timestamp,
}
