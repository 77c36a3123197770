//! The history of a note: its revisions, taken back or removed.

use super::NoteStore;
use super::rows;
use super::save::write;
use crate::domain::id::{NoteId, UserId};
use crate::features::notes::model::Note;
use crate::platform::db::{DbError, Query};
use crate::records::kind::Kind;
use crate::records::merge::Text;
use crate::records::revisions::{self, Reason, RevisionRow};

/// One page of revisions.
pub(in crate::features::notes) struct HistoryPage {
    /// The revision that is current.
    pub(in crate::features::notes) current: u64,
    /// The rows, newest first.
    pub(in crate::features::notes) rows: Vec<RevisionRow>,
}

/// What became of a revision that was to be taken back or removed.
pub(in crate::features::notes) enum Taken {
    /// The note as it is now.
    Note(Box<Note>),
    /// It is removed.
    Removed,
    /// The note or the revision is not there.
    Missing,
    /// It is the current text.
    IsCurrent,
}

const CURRENT: Query = Query::new(
    "notes.current_text",
    "SELECT text_version FROM notes WHERE owner_id = ? AND id = ? AND shelf < 3",
);

impl NoteStore {
    /// The revisions of a note before a version; `None`: there is no such note.
    pub(in crate::features::notes) async fn history(
        &self,
        owner: UserId,
        id: NoteId,
        before: u64,
        limit: u32,
    ) -> Result<Option<HistoryPage>, DbError> {
        let Some((current,)) = self.db.first::<(u64,)>(&CURRENT, (owner, id)).await? else {
            return Ok(None);
        };
        let entity = id.as_bytes();
        let rows = revisions::list(&self.db, owner, Kind::Note, entity, before, limit).await?;
        Ok(Some(HistoryPage { current, rows }))
    }

    /// One revision with its text, and the version of the current one.
    pub(in crate::features::notes) async fn revision(
        &self,
        owner: UserId,
        id: NoteId,
        version: u64,
    ) -> Result<Option<(RevisionRow, String, u64)>, DbError> {
        let Some((current,)) = self.db.first::<(u64,)>(&CURRENT, (owner, id)).await? else {
            return Ok(None);
        };
        let found = revisions::find(&self.db, owner, Kind::Note, id.as_bytes(), version).await?;
        Ok(found.map(|(row, body)| (row, body, current)))
    }

    /// Makes an older text the current one again, as a new version.
    pub(in crate::features::notes) async fn take_back(
        &self,
        owner: UserId,
        id: NoteId,
        version: u64,
    ) -> Result<Taken, DbError> {
        let now = self.clock.now();
        let taken = self
            .db
            .transaction("notes.take_back", |tx| async move {
                let Some(stored) = rows::lock(&tx, owner, id).await? else {
                    return Ok(Taken::Missing);
                };
                let text = revisions::text_in(&tx, owner, Kind::Note, id.as_bytes(), version);
                let Some(Text { title, body }) = text.await? else {
                    return Ok(Taken::Missing);
                };
                let mut after = stored.note.clone();
                after.summary.title = title;
                after.set_body(body);
                let (note, _) = write(&tx, owner, stored, after, (Reason::Restore, now)).await?;
                Ok::<_, DbError>(Taken::Note(Box::new(note)))
            })
            .await?;
        self.changed(owner).await;
        Ok(taken)
    }

    /// Removes an older text, or a loser of a conflict.
    pub(in crate::features::notes) async fn forget(
        &self,
        owner: UserId,
        id: NoteId,
        version: u64,
    ) -> Result<Taken, DbError> {
        self.db
            .transaction("notes.forget_revision", |tx| async move {
                let Some(stored) = rows::lock(&tx, owner, id).await? else {
                    return Ok(Taken::Missing);
                };
                if stored.text_version == version {
                    return Ok(Taken::IsCurrent);
                }
                let removed = revisions::remove(&tx, owner, Kind::Note, id.as_bytes(), version);
                Ok::<_, DbError>(if removed.await? {
                    Taken::Removed
                } else {
                    Taken::Missing
                })
            })
            .await
    }
}
