//! The job that deletes accounts after their grace period, with everything they own.

use crate::api::resource::{DeleteOwned, FULL_STEP, JobError};
use crate::api::state::AppState;
use crate::domain::id::UserId;
use crate::features::accounts;
use crate::platform::db::OwnedTable;
use crate::platform::storage::StorageError;

/// Everything that an account can own, as the features and services declare it.
pub(super) struct Owned {
    pub(super) tables: Vec<OwnedTable>,
    pub(super) others: Vec<DeleteOwned>,
}

/// Deletes a few thousand rows of the accounts that are due; `FULL_STEP` while there is more to do.
pub(super) async fn run(app: &AppState, owned: Owned) -> Result<u64, JobError> {
    for user in accounts::due_deletions(&app.db).await? {
        match delete_step(app, user, &owned).await {
            Ok(0) => {}
            Ok(_) => return Ok(FULL_STEP),
            Err(StorageError::Db(err)) => return Err(err.into()),
            // An unavailable object store delays this account, not the others.
            Err(err) => {
                tracing::warn!(%user, error = %err, "the deletion of an account is delayed");
                continue;
            }
        }
        accounts::remove_account(&app.db, user).await?;
        tracing::info!(%user, "an account was deleted");
    }
    Ok(0)
}

/// One step through everything that an account owns; how many rows and blobs were deleted.
async fn delete_step(app: &AppState, user: UserId, owned: &Owned) -> Result<u64, StorageError> {
    let mut deleted = app.db.purge_owner(user, &owned.tables).await?;
    for delete in &owned.others {
        deleted += delete(app, user).await?;
    }
    Ok(deleted)
}
