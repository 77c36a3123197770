//! The table of jobs, and the loop that claims and runs what is due on this instance.
//! Each job is idempotent, takes at most an id, and may run on any instance.

use std::time::Duration;

use crate::api::state::AppState;
use crate::domain::id::UserId;
use crate::features::{accounts, files, notes, tasks, views};
use crate::platform::crypto;
use crate::platform::db::{DbError, Owned};
use crate::platform::mail::Mailer;
use crate::platform::metrics;
use crate::platform::storage::StorageError;
use crate::services::jobs::queue::{self, Job};
use crate::services::{
    auth::login_throttle, auth::sessions, batches, changes, dedup::idempotency_keys,
    dedup::save_ids, documents::retention, documents::revisions, jobs::outbox, search, tags,
};

/// Pause between two looks when nobody rings.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause of a periodic job that left rows behind: it works through them in small steps.
const SOON: Duration = Duration::from_secs(1);
/// A step that worked through so many rows has probably left some.
const FULL_STEP: u64 = 100;
/// Longest run of one job; its lease is longer.
const JOB_DEADLINE: Duration = Duration::from_secs(45);

/// A job that comes again.
struct Periodic {
    kind: &'static str,
    every: Duration,
}

const HOUR: Duration = Duration::from_secs(3600);

const MINUTE: Duration = Duration::from_secs(60);

const PERIODIC: [Periodic; 19] = [
    Periodic {
        kind: "uploads.expire",
        every: MINUTE,
    },
    Periodic {
        kind: "changes.purge",
        every: HOUR,
    },
    Periodic {
        kind: "saves.purge",
        every: HOUR,
    },
    Periodic {
        kind: "batches.purge",
        every: HOUR,
    },
    Periodic {
        kind: "revisions.thin",
        every: MINUTE,
    },
    Periodic {
        kind: "notes.purge_trash",
        every: HOUR,
    },
    Periodic {
        kind: "files.purge_trash",
        every: HOUR,
    },
    Periodic {
        kind: "files.purge_tombstones",
        every: HOUR,
    },
    Periodic {
        kind: "notebooks.purge",
        every: HOUR,
    },
    Periodic {
        kind: "tasks.purge_trash",
        every: HOUR,
    },
    Periodic {
        kind: "tasks.purge_tombstones",
        every: HOUR,
    },
    Periodic {
        kind: "task_lists.purge",
        every: HOUR,
    },
    Periodic {
        kind: "throttles.purge",
        every: HOUR,
    },
    Periodic {
        kind: "accounts.delete",
        every: HOUR,
    },
    Periodic {
        kind: "sessions.purge",
        every: HOUR,
    },
    Periodic {
        kind: "accounts.purge_pending",
        every: HOUR,
    },
    Periodic {
        kind: "idempotency.purge",
        every: HOUR,
    },
    Periodic {
        kind: "outbox.purge",
        every: HOUR,
    },
    Periodic {
        kind: "notes.purge_tombstones",
        every: HOUR,
    },
];

/// Looks for work until the process stops.
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
        let pause = LOOK_EVERY + Duration::from_millis(u64::from(jitter));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.queued.notified() => {}
            () = app.background.stop_token().cancelled() => return,
        }
    }
}

/// Who claims, as it stands in the rows.
pub(super) fn owner_name(app: &AppState) -> String {
    let owner = format!("{}-{}", app.site.instance, crypto::random_text::<6>());
    owner.chars().take(64).collect()
}

async fn ensure_periodic(app: &AppState) -> Result<(), DbError> {
    for job in &PERIODIC {
        queue::ensure_periodic(&app.db, job.kind).await?;
    }
    Ok(())
}

