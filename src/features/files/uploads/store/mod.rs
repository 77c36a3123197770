//! Uploads in MySQL: the only place that knows the `uploads` table; every statement names the
//! owner. How far an upload has come and its bytes change in one transaction, under the token of
//! the one request that may write; the last one also makes the file. What each file does: `keep`
//! stores bytes, `finish` makes the file, the rest is here.

mod finish;
mod keep;

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row, Value, params};

use crate::domain::file_name::FileName;
use crate::domain::id::{BlobId, FileId, UserId};
use crate::features::files::store::{self, FileStore};
use crate::platform::db::{Abort, Db, DbError, Query, Tx};
use crate::platform::storage::{Storage, Writer};
use crate::platform::{clock::Clock, crypto};
use crate::services::blobs;
use crate::services::blobs::quota::{self, Use};

pub(in crate::features::files) use finish::{Finished, Naming};
pub(in crate::features::files) use keep::{Kept, Terms};

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
        let outcome: Result<Created, Abort<Created>> = self
            .db
            .transaction("uploads.create", |tx| async move {
                let length = new.length.unwrap_or(0);
                if let Err(at) = quota::reserve(&tx, owner, length, new.quota).await? {
                    return Ok(Created::NoRoom(at));
                }
                blobs::open(&tx, owner, blob).await?;
                insert(&tx, owner, blob, new).await?;
                // After the row, so that whoever ends an upload of this id was waited for.
                if store::is_taken(&tx, new.id).await? {
                    return Err(Abort::Refused(Created::IdTaken));
                }
                let begun: Option<Upload> = tx.first(&FIND, (owner, new.id)).await?;
                begun.map(Created::Begun).ok_or_else(|| {
                    DbError::unreadable("uploads.create", "the row just written").into()
                })
            })
            .await;
        match outcome {
            Ok(created) | Err(Abort::Refused(created)) => Ok(created),
            Err(Abort::Failed(err)) if err.violates("PRIMARY") || err.violates("uq_uploads_id") => {
                Ok(Created::IdTaken)
            }
            Err(Abort::Failed(err)) => Err(err),
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

    /// Whether an upload has become a file.
    pub(in crate::features::files) async fn is_file(
        &self,
        owner: UserId,
        id: FileId,
    ) -> Result<bool, DbError> {
        Ok(self.files.find(owner, id).await?.is_some())
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
                quota::release(&tx, owner, upload.reserved).await?;
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
                Some(upload) => match self.settle(*owner, &upload).await {
                    Ok(outcome) => !matches!(outcome, Finished::IdTaken),
                    Err(err) if err.is_unavailable() => return Err(err),
                    // One that can never become a file must not stand in the way of the others.
                    Err(err) => {
                        tracing::error!(upload = %id, error = %err, "an upload was given up");
                        false
                    }
                },
                None => false,
            };
            if !made {
                self.remove_expired(*owner, *id).await?;
            }
        }
        Ok(due.len() as u64)
    }

    /// Bytes may have come since it was found.
    async fn remove_expired(&self, owner: UserId, id: FileId) -> Result<(), DbError> {
        match self.find(owner, id).await? {
            Some(upload) if upload.is_over => self.remove(owner, id).await.map(|_| ()),
            _ => Ok(()),
        }
    }
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
