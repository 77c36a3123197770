//! Files that documents bear: attached, taken off, shown in lists. The document gets a new version
//! with each real change, because it shows them; its text and its time stay.

use super::rows::{self, Bearing, Stored};
use super::{Documents, TextDocument, change};
use crate::domain::id::{FileId, Id, UserId};
use crate::platform::db::{DbError, Tx};
use crate::services::attachments::{self, Attached};
use crate::services::changes::{self, Op};

/// What became of attaching or taking off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attaching {
    /// It is as it was asked for.
    Done,
    /// There is no such document, or no such file.
    Missing,
    /// The file lies in the trash.
    InTrash,
    /// The document bears as many files as it may.
    Full,
}

impl<D: TextDocument> Documents<D> {
    /// Attaches a file; attached before is attached.
    pub async fn attach(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        file: FileId,
    ) -> Result<Attaching, DbError> {
        let attaching = self
            .db
            .transaction("documents.attach", |tx| async move {
                // The file first, as whoever renames it does: its bearers come after it.
                let Some(is_in_trash) = attachments::lock_file(&tx, owner, file).await? else {
                    return Ok(Attaching::Missing);
                };
                let Some(stored) = rows::lock::<D>(&tx, owner, id).await? else {
                    return Ok(Attaching::Missing);
                };
                if is_in_trash {
                    return Ok(Attaching::InTrash);
                }
                match attachments::attach(&tx, owner, D::KIND, id.as_bytes(), file).await? {
                    Attached::Already => {}
                    Attached::Full => return Ok(Attaching::Full),
                    Attached::Done => raise(&tx, owner, stored).await?,
                }
                Ok::<_, DbError>(Attaching::Done)
            })
            .await?;
        self.changed(owner).await;
        Ok(attaching)
    }

    /// Takes a file off; not attached is taken off.
    pub async fn detach(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        file: FileId,
    ) -> Result<Attaching, DbError> {
        let attaching = self
            .db
            .transaction("documents.detach", |tx| async move {
                if attachments::lock_file(&tx, owner, file).await?.is_none() {
                    return Ok(Attaching::Missing);
                }
                let Some(stored) = rows::lock::<D>(&tx, owner, id).await? else {
                    return Ok(Attaching::Missing);
                };
                if attachments::detach(&tx, owner, D::KIND, id.as_bytes(), file).await? {
                    raise(&tx, owner, stored).await?;
                }
                Ok::<_, DbError>(Attaching::Done)
            })
            .await?;
        self.changed(owner).await;
        Ok(attaching)
    }

    /// The documents of a list with their files: one question more, and none when no document of
    /// it bears any.
    pub async fn with_files(
        &self,
        owner: UserId,
        rows: Vec<Bearing<D>>,
    ) -> Result<Vec<D>, DbError> {
        let bearers = rows.iter().filter(|row| row.1);
        let bearers = bearers.map(|row| *row.0.meta().id.as_bytes());
        let mut files = attachments::of(&self.db, owner, D::KIND, bearers).await?;
        let shown = |Bearing(mut document, _): Bearing<D>| {
            if let Some(files) = files.remove(document.meta().id.as_bytes()) {
                document.set_attachments(files);
            }
            document
        };
        Ok(rows.into_iter().map(shown).collect())
    }
}

async fn raise<D: TextDocument>(tx: &Tx, owner: UserId, stored: Stored<D>) -> Result<(), DbError> {
    let mut document = stored.full.document;
    *document.meta_mut().version = stored.max_version + 1;
    rows::update(tx, owner, &document, stored.text_version, 0).await?;
    changes::record(tx, owner, &[change(&document, Op::Update)], None).await
}
