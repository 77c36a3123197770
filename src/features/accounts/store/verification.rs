//! The six-digit codes that prove addresses: one per account and purpose, ten minutes, five tries,
//! used once even in parallel. Kept as keyed digests; their lifetime follows the database's clock.

use mysql_async::params;

use super::{AccountStore, letters};
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::platform::crypto::{self, Keys};
use crate::platform::db::{DbError, Query, Tx};
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::jobs::outbox;

/// Minutes a code is good for.
const LIFE_MINUTES: u32 = 10;
/// Tries before it is dead.
const MAX_ATTEMPTS: u32 = 5;
/// Seconds between two codes for one account.
const PAUSE_S: u32 = 30;

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The address of a new account.
    VerifyEmail,
    /// A new address of an account.
    ChangeEmail,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
        }
    }
}

const STORE: Query = Query::new(
    "codes.store",
    "INSERT INTO one_time_codes (user_id, purpose, code_hash, payload, attempts, sent_at, \
       expires_at) \
     VALUES (:user, :purpose, :hash, :payload, 0, UTC_TIMESTAMP(6), \
       UTC_TIMESTAMP(6) + INTERVAL :minutes MINUTE) \
     ON DUPLICATE KEY UPDATE code_hash = VALUES(code_hash), payload = VALUES(payload), \
       attempts = 0, sent_at = VALUES(sent_at), expires_at = VALUES(expires_at)",
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

const PAYLOAD: Query = Query::new(
    "codes.payload",
    "SELECT payload FROM one_time_codes \
     WHERE user_id = :user AND purpose = :purpose AND code_hash = :hash",
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

/// Makes a code, replacing an older one; the code itself goes into the mail only.
pub(super) async fn make(
    tx: &Tx,
    keys: &Keys,
    user: UserId,
    purpose: Purpose,
    payload: &str,
) -> Result<String, DbError> {
    let code = crypto::random_code();
    let values = params! {
        "user" => user,
        "purpose" => purpose.word(),
        "hash" => digest(keys, user, purpose, &code).as_slice(),
        "payload" => payload,
        "minutes" => LIFE_MINUTES,
    };
    tx.exec(&STORE, values).await?;
    Ok(code)
}

/// Whether a code was sent a moment ago.
pub(super) async fn is_recent(tx: &Tx, user: UserId, purpose: Purpose) -> Result<bool, DbError> {
    let values = params! { "pause" => PAUSE_S, "user" => user, "purpose" => purpose.word() };
    Ok(tx.first::<(bool,)>(&RECENT, values).await? == Some((true,)))
}

/// Counts a try and uses the code if it is the right one; what was stored beside it. Of many right
/// ones at once exactly one deletes the row.
pub(super) async fn redeem(
    tx: &Tx,
    keys: &Keys,
    user: UserId,
    purpose: Purpose,
    code: &str,
) -> Result<Option<String>, DbError> {
    let values = params! { "user" => user, "purpose" => purpose.word(), "max" => MAX_ATTEMPTS };
    if tx.exec(&TRY, values).await?.affected == 0 {
        return Ok(None);
    }
    let hash = digest(keys, user, purpose, code);
    let values = params! { "user" => user, "purpose" => purpose.word(), "hash" => hash.as_slice() };
    let payload: Option<(String,)> = tx.first(&PAYLOAD, values.clone()).await?;
    if tx.exec(&USE, values).await?.affected == 0 {
        return Ok(None);
    }
    Ok(payload.map(|(payload,)| payload))
}

/// Makes the first code of an account and queues the mail.
pub(super) async fn issue(
    tx: &Tx,
    keys: &Keys,
    user: UserId,
    username: &str,
    email: &Email,
) -> Result<(), DbError> {
    let code = make(tx, keys, user, Purpose::VerifyEmail, "").await?;
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
    if is_recent(tx, user, Purpose::VerifyEmail).await? {
        return Ok(());
    }
    issue(tx, keys, user, username, email).await
}

impl AccountStore {
    /// Sends another code if an account with this address waits for one.
    pub(in crate::features::accounts) async fn resend(&self, email: &Email) -> Result<(), DbError> {
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

    /// Whether the code was the right one; then the account may sign in.
    pub(in crate::features::accounts) async fn verify(
        &self,
        email: &Email,
        code: &str,
        origin: &Origin,
    ) -> Result<bool, DbError> {
        self.db
            .transaction("codes.verify", |tx| async move {
                let found: Option<(UserId, String)> =
                    tx.first(&PENDING, (email.norm().as_bytes(),)).await?;
                let Some((user, _)) = found else {
                    return Ok(false);
                };
                let redeemed = redeem(&tx, &self.keys, user, Purpose::VerifyEmail, code).await?;
                if redeemed.is_none() || tx.exec(&ACTIVATE, (user,)).await?.affected == 0 {
                    return Ok(false);
                }
                audit::write(&tx, Entry::own(Action::EmailVerified, user, origin)).await?;
                Ok(true)
            })
            .await
    }
}

fn digest(keys: &Keys, user: UserId, purpose: Purpose, code: &str) -> [u8; 32] {
    keys.mac(purpose.word(), &[user.as_bytes(), code.as_bytes()])
}
