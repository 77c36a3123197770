//! What goes with an account: its files, its uploads, its bytes. Bytes in rows go here; for those
//! in an object store the rows of their blobs wait until the sweep has removed the objects, and
//! the account waits with them.

use crate::domain::id::{BlobId, UserId};
use crate::platform::db::{Db, DbError, Owned, Query};
use crate::platform::storage::remove_chunks;
use crate::records::attachments;

/// Rows that nothing else hangs on.
const OWNED: [Owned; 3] = [
    ("files.purge_uploads", "uploads", 5000),
    ("files.purge_owner", "files", 5000),
    ("files.purge_use", "storage_use", 1),
];

/// Removes some of the files of an account that is being deleted; how many rows, and how many
/// blobs are left.
pub async fn purge_owner(db: &Db, owner: UserId) -> Result<u64, DbError> {
    const KILL: Query = Query::new(
        "files.purge_kill_blobs",
        "UPDATE blobs SET state = 2, sha256 = NULL, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND state < 2 LIMIT 5000",
    );
    const IN_ROWS: Query = Query::new(
        "files.purge_blobs_in_rows",
        "SELECT id FROM blobs WHERE owner_id = ? AND state = 2 AND store = 1 \
           AND left_store IS NULL LIMIT 16",
    );
    const FORGET: Query = Query::new(
        "files.purge_blob",
        "DELETE FROM blobs WHERE owner_id = ? AND id = ? AND state = 2 AND store = 1 \
           AND left_store IS NULL",
    );
    const LEFT: Query = Query::new(
        "files.purge_blobs_left",
        "SELECT COUNT(*) FROM blobs WHERE owner_id = ?",
    );
    let mut removed = db.purge_owner(owner, &attachments::OWNED).await?;
    removed += db.purge_owner(owner, &OWNED).await?;
    removed += db.exec(&KILL, (owner,)).await?.affected;
    let blobs: Vec<(BlobId,)> = db.list(&IN_ROWS, (owner,)).await?;
    for (blob,) in blobs {
        // The row goes last: while it is there, its chunks are found again.
        let chunks = remove_chunks(db, owner, blob).await?;
        removed += chunks;
        if chunks == 0 {
            removed += db.exec(&FORGET, (owner, blob)).await?.affected;
        }
    }
    let left: Option<(u64,)> = db.first(&LEFT, (owner,)).await?;
    Ok(removed + left.map_or(0, |(count,)| count))
}
