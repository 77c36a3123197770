//! The job queue: one-off and periodic jobs as rows with a lease (see `claim`). Payloads contain ids, never secrets.

use std::time::Duration;

use mysql_async::prelude::FromRow;
use mysql_async::{Value, params};

use crate::domain::id::JobId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};

/// Seconds for which a claimed job belongs to its instance.
pub const LEASE_S: u32 = 60;
/// Jobs claimed at once.
const BATCH: u32 = 10;
/// Longest pause between two attempts.
const MAX_PAUSE_S: u64 = 3600;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    /// The name of the job, such as `mail.send`.
    pub kind: String,
    /// Usually an id; empty for periodic jobs.
    pub payload: String,
    /// Failed attempts before this one.
    pub attempts: u32,
}

const ENQUEUE: Query = Query::new(
    "jobs.enqueue",
    "INSERT INTO jobs (id, kind, payload, run_at, created_at) \
     VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
);

const ENSURE: Query = Query::new(
    "jobs.ensure",
    "INSERT IGNORE INTO jobs (id, kind, dedupe_key, run_at, created_at) \
     VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
);

const DUE_LONG: Query = Query::new(
    "jobs.due_long",
    "SELECT id, kind, payload, attempts FROM jobs \
     WHERE dedupe_key = ? AND run_at <= UTC_TIMESTAMP(6) \
       AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)) FOR UPDATE SKIP LOCKED",
);

const RENEW: Query = Query::new(
    "jobs.renew",
    "UPDATE jobs SET lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND \
     WHERE id = ? AND lease_owner = ?",
);

const LEASE: Query = Query::new(
    "jobs.lease",
    "UPDATE jobs SET lease_owner = :owner, attempts = attempts + 1, \
       lease_until = UTC_TIMESTAMP(6) + INTERVAL :seconds SECOND WHERE id = :id",
);

const FINISH: Query = Query::new(
    "jobs.finish",
    "DELETE FROM jobs WHERE id = ? AND lease_owner = ?",
);

const RESCHEDULE: Query = Query::new(
    "jobs.reschedule",
    "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) + INTERVAL :seconds SECOND, lease_owner = NULL, \
       lease_until = NULL, last_error = :error, attempts = IF(:error = '', 0, attempts) \
     WHERE id = :id AND lease_owner = :owner",
);

const PAGE: Query = Query::new(
    "jobs.page",
    "SELECT id, kind, dedupe_key IS NOT NULL AS periodic, \
       CASE WHEN lease_until > UTC_TIMESTAMP(6) THEN 'running' \
         WHEN last_error <> '' THEN 'failing' \
         WHEN run_at <= UTC_TIMESTAMP(6) THEN 'due' ELSE 'waiting' END AS state, \
       run_at, lease_owner, lease_until, attempts, last_error, created_at \
     FROM jobs WHERE id > :after ORDER BY id LIMIT :limit",
);

/// A job as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Listed {
    pub id: JobId,
    pub kind: String,
    /// Whether it runs again after a success.
    pub periodic: bool,
    /// `running`, `failing`, `due` or `waiting`.
    pub state: String,
    /// The next attempt.
    pub run_at: Timestamp,
    pub lease_owner: Option<String>,
    pub lease_until: Option<Timestamp>,
    /// Failed attempts in a row.
    pub attempts: u32,
    /// The error of the latest attempt; empty after a success.
    pub last_error: String,
    pub created_at: Timestamp,
}

/// Jobs in the order of their ids (creation), after one of them.
pub async fn page(db: &Db, after: Option<JobId>, limit: u32) -> Result<Vec<Listed>, DbError> {
    let after = after.unwrap_or(JobId::from_bytes([0; 16]));
    db.list(&PAGE, params! { "after" => after, "limit" => limit })
        .await
}

/// Queues a job in the caller's transaction: it runs only if the transaction commits.
pub async fn enqueue(tx: &Tx, kind: &str, payload: &str) -> Result<JobId, DbError> {
    let id = JobId::new();
    tx.exec(&ENQUEUE, (id, kind, payload)).await?;
    Ok(id)
}

/// Creates the single row of a periodic job unless it exists.
pub async fn ensure_periodic(db: &Db, kind: &str) -> Result<(), DbError> {
    db.exec(&ENSURE, (JobId::new(), kind, periodic_key(kind)))
        .await?;
    Ok(())
}

