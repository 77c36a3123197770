//! Many notes at once. A batch remembers of each note the one thing it changed, so that `undo` can
//! put that back and nothing else.

use std::collections::HashMap;

use mysql_async::Value;
use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};
use serde::{Deserialize, Serialize};

use super::rows::{self, LIST_COLUMNS, shelf_of};
use super::{change, is_notebook};
use crate::domain::id::{BatchId, NoteId, NotebookId, UserId};
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;
use crate::features::notes::model::NoteSummary;
use crate::platform::db::{DbError, Query, Rows, Tx, lists};
use crate::records::batches::Item;
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;
use crate::records::tags::{self, Tag};

/// What is done to each note of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Into a notebook, or into none.
    Move(Option<NotebookId>),
    /// Put these tags on.
    Tag(Vec<TagName>),
    /// Take these tags off.
    Untag(Vec<TagName>),
    /// Keep at the top, or no longer.
    Pin(bool),
    /// Into the archive, or out of it.
    Archive(bool),
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
}

impl Action {
    /// The word in table and API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Move(_) => "move",
            Self::Tag(_) => "tag",
            Self::Untag(_) => "untag",
            Self::Pin(true) => "pin",
            Self::Pin(false) => "unpin",
            Self::Archive(true) => "archive",
            Self::Archive(false) => "unarchive",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

/// The one thing a batch changed about an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::features::notes) enum Step {
    /// It went into the trash, or came out.
    Trashed(bool),
    /// It was pinned, or no longer.
    Pinned(bool),
    /// It was archived, or no longer.
    Archived(bool),
    /// It was moved: a note to another notebook, a notebook to another parent.
    Moved {
        /// Where it was.
        from: Option<NotebookId>,
        /// Where it is.
        to: Option<NotebookId>,
    },
    /// It got these tags.
    Tagged(Vec<String>),
    /// It lost these tags.
    Untagged(Vec<String>),
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    /// Done: the version of each note, and what the batch has to remember.
    Done {
        /// In the order of the request.
        versions: Vec<(NoteId, u64)>,
        /// Only notes that were really changed.
        items: Vec<Item>,
    },
    /// These places of the list name no note of the owner.
    Unknown(Vec<usize>),
    /// These places of the list name notes that would have more tags than allowed.
    TooManyTags(Vec<usize>),
    /// There is no such notebook.
    NoNotebook,
}

/// A note of a batch, and the highest version number it uses.
pub(super) struct Locked {
    pub(super) note: NoteSummary,
    top_version: u64,
    text_version: u64,
}

impl FromRow for Locked {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let read = |row: &mut Row| {
            let note = rows::summary(row)?;
            Some(Self {
                text_version: rows::take(row, 13)?,
                top_version: note.version.max(rows::take(row, 14)?),
                note,
            })
        };
        read(&mut row).ok_or(FromRowError(row))
    }
}

/// Does one thing to many notes, or to none of them when one is not there.
pub async fn apply(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    ids: &[NoteId],
    (action, now): (&Action, Timestamp),
) -> Result<Applied, DbError> {
    apply_in(tx, owner, Some(batch), ids, (action, now)).await
}

/// The same, as part of a batch or of none.
pub(super) async fn apply_in(
    tx: &Tx,
    owner: UserId,
    batch: Option<BatchId>,
    ids: &[NoteId],
    (action, now): (&Action, Timestamp),
) -> Result<Applied, DbError> {
    if let Action::Move(to) = action
        && !is_notebook(tx, owner, *to).await?
    {
        return Ok(Applied::NoNotebook);
    }
    let locked = lock_all(tx, owner, ids).await?;
    let unknown: Vec<usize> = (0..ids.len())
        .filter(|place| !locked.iter().any(|row| row.note.id == ids[*place]))
        .collect();
    if !unknown.is_empty() {
        return Ok(Applied::Unknown(unknown));
    }
    let tags = match action {
        Action::Tag(names) => tags::resolve(tx, owner, names).await?,
        Action::Untag(names) => tags::existing(tx, owner, names).await?,
        _ => Vec::new(),
    };
    if matches!(action, Action::Tag(_)) {
        let is_over = |id: &NoteId| {
            let row = locked.iter().find(|row| row.note.id == *id);
            row.is_some_and(|row| new_tags(&row.note, &tags) + row.note.tags.len() > tag::MAX_TAGS)
        };
        let over: Vec<usize> = (0..ids.len())
            .filter(|place| is_over(&ids[*place]))
            .collect();
        if !over.is_empty() {
            return Ok(Applied::TooManyTags(over));
        }
    }
    let mut work = Work::new(owner, now);
    for row in locked {
        match step(&row.note, action, &tags) {
            Some(step) => work.take(row, step, &tags),
            None => work.unchanged.push((row.note.id, row.note.version)),
        }
    }
    work.write(tx, batch).await?;
    let all = work
        .changed
        .iter()
        .map(|row| (row.note.id, row.note.version));
    let all: Vec<(NoteId, u64)> = all.chain(work.unchanged).collect();
    let versions = ids
        .iter()
        .filter_map(|id| all.iter().find(|(other, _)| other == id).copied())
        .collect();
    Ok(Applied::Done {
        versions,
        items: work.items,
    })
}

