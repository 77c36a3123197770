//! The six-digit code that proves an address: one per account, ten minutes, five tries, used once
//! even in parallel. Kept as a keyed digest; its life is measured by the database's clock.

use mysql_async::params;

use super::letters;
use super::store::AccountStore;
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::platform::crypto::{self, Keys};
use crate::platform::db::{DbError, Query, Tx};
use crate::records::outbox;

/// Minutes a code is good for.
const LIFE_MINUTES: u32 = 10;
/// Tries before it is dead.
const MAX_ATTEMPTS: u32 = 5;
/// Seconds between two codes for one account.
const PAUSE_S: u32 = 30;
const PURPOSE: &str = "verify_email";

const STORE: Query = Query::new(
    "codes.store",
    "INSERT INTO one_time_codes (user_id, purpose, code_hash, attempts, sent_at, expires_at) \
     VALUES (:user, :purpose, :hash, 0, UTC_TIMESTAMP(6), \
       UTC_TIMESTAMP(6) + INTERVAL :minutes MINUTE) \
     ON DUPLICATE KEY UPDATE code_hash = VALUES(code_hash), attempts = 0, \
       sent_at = VALUES(sent_at), expires_at = VALUES(expires_at)",
);

const RECENT: Query = Query::new(
    "codes.recent",
    "SELECT sent_at > UTC_TIMESTAMP(6) - INTERVAL :pause SECOND FROM one_time_codes \
     WHERE user_id = :user AND purpose = :purpose FOR UPDATE",
);

const PENDING: Query = Query::new(
    "codes.pending",
    "SELECT id, username FROM users WHERE email_norm = ? AND status = 'pending'",
);

const TRY: Query = Query::new(
    "codes.try",
    "UPDATE one_time_codes SET attempts = attempts + 1 WHERE user_id = :user \
       AND purpose = :purpose AND attempts < :max AND expires_at > UTC_TIMESTAMP(6)",
);

const USE: Query = Query::new(
    "codes.use",
    "DELETE FROM one_time_codes WHERE user_id = :user AND purpose = :purpose AND code_hash = :hash",
);

const ACTIVATE: Query = Query::new(
    "users.activate",
    "UPDATE users SET status = 'active', email_verified_at = UTC_TIMESTAMP(6), \
       updated_at = UTC_TIMESTAMP(6), version = version + 1 WHERE id = ? AND status = 'pending'",
);

/// Makes a code, replacing an older one, and queues the mail.
pub(super) async fn issue(
    tx: &Tx,
    keys: &Keys,
    user: UserId,
    username: &str,
    email: &Email,
) -> Result<(), DbError> {
    let code = crypto::random_code();
    let values = params! {
        "user" => user,
        "purpose" => PURPOSE,
        "hash" => digest(keys, user, &code).as_slice(),
        "minutes" => LIFE_MINUTES,
    };
    tx.exec(&STORE, values).await?;
    let mail = letters::code(email.as_str(), username, &code);
    outbox::enqueue(tx, keys, &mail).await?;
    Ok(())
}

/// Makes another code unless one was sent a moment ago.
pub(super) async fn reissue(
    tx: &Tx,
    keys: &Keys,
    user: UserId,
    username: &str,
    email: &Email,
) -> Result<(), DbError> {
    let values = params! { "pause" => PAUSE_S, "user" => user, "purpose" => PURPOSE };
    let recent: Option<(bool,)> = tx.first(&RECENT, values).await?;
    if recent == Some((true,)) {
        return Ok(());
    }
    issue(tx, keys, user, username, email).await
}

impl AccountStore {
    /// Sends another code if an account with this address waits for one.
    pub(super) async fn resend(&self, email: &Email) -> Result<(), DbError> {
        self.db
            .transaction("codes.resend", |tx| async move {
                let found: Option<(UserId, String)> =
                    tx.first(&PENDING, (email.norm().as_bytes(),)).await?;
                match found {
                    Some((user, name)) => reissue(&tx, &self.keys, user, &name, email).await,
                    None => Ok(()),
                }
            })
            .await
    }

    /// Whether the code was the right one; then the account may sign in. The try is counted in
    /// every case, and of many right ones at once exactly one deletes the row.
    pub(super) async fn verify(&self, email: &Email, code: &str) -> Result<bool, DbError> {
        self.db
            .transaction("codes.verify", |tx| async move {
                let found: Option<(UserId, String)> =
                    tx.first(&PENDING, (email.norm().as_bytes(),)).await?;
                let Some((user, _)) = found else {
                    return Ok(false);
                };
                let values = params! {
                    "user" => user, "purpose" => PURPOSE, "max" => MAX_ATTEMPTS,
                };
                if tx.exec(&TRY, values).await?.affected == 0 {
                    return Ok(false);
                }
                let values = params! {
                    "user" => user,
                    "purpose" => PURPOSE,
                    "hash" => digest(&self.keys, user, code).as_slice(),
                };
                if tx.exec(&USE, values).await?.affected == 0 {
                    return Ok(false);
                }
                Ok(tx.exec(&ACTIVATE, (user,)).await?.affected == 1)
            })
            .await
    }
}

fn digest(keys: &Keys, user: UserId, code: &str) -> [u8; 32] {
    keys.mac(PURPOSE, &[user.as_bytes(), code.as_bytes()])
}
