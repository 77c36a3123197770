//! Notes in MySQL. The only place that knows the `notes` table; every statement names the owner.

use mysql_async::params;
use mysql_async::prelude::FromRow;

use super::list_query::list_query;
use super::model::{Listing, Note, NotePatch, NoteSummary, Shelf};
use crate::api::condition::IfMatch;
use crate::domain::id::{NoteId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::generations::{self, Scope};
use crate::records::idempotency::{self, Claim, IdempotencyKey, StoredReply};
use crate::records::kind::Kind;
use crate::records::revisions::{self, NewRevision, Reason};
use crate::records::terms;

/// Notes of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct NoteStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

/// What became of a note to be created.
pub(super) enum Inserted {
    /// The answer of this or of an earlier run.
    Reply(StoredReply),
    /// The client's id is in use.
    IdTaken,
    /// The idempotency key stands for another request.
    KeyMismatch,
}

/// What became of a change.
pub(super) enum Saved {
    /// The note as it is now.
    Done(Note),
    /// Not there, or not the owner's.
    Missing,
    /// Changed meanwhile; the note as it is.
    Stale(Note),
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removed {
    /// It is where it should be, now or before.
    Done,
    /// Not there, or not the owner's.
    Missing,
    /// Only what is in the trash can be deleted for good.
    NotInTrash,
}

#[derive(FromRow)]
struct SummaryRow {
    id: NoteId,
    version: u64,
    title: String,
    excerpt: String,
    pinned: bool,
    archived: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl From<SummaryRow> for NoteSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            id: row.id,
            version: row.version,
            title: row.title,
            excerpt: row.excerpt,
            pinned: row.pinned,
            archived: row.archived,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        }
    }
}

#[derive(FromRow)]
struct NoteRow {
    id: NoteId,
    version: u64,
    text_version: u64,
    title: String,
    excerpt: String,
    pinned: bool,
    archived: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    body: String,
}

impl NoteRow {
    fn into_note(self) -> Note {
        Note {
            summary: NoteSummary {
                id: self.id,
                version: self.version,
                title: self.title,
                excerpt: self.excerpt,
                pinned: self.pinned,
                archived: self.archived,
                created_at: self.created_at,
                updated_at: self.updated_at,
                deleted_at: self.deleted_at,
            },
            body: self.body,
        }
    }
}

const INSERT: Query = Query::new(
    "notes.insert",
    "INSERT INTO notes (owner_id, id, version, text_version, title, excerpt, pinned, archived, \
       shelf, created_at, updated_at) \
     VALUES (:owner, :id, 1, 1, :title, :excerpt, :pinned, :archived, :shelf, :at, :at)",
);

const FIND: Query = Query::new(
    "notes.find",
    "SELECT n.id, n.version, n.text_version, n.title, n.excerpt, n.pinned, n.archived, \
       n.created_at, n.updated_at, n.deleted_at, r.body \
     FROM notes n JOIN revisions r ON r.owner_id = n.owner_id AND r.kind = 1 \
       AND r.entity_id = n.id AND r.version = n.text_version \
     WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3",
);

const FIND_LOCKED: Query = Query::new(
    "notes.find_locked",
    "SELECT n.id, n.version, n.text_version, n.title, n.excerpt, n.pinned, n.archived, \
       n.created_at, n.updated_at, n.deleted_at, r.body \
     FROM notes n JOIN revisions r ON r.owner_id = n.owner_id AND r.kind = 1 \
       AND r.entity_id = n.id AND r.version = n.text_version \
     WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3 FOR UPDATE",
);

const UPDATE: Query = Query::new(
    "notes.update",
    "UPDATE notes SET version = :version, text_version = :text_version, title = :title, \
       excerpt = :excerpt, pinned = :pinned, archived = :archived, shelf = :shelf, \
       updated_at = :updated_at, deleted_at = :deleted_at \
     WHERE owner_id = :owner AND id = :id",
);

const SHELF: Query = Query::new(
    "notes.shelf",
    "SELECT shelf FROM notes WHERE owner_id = ? AND id = ? FOR UPDATE",
);

const BURY: Query = Query::new(
    "notes.bury",
    "UPDATE notes SET version = version + 1, shelf = 3, title = '', excerpt = '', \
       deleted_at = UTC_TIMESTAMP(6) WHERE owner_id = ? AND id = ?",
);

const PURGE_GONE: Query = Query::new(
    "notes.purge_gone",
    "DELETE FROM notes WHERE shelf = 3 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY \
     LIMIT 1000",
);

/// Forgets notes that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_gone(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE_GONE, ()).await?.affected)
}

