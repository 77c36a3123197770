//! Jobs that take longer than a lease: each kind has a loop of its own on every instance, and one
//! instance at a time has its row, renewed while it works. What is cut, at any point, is found
//! again by whoever claims the row next.

use std::time::Duration;

use tokio::time::Instant;

use super::jobs::owner_name;
use crate::api::state::AppState;
use crate::domain::id::BlobId;
use crate::platform::metrics;
use crate::platform::storage::{StorageError, Store};
use crate::services::blobs::gc::{self, Removed};
use crate::services::blobs::migration::{self, Outcome};
use crate::services::jobs::queue::{self, Job, LEASE_S};

/// Pause between two looks whether the row is due.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often the lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// Without a renewal for so long somebody else may have the row: the work is dropped before.
const LEASE_SAFE: Duration = Duration::from_secs(LEASE_S as u64 - 15);

/// Work of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Long {
    /// Moves what was uploaded to the object store.
    Move,
    /// Removes bytes that nobody names.
    Sweep,
}

impl Long {
    pub const ALL: [Self; 2] = [Self::Move, Self::Sweep];

    fn kind(self) -> &'static str {
        match self {
            Self::Move => "storage.move",
            Self::Sweep => "storage.sweep",
        }
    }

    fn every(self) -> Duration {
        Duration::from_secs(match self {
            Self::Move => 5,
            Self::Sweep => 3600,
        })
    }

    async fn run(self, app: &AppState) -> Result<(), String> {
        match self {
            Self::Move => move_all(app).await,
            Self::Sweep => sweep(app).await.map_err(|err| err.to_string()),
        }
    }
}

/// Looks for work of one kind until the process stops.
pub async fn run(app: AppState, long: Long) {
    let owner = owner_name(&app);
    let mut ensured = false;
    loop {
        if !ensured {
            ensured = queue::ensure_periodic(&app.db, long.kind()).await.is_ok();
        }
        run_due(&app, long, &owner).await;
        let pause = tokio::time::sleep(LOOK_EVERY);
        let stop = app.background.stop_token();
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Claims and does the work of one kind, when it is due; whether it was.
pub async fn run_due(app: &AppState, long: Long, owner: &str) -> bool {
    let job = match queue::claim_long(&app.db, owner, long.kind()).await {
        Ok(Some(job)) => job,
        Ok(None) => return false,
        Err(err) => {
            tracing::debug!(error = %err, "cannot look for long jobs");
            return false;
        }
    };
    let outcome = tokio::select! {
        outcome = long.run(app) => outcome,
        () = app.background.stop_token().cancelled() => {
            // Another instance goes on at once.
            if let Err(err) = queue::sleep(&app.db, owner, &job, Duration::ZERO).await {
                tracing::debug!(job = job.kind, error = %err, "a job was not given back");
            }
            return true;
        }
        () = lose_lease(app, owner, &job) => {
            tracing::warn!(job = job.kind, "the lease of a job was lost; another one goes on");
            return true;
        }
    };
    metrics::job(long.kind(), outcome.is_ok());
    let noted = match &outcome {
        Ok(()) => queue::sleep(&app.db, owner, &job, long.every()).await,
        Err(error) => {
            let attempts = job.attempts + 1;
            tracing::warn!(job = job.kind, attempts, error, "a job failed");
            queue::fail(&app.db, owner, &job, error).await
        }
    };
    if let Err(err) = noted {
        tracing::warn!(job = job.kind, error = %err, "the end of a job was not noted");
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
async fn move_all(app: &AppState) -> Result<(), String> {
    let (db, storage) = (&app.db, &app.storage);
    let text = |err: StorageError| err.to_string();
    if !storage.has_objects() {
        return Ok(());
    }
    for store in [Store::Objects, Store::Rows] {
        let settled = migration::settle_left(db, storage, store, migration::IDLE_MIN).await;
        settled.map_err(text)?;
    }
    if storage.home() == Store::Rows {
        return Ok(());
    }
    let (mut after, mut moved, mut damaged) = (None::<BlobId>, 0_u64, 0_u64);
    while let Some((id, outcome)) = migration::next(db, storage, Store::Objects, after)
        .await
        .map_err(text)?
    {
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
        0 => Ok(()),
        count => Err(format!(
            "{count} blobs are damaged: `satchel storage verify`"
        )),
    }
}

async fn sweep(app: &AppState) -> Result<(), StorageError> {
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
            "bytes nobody names were removed"
        );
    }
    Ok(())
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