/// Claims and runs what is due; whether there may be more.
pub async fn run_due(app: &AppState, mailer: &Mailer, owner: &str) -> bool {
    let due = match queue::claim(&app.db, owner, mailer.is_on()).await {
        Ok(due) => due,
        Err(err) => {
            tracing::debug!(error = %err, "cannot look for jobs");
            return false;
        }
    };
    for job in &due {
        let periodic = PERIODIC.iter().find(|periodic| periodic.kind == job.kind);
        let run = tokio::time::timeout(JOB_DEADLINE, run_one(app, mailer, job)).await;
        let outcome = run.unwrap_or_else(|_| Err("the job took too long".to_owned()));
        metrics::job(
            periodic.map_or("mail.send", |periodic| periodic.kind),
            outcome.is_ok(),
        );
        let noted = match (&outcome, periodic) {
            (Ok(rows), Some(periodic)) => {
                let pause = if *rows >= FULL_STEP {
                    SOON
                } else {
                    periodic.every
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
        if let Err(err) = noted {
            tracing::warn!(job = job.kind, error = %err, "the end of a job was not noted");
        }
    }
    !due.is_empty()
}

/// Runs one job; how many rows it cleaned up.
async fn run_one(app: &AppState, mailer: &Mailer, job: &Job) -> Result<u64, String> {
    let text = |err: &dyn std::fmt::Display| err.to_string();
    let done = match job.kind.as_str() {
        outbox::SEND_JOB => {
            return outbox::send(&app.db, &app.keys, mailer, &job.payload, job.attempts)
                .await
                .map(|()| 1)
                .map_err(|err| text(&err));
        }
        "sessions.purge" => sessions::purge(&app.db).await,
        "accounts.purge_pending" => accounts::purge_pending(&app.db).await,
        "idempotency.purge" => idempotency_keys::purge(&app.db).await,
        "outbox.purge" => outbox::purge(&app.db).await,
        "changes.purge" => changes::purge(&app.db).await,
        "saves.purge" => save_ids::purge(&app.db).await,
        "batches.purge" => batches::purge(&app.db).await,
        "revisions.thin" => retention::run(&app.db).await,
        "notes.purge_trash" => notes::purge_trash(&app.db, &app.cache).await,
        "files.purge_trash" => files::purge_trash(&app.db, &app.cache).await,
        "files.purge_tombstones" => files::purge_tombstones(&app.db).await,
        "notebooks.purge" => notes::purge_notebooks(&app.db).await,
        "notes.purge_tombstones" => notes::purge_tombstones(&app.db).await,
        "uploads.expire" => files::expire_uploads(app).await,
        "tasks.purge_trash" => tasks::purge_trash(&app.db, &app.cache).await,
        "tasks.purge_tombstones" => tasks::purge_tombstones(&app.db).await,
        "task_lists.purge" => tasks::purge_lists(&app.db).await,
        "throttles.purge" => login_throttle::purge(&app.db).await,
        "accounts.delete" => delete_accounts(app).await,
        // A newer instance queued something this one does not know: leave it to that one.
        other => return Err(format!("this version does not know the job {other}")),
    };
    let rows = done.map_err(|err| text(&err))?;
    if rows > 0 {
        tracing::info!(job = job.kind, rows, "a job cleaned up");
    }
    Ok(rows)
}

/// Removes accounts whose grace is over, with everything in them, a few thousand rows a step. The
/// number is that of a full step while there is more to do.
async fn delete_accounts(app: &AppState) -> Result<u64, DbError> {
    for user in accounts::due_deletions(&app.db).await? {
        match remove_rows(app, user).await {
            Ok(0) => {}
            Ok(_) => return Ok(FULL_STEP),
            Err(StorageError::Db(err)) => return Err(err),
            // The others need not wait for its bytes.
            Err(err) => {
                tracing::warn!(%user, error = %err, "an account that is to be deleted waits");
                continue;
            }
        }
        accounts::remove_account(&app.db, user).await?;
        tracing::info!(%user, "an account was deleted");
    }
    Ok(0)
}

/// One step through everything an account owns; how much went.
async fn remove_rows(app: &AppState, user: UserId) -> Result<u64, StorageError> {
    let tables: [&[Owned]; 10] = [
        &search::OWNED,
        &revisions::OWNED,
        &tags::OWNED,
        &batches::OWNED,
        &save_ids::OWNED,
        &notes::OWNED,
        &tasks::OWNED,
        &views::OWNED,
        &changes::OWNED,
        &idempotency_keys::OWNED,
    ];
    let removed = app.db.purge_owner(user, &tables.concat()).await?;
    Ok(removed + files::purge_owner(&app.db, &app.storage, user).await?)
}
