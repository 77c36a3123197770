//! Chunks as rows of `blob_chunks`.

use bytes::Bytes;
use mysql_async::Value;

use super::{StorageError, locations};
use crate::domain::id::{BlobId, UserId};
use crate::platform::crypto;
use crate::platform::db::{Db, DbError, Query, Tx};

/// Writes a chunk, or writes it anew when it was shorter before.
pub async fn write_chunk(
    tx: &Tx,
    owner: UserId,
    blob: BlobId,
    n: u32,
    data: &[u8],
) -> Result<(), DbError> {
    const WRITE: Query = Query::new(
        "blob_chunks.write",
        "INSERT INTO blob_chunks (owner_id, blob_id, n, size_bytes, sha256, data) \
         VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE \
           size_bytes = VALUES(size_bytes), sha256 = VALUES(sha256), data = VALUES(data)",
    );
    let digest = crypto::sha256(data);
    let values: Vec<Value> = vec![
        owner.into(),
        blob.into(),
        n.into(),
        data.len().into(),
        digest.as_slice().into(),
        Value::Bytes(data.to_vec()),
    ];
    tx.exec(&WRITE, values).await?;
    Ok(())
}

/// One chunk, checked against its digest.
pub(super) async fn read_chunk(
    db: &Db,
    owner: UserId,
    blob: BlobId,
    n: u32,
) -> Result<Bytes, StorageError> {
    let chunk = locations::find_chunk(db, owner, blob, n).await?;
    let what = "it is not there";
    chunk.ok_or(StorageError::Damaged { blob, n, what })
}

/// The first bytes of a blob whose chunks are rows, as they stand there.
pub(super) async fn read_head(
    db: &Db,
    owner: UserId,
    blob: BlobId,
    bytes: usize,
) -> Result<Vec<u8>, DbError> {
    const HEAD: Query = Query::new(
        "blob_chunks.head",
        "SELECT LEFT(data, ?) FROM blob_chunks WHERE owner_id = ? AND blob_id = ? AND n = 0",
    );
    type Row = (Option<Vec<u8>>,);
    let row = db.first::<Row>(&HEAD, (bytes, owner, blob)).await?;
    Ok(row.and_then(|(data,)| data).unwrap_or_default())
}

/// Removes some chunks of a blob; how many.
pub async fn remove_chunks(db: &Db, owner: UserId, blob: BlobId) -> Result<u64, DbError> {
    const REMOVE: Query = Query::new(
        "blob_chunks.remove",
        "DELETE FROM blob_chunks WHERE owner_id = ? AND blob_id = ? LIMIT 64",
    );
    Ok(db.exec(&REMOVE, (owner, blob)).await?.affected)
}