fn new_tags(note: &NoteSummary, tags: &[Tag]) -> usize {
    tags.iter()
        .filter(|tag| !note.tags.contains(&tag.name))
        .count()
}

/// What the action changes about a note; `None`: nothing.
fn step(note: &NoteSummary, action: &Action, tags: &[Tag]) -> Option<Step> {
    let bears = |tag: &Tag| note.tags.contains(&tag.name);
    let names = |wanted: bool| -> Option<Vec<String>> {
        let names = tags.iter().filter(|tag| bears(tag) == wanted);
        let names: Vec<String> = names.map(|tag| tag.name.clone()).collect();
        (!names.is_empty()).then_some(names)
    };
    match action {
        Action::Move(to) => (note.notebook_id != *to).then_some(Step::Moved {
            from: note.notebook_id,
            to: *to,
        }),
        Action::Tag(_) => names(false).map(Step::Tagged),
        Action::Untag(_) => names(true).map(Step::Untagged),
        Action::Pin(pinned) => (note.pinned != *pinned).then_some(Step::Pinned(*pinned)),
        Action::Archive(to) => (note.archived != *to).then_some(Step::Archived(*to)),
        Action::Delete => note.deleted_at.is_none().then_some(Step::Trashed(true)),
        Action::Restore => note.deleted_at.is_some().then_some(Step::Trashed(false)),
    }
}

/// The notes that change, and what is written besides them.
pub(super) struct Work {
    owner: UserId,
    now: Timestamp,
    pub(super) changed: Vec<Locked>,
    unchanged: Vec<(NoteId, u64)>,
    items: Vec<Item>,
    changes: Vec<NewChange>,
    come: Vec<([u8; 16], [u8; 16])>,
    gone: Vec<([u8; 16], [u8; 16])>,
}

