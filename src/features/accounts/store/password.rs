//! Changing a password, and setting one by a link that was mailed: hashed, single use, 30 minutes.

use mysql_async::params;

use super::{AccountStore, find_by_email_in, find_in};
use crate::domain::email::Email;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::AccountStatus;
use crate::features::accounts::letters;
use crate::features::accounts::model::Account;
use crate::platform::crypto;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::auth::sessions;

/// Minutes a link is good for.
const LIFE_MINUTES: u32 = 30;
/// Seconds between two links for one account.
const PAUSE_S: u32 = 30;

const SET: Query = Query::new(
    "users.set_password",
    "UPDATE users SET password_hash = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) \
     WHERE id = ?",
);

const STORE: Query = Query::new(
    "resets.store",
    "INSERT INTO password_resets (user_id, token_hash, sent_at, expires_at) \
     VALUES (:user, :hash, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL :minutes MINUTE) \
     ON DUPLICATE KEY UPDATE token_hash = VALUES(token_hash), sent_at = VALUES(sent_at), \
       expires_at = VALUES(expires_at)",
);

const RECENT: Query = Query::new(
    "resets.recent",
    "SELECT sent_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND FROM password_resets \
     WHERE user_id = ? FOR UPDATE",
);

const OWNER: Query = Query::new(
    "resets.owner",
    "SELECT user_id FROM password_resets \
     WHERE token_hash = ? AND expires_at > UTC_TIMESTAMP(6)",
);

const USE: Query = Query::new(
    "resets.use",
    "DELETE FROM password_resets WHERE token_hash = ? AND expires_at > UTC_TIMESTAMP(6)",
);

const FORGET: Query = Query::new(
    "resets.invalidate",
    "DELETE FROM password_resets WHERE user_id = ?",
);

/// Makes a link that is good for so long, replacing an older one; its token goes into the mail only.
pub(super) async fn store_link(tx: &Tx, user: UserId, minutes: u32) -> Result<String, DbError> {
    let token = crypto::random_text::<32>();
    let values = params! {
        "user" => user,
        "hash" => crypto::sha256(token.as_bytes()).as_slice(),
        "minutes" => minutes,
    };
    tx.exec(&STORE, values).await?;
    Ok(token)
}

impl AccountStore {
    /// Sets a new password; every sign-in but the caller's ends, open links die.
    pub(in crate::features::accounts) async fn change_password(
        &self,
        account: &Account,
        kept: SessionId,
        hash: &str,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("users.change_password", |tx| async move {
                tx.exec(&SET, (hash, account.id)).await?;
                tx.exec(&FORGET, (account.id,)).await?;
                sessions::revoke_others(&tx, account.id, kept).await?;
                audit::write(&tx, Entry::own(Action::PasswordChanged, account.id, origin)).await?;
                self.mail_password_changed(&tx, account).await
            })
            .await
    }

    /// Mails a link if the address belongs to an account that may sign in.
    pub(in crate::features::accounts) async fn request_reset(
        &self,
        email: &Email,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("resets.request", |tx| async move {
                let found = find_by_email_in(&tx, email).await?;
                let active = found.filter(|found| found.status == AccountStatus::Active);
                let Some(account) = active.map(|found| found.account) else {
                    return Ok(());
                };
                let recent: Option<(bool,)> = tx.first(&RECENT, (PAUSE_S, account.id)).await?;
                if recent == Some((true,)) {
                    return Ok(());
                }
                let token = store_link(&tx, account.id, LIFE_MINUTES).await?;
                let entry = Entry {
                    actor: None,
                    ..Entry::own(Action::ResetRequested, account.id, origin)
                };
                audit::write(&tx, entry).await?;
                let (to, name) = (&account.email, &account.username);
                self.mail(
                    &tx,
                    &letters::reset_link(to, name, &self.public_url, &token),
                )
                .await
            })
            .await
    }

    /// Whose link a token is, while it is good.
    pub(in crate::features::accounts) async fn reset_owner(
        &self,
        token: &str,
    ) -> Result<Option<Account>, DbError> {
        let hash = crypto::sha256(token.as_bytes());
        let row: Option<(UserId,)> = self.db.first(&OWNER, (hash.as_slice(),)).await?;
        let Some((user,)) = row else { return Ok(None) };
        Ok(self.find(user).await?.map(|found| found.account))
    }

    /// Sets a password by a link; whose account it was, or nothing when the link is not good any
    /// more. Of many calls at once one deletes the row. Ends all sign-ins; the second factor stays.
    pub(in crate::features::accounts) async fn reset_password(
        &self,
        token: &str,
        hash: &str,
        origin: &Origin,
    ) -> Result<Option<UserId>, DbError> {
        let digest = crypto::sha256(token.as_bytes());
        self.db
            .transaction("resets.use", |tx| async move {
                let row: Option<(UserId,)> = tx.first(&OWNER, (digest.as_slice(),)).await?;
                let Some((user,)) = row else { return Ok(None) };
                if tx.exec(&USE, (digest.as_slice(),)).await?.affected == 0 {
                    return Ok(None);
                }
                tx.exec(&SET, (hash, user)).await?;
                sessions::revoke_all(&tx, user).await?;
                audit::write(&tx, Entry::own(Action::PasswordReset, user, origin)).await?;
                if let Some(found) = find_in(&tx, user).await? {
                    self.mail_password_changed(&tx, &found.account).await?;
                }
                Ok(Some(user))
            })
            .await
    }

    async fn mail_password_changed(&self, tx: &Tx, account: &Account) -> Result<(), DbError> {
        self.mail(
            tx,
            &letters::password_changed(&account.email, &account.username),
        )
        .await
    }
}
