//! The history of a document: its revisions, taken back or removed.

use super::rows;
use super::save::{Came, write};
use super::{DocumentWithBody, Documents, TextDocument};
use crate::domain::id::{Id, UserId};
use crate::platform::db::DbError;
use crate::services::documents::merge::Text;
use crate::services::documents::revisions::{self, Reason, RevisionRow};

/// One page of revisions.
#[derive(Debug)]
pub struct HistoryPage {
    /// The revision that is current.
    pub current: u64,
    /// The rows, newest first.
    pub rows: Vec<RevisionRow>,
}

/// What became of a revision that was to be taken back or removed.
#[derive(Debug)]
pub enum RevisionOutcome<D> {
    /// The document as it is now.
    Back(Box<DocumentWithBody<D>>),
    Removed,
    /// The document or the revision is not there.
    Missing,
    /// It is the current text.
    IsCurrent,
}

impl<D: TextDocument> Documents<D> {
    async fn current_text(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
    ) -> Result<Option<u64>, DbError> {
        let row: Option<(u64,)> = self.db.first(&D::SQL.current_text, (owner, id)).await?;
        Ok(row.map(|(current,)| current))
    }

    /// The revisions of a document before a version; `None`: there is no such document.
    pub async fn history(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        before: u64,
        limit: u32,
    ) -> Result<Option<HistoryPage>, DbError> {
        let Some(current) = self.current_text(owner, id).await? else {
            return Ok(None);
        };
        let entity = id.as_bytes();
        let rows = revisions::list(&self.db, owner, D::KIND, entity, before, limit).await?;
        Ok(Some(HistoryPage { current, rows }))
    }

    /// One revision with its text, and the version of the current one.
    pub async fn revision(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        version: u64,
    ) -> Result<Option<(RevisionRow, String, u64)>, DbError> {
        let Some(current) = self.current_text(owner, id).await? else {
            return Ok(None);
        };
        let found = revisions::find(&self.db, owner, D::KIND, id.as_bytes(), version).await?;
        Ok(found.map(|(row, body)| (row, body, current)))
    }

    /// Makes an older text the current one again, as a new version.
    pub async fn restore_revision(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        version: u64,
    ) -> Result<RevisionOutcome<D>, DbError> {
        let now = self.clock.now();
        let taken = self
            .db
            .transaction("documents.restore_revision", |tx| async move {
                let Some(stored) = rows::lock::<D>(&tx, owner, id).await? else {
                    return Ok(RevisionOutcome::Missing);
                };
                let text = revisions::text_in(&tx, owner, D::KIND, id.as_bytes(), version);
                let Some(Text { title, body }) = text.await? else {
                    return Ok(RevisionOutcome::Missing);
                };
                let mut after = stored.full.clone();
                after.document.set_title(title);
                after.set_body(body);
                let came = Came::new(Reason::Restore, now);
                let (full, _) = write(&tx, owner, &stored, after, came).await?;
                Ok::<_, DbError>(RevisionOutcome::Back(Box::new(full)))
            })
            .await?;
        self.changed(owner).await;
        Ok(taken)
    }

    /// Removes an older text, or a loser of a conflict.
    pub async fn delete_revision(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        version: u64,
    ) -> Result<RevisionOutcome<D>, DbError> {
        self.db
            .transaction("documents.forget_revision", |tx| async move {
                let Some(stored) = rows::lock::<D>(&tx, owner, id).await? else {
                    return Ok(RevisionOutcome::Missing);
                };
                if stored.text_version == version {
                    return Ok(RevisionOutcome::IsCurrent);
                }
                let removed = revisions::remove(&tx, owner, D::KIND, id.as_bytes(), version);
                Ok::<_, DbError>(if removed.await? {
                    RevisionOutcome::Removed
                } else {
                    RevisionOutcome::Missing
                })
            })
            .await
    }
}
