//! The end of an upload: its bytes become whole, its row goes, the file is there, all at once.

use super::{DELETE, LOCK, Upload, UploadStore};
use crate::domain::id::{FileId, UserId};
use crate::domain::media_type;
use crate::features::files::model::File;
use crate::features::files::store::{self, NewFile};
use crate::platform::db::{DbError, Tx};
use crate::platform::storage;
use crate::services::dedup::idempotency_keys::{self, Claim, IdempotencyKey, StoredReply};
use crate::services::{blobs, blobs::quota};

/// Runs of an end whose bytes another upload of the same content made whole first.
const SAME_CONTENT_RUNS: u32 = 3;

/// What became of an upload that was to end.
pub(in crate::features::files) enum Finished {
    File(Box<File>),
    /// The answer, kept for the idempotency key.
    Reply(StoredReply),
    /// The answer of an earlier run; the upload is still there.
    Replay(StoredReply),
    /// Somebody else ended it, or it was given up.
    Missing,
    IdTaken,
    KeyMismatch,
}

/// The name of the file to be, and the answer that an idempotency key will give again.
pub(in crate::features::files) struct Naming<'a> {
    pub id: FileId,
    pub key: Option<&'a IdempotencyKey>,
    pub reply: &'a (dyn Fn(&File) -> StoredReply + Send + Sync),
}

impl UploadStore {
    /// Makes the file of an upload whose bytes are all there; safe to be called by several at once.
    pub(in crate::features::files) async fn finish(
        &self,
        owner: UserId,
        upload: &Upload,
        naming: &Naming<'_>,
    ) -> Result<Finished, DbError> {
        let head = self.storage.head(owner, upload.blob).await?;
        let mime = media_type::sniff(&head, &upload.name.ending());
        let mut run = 1;
        let outcome = loop {
            let outcome: Result<Finished, DbError> = self
                .db
                .transaction("uploads.finish", |tx| async move {
                    self.finish_in(&tx, owner, upload.id, (mime, naming)).await
                })
                .await;
            match outcome {
                // The same content became whole at the same moment: now it is found.
                Err(err) if err.violates("uq_blobs_owner_sha256") && run < SAME_CONTENT_RUNS => {
                    run += 1;
                }
                Err(err) if err.violates("PRIMARY") || err.violates("uq_files_id") => {
                    return Ok(Finished::IdTaken);
                }
                outcome => break outcome?,
            }
        };
        self.files.changed(owner).await;
        Ok(outcome)
    }

    async fn finish_in(
        &self,
        tx: &Tx,
        owner: UserId,
        id: FileId,
        (mime, naming): (&str, &Naming<'_>),
    ) -> Result<Finished, DbError> {
        let Some(upload) = tx.first::<Upload>(&LOCK, (owner, id)).await? else {
            return Ok(Finished::Missing);
        };
        if let Some(key) = naming.key {
            match idempotency_keys::claim(tx, owner, key).await? {
                Claim::New => {}
                Claim::Replay(stored) => return Ok(Finished::Replay(stored)),
                Claim::Mismatch => return Ok(Finished::KeyMismatch),
            }
        }
        let digest = storage::digest_of(&upload.hash_state)
            .ok_or_else(|| DbError::unreadable("uploads.finish", "the state of a digest"))?;
        let size_bytes = upload.received;
        let blob = blobs::finish(tx, owner, upload.blob, size_bytes, &digest).await?;
        tx.exec(&DELETE, (owner, id)).await?;
        // What was reserved is used from now on.
        let spare = upload.reserved.saturating_sub(size_bytes);
        if spare > 0 {
            quota::release(tx, owner, spare).await?;
        }
        let new = NewFile {
            id: naming.id,
            blob,
            name: &upload.name,
            mime,
            size_bytes,
            sha256: &digest,
            at: self.clock.now(),
        };
        let file = store::insert(tx, owner, new).await?;
        let Some(key) = naming.key else {
            return Ok(Finished::File(Box::new(file)));
        };
        let reply = (naming.reply)(&file);
        idempotency_keys::store(tx, owner, key, &reply).await?;
        Ok(Finished::Reply(reply))
    }

    /// Makes the file of a whole upload under the upload's own id.
    pub(in crate::features::files) async fn settle(
        &self,
        owner: UserId,
        upload: &Upload,
    ) -> Result<Finished, DbError> {
        let naming = Naming {
            id: upload.id,
            key: None,
            reply: &|_| StoredReply::default(),
        };
        self.finish(owner, upload, &naming).await
    }
}
