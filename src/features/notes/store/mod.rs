//! Notes in MySQL. The only place that knows the `notes` table; every statement names the owner.
//! What each file does: `rows` reads and writes rows, `save` saves without losing, `shelves` is
//! the trash, `attaching` bears files, `bulk` is batches, `undo` takes them back, `history` the revisions.

mod attaching;
mod bulk;
mod history;
mod rows;
mod save;
mod shelves;
mod undo;

use mysql_async::params;

use super::listing::{Listing, list_query};
use super::model::{Note, NoteSummary};
use crate::domain::id::{NoteId, NotebookId, UserId};
use crate::domain::tag::{self, TagName};
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::changes::{self, NewChange, Op};
use crate::records::idempotency::{self, Claim, IdempotencyKey, StoredReply};
use crate::records::kind::Kind;
use crate::records::revisions::{self, NewRevision, Reason};
use crate::records::{attachments, tags, terms};

pub(super) use attaching::Bearing;
pub(super) use bulk::Step;
pub use bulk::{Action, Applied, apply};
pub(super) use history::Taken;
pub(super) use rows::LIST_COLUMNS;
pub(super) use save::{Base, Saved};
pub(super) use shelves::Removed;
pub use shelves::{OWNED, purge_gone, purge_trash};
pub(super) use undo::undo;

use rows::{Stored, shelf_of};

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
    /// There is no such notebook.
    NoNotebook,
}

const INSERT: Query = Query::new(
    "notes.insert",
    "INSERT INTO notes (owner_id, id, version, text_version, title, excerpt, notebook_id, tags, \
       pinned, archived, checks_open, checks_total, shelf, created_at, updated_at) \
     VALUES (:owner, :id, 1, 1, :title, :excerpt, :notebook, :tags, :pinned, :archived, \
       :checks_open, :checks_total, :shelf, :at, :at)",
);

impl NoteStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// Creates a note with its tags. `reply` makes of it the answer that the idempotency key will
    /// give again.
    pub(super) async fn insert<R>(
        &self,
        owner: UserId,
        (note, names): (&Note, &[TagName]),
        key: Option<&IdempotencyKey>,
        reply: R,
    ) -> Result<Inserted, DbError>
    where
        R: Fn(&Note) -> StoredReply + Send + Sync,
    {
        let reply = &reply;
        let outcome: Result<Inserted, DbError> = self
            .db
            .transaction("notes.insert", |tx| async move {
                if let Some(key) = key {
                    match idempotency::claim(&tx, owner, key).await? {
                        Claim::New => {}
                        Claim::Replay(stored) => return Ok(Inserted::Reply(stored)),
                        Claim::Mismatch => return Ok(Inserted::KeyMismatch),
                    }
                }
                if !is_notebook(&tx, owner, note.summary.notebook_id).await? {
                    // The key was not used: nothing was done.
                    return Err(DbError::rollback("notes.no_notebook"));
                }
                let tags = tags::resolve(&tx, owner, names).await?;
                let mut note = note.clone();
                note.summary.tags = tags::names(&tags);
                let reply = reply(&note);
                if let Some(key) = key {
                    idempotency::store(&tx, owner, key, &reply).await?;
                }
                insert_note(&tx, owner, &note, &tags).await?;
                Ok(Inserted::Reply(reply))
            })
            .await;
        let outcome = match outcome {
            Err(fault) if fault.violates("PRIMARY") || fault.violates("uq_notes_id") => {
                return Ok(Inserted::IdTaken);
            }
            Err(fault) if fault.is_rollback("notes.no_notebook") => {
                return Ok(Inserted::NoNotebook);
            }
            outcome => outcome?,
        };
        self.changed(owner).await;
        Ok(outcome)
    }

    /// One note of the owner, wherever it lies but gone for good.
    pub(super) async fn find(&self, owner: UserId, id: NoteId) -> Result<Option<Note>, DbError> {
        let row: Option<Stored> = self.db.first(&rows::FIND, (owner, id)).await?;
        let Some(mut row) = row else { return Ok(None) };
        if row.bears_files {
            let entity = *id.as_bytes();
            let mut files = attachments::of(&self.db, owner, Kind::Note, [entity]).await?;
            row.note.summary.attachments = files.remove(&entity).unwrap_or_default();
        }
        Ok(Some(row.into_note()))
    }

    /// The version of such a note.
    pub(super) async fn version(&self, owner: UserId, id: NoteId) -> Result<Option<u64>, DbError> {
        let row: Option<(u64,)> = self.db.first(&rows::VERSION, (owner, id)).await?;
        Ok(row.map(|(version,)| version))
    }

    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<NoteSummary>, bool), DbError> {
        let (query, values) = list_query(owner, listing);
        let mut rows: Vec<rows::Listed> = self.db.list(&query, values).await?;
        let more = rows.len() > listing.limit as usize;
        rows.truncate(listing.limit as usize);
        let bearers = rows.iter().filter(|row| row.1);
        let bearers = bearers.map(|row| *row.0.id.as_bytes());
        let mut files = attachments::of(&self.db, owner, Kind::Note, bearers).await?;
        let shown = |rows::Listed(mut note, _)| {
            note.attachments = files.remove(note.id.as_bytes()).unwrap_or_default();
            note
        };
        Ok((rows.into_iter().map(shown).collect(), more))
    }

    /// After every commit: pages that were read before it are worth nothing now.
    async fn changed(&self, owner: UserId) {
        changes::announce(&self.cache, owner).await;
    }
}

