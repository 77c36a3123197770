//! Files that a note bears: attached and taken off. The note gets a new version with each real
//! change, because it shows them; its text and its time stay.

use super::{NoteStore, change, rows};
use crate::domain::id::{FileId, NoteId, UserId};
use crate::platform::db::{DbError, Tx};
use crate::records::attachments::{self, Attached};
use crate::records::changes::{self, Op};
use crate::records::kind::Kind;

/// What became of attaching or taking off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::notes) enum Bearing {
    /// It is as it was asked for.
    Done,
    /// There is no such note, or no such file.
    Missing,
    /// The file lies in the trash.
    InTrash,
    /// The note bears as many files as it may.
    Full,
}

impl NoteStore {
    /// Attaches a file; attached before is attached.
    pub(in crate::features::notes) async fn attach(
        &self,
        owner: UserId,
        id: NoteId,
        file: FileId,
    ) -> Result<Bearing, DbError> {
        let bearing = self
            .db
            .transaction("notes.attach", |tx| async move {
                // The file first, as whoever renames it does: its bearers come after it.
                let Some(is_in_trash) = attachments::lock_file(&tx, owner, file).await? else {
                    return Ok(Bearing::Missing);
                };
                let Some(stored) = rows::lock(&tx, owner, id).await? else {
                    return Ok(Bearing::Missing);
                };
                if is_in_trash {
                    return Ok(Bearing::InTrash);
                }
                match attachments::attach(&tx, owner, Kind::Note, id.as_bytes(), file).await? {
                    Attached::Already => {}
                    Attached::Full => return Ok(Bearing::Full),
                    Attached::Done => raise(&tx, owner, stored).await?,
                }
                Ok::<_, DbError>(Bearing::Done)
            })
            .await?;
        self.changed(owner).await;
        Ok(bearing)
    }

    /// Takes a file off; not attached is taken off.
    pub(in crate::features::notes) async fn detach(
        &self,
        owner: UserId,
        id: NoteId,
        file: FileId,
    ) -> Result<Bearing, DbError> {
        let bearing = self
            .db
            .transaction("notes.detach", |tx| async move {
                if attachments::lock_file(&tx, owner, file).await?.is_none() {
                    return Ok(Bearing::Missing);
                }
                let Some(stored) = rows::lock(&tx, owner, id).await? else {
                    return Ok(Bearing::Missing);
                };
                if attachments::detach(&tx, owner, Kind::Note, id.as_bytes(), file).await? {
                    raise(&tx, owner, stored).await?;
                }
                Ok::<_, DbError>(Bearing::Done)
            })
            .await?;
        self.changed(owner).await;
        Ok(bearing)
    }
}

async fn raise(tx: &Tx, owner: UserId, stored: rows::Stored) -> Result<(), DbError> {
    let mut note = stored.note.summary;
    note.version = stored.top_version + 1;
    rows::update(tx, owner, &note, stored.text_version, 0).await?;
    changes::record(tx, owner, &[change(&note, Op::Update)], None).await
}
