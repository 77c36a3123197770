//! Many notes at once, and taking it back. A batch remembers of each note the one thing it
//! changed; undo puts back what is still as the batch left it, whatever else was edited since.

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
use crate::platform::db::{DbError, Query, Tx};
use crate::records::batches::Item;
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;
use crate::records::tags::{self, Tag};

/// Lengths of an `IN (…)` list: few, so that few statements are prepared.
const LENGTHS: [usize; 3] = [1, 16, 512];
/// Rows of one statement that writes.
const ROWS: usize = 64;

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
struct Locked {
    note: NoteSummary,
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
    work.write(tx, Some(batch)).await?;
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
struct Work {
    owner: UserId,
    now: Timestamp,
    changed: Vec<Locked>,
    unchanged: Vec<(NoteId, u64)>,
    items: Vec<Item>,
    changes: Vec<NewChange>,
    come: Vec<([u8; 16], [u8; 16])>,
    gone: Vec<([u8; 16], [u8; 16])>,
}

impl Work {
    fn new(owner: UserId, now: Timestamp) -> Self {
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
    fn take(&mut self, mut row: Locked, step: Step, tags: &[Tag]) {
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

    async fn write(&mut self, tx: &Tx, batch: Option<BatchId>) -> Result<(), DbError> {
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
        let mut looked: Vec<(NotebookId, bool)> = Vec::new();
        let back = self.changed.iter_mut().zip(&self.changes);
        for (row, _) in back.filter(|(_, change)| change.op == Op::Restore) {
            let Some(id) = row.note.notebook_id else {
                continue;
            };
            let known = looked.iter().find(|(other, _)| *other == id).copied();
            let there = match known {
                Some((_, there)) => there,
                None => is_notebook(tx, self.owner, Some(id)).await?,
            };
            if known.is_none() {
                looked.push((id, there));
            }
            if !there {
                row.note.notebook_id = None;
            }
        }
        Ok(())
    }
}

/// Takes a batch back where its notes are still as it left them; how many, and how many not.
pub(in crate::features::notes) async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let mut steps = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| item.kind == Kind::Note) {
        let step: Step = serde_json::from_slice(&item.state)
            .map_err(|fault| DbError::unreadable("batches.state", fault.to_string()))?;
        steps.push((NoteId::from_bytes(item.entity), step));
    }
    let ids: Vec<NoteId> = steps.iter().map(|(id, _)| *id).collect();
    let mut work = Work::new(owner, now);
    let mut locked = Vec::with_capacity(ids.len());
    for piece in ids.chunks(LENGTHS[LENGTHS.len() - 1]) {
        locked.extend(lock_all(tx, owner, piece).await?);
    }
    let came = names_of(&steps, |step| match step {
        Step::Tagged(names) => Some(names),
        _ => None,
    });
    let gone = names_of(&steps, |step| match step {
        Step::Untagged(names) => Some(names),
        _ => None,
    });
    let mut tags = tags::existing(tx, owner, &came).await?;
    tags.extend(tags::resolve(tx, owner, &gone).await?);
    for row in locked {
        let step = steps.iter().find(|(id, _)| *id == row.note.id);
        if let Some(back) = step.and_then(|(_, step)| reverse(&row.note, step))
            && goes(tx, owner, &back).await?
        {
            work.take(row, back, &tags);
        }
    }
    work.write(tx, Some(batch)).await?;
    let undone = work.changed.len() as u64;
    Ok((undone, steps.len() as u64 - undone))
}

/// The tags that some steps name, each once.
fn names_of(
    steps: &[(NoteId, Step)],
    pick: impl Fn(&Step) -> Option<&Vec<String>>,
) -> Vec<TagName> {
    let mut names: Vec<TagName> = Vec::new();
    for text in steps.iter().filter_map(|(_, step)| pick(step)).flatten() {
        if let Ok(name) = TagName::parse("tags", text)
            && !names.iter().any(|other| other.norm() == name.norm())
        {
            names.push(name);
        }
    }
    names
}

/// What takes a step back; `None` when the note is no longer as the step left it.
fn reverse(note: &NoteSummary, step: &Step) -> Option<Step> {
    match step {
        Step::Trashed(to) => (note.deleted_at.is_some() == *to).then_some(Step::Trashed(!to)),
        Step::Pinned(to) => (note.pinned == *to).then_some(Step::Pinned(!to)),
        Step::Archived(to) => (note.archived == *to).then_some(Step::Archived(!to)),
        Step::Moved { from, to } => (note.notebook_id == *to).then_some(Step::Moved {
            from: *to,
            to: *from,
        }),
        Step::Tagged(names) => {
            let there = names.iter().filter(|name| note.tags.contains(name));
            let there: Vec<String> = there.cloned().collect();
            (!there.is_empty()).then_some(Step::Untagged(there))
        }
        Step::Untagged(names) => {
            let missing = names.iter().filter(|name| !note.tags.contains(name));
            let missing: Vec<String> = missing.cloned().collect();
            (!missing.is_empty()).then_some(Step::Tagged(missing))
        }
    }
}

/// Whether a note can go where it was: its notebook may be gone.
async fn goes(tx: &Tx, owner: UserId, step: &Step) -> Result<bool, DbError> {
    match step {
        Step::Moved { to, .. } => is_notebook(tx, owner, *to).await,
        _ => Ok(true),
    }
}

async fn lock_all(tx: &Tx, owner: UserId, ids: &[NoteId]) -> Result<Vec<Locked>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let length = LENGTHS.into_iter().find(|length| *length >= ids.len());
    let length = length.unwrap_or(ids.len());
    let marks = vec!["?"; length].join(", ");
    let sql = format!(
        "SELECT {LIST_COLUMNS}, n.text_version, n.top_version FROM notes n \
         WHERE n.owner_id = ? AND n.id IN ({marks}) AND n.shelf < 3 ORDER BY n.id FOR UPDATE"
    );
    let mut values: Vec<Value> = std::iter::once(Value::from(owner))
        .chain(ids.iter().map(|id| Value::from(*id)))
        .collect();
    values.resize(length + 1, Value::from(ids[ids.len() - 1]));
    tx.list(&Query::assembled("notes.lock_all", sql), values)
        .await
}

/// Writes rows that are there and locked, many with one statement: an upsert that always updates.
async fn write_all(tx: &Tx, owner: UserId, rows: &[Locked]) -> Result<(), DbError> {
    for piece in rows.chunks(ROWS) {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; piece.len()].join(", ");
        let sql = format!(
            "INSERT INTO notes (owner_id, id, version, text_version, title, excerpt, \
               notebook_id, tags, pinned, archived, shelf, created_at, updated_at, deleted_at) \
             VALUES {rows} \
             ON DUPLICATE KEY UPDATE version = VALUES(version), \
               notebook_id = VALUES(notebook_id), tags = VALUES(tags), pinned = VALUES(pinned), \
               archived = VALUES(archived), shelf = VALUES(shelf), \
               deleted_at = VALUES(deleted_at)"
        );
        let values = piece.iter().flat_map(|row| -> [Value; 14] {
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
        let values: Vec<Value> = values.collect();
        tx.exec(&Query::assembled("notes.write_many", sql), values)
            .await?;
    }
    Ok(())
}
