//! What goes with an account: its files, its uploads, its bytes wherever they are.

use crate::domain::id::UserId;
use crate::platform::db::{Db, Owned, Query};
use crate::platform::storage::{Storage, StorageError};
use crate::services::{attachments, blobs::gc};

/// Rows that nothing else hangs on.
const OWNED: [Owned; 3] = [
    ("files.purge_uploads", "uploads", 5000),
    ("files.purge_owner", "files", 5000),
    ("files.purge_use", "storage_use", 1),
];

/// Removes some of the files of an account that is being deleted; how many rows and blobs. Fails
/// when bytes lie in an object store that does not answer: then the account has to wait.
pub async fn purge_owner(db: &Db, storage: &Storage, owner: UserId) -> Result<u64, StorageError> {
    const KILL: Query = Query::new(
        "files.purge_kill_blobs",
        "UPDATE blobs SET state = 2, sha256 = NULL, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND state < 2 LIMIT 5000",
    );
    let mut removed = db.purge_owner(owner, &attachments::OWNED).await?;
    removed += db.purge_owner(owner, &OWNED).await?;
    removed += db.exec(&KILL, (owner,)).await?.affected;
    Ok(removed + gc::remove_dead_of(db, storage, owner).await?)
}
