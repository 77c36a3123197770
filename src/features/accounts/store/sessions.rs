//! Sign-ins of accounts: opened, exchanged, ended, each with its line in the audit log.

use mysql_async::params;

use super::{AccountStore, Credentials, find_in};
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::AccountStatus;
use crate::domain::time::Timestamp;
use crate::features::accounts::letters;
use crate::features::accounts::model::Account;
use crate::platform::auth::refresh::RefreshToken;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::auth::sessions::{self, Rotation};

/// What became of a refresh.
pub(in crate::features::accounts) enum Refreshed {
    /// The sign-in goes on.
    Done(Account),
    /// It does not; whose sign-in this call ended, if it ended one.
    Over(Option<UserId>),
}

/// The lock under which sign-ins of one account are opened, and the last look at what a sign-in
/// stands on: the checks before it took their time.
const HOLD: Query = Query::new(
    "users.hold",
    "SELECT id FROM users WHERE id = :id AND password_hash = :hash AND status = 'active' \
       AND (delete_after IS NULL OR delete_after > UTC_TIMESTAMP(6)) FOR UPDATE",
);

const KEEP: Query = Query::new(
    "users.keep",
    "UPDATE users SET delete_after = NULL, version = version + 1 \
     WHERE id = ? AND delete_after IS NOT NULL",
);

const KNOWN_DEVICE: Query = Query::new(
    "sessions.known_device",
    "SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id \
     WHERE s.id = :session AND (u.username_norm = :login OR u.email_norm = :login)",
);

impl AccountStore {
    /// Opens a sign-in, unless the password or the state changed since they were checked; whether
    /// it did. A device that was not seen before is told by mail, once however many sign-ins come
    /// from it at the same time; an account that was to be deleted stays.
    pub(in crate::features::accounts) async fn open_session(
        &self,
        checked: &Credentials,
        token: &RefreshToken,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let account = &checked.account;
        self.db
            .transaction("sessions.open", |tx| async move {
                let values = params! { "id" => account.id, "hash" => &checked.password_hash };
                if tx.first::<(UserId,)>(&HOLD, values).await?.is_none() {
                    return Ok(false);
                }
                if sessions::is_new_device(&tx, account.id, origin).await? {
                    let (to, name) = (&account.email, &account.username);
                    self.mail(&tx, &letters::new_device(to, name, origin, now))
                        .await?;
                }
                sessions::open(&tx, account.id, token, origin).await?;
                audit::write(&tx, Entry::own(Action::SignedIn, account.id, origin)).await?;
                if account.delete_after.is_some() {
                    self.keep(&tx, account, origin).await?;
                }
                Ok(true)
            })
            .await
    }

    async fn keep(&self, tx: &Tx, account: &Account, origin: &Origin) -> Result<(), DbError> {
        if tx.exec(&KEEP, (account.id,)).await?.affected == 0 {
            return Ok(());
        }
        audit::write(
            tx,
            Entry::own(Action::DeletionCancelled, account.id, origin),
        )
        .await?;
        self.mail(
            tx,
            &letters::deletion_cancelled(&account.email, &account.username),
        )
        .await
    }

    /// Whether a sign-in, open or over, belongs to the account that somebody signs in to.
    pub(in crate::features::accounts) async fn is_known_device(
        &self,
        session: SessionId,
        normal_login: &str,
    ) -> Result<bool, DbError> {
        let values = params! { "session" => session, "login" => normal_login.as_bytes() };
        let row: Option<(u64,)> = self.db.first(&KNOWN_DEVICE, values).await?;
        Ok(matches!(row, Some((1..,))))
    }

    /// Exchanges a refresh token for its successor.
    pub(in crate::features::accounts) async fn rotate(
        &self,
        token: &RefreshToken,
        successor: &RefreshToken,
        origin: &Origin,
    ) -> Result<Refreshed, DbError> {
        let (rotation, owner): (Rotation, Option<Credentials>) = self
            .db
            .transaction("sessions.rotate", |tx| async move {
                let rotation = sessions::rotate(&tx, token, successor).await?;
                let owner = match rotation {
                    Rotation::Rotated(user) => find_in(&tx, user).await?,
                    Rotation::Reused(user) => {
                        let entry = Entry::own(Action::RefreshReused, user, origin);
                        audit::write(&tx, entry).await?;
                        None
                    }
                    Rotation::Over => None,
                };
                Ok::<_, DbError>((rotation, owner))
            })
            .await?;
        Ok(match (rotation, owner) {
            (Rotation::Rotated(_), Some(owner)) if owner.status == AccountStatus::Active => {
                Refreshed::Done(owner.account)
            }
            (Rotation::Reused(user), _) => Refreshed::Over(Some(user)),
            _ => Refreshed::Over(None),
        })
    }

    /// Ends one sign-in; whether it was open.
    pub(in crate::features::accounts) async fn close_session(
        &self,
        user: UserId,
        session: SessionId,
        origin: &Origin,
    ) -> Result<bool, DbError> {
        self.db
            .transaction("sessions.close", |tx| async move {
                let ended = sessions::revoke(&tx, user, session).await?;
                if ended {
                    audit::write(&tx, Entry::own(Action::SignedOut, user, origin)).await?;
                }
                Ok(ended)
            })
            .await
    }

    /// Ends all sign-ins of an account, by its owner or by an admin.
    pub(in crate::features::accounts) async fn close_sessions(
        &self,
        user: UserId,
        actor: UserId,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("sessions.close_all", |tx| async move {
                sessions::revoke_all(&tx, user).await?;
                let entry = Entry {
                    actor: Some(actor),
                    ..Entry::own(Action::SignedOutEverywhere, user, origin)
                };
                audit::write(&tx, entry).await
            })
            .await
    }
}
