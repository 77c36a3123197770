//! Mail to be sent: written encrypted in the transaction of what it belongs to, sent by a leased
//! job, wiped afterwards. Refuses to send from inside a request.

use mysql_async::params;

use crate::domain::id::MailId;
use crate::platform::crypto::Keys;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::platform::mail::{Mail, MailError, Mailer};
use crate::platform::metrics;
use crate::services::jobs::queue;

/// The job that sends one mail.
pub const SEND_JOB: &str = "mail.send";
/// Tries before a mail is given up: with doubling pauses about two hours.
const MAX_ATTEMPTS: u32 = 12;
/// Mails shown by the command line at most.
const LIST_LIMIT: u32 = 1000;

const INSERT: Query = Query::new(
    "outbox.insert",
    "INSERT INTO outbox (id, sealed, created_at) VALUES (?, ?, UTC_TIMESTAMP(6))",
);

const FIND: Query = Query::new(
    "outbox.find",
    "SELECT sealed FROM outbox WHERE id = ? AND status = 'pending'",
);

const SENT: Query = Query::new(
    "outbox.sent",
    "UPDATE outbox SET status = 'sent', sent_at = UTC_TIMESTAMP(6), sealed = NULL WHERE id = ?",
);

const FAILED: Query = Query::new(
    "outbox.failed",
    "UPDATE outbox SET status = 'failed', last_error = :error, sealed = NULL WHERE id = :id",
);

const LIST: Query = Query::new(
    "outbox.list",
    "SELECT id, sealed, status FROM outbox ORDER BY created_at DESC, id DESC LIMIT ?",
);

const PURGE: Query = Query::new(
    "outbox.purge",
    "DELETE FROM outbox WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY LIMIT 1000",
);

/// Why a mail was not sent this time.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// Puts a mail into the outbox, in the caller's transaction.
pub async fn enqueue(tx: &Tx, keys: &Keys, mail: &Mail) -> Result<MailId, DbError> {
    let id = MailId::new();
    let plain = serde_json::to_vec(mail).unwrap_or_default();
    let sealed = keys.seal(id.as_bytes(), &plain);
    tx.exec(&INSERT, (id, sealed)).await?;
    queue::enqueue(tx, SEND_JOB, &id.to_string()).await?;
    Ok(id)
}

/// Sends one mail; a row that is gone or was sent is done. `attempts` are the tries so far.
pub async fn send(
    db: &Db,
    keys: &Keys,
    mailer: &Mailer,
    payload: &str,
    attempts: u32,
) -> Result<(), SendError> {
    let Ok(id) = payload.parse::<MailId>() else {
        return Ok(());
    };
    let row: Option<(Option<Vec<u8>>,)> = db.first(&FIND, (id,)).await?;
    let Some((Some(sealed),)) = row else {
        return Ok(());
    };
    let Some(mail) = open(keys, id, &sealed) else {
        return give_up(db, id, "sealed with a key that is no longer known").await;
    };
    match mailer.send(&id.to_string(), &mail).await {
        Ok(()) => {
            metrics::mail(true);
            db.exec(&SENT, (id,)).await?;
            Ok(())
        }
        Err(err @ MailError::Permanent(_)) => give_up(db, id, &err.to_string()).await,
        Err(err) if attempts + 1 >= MAX_ATTEMPTS => give_up(db, id, &err.to_string()).await,
        Err(err) => Err(err.into()),
    }
}

async fn give_up(db: &Db, id: MailId, error: &str) -> Result<(), SendError> {
    metrics::mail(false);
    tracing::error!(mail = %id, error, "a mail was given up");
    let error: String = error.chars().take(255).collect();
    db.exec(&FAILED, params! { "id" => id, "error" => error })
        .await?;
    Ok(())
}

fn open(keys: &Keys, id: MailId, sealed: &[u8]) -> Option<Mail> {
    let plain = keys.unseal(id.as_bytes(), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// What the command line shows of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// Still readable: waiting, or kept because no mail server is configured.
    Readable(Mail),
    /// Sent or given up; its text is wiped.
    Wiped {
        /// `sent` or `failed`.
        status: String,
    },
}

/// The latest mails, oldest first.
pub async fn list(db: &Db, keys: &Keys) -> Result<Vec<Listed>, DbError> {
    let rows: Vec<(MailId, Option<Vec<u8>>, String)> = db.list(&LIST, (LIST_LIMIT,)).await?;
    let listed = rows.into_iter().rev().map(|(id, sealed, status)| {
        match sealed.and_then(|sealed| open(keys, id, &sealed)) {
            Some(mail) => Listed::Readable(mail),
            None => Listed::Wiped { status },
        }
    });
    Ok(listed.collect())
}

/// Deletes mails that are a week old, a thousand at a time; how many.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE, ()).await?.affected)
}
