//! Runs the periodic jobs that take longer than a lease. Each has a loop of its own on every instance; the instance
//! that claimed it renews the lease while it works. The next instance to claim it continues an interrupted run.

use std::time::Duration;

use tokio::time::Instant;

use super::jobs::owner_name;
use crate::api::resource::PeriodicJob;
use crate::api::state::AppState;
use crate::platform::metrics;
use crate::services::jobs::queue::{self, Job, LEASE_S};

/// Pause between two polls of the queue.
const POLL_EVERY: Duration = Duration::from_secs(3);
/// How often the lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// The job is cancelled this long after the last renewal, before another instance can claim it.
const LEASE_SAFE: Duration = Duration::from_secs(LEASE_S as u64 - 15);

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
            // Releases the lease, so that another instance continues at once.
            if let Err(err) = queue::sleep(&app.db, owner, &job, Duration::ZERO).await {
                tracing::debug!(job = job.kind, error = %err, "the lease of a job was not released");
            }
            return true;
        }
        () = keep_lease(app, owner, &job) => {
            tracing::warn!(job = job.kind, "the lease of a job expired; another instance continues it");
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

/// Renews the lease of a running job; returns when the lease is lost: another instance has it, or it could not be
/// renewed for `LEASE_SAFE`. The caller then drops the job's future. `LEASE_SAFE` ends before the lease does, and
/// the age of a renewal counts from before the request was sent, so that two instances never run the job at once
/// unless their clocks run at different speeds.
async fn keep_lease(app: &AppState, owner: &str, job: &Job) {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(RENEW_EVERY.min(LEASE_SAFE.saturating_sub(renewed.elapsed()))).await;
        let sent = Instant::now();
        match queue::renew(&app.db, owner, job).await {
            Ok(true) => renewed = sent,
            Ok(false) => return,
            Err(_) if renewed.elapsed() >= LEASE_SAFE => return,
            Err(err) => tracing::debug!(error = %err, "a lease was not renewed"),
        }
    }
}