/// Removes some thousand notes of an account that is being deleted; how many.
pub async fn purge_owner(db: &Db, owner: UserId) -> Result<u64, DbError> {
    const PURGE: Query = Query::new(
        "notes.purge_owner",
        "DELETE FROM notes WHERE owner_id = ? LIMIT 5000",
    );
    Ok(db.exec(&PURGE, (owner,)).await?.affected)
}

impl NoteStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// Creates a note. `reply` is the answer that the idempotency key will give again.
    pub(super) async fn insert(
        &self,
        owner: UserId,
        note: &Note,
        key: Option<&IdempotencyKey>,
        reply: &StoredReply,
    ) -> Result<Inserted, DbError> {
        let outcome: Result<Inserted, DbError> = self
            .db
            .transaction("notes.insert", |tx| async move {
                if let Some(key) = key {
                    match idempotency::claim(&tx, owner, key).await? {
                        Claim::New => idempotency::store(&tx, owner, key, reply).await?,
                        Claim::Replay(stored) => return Ok(Inserted::Reply(stored)),
                        Claim::Mismatch => return Ok(Inserted::KeyMismatch),
                    }
                }
                insert_note(&tx, owner, note).await?;
                Ok(Inserted::Reply(reply.clone()))
            })
            .await;
        let outcome = match outcome {
            Err(fault) if fault.violates("PRIMARY") || fault.violates("uq_notes_id") => {
                return Ok(Inserted::IdTaken);
            }
            outcome => outcome?,
        };
        self.changed(owner).await;
        Ok(outcome)
    }

    /// One note of the owner, wherever it lies but gone for good.
    pub(super) async fn find(&self, owner: UserId, id: NoteId) -> Result<Option<Note>, DbError> {
        let row: Option<NoteRow> = self.db.first(&FIND, (owner, id)).await?;
        Ok(row.map(NoteRow::into_note))
    }

    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<NoteSummary>, bool), DbError> {
        let (query, values) = list_query(owner, listing);
        let rows: Vec<SummaryRow> = self.db.list(&query, values).await?;
        let more = rows.len() > listing.limit as usize;
        let items = rows.into_iter().take(listing.limit as usize);
        Ok((items.map(NoteSummary::from).collect(), more))
    }

    /// Changes a note that is still what the client saw. A change that is ours already (the
    /// answer was lost, or a proxy repeated a PUT) is answered as done.
    pub(super) async fn update(
        &self,
        owner: UserId,
        id: NoteId,
        base: &IfMatch,
        patch: &NotePatch,
    ) -> Result<Saved, DbError> {
        let now = self.clock.now();
        let saved = self
            .db
            .transaction("notes.update", |tx| async move {
                let row: Option<NoteRow> = tx.first(&FIND_LOCKED, (owner, id)).await?;
                let Some(row) = row else {
                    return Ok(Saved::Missing);
                };
                let text_version = row.text_version;
                let before = row.into_note();
                let mut after = patch.applied_to(&before);
                let version = before.summary.version;
                if !base.allows(version) {
                    let ours = base.is_just_behind(version) && after == before;
                    return Ok(if ours {
                        Saved::Done(before)
                    } else {
                        Saved::Stale(before)
                    });
                }
                if after == before {
                    return Ok(Saved::Done(before));
                }
                after.summary.version = version + 1;
                write(&tx, owner, &before, &mut after, text_version, now).await?;
                Ok::<_, DbError>(Saved::Done(after))
            })
            .await?;
        self.changed(owner).await;
        Ok(saved)
    }

    /// Puts a note into the trash; done before is done.
    pub(super) async fn remove(&self, owner: UserId, id: NoteId) -> Result<Removed, DbError> {
        let now = self.clock.now();
        let removed = self.shelve(owner, id, Some(now)).await?;
        Ok(match removed {
            Saved::Missing if self.is_gone(owner, id).await? => Removed::Done,
            Saved::Missing => Removed::Missing,
            Saved::Done(_) | Saved::Stale(_) => Removed::Done,
        })
    }

    /// Takes a note out of the trash; one that is not in it stays as it is.
    pub(super) async fn restore(&self, owner: UserId, id: NoteId) -> Result<Saved, DbError> {
        self.shelve(owner, id, None).await
    }

    /// Deletes a note in the trash for good: texts and words go, the bare id stays for a month.
    pub(super) async fn remove_forever(
        &self,
        owner: UserId,
        id: NoteId,
    ) -> Result<Removed, DbError> {
        let removed = self
            .db
            .transaction("notes.remove_forever", |tx| async move {
                match tx.first::<(u8,)>(&SHELF, (owner, id)).await? {
                    None => return Ok(Removed::Missing),
                    Some((3,)) => return Ok(Removed::Done),
                    Some((2,)) => {}
                    Some(_) => return Ok(Removed::NotInTrash),
                }
                tx.exec(&BURY, (owner, id)).await?;
                terms::remove_all(&tx, owner, Kind::Note, id.as_bytes()).await?;
                revisions::remove_all(&tx, owner, Kind::Note, id.as_bytes()).await?;
                Ok::<_, DbError>(Removed::Done)
            })
            .await?;
        self.changed(owner).await;
        Ok(removed)
    }

    async fn shelve(
        &self,
        owner: UserId,
        id: NoteId,
        deleted_at: Option<Timestamp>,
    ) -> Result<Saved, DbError> {
        let saved = self
            .db
            .transaction("notes.shelve", |tx| async move {
                let row: Option<NoteRow> = tx.first(&FIND_LOCKED, (owner, id)).await?;
                let Some(row) = row else {
                    return Ok(Saved::Missing);
                };
                let text_version = row.text_version;
                let mut note = row.into_note();
                if note.summary.deleted_at.is_some() != deleted_at.is_some() {
                    note.summary.deleted_at = deleted_at;
                    note.summary.version += 1;
                    update_row(&tx, owner, &note.summary, text_version).await?;
                }
                Ok::<_, DbError>(Saved::Done(note))
            })
            .await?;
        self.changed(owner).await;
        Ok(saved)
    }

    async fn is_gone(&self, owner: UserId, id: NoteId) -> Result<bool, DbError> {
        const GONE: Query = Query::new(
            "notes.gone",
            "SELECT shelf = 3 FROM notes WHERE owner_id = ? AND id = ?",
        );
        Ok(self.db.first::<(bool,)>(&GONE, (owner, id)).await? == Some((true,)))
    }

    /// After every commit: pages that were read before it are worth nothing now.
    async fn changed(&self, owner: UserId) {
        generations::renew(&self.cache, Scope::Notes, owner).await;
    }
}

