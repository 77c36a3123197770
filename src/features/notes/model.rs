//! Notes as values: what a client sees, what it may send, and what of it is valid.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Faults, Validate};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::api::patch;
use crate::api::reply::Versioned;
use crate::domain::id::{NoteId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::platform::crypto::Keys;

/// Longest search text in characters.
const QUERY_MAX_CHARS: usize = 200;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Note {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: NoteSummary,
    /// Markdown, exactly as it was saved.
    pub body: String,
}

/// A note without its body, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct NoteSummary {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: NoteId,
    /// Grows by one with every write; also in the `ETag`.
    pub version: u64,
    /// At most 200 characters; may be empty.
    pub title: String,
    /// The first words of the body on one line.
    pub excerpt: String,
    /// Kept at the top by whoever shows the list.
    pub pinned: bool,
    /// Out of the way: not in the usual list.
    pub archived: bool,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When title or body last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was put into the trash; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
}

impl Versioned for Note {
    fn version(&self) -> u64 {
        self.summary.version
    }
}

/// One page of notes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotePage {
    /// The notes.
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
    /// Begin at the top.
    #[serde(default)]
    pub pinned: bool,
    /// Begin in the archive.
    #[serde(default)]
    pub archived: bool,
}

impl Validate for NewNote {
    fn validate(&self, faults: &mut Faults) {
        faults.check(text::check_title("title", &self.title));
        faults.check(text::check_body("body", &self.body));
    }
}

impl NewNote {
    /// The note as it begins.
    pub(super) fn into_note(self, now: Timestamp) -> Note {
        Note {
            summary: NoteSummary {
                id: self.id.unwrap_or_default(),
                version: 1,
                excerpt: text::excerpt(&self.body),
                title: self.title,
                pinned: self.pinned,
                archived: self.archived,
                created_at: now,
                updated_at: now,
                deleted_at: None,
            },
            body: self.body,
        }
    }
}

/// A whole note that takes the place of the old one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteReplacement {
    /// One line of at most 200 characters.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub title: String,
    /// Markdown, at most 1 MiB of UTF-8.
    #[schema(pattern = r"^[^\x00]*$")]
    pub body: String,
    /// Absent is `false`.
    #[serde(default)]
    pub pinned: bool,
    /// Absent is `false`.
    #[serde(default)]
    pub archived: bool,
}

impl Validate for NoteReplacement {
    fn validate(&self, faults: &mut Faults) {
        faults.check(text::check_title("title", &self.title));
        faults.check(text::check_body("body", &self.body));
    }
}

impl From<NoteReplacement> for NotePatch {
    fn from(whole: NoteReplacement) -> Self {
        Self {
            title: Some(whole.title),
            body: Some(whole.body),
            pinned: Some(whole.pinned),
            archived: Some(whole.archived),
        }
    }
}

/// The fields of a note that change; absent ones stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotePatch {
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
    fn validate(&self, faults: &mut Faults) {
        if let Some(title) = &self.title {
            faults.check(text::check_title("title", title));
        }
        if let Some(body) = &self.body {
            faults.check(text::check_body("body", body));
        }
    }
}

impl NotePatch {
    /// The note with these changes, before version and times are set.
    pub(super) fn applied_to(&self, note: &Note) -> Note {
        let mut changed = note.clone();
        if let Some(title) = &self.title {
            changed.summary.title.clone_from(title);
        }
        if let Some(body) = &self.body {
            changed.body.clone_from(body);
            changed.summary.excerpt = text::excerpt(body);
        }
        changed.summary.pinned = self.pinned.unwrap_or(changed.summary.pinned);
        changed.summary.archived = self.archived.unwrap_or(changed.summary.archived);
        changed
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    /// The latest edit first.
    #[default]
    Updated,
    /// The newest first.
    Created,
    /// By title, from A to Z.
    Title,
}

/// How a list is filtered, sorted and paged.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct NoteQuery {
    /// Words that must all stand in title or body, each anywhere inside a word.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only pinned notes, or only others.
    pub pinned: Option<bool>,
    /// `true`: the archive instead of the notes in use.
    pub archived: Option<bool>,
    /// `true`: the trash instead.
    pub trashed: Option<bool>,
    /// The order; `updated` when absent.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for NoteQuery {
    fn validate(&self, faults: &mut Faults) {
        faults.check(page::check_limit(self.limit));
        if self
            .q
            .as_ref()
            .is_some_and(|q| q.chars().count() > QUERY_MAX_CHARS)
        {
            let detail = format!("A search has at most {QUERY_MAX_CHARS} characters.");
            faults.check(Err(Invalid::new("q", "too_long", detail)));
        }
    }
}