impl Work {
    pub(super) fn new(owner: UserId, now: Timestamp) -> Self {
        Self {
            owner,
            now,
            changed: Vec::new(),
            unchanged: Vec::new(),
            items: Vec::new(),
            changes: Vec::new(),
            come: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// Does a step to a note in memory. `tags` are those that the step may name.
    pub(super) fn take(&mut self, mut row: Locked, step: Step, tags: &[Tag]) {
        let entity = *row.note.id.as_bytes();
        let pairs = |names: &[String]| -> Vec<([u8; 16], [u8; 16])> {
            let named = tags.iter().filter(|tag| names.contains(&tag.name));
            named.map(|tag| (*tag.id.as_bytes(), entity)).collect()
        };
        let mut op = Op::Update;
        match &step {
            Step::Trashed(true) => {
                op = Op::Trash;
                row.note.set_deleted(Some(self.now));
            }
            Step::Trashed(false) => {
                op = Op::Restore;
                row.note.set_deleted(None);
            }
            Step::Pinned(pinned) => row.note.pinned = *pinned,
            Step::Archived(archived) => row.note.archived = *archived,
            Step::Moved { to, .. } => row.note.notebook_id = *to,
            Step::Tagged(names) => {
                self.come.extend(pairs(names));
                row.note.tags.extend(names.iter().cloned());
                tag::sort(&mut row.note.tags);
            }
            Step::Untagged(names) => {
                self.gone.extend(pairs(names));
                row.note.tags.retain(|name| !names.contains(name));
            }
        }
        row.note.version = row.top_version + 1;
        self.changes.push(change(&row.note, op));
        self.items.push(Item {
            kind: Kind::Note,
            entity,
            state: serde_json::to_vec(&step).unwrap_or_default(),
        });
        self.changed.push(row);
    }

    pub(super) async fn write(&mut self, tx: &Tx, batch: Option<BatchId>) -> Result<(), DbError> {
        self.rehome(tx).await?;
        write_all(tx, self.owner, &self.changed).await?;
        tags::add_pairs(tx, self.owner, Kind::Note, &self.come).await?;
        tags::remove_pairs(tx, self.owner, Kind::Note, &self.gone).await?;
        changes::record(tx, self.owner, &self.changes, batch).await
    }
}

impl Work {
    /// A note that comes out of the trash may have lain in a notebook that is gone.
    async fn rehome(&mut self, tx: &Tx) -> Result<(), DbError> {
        let mut places = Places::default();
        let back = self.changed.iter_mut().zip(&self.changes);
        for (row, _) in back.filter(|(_, change)| change.op == Op::Restore) {
            if !places.has(tx, self.owner, row.note.notebook_id).await? {
                row.note.notebook_id = None;
            }
        }
        Ok(())
    }
}

/// Notebooks that were looked for: each is asked for once, however many notes lie in it.
#[derive(Default)]
pub(super) struct Places(HashMap<NotebookId, bool>);

impl Places {
    /// Whether a note may lie there.
    pub(super) async fn has(
        &mut self,
        tx: &Tx,
        owner: UserId,
        id: Option<NotebookId>,
    ) -> Result<bool, DbError> {
        let Some(id) = id else { return Ok(true) };
        if let Some(there) = self.0.get(&id) {
            return Ok(*there);
        }
        let there = is_notebook(tx, owner, Some(id)).await?;
        self.0.insert(id, there);
        Ok(there)
    }
}

pub(super) async fn lock_all(
    tx: &Tx,
    owner: UserId,
    ids: &[NoteId],
) -> Result<Vec<Locked>, DbError> {
    let mut locked = Vec::with_capacity(ids.len());
    for (marks, ids) in lists(ids.iter().copied()) {
        let sql = format!(
            "SELECT {LIST_COLUMNS}, n.text_version, n.top_version FROM notes n \
             WHERE n.owner_id = ? AND n.id IN ({marks}) AND n.shelf < 3 ORDER BY n.id FOR UPDATE"
        );
        let values = [vec![owner.into()], ids].concat();
        let query = Query::assembled("notes.lock_all", sql);
        locked.extend(tx.list(&query, values).await?);
    }
    Ok(locked)
}

/// Writes rows that are there and locked, many with one statement: an upsert that always updates.
async fn write_all(tx: &Tx, owner: UserId, rows: &[Locked]) -> Result<(), DbError> {
    const WRITE: Rows = Rows {
        name: "notes.write_many",
        head: "INSERT INTO notes (owner_id, id, version, text_version, title, excerpt, \
                 notebook_id, tags, pinned, archived, shelf, created_at, updated_at, deleted_at)",
        row: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        tail: "ON DUPLICATE KEY UPDATE version = VALUES(version), \
                 notebook_id = VALUES(notebook_id), tags = VALUES(tags), \
                 pinned = VALUES(pinned), archived = VALUES(archived), shelf = VALUES(shelf), \
                 deleted_at = VALUES(deleted_at)",
    };
    let rows = rows.iter().map(|row| -> [Value; 14] {
        let note = &row.note;
        [
            owner.into(),
            note.id.into(),
            note.version.into(),
            row.text_version.into(),
            note.title.as_str().into(),
            note.excerpt.as_str().into(),
            note.notebook_id.into(),
            tag::join(&note.tags).into(),
            note.pinned.into(),
            note.archived.into(),
            shelf_of(note).number().into(),
            note.created_at.into(),
            note.updated_at.into(),
            note.deleted_at.into(),
        ]
    });
    tx.write_rows(&WRITE, rows).await
}