async fn insert_note(tx: &Tx, owner: UserId, note: &Note) -> Result<(), DbError> {
    let values = params! {
        "owner" => owner,
        "id" => note.summary.id,
        "title" => &note.summary.title,
        "excerpt" => &note.summary.excerpt,
        "pinned" => note.summary.pinned,
        "archived" => note.summary.archived,
        "shelf" => shelf_of(&note.summary).number(),
        "at" => note.summary.created_at,
    };
    tx.exec(&INSERT, values).await?;
    keep_text(tx, owner, note, &["", ""]).await
}

/// Writes the row and, when the text changed, the new text and its words.
async fn write(
    tx: &Tx,
    owner: UserId,
    before: &Note,
    after: &mut Note,
    text_version: u64,
    now: Timestamp,
) -> Result<(), DbError> {
    let same_text = before.summary.title == after.summary.title && before.body == after.body;
    if same_text {
        return update_row(tx, owner, &after.summary, text_version).await;
    }
    after.summary.updated_at = now;
    update_row(tx, owner, &after.summary, after.summary.version).await?;
    keep_text(tx, owner, after, &[&before.summary.title, &before.body]).await
}

async fn update_row(
    tx: &Tx,
    owner: UserId,
    note: &NoteSummary,
    text_version: u64,
) -> Result<(), DbError> {
    let values = params! {
        "version" => note.version,
        "text_version" => text_version,
        "title" => &note.title,
        "excerpt" => &note.excerpt,
        "pinned" => note.pinned,
        "archived" => note.archived,
        "shelf" => shelf_of(note).number(),
        "updated_at" => note.updated_at,
        "deleted_at" => note.deleted_at,
        "owner" => owner,
        "id" => note.id,
    };
    tx.exec(&UPDATE, values).await?;
    Ok(())
}

async fn keep_text(tx: &Tx, owner: UserId, note: &Note, before: &[&str]) -> Result<(), DbError> {
    let id = note.summary.id;
    let revision = NewRevision {
        kind: Kind::Note,
        entity: id.as_bytes(),
        version: note.summary.version,
        title: &note.summary.title,
        body: &note.body,
        reason: Reason::Edit,
        at: note.summary.updated_at,
    };
    revisions::insert(tx, owner, revision).await?;
    let after = [note.summary.title.as_str(), &note.body];
    terms::replace(tx, owner, Kind::Note, id.as_bytes(), before, &after).await
}

fn shelf_of(note: &NoteSummary) -> Shelf {
    match (note.deleted_at.is_some(), note.archived) {
        (true, _) => Shelf::Trashed,
        (false, true) => Shelf::Archived,
        (false, false) => Shelf::InUse,
    }
}
