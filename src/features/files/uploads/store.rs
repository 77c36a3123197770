//! Uploads in MySQL: the only place that knows the `uploads` table; every statement names the
//! owner. How far an upload has come and its bytes change in one transaction, under the token of
//! the one request that may write; the last one also makes the file.

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row, Value, params};

use crate::domain::file_name::FileName;
use crate::domain::id::{BlobId, FileId, UserId};
use crate::domain::media_type;
use crate::features::files::model::File;
use crate::features::files::store::{self, FileStore, NewFile};
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::platform::storage::{self, Step, Storage, Writer};
use crate::platform::{clock::Clock, crypto};
use crate::records::blobs;
use crate::records::idempotency::{self, Claim, IdempotencyKey, StoredReply};
use crate::records::storage_use::{self, Use};

/// The token of the request that may write.
pub(in crate::features::files) type Token = [u8; 16];

/// Uploads of all owners, each asked for by its owner.
#[derive(Clone)]
pub(in crate::features::files) struct UploadStore {
    db: Db,
    storage: Storage,
    files: FileStore,
    clock: Clock,
}

/// An upload that is about to begin.
pub(in crate::features::files) struct NewUpload<'a> {
    pub id: FileId,
    /// Of the whole, reserved at once; `None`: reserved as it comes.
    pub length: Option<u64>,
    pub name: &'a FileName,
    /// `Upload-Metadata` as it came.
    pub metadata: &'a str,
    /// Most bytes of an owner without a quota of its own.
    pub quota: u64,
    /// Seconds that it waits for its next bytes.
    pub life_s: u64,
}

/// What became of an upload to be begun.
pub(in crate::features::files) enum Created {
    Begun(Upload),
    IdTaken,
    NoRoom(Use),
}

/// An upload as it stands.
#[derive(Debug, Clone)]
pub(in crate::features::files) struct Upload {
    pub id: FileId,
    pub blob: BlobId,
    pub length: Option<u64>,
    pub received: u64,
    pub reserved: u64,
    pub name: FileName,
    pub metadata: String,
    pub hash_state: Vec<u8>,
    pub expires_at: crate::domain::time::Timestamp,
    pub is_over: bool,
}

/// What became of bytes that were to be stored.
pub(in crate::features::files) enum Kept {
    Done,
    /// Another request writes now, or the upload is gone.
    Lost,
    NoRoom(Use),
}

/// How bytes are stored.
#[derive(Debug, Clone, Copy)]
pub(in crate::features::files) struct Terms {
    /// Seconds until the next bytes must have come.
    pub life_s: u64,
    /// The default quota, where room is taken as bytes come.
    pub reserve: Option<u64>,
}

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

const FIND: Query = Query::new(
    "uploads.find",
    "SELECT u.id, u.blob_id, u.length, u.received, u.reserved, u.name, u.metadata, \
       u.hash_state, u.expires_at, u.expires_at <= UTC_TIMESTAMP(6) \
     FROM uploads u WHERE u.owner_id = ? AND u.id = ?",
);
const LOCK: Query = Query::new(
    "uploads.lock",
    "SELECT u.id, u.blob_id, u.length, u.received, u.reserved, u.name, u.metadata, \
       u.hash_state, u.expires_at, u.expires_at <= UTC_TIMESTAMP(6) \
     FROM uploads u WHERE u.owner_id = ? AND u.id = ? FOR UPDATE",
);
const DELETE: Query = Query::new(
    "uploads.delete",
    "DELETE FROM uploads WHERE owner_id = ? AND id = ?",
);

/// Why a beginning is taken back.
const ID_TAKEN: &str = "uploads.id_taken";
/// Runs of an end whose bytes another upload of the same content made whole first.
const SAME_CONTENT_RUNS: u32 = 3;
/// Uploads that one run of the expiry looks at.
const EXPIRED_AT_ONCE: u32 = 100;

impl UploadStore {
    pub(in crate::features::files) fn new(
        db: Db,
        storage: Storage,
        files: FileStore,
        clock: Clock,
    ) -> Self {
        Self {
            db,
            storage,
            files,
            clock,
        }
    }

    /// Begins an upload, with room for all of it where its length is known.
    pub(in crate::features::files) async fn create(
        &self,
        owner: UserId,
        new: &NewUpload<'_>,
    ) -> Result<Created, DbError> {
        let blob = BlobId::new();
        let outcome: Result<Created, DbError> = self
            .db
            .transaction("uploads.create", |tx| async move {
                let length = new.length.unwrap_or(0);
                if let Err(at) = storage_use::reserve(&tx, owner, length, new.quota).await? {
                    return Ok(Created::NoRoom(at));
                }
                blobs::open(&tx, owner, blob).await?;
                insert(&tx, owner, blob, new).await?;
                // After the row, so that whoever ends an upload of this id was waited for.
                if store::is_taken(&tx, new.id).await? {
                    return Err(DbError::rollback(ID_TAKEN));
                }
                let begun: Option<Upload> = tx.first(&FIND, (owner, new.id)).await?;
                begun
                    .map(Created::Begun)
                    .ok_or_else(|| DbError::unreadable("uploads.create", "the row just written"))
            })
            .await;
        match outcome {
            Err(fault)
                if fault.is_rollback(ID_TAKEN)
                    || fault.violates("PRIMARY")
                    || fault.violates("uq_uploads_id") =>
            {
                Ok(Created::IdTaken)
            }
            outcome => outcome,
        }
    }

