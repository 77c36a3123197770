//! Queued and periodic work: rows with a lease. Any instance may take a row; one that dies loses
//! its lease and another goes on. Refuses secrets in payloads: they hold ids.

use std::time::Duration;

use mysql_async::params;
use mysql_async::prelude::FromRow;

use crate::domain::id::JobId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};

/// How long a claimed row belongs to its instance.
pub const LEASE_S: u32 = 60;
/// Rows claimed at once.
const BATCH: u32 = 10;
/// Longest pause between two tries.
const MAX_PAUSE_S: u64 = 3600;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    /// What is to be done: `mail.send`.
    pub kind: String,
    /// What it is to be done with, usually an id.
    pub payload: String,
    /// Tries before this one.
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

const DUE: Query = Query::new(
    "jobs.due",
    "SELECT id, kind, payload, attempts FROM jobs \
     WHERE run_at <= UTC_TIMESTAMP(6) AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)) \
       AND (kind <> 'mail.send' OR :with_mail) AND kind NOT LIKE 'storage.%' \
     ORDER BY run_at LIMIT :batch FOR UPDATE SKIP LOCKED",
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

const AGAIN: Query = Query::new(
    "jobs.again",
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

/// A row as those see it who look after the fleet.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Listed {
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// Whether it comes again.
    pub periodic: bool,
    /// `running`, `failing`, `due` or `waiting`.
    pub state: String,
    /// When it is to be done, or to be tried again.
    pub run_at: Timestamp,
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
    /// Tries so far.
    pub attempts: u32,
    /// Why the latest one failed; empty: it did not.
    pub last_error: String,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// Rows in the order of their making, behind one of them, at most `limit`.
pub async fn page(db: &Db, after: Option<JobId>, limit: u32) -> Result<Vec<Listed>, DbError> {
    let after = after.unwrap_or(JobId::from_bytes([0; 16]));
    db.list(&PAGE, params! { "after" => after, "limit" => limit })
        .await
}

/// Queues work in the caller's transaction: it exists exactly when what it belongs to exists.
pub async fn enqueue(tx: &Tx, kind: &str, payload: &str) -> Result<JobId, DbError> {
    let id = JobId::new();
    tx.exec(&ENQUEUE, (id, kind, payload)).await?;
    Ok(id)
}

/// Makes sure that a periodic job has its one row.
pub async fn ensure_periodic(db: &Db, kind: &str) -> Result<(), DbError> {
    db.exec(&ENSURE, (JobId::new(), kind, periodic_key(kind)))
        .await?;
    Ok(())
}

/// What makes the row of a periodic job the only one of its kind.
fn periodic_key(kind: &str) -> String {
    format!("periodic:{kind}")
}

/// Claims rows that are due. Without a mail server mails are left where they are.
pub async fn claim(db: &Db, owner: &str, with_mail: bool) -> Result<Vec<Job>, DbError> {
    db.transaction("jobs.claim", |tx| async move {
        let values = params! { "with_mail" => with_mail, "batch" => BATCH };
        let due: Vec<(JobId, String, String, u32)> = tx.list(&DUE, values).await?;
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

/// Claims the periodic row of a kind that takes longer than a lease (`storage.…`), when it is due.
/// Its owner renews the lease while it works.
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

/// Keeps a claimed row for another lease; `false`: somebody else has it.
pub async fn renew(db: &Db, owner: &str, job: &Job) -> Result<bool, DbError> {
    let done = db.exec(&RENEW, (LEASE_S, job.id, owner)).await?;
    Ok(done.affected > 0)
}

/// The work is done: the row goes, unless another instance took it over meanwhile.
pub async fn finish(db: &Db, owner: &str, job: &Job) -> Result<(), DbError> {
    db.exec(&FINISH, (job.id, owner)).await?;
    Ok(())
}

/// A periodic job is done until the next time.
pub async fn sleep(db: &Db, owner: &str, job: &Job, pause: Duration) -> Result<(), DbError> {
    again(db, owner, job, pause, "").await
}

/// The work failed: it is tried again after a pause that doubles.
pub async fn fail(db: &Db, owner: &str, job: &Job, error: &str) -> Result<(), DbError> {
    let pause = 2_u64.saturating_pow(job.attempts.min(12)).min(MAX_PAUSE_S);
    again(db, owner, job, Duration::from_secs(pause), error).await
}

async fn again(
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
    db.exec(&AGAIN, values).await?;
    Ok(())
}
