//! Rows of the `notes` table, read by position: a lookup by name for each field of each row costs
//! more than the rest of a list.

use mysql_async::prelude::{FromRow, FromValue};
use mysql_async::{FromRowError, Row, params};

use crate::domain::id::{NoteId, UserId};
use crate::domain::tag;
use crate::features::notes::listing::Shelf;
use crate::features::notes::model::{ChecklistCount, Note, NoteSummary};
use crate::platform::db::{DbError, Query, Tx};
use crate::records::attachments;
use crate::records::kind::Kind;

/// The columns of a list, in the order in which `summary` takes them.
pub(in crate::features::notes) const LIST_COLUMNS: &str = "n.id, n.version, n.title, n.excerpt, n.notebook_id, n.tags, n.pinned, n.archived, \
     n.checks_open, n.checks_total, n.created_at, n.updated_at, n.deleted_at";

pub(super) const FIND: Query = Query::new(
    "notes.find",
    "SELECT n.id, n.version, n.title, n.excerpt, n.notebook_id, n.tags, n.pinned, n.archived, \
       n.checks_open, n.checks_total, n.created_at, n.updated_at, n.deleted_at, \
       n.text_version, n.top_version, r.body, \
       EXISTS (SELECT 1 FROM attachments a WHERE a.owner_id = n.owner_id \
         AND a.kind = 1 AND a.entity_id = n.id) \
     FROM notes n JOIN revisions r ON r.owner_id = n.owner_id AND r.kind = 1 \
       AND r.entity_id = n.id AND r.version = n.text_version \
     WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3",
);

pub(super) const VERSION: Query = Query::new(
    "notes.version",
    "SELECT version FROM notes WHERE owner_id = ? AND id = ? AND shelf < 3",
);

const FIND_LOCKED: Query = Query::new(
    "notes.find_locked",
    "SELECT n.id, n.version, n.title, n.excerpt, n.notebook_id, n.tags, n.pinned, n.archived, \
       n.checks_open, n.checks_total, n.created_at, n.updated_at, n.deleted_at, \
       n.text_version, n.top_version, r.body, \
       EXISTS (SELECT 1 FROM attachments a WHERE a.owner_id = n.owner_id \
         AND a.kind = 1 AND a.entity_id = n.id) \
     FROM notes n JOIN revisions r ON r.owner_id = n.owner_id AND r.kind = 1 \
       AND r.entity_id = n.id AND r.version = n.text_version \
     WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3 FOR UPDATE",
);

const UPDATE: Query = Query::new(
    "notes.update",
    "UPDATE notes SET version = :version, text_version = :text_version, \
       top_version = GREATEST(top_version, :top_version), title = :title, excerpt = :excerpt, \
       notebook_id = :notebook, tags = :tags, pinned = :pinned, archived = :archived, \
       checks_open = :checks_open, checks_total = :checks_total, shelf = :shelf, \
       updated_at = :updated_at, deleted_at = :deleted_at \
     WHERE owner_id = :owner AND id = :id",
);

/// A note of a list, and whether it bears files.
pub(super) struct Listed(pub(super) NoteSummary, pub(super) bool);

/// A note with its text and its place in the history.
pub(super) struct Stored {
    pub(super) note: Note,
    /// The revision that holds the text.
    pub(super) text_version: u64,
    /// The highest number in use, by the note or by a loser of a conflict.
    pub(super) top_version: u64,
    /// Whether it bears files; they are read besides.
    pub(super) bears_files: bool,
}

impl Stored {
    pub(super) fn into_note(self) -> Note {
        self.note
    }
}

/// The note, locked until the transaction ends; `None` when it is not there or gone for good.
pub(super) async fn lock(tx: &Tx, owner: UserId, id: NoteId) -> Result<Option<Stored>, DbError> {
    let mut stored: Option<Stored> = tx.first(&FIND_LOCKED, (owner, id)).await?;
    if let Some(stored) = &mut stored
        && stored.bears_files
    {
        let files = attachments::of_one(tx, owner, Kind::Note, id.as_bytes());
        stored.note.summary.attachments = files.await?;
    }
    Ok(stored)
}

/// Writes all fields of a row. `top_version` is 0 unless a number above the version is in use.
pub(super) async fn update(
    tx: &Tx,
    owner: UserId,
    note: &NoteSummary,
    text_version: u64,
    top_version: u64,
) -> Result<(), DbError> {
    let values = params! {
        "version" => note.version,
        "text_version" => text_version,
        "top_version" => top_version,
        "title" => &note.title,
        "excerpt" => &note.excerpt,
        "notebook" => note.notebook_id,
        "tags" => tag::join(&note.tags),
        "pinned" => note.pinned,
        "archived" => note.archived,
        "checks_open" => note.checklist.open,
        "checks_total" => note.checklist.total,
        "shelf" => shelf_of(note).number(),
        "updated_at" => note.updated_at,
        "deleted_at" => note.deleted_at,
        "owner" => owner,
        "id" => note.id,
    };
    tx.exec(&UPDATE, values).await?;
    Ok(())
}

/// The list a note belongs to.
pub(super) fn shelf_of(note: &NoteSummary) -> Shelf {
    match (note.deleted_at, note.archived) {
        (Some(_), _) => Shelf::Trashed,
        (None, true) => Shelf::Archived,
        (None, false) => Shelf::InUse,
    }
}

impl FromRow for Listed {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let read = |row: &mut Row| Some(Self(summary(row)?, take(row, 13)?));
        read(&mut row).ok_or(FromRowError(row))
    }
}

impl FromRow for Stored {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        stored(&mut row).ok_or(FromRowError(row))
    }
}

fn stored(row: &mut Row) -> Option<Stored> {
    let summary = summary(row)?;
    let version = summary.version;
    Some(Stored {
        text_version: take(row, 13)?,
        top_version: version.max(take(row, 14)?),
        note: Note {
            summary,
            body: take(row, 15)?,
        },
        bears_files: take(row, 16)?,
    })
}

/// Takes the columns of `LIST_COLUMNS`.
pub(super) fn summary(row: &mut Row) -> Option<NoteSummary> {
    let tags: String = take(row, 5)?;
    let mut note = NoteSummary {
        id: take(row, 0)?,
        version: take(row, 1)?,
        title: take(row, 2)?,
        excerpt: take(row, 3)?,
        notebook_id: take(row, 4)?,
        tags: tag::split(&tags),
        pinned: take(row, 6)?,
        archived: take(row, 7)?,
        checklist: ChecklistCount {
            open: take(row, 8)?,
            total: take(row, 9)?,
        },
        attachments: Vec::new(),
        created_at: take(row, 10)?,
        updated_at: take(row, 11)?,
        deleted_at: None,
        purge_at: None,
    };
    note.set_deleted(take(row, 12)?);
    Some(note)
}

pub(super) fn take<T: FromValue>(row: &mut Row, place: usize) -> Option<T> {
    row.take_opt(place)?.ok()
}