    /// An upload of the owner.
    pub(in crate::features::files) async fn find(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<Option<Upload>, DbError> {
        self.db.first(&FIND, (owner, id)).await
    }

    /// Makes a request the one that may write, if it begins where the stored bytes end. Whoever
    /// wrote before cannot any more.
    pub(in crate::features::files) async fn take(
        &self,
        owner: UserId,
        id: FileId,
        offset: u64,
        token: &Token,
    ) -> Result<Option<Upload>, DbError> {
        const TAKE: Query = Query::new(
            "uploads.take",
            "UPDATE uploads SET writer = ? \
             WHERE owner_id = ? AND id = ? AND received = ? \
               AND expires_at > UTC_TIMESTAMP(6)",
        );
        self.db
            .transaction("uploads.take", |tx| async move {
                let values = (token.as_slice(), owner, id, offset);
                if tx.exec(&TAKE, values).await?.affected == 0 {
                    return Ok(None);
                }
                tx.first::<Upload>(&FIND, (owner, id)).await
            })
            .await
    }

    /// Stores the next bytes and says how far the upload has come.
    pub(in crate::features::files) async fn keep(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        step: &Step<'_>,
        terms: Terms,
    ) -> Result<Kept, DbError> {
        self.db
            .transaction("uploads.keep", |tx| async move {
                let bytes = if let Some(quota) = terms.reserve {
                    let bytes = step.to - step.from;
                    if let Err(at) = storage_use::reserve(&tx, owner, bytes, quota).await? {
                        return Ok(Kept::NoRoom(at));
                    }
                    bytes
                } else {
                    0
                };
                let moved = advance(&tx, (owner, upload.id), token, step, (bytes, terms.life_s));
                if !moved.await? {
                    return Err(DbError::rollback(TAKEN_OVER));
                }
                storage::write_chunk(&tx, owner, upload.blob, step.n, step.data).await?;
                Ok(Kept::Done)
            })
            .await
            .or_else(lost)
    }

    /// Stores bytes that may yet turn out not to be wanted: the upload comes no further.
    pub(in crate::features::files) async fn keep_ahead(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        safe: u64,
        step: &Step<'_>,
    ) -> Result<Kept, DbError> {
        const STILL: Query = Query::new(
            "uploads.still_writes",
            "SELECT 1 FROM uploads \
             WHERE owner_id = ? AND id = ? AND writer = ? AND received = ? FOR UPDATE",
        );
        self.db
            .transaction("uploads.keep_ahead", |tx| async move {
                let values = (owner, upload.id, token.as_slice(), safe);
                if tx.first::<(u8,)>(&STILL, values).await?.is_none() {
                    return Ok(Kept::Lost);
                }
                storage::write_chunk(&tx, owner, upload.blob, step.n, step.data).await?;
                Ok(Kept::Done)
            })
            .await
    }

    /// The bytes that were stored ahead are wanted.
    pub(in crate::features::files) async fn accept(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        step: &Step<'_>,
        terms: Terms,
    ) -> Result<Kept, DbError> {
        self.db
            .transaction("uploads.accept", |tx| async move {
                let at = (owner, upload.id);
                Ok(
                    match advance(&tx, at, token, step, (0, terms.life_s)).await? {
                        true => Kept::Done,
                        false => Kept::Lost,
                    },
                )
            })
            .await
    }

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
                Err(fault)
                    if fault.violates("uq_blobs_owner_sha256") && run < SAME_CONTENT_RUNS =>
                {
                    run += 1;
                }
                Err(fault) if fault.violates("PRIMARY") || fault.violates("uq_files_id") => {
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
            match idempotency::claim(tx, owner, key).await? {
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
            storage_use::release(tx, owner, spare).await?;
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
        idempotency::store(tx, owner, key, &reply).await?;
        Ok(Finished::Reply(reply))
    }

    /// Gives an upload up: its room is free again, its bytes are swept. Whether there was one.
    pub(in crate::features::files) async fn remove(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<bool, DbError> {
        self.db
            .transaction("uploads.remove", |tx| async move {
                let Some(upload) = tx.first::<Upload>(&LOCK, (owner, id)).await? else {
                    return Ok(false);
                };
                tx.exec(&DELETE, (owner, id)).await?;
                blobs::kill(&tx, owner, upload.blob).await?;
                storage_use::release(&tx, owner, upload.reserved).await?;
                Ok(true)
            })
            .await
    }

    /// Ends uploads that waited too long: those that are whole become files, the others are given
    /// up. How many.
    pub(in crate::features::files) async fn expire(&self) -> Result<u64, DbError> {
        const EXPIRED: Query = Query::new(
            "uploads.expired",
            "SELECT owner_id, id FROM uploads WHERE expires_at <= UTC_TIMESTAMP(6) \
             ORDER BY expires_at LIMIT ?",
        );
        let due: Vec<(UserId, FileId)> = self.db.list(&EXPIRED, (EXPIRED_AT_ONCE,)).await?;
        for (owner, id) in &due {
            let whole = self.find(*owner, *id).await?.filter(Upload::is_whole);
            let made = match whole {
                Some(upload) => !matches!(self.settle(*owner, &upload).await?, Finished::IdTaken),
                None => false,
            };
            if !made {
                self.remove_expired(*owner, *id).await?;
            }
        }
        Ok(due.len() as u64)
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

    /// Bytes may have come since it was found.
    async fn remove_expired(&self, owner: UserId, id: FileId) -> Result<(), DbError> {
        match self.find(owner, id).await? {
            Some(upload) if upload.is_over => self.remove(owner, id).await.map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// Why bytes are not stored.
const TAKEN_OVER: &str = "uploads.taken_over";

fn lost(fault: DbError) -> Result<Kept, DbError> {
    if fault.is_rollback(TAKEN_OVER) {
        return Ok(Kept::Lost);
    }
    Err(fault)
}

async fn insert(tx: &Tx, owner: UserId, blob: BlobId, new: &NewUpload<'_>) -> Result<(), DbError> {
    const INSERT: Query = Query::new(
        "uploads.insert",
        "INSERT INTO uploads (owner_id, id, blob_id, length, reserved, name, metadata, \
           hash_state, writer, created_at, expires_at) \
         VALUES (:owner, :id, :blob, :length, :reserved, :name, :metadata, :state, NULL, \
           UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL :life SECOND)",
    );
    let values = params! {
        "owner" => owner,
        "id" => new.id,
        "blob" => blob,
        "length" => new.length,
        "reserved" => new.length.unwrap_or(0),
        "name" => new.name.as_str(),
        "metadata" => Value::Bytes(new.metadata.as_bytes().to_vec()),
        "state" => Value::Bytes(Writer::first_state()),
        "life" => new.life_s,
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

/// Says how far the upload has come; whether the request may.
async fn advance(
    tx: &Tx,
    (owner, id): (UserId, FileId),
    token: &Token,
    step: &Step<'_>,
    (reserved, life_s): (u64, u64),
) -> Result<bool, DbError> {
    const ADVANCE: Query = Query::new(
        "uploads.advance",
        "UPDATE uploads SET received = :to, hash_state = :state, reserved = reserved + :reserved, \
           expires_at = UTC_TIMESTAMP(6) + INTERVAL :life SECOND \
         WHERE owner_id = :owner AND id = :id AND writer = :writer AND received = :from",
    );
    let values = params! {
        "to" => step.to,
        "state" => Value::Bytes(step.state.clone()),
        "reserved" => reserved,
        "life" => life_s,
        "owner" => owner,
        "id" => id,
        "writer" => Value::Bytes(token.to_vec()),
        "from" => step.from,
    };
    Ok(tx.exec(&ADVANCE, values).await?.affected == 1)
}

/// A token that nobody else has.
pub(in crate::features::files) fn new_token() -> Token {
    crypto::random()
}

impl Upload {
    /// Whether all its bytes are stored.
    pub(in crate::features::files) fn is_whole(&self) -> bool {
        self.length == Some(self.received)
    }
}

impl FromRow for Upload {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        fn read(row: &mut Row) -> Option<Upload> {
            let name: String = row.take_opt(5)?.ok()?;
            let metadata: Vec<u8> = row.take_opt(6)?.ok()?;
            Some(Upload {
                id: row.take_opt(0)?.ok()?,
                blob: row.take_opt(1)?.ok()?,
                length: row.take_opt(2)?.ok()?,
                received: row.take_opt(3)?.ok()?,
                reserved: row.take_opt(4)?.ok()?,
                name: FileName::cleaned(&name),
                metadata: String::from_utf8_lossy(&metadata).into_owned(),
                hash_state: row.take_opt(7)?.ok()?,
                expires_at: row.take_opt(8)?.ok()?,
                is_over: row.take_opt(9)?.ok()?,
            })
        }
        read(&mut row).ok_or(FromRowError(row))
    }
}