/// The deduplication key: `uq_jobs_dedupe_key` allows one row per periodic job.
fn periodic_key(kind: &str) -> String {
    format!("periodic:{kind}")
}

/// Claims due jobs, except those named in `excluded` (one name or more).
///
/// A claim is a lease: `lease_owner` and `lease_until` are set and committed before the work starts, so no
/// transaction is open while a job runs. If the instance dies, nothing has to be cleaned up: the lease expires and
/// any instance claims the job again. Jobs therefore run at least once and must be idempotent. `SKIP LOCKED` lets
/// instances claim at the same moment without waiting for each other's row locks. `finish`, `sleep` and `fail`
/// change the row only while it still has the caller's `lease_owner`: an instance that was too slow cannot overwrite
/// the outcome of its successor. All times are those of the database, so the clocks of instances do not matter.
pub async fn claim(db: &Db, owner: &str, excluded: &[&str]) -> Result<Vec<Job>, DbError> {
    let marks = vec!["?"; excluded.len()].join(", ");
    let sql = format!(
        "SELECT id, kind, payload, attempts FROM jobs \
         WHERE run_at <= UTC_TIMESTAMP(6) AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)) \
           AND kind NOT IN ({marks}) \
         ORDER BY run_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED"
    );
    let query = &Query::assembled("jobs.due", sql);
    db.transaction("jobs.claim", |tx| async move {
        let values: Vec<Value> = excluded.iter().map(|name| Value::from(*name)).collect();
        let due: Vec<(JobId, String, String, u32)> = tx.list(query, values).await?;
        for (id, ..) in &due {
            let values = params! { "owner" => owner, "seconds" => LEASE_S, "id" => *id };
            tx.exec(&LEASE, values).await?;
        }
        Ok::<_, DbError>(due)
    })
    .await
    .map(|due| {
        due.into_iter()
            .map(|(id, kind, payload, attempts)| Job {
                id,
                kind,
                payload,
                attempts,
            })
            .collect()
    })
}

/// Claims a long periodic job if it is due. The caller renews the lease while it works.
pub async fn claim_long(db: &Db, owner: &str, kind: &str) -> Result<Option<Job>, DbError> {
    let key = periodic_key(kind);
    let key = key.as_str();
    db.transaction("jobs.claim_long", |tx| async move {
        type Due = (JobId, String, String, u32);
        let Some((id, kind, payload, attempts)) = tx.first::<Due>(&DUE_LONG, (key,)).await? else {
            return Ok(None);
        };
        let values = params! { "owner" => owner, "seconds" => LEASE_S, "id" => id };
        tx.exec(&LEASE, values).await?;
        Ok::<_, DbError>(Some(Job {
            id,
            kind,
            payload,
            attempts,
        }))
    })
    .await
}

/// Extends the lease; `false` when another instance has it.
pub async fn renew(db: &Db, owner: &str, job: &Job) -> Result<bool, DbError> {
    let done = db.exec(&RENEW, (LEASE_S, job.id, owner)).await?;
    Ok(done.affected > 0)
}

/// Deletes a job that succeeded.
pub async fn finish(db: &Db, owner: &str, job: &Job) -> Result<(), DbError> {
    db.exec(&FINISH, (job.id, owner)).await?;
    Ok(())
}

/// Schedules the next run of a periodic job that succeeded.
pub async fn sleep(db: &Db, owner: &str, job: &Job, pause: Duration) -> Result<(), DbError> {
    reschedule(db, owner, job, pause, "").await
}

/// Records an error and schedules the next attempt with exponential backoff.
pub async fn fail(db: &Db, owner: &str, job: &Job, error: &str) -> Result<(), DbError> {
    let pause = 2_u64.saturating_pow(job.attempts.min(12)).min(MAX_PAUSE_S);
    reschedule(db, owner, job, Duration::from_secs(pause), error).await
}

async fn reschedule(
    db: &Db,
    owner: &str,
    job: &Job,
    pause: Duration,
    error: &str,
) -> Result<(), DbError> {
    let error: String = error.chars().take(255).collect();
    let values = params! {
        "seconds" => pause.as_secs(),
        "error" => error,
        "id" => job.id,
        "owner" => owner,
    };
    db.exec(&RESCHEDULE, values).await?;
    Ok(())
}
