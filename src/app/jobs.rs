//! The loop that claims and runs the periodic jobs that are due on this instance; `registry` lists them.
//! Each job is idempotent, takes at most an id, and may run on any instance.

use std::time::Duration;

use super::registry;
use crate::api::resource::{FULL_STEP, PeriodicJob};
use crate::api::state::AppState;
use crate::platform::crypto;
use crate::platform::db::DbError;
use crate::platform::mail::Mailer;
use crate::platform::metrics;
use crate::services::jobs::outbox;
use crate::services::jobs::queue::{self, Job};

/// Pause between two polls of the queue without a notification.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// Pause of a periodic job after a full step.
const SOON: Duration = Duration::from_secs(1);
/// Longest run of one job; its lease is longer.
const JOB_DEADLINE: Duration = Duration::from_secs(45);

/// The periodic jobs of this loop: all but the long ones.
fn short_jobs() -> impl Iterator<Item = PeriodicJob> {
    registry::jobs().filter(|job| !job.is_long)
}

/// Runs due jobs until the process stops.
pub async fn run(app: AppState, mailer: Mailer) {
    let owner = owner_name(&app);
    let mut ensured = false;
    loop {
        if !ensured {
            ensured = ensure_periodic(&app).await.is_ok();
        }
        let more = run_due(&app, &mailer, &owner).await;
        if app.background.stop_token().is_cancelled() {
            return;
        }
        if more {
            continue;
        }
        let [jitter] = crypto::random::<1>();
        let pause = POLL_EVERY + Duration::from_millis(u64::from(jitter));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.queued.notified() => {}
            () = app.background.stop_token().cancelled() => return,
        }
    }
}

/// The name under which this process holds leases.
pub(super) fn owner_name(app: &AppState) -> String {
    let owner = format!("{}-{}", app.site.instance, crypto::random_text::<6>());
    owner.chars().take(64).collect()
}

async fn ensure_periodic(app: &AppState) -> Result<(), DbError> {
    for job in short_jobs() {
        queue::ensure_periodic(&app.db, job.name).await?;
    }
    Ok(())
}

/// Claims and runs what is due; whether there may be more.
pub async fn run_due(app: &AppState, mailer: &Mailer, owner: &str) -> bool {
    // Without a mail server mails stay in the queue.
    let mail = (!mailer.is_on()).then_some(outbox::SEND_JOB);
    let long = registry::jobs()
        .filter(|job| job.is_long)
        .map(|job| job.name);
    let excluded: Vec<&str> = long.chain(mail).collect();
    let due = match queue::claim(&app.db, owner, &excluded).await {
        Ok(due) => due,
        Err(err) => {
            tracing::debug!(error = %err, "cannot claim jobs");
            return false;
        }
    };
    for job in &due {
        let periodic = short_jobs().find(|periodic| periodic.name == job.kind);
        let run = tokio::time::timeout(JOB_DEADLINE, run_one(app, mailer, job, periodic)).await;
        let outcome = run.unwrap_or_else(|_| Err("the job took too long".to_owned()));
        metrics::job(
            periodic.map_or(outbox::SEND_JOB, |periodic| periodic.name),
            outcome.is_ok(),
        );
        let recorded = match (&outcome, periodic) {
            (Ok(rows), Some(periodic)) => {
                let pause = if *rows >= FULL_STEP {
                    SOON
                } else {
                    periodic.interval
                };
                queue::sleep(&app.db, owner, job, pause).await
            }
            (Ok(_), None) => queue::finish(&app.db, owner, job).await,
            (Err(error), _) => {
                tracing::warn!(
                    job = job.kind,
                    attempts = job.attempts + 1,
                    error,
                    "a job failed"
                );
                queue::fail(&app.db, owner, job, error).await
            }
        };
        if let Err(err) = recorded {
            tracing::warn!(job = job.kind, error = %err, "the outcome of a job was not recorded");
        }
    }
    !due.is_empty()
}

/// Runs one job; how many rows it worked on.
async fn run_one(
    app: &AppState,
    mailer: &Mailer,
    job: &Job,
    periodic: Option<PeriodicJob>,
) -> Result<u64, String> {
    if job.kind == outbox::SEND_JOB {
        let sent = outbox::send(&app.db, &app.keys, mailer, &job.payload, job.attempts).await;
        return sent.map(|()| 1).map_err(|err| err.to_string());
    }
    // A newer instance may have queued a job that this version does not have.
    let Some(periodic) = periodic else {
        return Err(format!("this version has no job {}", job.kind));
    };
    let rows = (periodic.run)(app).await.map_err(|err| err.to_string())?;
    if rows > 0 {
        tracing::info!(job = job.kind, rows, "a job deleted rows");
    }
    Ok(rows)
}
