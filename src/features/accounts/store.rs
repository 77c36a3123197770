//! Accounts in MySQL. With `manage` and `verification` the only place that knows the `users` table.

use mysql_async::params;
use mysql_async::prelude::FromRow;
use unicode_normalization::UnicodeNormalization;

use super::letters;
use super::model::Account;
use super::verification;
use crate::domain::email::Email;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::{AccountStatus, Role};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;
use crate::platform::auth::refresh::RefreshToken;
use crate::platform::crypto::Keys;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::outbox;
use crate::records::sessions::{self, Device, Rotation};

/// Accounts of everybody.
#[derive(Clone)]
pub(super) struct AccountStore {
    pub(super) db: Db,
    pub(super) keys: Keys,
    public_url: String,
}

/// An account with what only a sign-in may see.
pub(super) struct Credentials {
    pub(super) account: Account,
    pub(super) status: AccountStatus,
    pub(super) password_hash: String,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registering {
    /// Done; whether the address was known is told by mail alone.
    Done,
    /// The name belongs to somebody.
    UsernameTaken,
}

/// What became of a refresh.
pub(super) enum Refreshed {
    /// The sign-in goes on.
    Done(Account),
    /// It does not; whose sign-in this call ended, if it ended one.
    Over(Option<UserId>),
}

#[derive(FromRow)]
pub(super) struct AccountRow {
    id: UserId,
    username: String,
    email: String,
    role: String,
    status: String,
    password_hash: String,
    created_at: Timestamp,
}

impl From<AccountRow> for Credentials {
    fn from(row: AccountRow) -> Self {
        Self {
            account: Account {
                id: row.id,
                username: row.username,
                email: row.email,
                role: Role::from_word(&row.role),
                created_at: row.created_at,
            },
            status: AccountStatus::from_word(&row.status),
            password_hash: row.password_hash,
        }
    }
}

pub(super) const INSERT: Query = Query::new(
    "users.insert",
    "INSERT INTO users (id, username, username_norm, email, email_norm, email_verified_at, \
       password_hash, role, status, created_at, updated_at) \
     VALUES (:id, :username, :username_norm, :email, :email_norm, \
       IF(:status = 'active', UTC_TIMESTAMP(6), NULL), :hash, :role, :status, \
       UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
);

const FIND: Query = Query::new(
    "users.find",
    "SELECT id, username, email, role, status, password_hash, created_at FROM users WHERE id = ?",
);

const FIND_BY_NAME: Query = Query::new(
    "users.find_by_name",
    "SELECT id, username, email, role, status, password_hash, created_at FROM users \
     WHERE username_norm = ?",
);

const FIND_BY_EMAIL: Query = Query::new(
    "users.find_by_email",
    "SELECT id, username, email, role, status, password_hash, created_at FROM users \
     WHERE email_norm = ?",
);

const SET_HASH: Query = Query::new(
    "users.set_hash",
    "UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old",
);

const PURGE_CODES: Query = Query::new(
    "codes.purge",
    "DELETE FROM one_time_codes WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000",
);

const PURGE_PENDING: Query = Query::new(
    "users.purge_pending",
    "DELETE FROM users WHERE status = 'pending' \
       AND created_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY \
       AND NOT EXISTS (SELECT 1 FROM one_time_codes c WHERE c.user_id = users.id) \
     ORDER BY created_at LIMIT 500",
);

/// Deletes dead codes and accounts whose address was not proven within a week, some hundred at a
/// time; how many accounts went.
pub async fn purge_pending(db: &Db) -> Result<u64, DbError> {
    db.exec(&PURGE_CODES, ()).await?;
    Ok(db.exec(&PURGE_PENDING, ()).await?.affected)
}

/// The values of a new row. `reserved`: the name is kept, the address belongs to somebody else.
pub(super) struct NewAccount<'a> {
    pub(super) id: UserId,
    pub(super) username: &'a Username,
    pub(super) email: &'a Email,
    pub(super) reserved: bool,
    pub(super) hash: &'a str,
    pub(super) role: Role,
    pub(super) status: AccountStatus,
}

