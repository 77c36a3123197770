//! Where the bytes of a blob are: which store it is read from, what its rows hold, and how they get
//! back into them. Refuses to decide where they should be: that is the mover's.

use bytes::Bytes;
use mysql_async::Value;

use super::StorageError;
use crate::domain::id::{BlobId, ObjectId, UserId};
use crate::platform::crypto;
use crate::platform::db::{Db, DbError, Query, Tx};

/// One chunk, checked against its digest; nothing when the rows do not hold its bytes.
pub(super) async fn find_chunk(
    db: &Db,
    owner: UserId,
    blob: BlobId,
    n: u32,
) -> Result<Option<Bytes>, StorageError> {
    const READ: Query = Query::new(
        "blob_chunks.read",
        "SELECT sha256, data FROM blob_chunks WHERE owner_id = ? AND blob_id = ? AND n = ?",
    );
    type Row = (Vec<u8>, Option<Vec<u8>>);
    match db.first::<Row>(&READ, (owner, blob, n)).await? {
        Some((digest, Some(data))) if crypto::sha256(&data)[..] == digest[..] => {
            Ok(Some(data.into()))
        }
        Some((_, Some(_))) => {
            let what = "its digest";
            Err(StorageError::Damaged { blob, n, what })
        }
        Some((_, None)) | None => Ok(None),
    }
}

/// The digests of some chunks in a row; fewer when some are not there.
pub(super) async fn digests(
    db: &Db,
    owner: UserId,
    blob: BlobId,
    first: u32,
    count: u32,
) -> Result<Vec<Vec<u8>>, DbError> {
    const DIGESTS: Query = Query::new(
        "blob_chunks.digests",
        "SELECT sha256 FROM blob_chunks \
         WHERE owner_id = ? AND blob_id = ? AND n >= ? AND n < ? ORDER BY n",
    );
    let values = (owner, blob, first, first.saturating_add(count));
    let rows: Vec<(Vec<u8>,)> = db.list(&DIGESTS, values).await?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// Where the bytes of a whole blob are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Rows,
    Object(ObjectId),
}

/// Where the bytes of a blob are now; nothing when it is not whole any more.
pub(super) async fn place(db: &Db, owner: UserId, blob: BlobId) -> Result<Option<Place>, DbError> {
    const PLACE: Query = Query::new(
        "blobs.place",
        "SELECT store, object_id FROM blobs WHERE owner_id = ? AND id = ? AND state <> 2",
    );
    let row: Option<(u8, Option<ObjectId>)> = db.first(&PLACE, (owner, blob)).await?;
    row.map(|row| match row {
        (1, _) => Ok(Place::Rows),
        (2, Some(object)) => Ok(Place::Object(object)),
        (store, _) => Err(DbError::unreadable("blobs.place", format!("store {store}"))),
    })
    .transpose()
}

/// Puts the bytes of a chunk back into its row, which kept everything else.
pub async fn restore_chunk(
    tx: &Tx,
    owner: UserId,
    blob: BlobId,
    n: u32,
    data: &[u8],
) -> Result<(), DbError> {
    const RESTORE: Query = Query::new(
        "blob_chunks.restore",
        "UPDATE blob_chunks SET data = ? WHERE owner_id = ? AND blob_id = ? AND n = ?",
    );
    let values: Vec<Value> = vec![
        Value::Bytes(data.to_vec()),
        owner.into(),
        blob.into(),
        n.into(),
    ];
    tx.exec(&RESTORE, values).await?;
    Ok(())
}
