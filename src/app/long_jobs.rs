//! Jobs that take longer than a lease. Each has a loop of its own on every instance; the instance that holds the
//! lease renews it while it works. An interrupted run is continued by the next instance that claims the job.

use std::time::Duration;

use tokio::time::Instant;

use super::jobs::owner_name;
use crate::api::resource::{JobError, PeriodicJob};
use crate::api::state::AppState;
use crate::domain::id::BlobId;
use crate::platform::metrics;
use crate::platform::storage::Store;
use crate::services::blobs::gc::{self, Removed};
use crate::services::blobs::migration::{self, Outcome};
use crate::services::jobs::queue::{self, Job, LEASE_S};

/// Pause between two polls of the queue.
const POLL_EVERY: Duration = Duration::from_secs(3);
/// How often the lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// The job is cancelled this long after the last renewal, before another instance can claim it.
const LEASE_SAFE: Duration = Duration::from_secs(LEASE_S as u64 - 15);

/// Moves uploads from the database to the object store, where that is the setting.
pub const MIGRATE_BLOBS: PeriodicJob =
    PeriodicJob::every(Duration::from_secs(5), "storage.move", |app| {
        Box::pin(migrate_blobs(app))
    })
    .long();

/// Deletes blobs that no file refers to.
pub const COLLECT_GARBAGE: PeriodicJob =
    PeriodicJob::hourly("storage.sweep", |app| Box::pin(collect_garbage(app))).long();

/// Runs one long job whenever it is due, until the process stops.
pub async fn run(app: AppState, periodic: PeriodicJob) {
    let owner = owner_name(&app);
    let mut ensured = false;
    loop {
        if !ensured {
            ensured = queue::ensure_periodic(&app.db, periodic.name).await.is_ok();
        }
        run_due(&app, periodic, &owner).await;
        let pause = tokio::time::sleep(POLL_EVERY);
        let stop = app.background.stop_token();
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Claims and runs a long job if it is due; whether it was.
pub async fn run_due(app: &AppState, periodic: PeriodicJob, owner: &str) -> bool {
    let job = match queue::claim_long(&app.db, owner, periodic.name).await {
        Ok(Some(job)) => job,
        Ok(None) => return false,
        Err(err) => {
            tracing::debug!(error = %err, "cannot claim a long job");
            return false;
        }
    };
    let outcome = tokio::select! {
        outcome = (periodic.run)(app) => outcome,
        () = app.background.stop_token().cancelled() => {
            // Another instance goes on at once.
            if let Err(err) = queue::sleep(&app.db, owner, &job, Duration::ZERO).await {
                tracing::debug!(job = job.kind, error = %err, "the lease of a job was not released");
            }
            return true;
        }
        () = lose_lease(app, owner, &job) => {
            tracing::warn!(job = job.kind, "the lease of a job was lost; another one goes on");
            return true;
        }
    };
    metrics::job(periodic.name, outcome.is_ok());
    let recorded = match &outcome {
        Ok(_) => queue::sleep(&app.db, owner, &job, periodic.interval).await,
        Err(error) => {
            let attempts = job.attempts + 1;
            tracing::warn!(job = job.kind, attempts, error = %error, "a job failed");
            queue::fail(&app.db, owner, &job, &error.to_string()).await
        }
    };
    if let Err(err) = recorded {
        tracing::warn!(job = job.kind, error = %err, "the outcome of a job was not recorded");
    }
    true
}

/// Renews the lease; ends when that was not possible for too long, or somebody else has the row.
async fn lose_lease(app: &AppState, owner: &str, job: &Job) {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(RENEW_EVERY.min(LEASE_SAFE.saturating_sub(renewed.elapsed()))).await;
        let asked = Instant::now();
        match queue::renew(&app.db, owner, job).await {
            Ok(true) => renewed = asked,
            Ok(false) => return,
            Err(_) if renewed.elapsed() >= LEASE_SAFE => return,
            Err(err) => tracing::debug!(error = %err, "a lease was not renewed"),
        }
    }
}

/// Moves everything that is in the rows to the object store, when that is the setting. Nothing
/// is moved back by itself: that is `satchel storage migrate`.
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

/// Says in the log whether the object store can be used; the service starts in either case.
pub async fn look_at_objects(app: AppState) {
    let Ok(objects) = app.storage.objects() else {
        return;
    };
    match objects.probe().await {
        Ok(()) => tracing::info!("the object store answers"),
        Err(err) => tracing::error!(
            error = %err,
            "the object store cannot be used; files stay in the database, those in it cannot be read"
        ),
    }
}
