//! Notes as values: what a client sees, what it may send, and what of it is valid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::documents::{self, Shown};
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::reply::Versioned;
use crate::api::{patch, shapes};
use crate::domain::checklist::Checklist;
use crate::domain::id::{NoteId, NotebookId, SaveId};
use crate::domain::tag::{self, TagName};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::services::attachments::Attachment;
use crate::services::documents::{Conflict, DocumentWithBody, Merge, SavedDocument};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Note {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: NoteSummary,
    /// Markdown, exactly as it was saved.
    pub body: String,
}

/// A note without its body, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct NoteSummary {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: NoteId,
    /// Grows with every write; also in the `ETag`.
    pub version: u64,
    /// At most 200 characters; may be empty.
    pub title: String,
    /// The first words of the body on one line.
    pub excerpt: String,
    /// The notebook it lies in; `null`: in none.
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<NotebookId>,
    /// Names, sorted.
    pub tags: Vec<String>,
    /// Kept at the top by whoever shows the list.
    pub pinned: bool,
    /// Out of the way: not in the usual list.
    pub archived: bool,
    /// The boxes of its task list items.
    pub checklist: ChecklistCount,
    /// The files that are attached to it, in the order of attaching; those in the trash left out.
    #[serde(default)]
    #[schema(required = true)]
    pub attachments: Vec<Attachment>,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When title or body last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was put into the trash; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    /// When the trash drops it; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purge_at: Option<Timestamp>,
}

/// The boxes of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct ChecklistCount {
    /// Boxes without a tick.
    pub open: u32,
    /// All boxes.
    pub total: u32,
}

impl From<Checklist> for ChecklistCount {
    fn from(found: Checklist) -> Self {
        Self {
            open: found.open,
            total: found.total,
        }
    }
}

impl From<DocumentWithBody<NoteSummary>> for Note {
    fn from(full: DocumentWithBody<NoteSummary>) -> Self {
        Self {
            summary: full.document,
            body: full.body,
        }
    }
}

impl Shown for NoteSummary {
    type View = Note;
}

impl Versioned for Note {
    fn version(&self) -> u64 {
        self.summary.version
    }
}

/// The answer to a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct SavedNote {
    /// The note as it is now.
    #[serde(flatten)]
    pub note: Note,
    /// How the save came together with what was there.
    pub merge: Merge,
    /// Only on a conflict: the text that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

impl From<SavedDocument<NoteSummary>> for SavedNote {
    fn from(saved: SavedDocument<NoteSummary>) -> Self {
        Self {
            note: saved.full.into(),
            merge: saved.merge,
            conflict: saved.conflict,
        }
    }
}

impl Versioned for SavedNote {
    fn version(&self) -> u64 {
        self.note.summary.version
    }
}

/// One page of notes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotePage {
    pub items: Vec<NoteSummary>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// A note to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    /// The client's own id for it, any UUID but nil and max.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub id: Option<NoteId>,
    /// One line of at most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub title: String,
    /// Markdown, at most 1 MiB of UTF-8.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00]*$")]
    pub body: String,
    /// The notebook it begins in.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<NotebookId>,
    /// At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default)]
    #[schema(value_type = Vec<shapes::TagName>, max_items = 100)]
    pub tags: Vec<String>,
    /// Begin at the top.
    #[serde(default)]
    pub pinned: bool,
    /// Begin in the archive.
    #[serde(default)]
    pub archived: bool,
}

impl Validate for NewNote {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(text::check_title("title", &self.title));
        errors.check(text::check_body("body", &self.body));
        errors.check(tag::parse_all("tags", &self.tags).map(drop));
    }
}

impl NewNote {
    /// The note as it begins; its tags are settled when they are known.
    pub(super) fn into_note(self, now: Timestamp) -> (DocumentWithBody<NoteSummary>, Vec<TagName>) {
        let names = tag::parse_all("tags", &self.tags).unwrap_or_default();
        let note = NoteSummary {
            id: self.id.unwrap_or_default(),
            version: 1,
            excerpt: text::excerpt(&self.body),
            title: self.title,
            notebook_id: self.notebook_id,
            tags: Vec::new(),
            pinned: self.pinned,
            archived: self.archived,
            checklist: Checklist::of(&self.body).into(),
            attachments: Vec::new(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
            purge_at: None,
        };
        let full = DocumentWithBody {
            document: note,
            body: self.body,
        };
        (full, names)
    }
}

/// A whole note that takes the place of the old one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteReplacement {
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
    pub body: String,
    /// Absent or `null`: in none.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<NotebookId>,
    /// Absent is none. At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default)]
    #[schema(value_type = Vec<shapes::TagName>, max_items = 100)]
    pub tags: Vec<String>,
    /// Absent is `false`.
    #[serde(default)]
    pub pinned: bool,
    /// Absent is `false`.
    #[serde(default)]
    pub archived: bool,
}

impl Validate for NoteReplacement {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(documents::check_base(self.base_version));
        errors.check(text::check_title("title", &self.title));
        errors.check(text::check_body("body", &self.body));
        errors.check(tag::parse_all("tags", &self.tags).map(drop));
    }
}

impl From<NoteReplacement> for NotePatch {
    fn from(whole: NoteReplacement) -> Self {
        Self {
            base_version: whole.base_version,
            save_id: whole.save_id,
            title: Some(whole.title),
            body: Some(whole.body),
            notebook_id: Some(whole.notebook_id),
            tags: Some(whole.tags),
            pinned: Some(whole.pinned),
            archived: Some(whole.archived),
        }
    }
}

/// The fields of a note that change; absent ones stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotePatch {
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
    #[schema(nullable = false, pattern = r"^[^\x00]*$")]
    pub body: Option<String>,
    /// Move into this notebook; `null`: into none.
    #[serde(
        default,
        deserialize_with = "patch::nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Uuid>)]
    pub notebook_id: Option<Option<NotebookId>>,
    /// These and no others. At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Vec<shapes::TagName>>, max_items = 100, nullable = false)]
    pub tags: Option<Vec<String>>,
    /// Keep at the top.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub pinned: Option<bool>,
    /// Put into the archive.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(nullable = false)]
    pub archived: Option<bool>,
}

impl Validate for NotePatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(documents::check_base(self.base_version));
        if let Some(title) = &self.title {
            errors.check(text::check_title("title", title));
        }
        if let Some(body) = &self.body {
            errors.check(text::check_body("body", body));
        }
        if let Some(tags) = &self.tags {
            errors.check(tag::parse_all("tags", tags).map(drop));
        }
    }
}
