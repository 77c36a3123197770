//! The deletion of an account's bytes, in the database and in the object store.

use crate::domain::id::UserId;
use crate::platform::db::{Db, Query};
use crate::platform::storage::{Storage, StorageError};
use crate::services::blobs::gc;

/// Deletes some of the blobs of an account that is being deleted; how many blobs were marked or
/// deleted. Fails when the object store is unavailable: the deletion of the account then waits.
pub(crate) async fn delete_blobs(
    db: &Db,
    storage: &Storage,
    owner: UserId,
) -> Result<u64, StorageError> {
    const MARK: Query = Query::new(
        "files.mark_blobs_of_owner",
        "UPDATE blobs SET state = 2, sha256 = NULL, changed_at = UTC_TIMESTAMP(6) \
         WHERE owner_id = ? AND state < 2 LIMIT 5000",
    );
    let marked = db.exec(&MARK, (owner,)).await?.affected;
    Ok(marked + gc::remove_dead_of(db, storage, owner).await?)
}