/// Which notes a list is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    InUse,
    Archived,
    Trashed,
}

impl Shelf {
    /// The number in the table. 3 is a note that is gone for good: only its id is kept for a
    /// while, so that a repeated DELETE is still known to be the owner's.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::InUse => 0,
            Self::Archived => 1,
            Self::Trashed => 2,
        }
    }
}

/// A checked list request.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) shelf: Shelf,
    pub(super) search: Option<String>,
    pub(super) pinned: Option<bool>,
    pub(super) sort: Sort,
    pub(super) after: Option<Position>,
    pub(super) limit: u32,
    cursor: String,
}

impl Listing {
    /// Opens the cursor and settles the defaults.
    pub(super) fn new(keys: &Keys, owner: UserId, query: NoteQuery) -> Result<Self, Invalid> {
        let shelf = match (query.trashed, query.archived) {
            (Some(true), _) => Shelf::Trashed,
            (_, Some(true)) => Shelf::Archived,
            _ => Shelf::InUse,
        };
        let mut listing = Self {
            shelf,
            search: query
                .q
                .map(|q| q.trim().to_owned())
                .filter(|q| !q.is_empty()),
            pinned: query.pinned,
            sort: query.sort.unwrap_or_default(),
            after: None,
            limit: query.limit.unwrap_or(LIMIT_DEFAULT),
            cursor: query.cursor.unwrap_or_default(),
        };
        if !listing.cursor.is_empty() {
            let binding = listing.binding();
            listing.after = Some(page::open_cursor(keys, owner, &binding, &listing.cursor)?);
        }
        Ok(listing)
    }

    /// Sort and filters as one text: what a cursor is bound to.
    pub(super) fn binding(&self) -> String {
        let search = self.search.as_deref().unwrap_or_default();
        let (shelf, pinned, sort) = (self.shelf, self.pinned, self.sort);
        format!("notes|{shelf:?}|{pinned:?}|{sort:?}|{search}")
    }

    /// Everything the page depends on.
    pub(super) fn cache_text(&self) -> String {
        format!("{}|{}|{}", self.binding(), self.limit, self.cursor)
    }

    /// Searches change with every key press and are not worth a place in the cache.
    pub(super) fn is_cacheable(&self) -> bool {
        self.search.is_none()
    }

    /// The place of a note in this order.
    pub(super) fn position(&self, note: &NoteSummary) -> Position {
        let key = match self.sort {
            Sort::Updated => note.updated_at.micros().to_string(),
            Sort::Created => note.created_at.micros().to_string(),
            Sort::Title => note.title.clone(),
        };
        Position {
            key,
            id: *note.id.as_bytes(),
        }
    }

    /// The address of the next page, path-absolute, with the same filters.
    pub(super) fn next_url(&self, cursor: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(search) = &self.search {
            query.append_pair("q", search);
        }
        if let Some(pinned) = self.pinned {
            query.append_pair("pinned", if pinned { "true" } else { "false" });
        }
        match self.shelf {
            Shelf::InUse => {}
            Shelf::Archived => {
                query.append_pair("archived", "true");
            }
            Shelf::Trashed => {
                query.append_pair("trashed", "true");
            }
        }
        let sort = match self.sort {
            Sort::Updated => "updated",
            Sort::Created => "created",
            Sort::Title => "title",
        };
        query.append_pair("sort", sort);
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair("cursor", cursor);
        format!("/api/v1/notes?{}", query.finish())
    }
}

/// Whether a DELETE is for good.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveQuery {
    /// Delete a note that is in the trash for good.
    pub permanent: Option<bool>,
}

impl Validate for RemoveQuery {
    fn validate(&self, _: &mut Faults) {}
}
