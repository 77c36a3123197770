//! The long jobs of `services::blobs`: migration to the object store and garbage collection.

use std::time::Duration;

use crate::api::resource::{JobError, PeriodicJob};
use crate::api::state::AppState;
use crate::domain::id::BlobId;
use crate::platform::storage::Store;
use crate::services::blobs::gc::{self, Removed};
use crate::services::blobs::migration::{self, Outcome};

/// Moves uploads from the database to the object store, where that is the setting.
pub const MIGRATE_BLOBS: PeriodicJob =
    PeriodicJob::every(Duration::from_secs(5), "blobs.migrate", |app| {
        Box::pin(migrate_blobs(app))
    })
    .long();

/// Deletes blobs that no file refers to.
pub const COLLECT_GARBAGE: PeriodicJob = PeriodicJob::hourly("blobs.collect_garbage", |app| {
    Box::pin(collect_garbage(app))
})
.long();

/// Moves all blobs to the object store if it is the configured store. The other direction is a command,
/// `satchel storage migrate`.
async fn migrate_blobs(app: &AppState) -> Result<u64, JobError> {
    let (db, storage) = (&app.db, &app.storage);
    if !storage.has_objects() {
        return Ok(0);
    }
    for store in [Store::Objects, Store::Rows] {
        let settled = migration::settle_left(db, storage, store, migration::IDLE_MIN).await;
        settled?;
    }
    if storage.home() == Store::Rows {
        return Ok(0);
    }
    let (mut after, mut moved, mut damaged) = (None::<BlobId>, 0_u64, 0_u64);
    while let Some((id, outcome)) = migration::next(db, storage, Store::Objects, after).await? {
        after = Some(id);
        match outcome {
            Outcome::Moved(_) => moved += 1,
            Outcome::Damaged(_) => damaged += 1,
            Outcome::Elsewhere => {}
        }
    }
    if moved > 0 {
        tracing::info!(moved, "blobs were moved to the object store");
    }
    match damaged {
        0 => Ok(moved),
        count => Err(JobError::Other(format!(
            "{count} blobs are damaged: `satchel storage verify`"
        ))),
    }
}

async fn collect_garbage(app: &AppState) -> Result<u64, JobError> {
    let removed = gc::run(&app.db, &app.storage).await?;
    if removed != Removed::default() {
        let Removed {
            dead,
            abandoned,
            chunks,
            objects,
        } = removed;
        tracing::info!(
            dead,
            abandoned,
            chunks,
            objects,
            "unreferenced blobs were deleted"
        );
    }
    Ok(0)
}

/// Logs at the start whether the object store can be used; the service starts in either case.
pub async fn probe_object_store(app: AppState) {
    let Ok(objects) = app.storage.objects() else {
        return;
    };
    match objects.probe().await {
        Ok(()) => tracing::info!("the object store is available"),
        Err(err) => tracing::error!(
            error = %err,
            "the object store is unavailable: uploads stay in the database, files in it cannot be read"
        ),
    }
}