/// Whether a note may lie there: nowhere, or in a notebook that is not deleted. The notebook is
/// locked against deletion until the transaction ends.
pub(super) async fn is_notebook(
    tx: &Tx,
    owner: UserId,
    id: Option<NotebookId>,
) -> Result<bool, DbError> {
    const EXISTS: Query = Query::new(
        "notes.notebook_exists",
        "SELECT 1 FROM notebooks WHERE owner_id = ? AND id = ? AND deleted_at IS NULL \
         LOCK IN SHARE MODE",
    );
    let Some(id) = id else {
        return Ok(true);
    };
    Ok(tx.first::<(u8,)>(&EXISTS, (owner, id)).await?.is_some())
}

async fn insert_note(
    tx: &Tx,
    owner: UserId,
    note: &Note,
    tags: &[tags::Tag],
) -> Result<(), DbError> {
    let summary = &note.summary;
    let values = params! {
        "owner" => owner,
        "id" => summary.id,
        "title" => &summary.title,
        "excerpt" => &summary.excerpt,
        "notebook" => summary.notebook_id,
        "tags" => tag::join(&summary.tags),
        "pinned" => summary.pinned,
        "archived" => summary.archived,
        "checks_open" => summary.checklist.open,
        "checks_total" => summary.checklist.total,
        "shelf" => shelf_of(summary).number(),
        "at" => summary.created_at,
    };
    tx.exec(&INSERT, values).await?;
    let id = *summary.id.as_bytes();
    keep_text(tx, owner, note, 0, Reason::Edit).await?;
    terms::replace(
        tx,
        owner,
        Kind::Note,
        &id,
        &["", ""],
        &[&summary.title, &note.body],
    )
    .await?;
    if !tags.is_empty() {
        let pairs: Vec<_> = tags.iter().map(|tag| (*tag.id.as_bytes(), id)).collect();
        tags::add_pairs(tx, owner, Kind::Note, &pairs).await?;
    }
    changes::record(tx, owner, &[change(summary, Op::Create)], None).await
}

/// Keeps the text of a note as the revision of its version.
async fn keep_text(
    tx: &Tx,
    owner: UserId,
    note: &Note,
    follows: u64,
    reason: Reason,
) -> Result<(), DbError> {
    let revision = NewRevision {
        kind: Kind::Note,
        entity: note.summary.id.as_bytes(),
        version: note.summary.version,
        follows,
        title: &note.summary.title,
        body: &note.body,
        reason,
        at: note.summary.updated_at,
    };
    revisions::insert(tx, owner, revision).await
}

fn change(note: &NoteSummary, op: Op) -> NewChange {
    NewChange {
        kind: Kind::Note,
        entity: *note.id.as_bytes(),
        op,
        version: note.version,
    }
}