pub(super) async fn insert(tx: &Tx, new: NewAccount<'_>) -> Result<(), DbError> {
    let values = params! {
        "id" => new.id,
        "username" => new.username.as_str(),
        "username_norm" => new.username.norm().as_bytes(),
        "email" => new.email.as_str(),
        "email_norm" => (!new.reserved).then(|| new.email.norm().as_bytes()),
        "hash" => new.hash,
        "role" => new.role.as_str(),
        "status" => new.status.as_str(),
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

impl AccountStore {
    pub(super) fn new(db: Db, keys: Keys, public_url: String) -> Self {
        Self {
            db,
            keys,
            public_url,
        }
    }

    /// Makes an account that waits for its proof and queues the code. For a known address the
    /// name is reserved all the same, so that a second try with that name tells nothing.
    pub(super) async fn register(
        &self,
        username: &Username,
        email: &Email,
        hash: &str,
    ) -> Result<Registering, DbError> {
        let outcome = self
            .db
            .transaction("users.register", |tx| async move {
                let id = UserId::new();
                let new = |reserved| NewAccount {
                    id,
                    username,
                    email,
                    reserved,
                    hash,
                    role: Role::User,
                    status: AccountStatus::Pending,
                };
                match insert(&tx, new(false)).await {
                    Ok(()) => {
                        verification::issue(&tx, &self.keys, id, username.as_str(), email).await
                    }
                    Err(fault) if fault.violates("uq_users_email_norm") => {
                        insert(&tx, new(true)).await?;
                        self.write_to_owner(&tx, email).await
                    }
                    Err(fault) => Err(fault),
                }
            })
            .await;
        match outcome {
            Ok(()) => Ok(Registering::Done),
            Err(fault) if fault.violates("uq_users_username_norm") => {
                Ok(Registering::UsernameTaken)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Tells the owner of a known address that somebody registered with it.
    async fn write_to_owner(&self, tx: &Tx, email: &Email) -> Result<(), DbError> {
        let row: Option<AccountRow> = tx.first(&FIND_BY_EMAIL, (email.norm().as_bytes(),)).await?;
        let Some(owner) = row.map(Credentials::from) else {
            return Ok(());
        };
        let account = owner.account;
        if owner.status == AccountStatus::Pending {
            return verification::reissue(tx, &self.keys, account.id, &account.username, email)
                .await;
        }
        let mail = letters::already_registered(&account.email, &account.username, &self.public_url);
        outbox::enqueue(tx, &self.keys, &mail).await?;
        Ok(())
    }

    /// Finds an account by user name or mail address, whichever the text looks like.
    pub(super) async fn find_by_login(&self, login: &str) -> Result<Option<Credentials>, DbError> {
        let norm: String = login.trim().nfkc().flat_map(char::to_lowercase).collect();
        let query = if norm.contains('@') {
            &FIND_BY_EMAIL
        } else {
            &FIND_BY_NAME
        };
        let row: Option<AccountRow> = self.db.first(query, (norm.as_bytes(),)).await?;
        Ok(row.map(Credentials::from))
    }

    pub(super) async fn find(&self, id: UserId) -> Result<Option<Account>, DbError> {
        let row: Option<AccountRow> = self.db.first(&FIND, (id,)).await?;
        Ok(row.map(|row| Credentials::from(row).account))
    }

    /// Replaces an outdated hash, unless the password was changed meanwhile.
    pub(super) async fn replace_hash(
        &self,
        id: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), DbError> {
        let values = params! { "new" => new, "id" => id, "old" => old };
        self.db.exec(&SET_HASH, values).await?;
        Ok(())
    }

    /// Opens a sign-in.
    pub(super) async fn open_session(
        &self,
        user: UserId,
        token: &RefreshToken,
        device: &Device,
    ) -> Result<(), DbError> {
        self.db
            .transaction("sessions.open", |tx| async move {
                sessions::open(&tx, user, token, device).await
            })
            .await
    }

    /// Exchanges a refresh token for its successor.
    pub(super) async fn rotate(
        &self,
        token: &RefreshToken,
        successor: &RefreshToken,
    ) -> Result<Refreshed, DbError> {
        let rotation = self
            .db
            .transaction("sessions.rotate", |tx| async move {
                let rotation = sessions::rotate(&tx, token, successor).await?;
                let Rotation::Rotated(user) = rotation else {
                    return Ok((rotation, None));
                };
                let row: Option<AccountRow> = tx.first(&FIND, (user,)).await?;
                Ok::<_, DbError>((rotation, row.map(Credentials::from)))
            })
            .await?;
        Ok(match rotation {
            (Rotation::Rotated(_), Some(owner)) if owner.status == AccountStatus::Active => {
                Refreshed::Done(owner.account)
            }
            (Rotation::Reused(user), _) => {
                tracing::warn!(%user, "an old refresh token came back, the sign-in was ended");
                Refreshed::Over(Some(user))
            }
            _ => Refreshed::Over(None),
        })
    }

    /// Ends one sign-in.
    pub(super) async fn close_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<(), DbError> {
        self.db
            .transaction("sessions.close", |tx| async move {
                sessions::revoke(&tx, user, session).await.map(drop)
            })
            .await
    }

    /// Ends all sign-ins of an account.
    pub(super) async fn close_sessions(&self, user: UserId) -> Result<(), DbError> {
        self.db
            .transaction("sessions.close_all", |tx| async move {
                sessions::revoke_all(&tx, user).await.map(drop)
            })
            .await
    }
}
