//! Accounts in MySQL. This folder and `manage` are the only places that know the `users` table.

mod api_keys;
mod by_hand;
mod deletion;
mod email;
mod password;
mod sessions;
mod totp;
mod verification;

use mysql_async::params;
use mysql_async::prelude::FromRow;
use unicode_normalization::UnicodeNormalization;

pub(super) use api_keys::{MadeKey, NewKey, StoredKey};
pub(super) use deletion::Ending;
pub use deletion::{due_deletions, remove_account};
pub(super) use email::Confirmed;
pub(super) use sessions::Refreshed;
pub(super) use totp::Factor;

use super::letters;
use super::model::Account;
use super::settings_model::ProfilePatch;
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::role::{AccountStatus, Role};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;
use crate::platform::crypto::Keys;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::jobs::outbox;

/// Accounts of everybody.
#[derive(Clone)]
pub(super) struct AccountStore {
    pub(super) db: Db,
    pub(super) keys: Keys,
    public_url: String,
}

/// An account with what only a sign-in may see.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) account: Account,
    pub(super) status: AccountStatus,
    pub(super) password_hash: String,
    /// The shared secret of the second factor, sealed.
    pub(super) totp_secret: Option<Vec<u8>>,
    /// Its grace is over: it is being removed.
    pub(super) deletion_due: bool,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registering {
    /// Done; whether the address was known is told by mail alone.
    Done,
    /// The name belongs to somebody.
    UsernameTaken,
}

#[derive(FromRow)]
struct AccountRow {
    id: UserId,
    version: u64,
    username: String,
    email: String,
    role: String,
    status: String,
    password_hash: String,
    display_name: String,
    time_zone: String,
    totp_secret: Option<Vec<u8>>,
    created_at: Timestamp,
    delete_after: Option<Timestamp>,
    deletion_due: bool,
}

impl From<AccountRow> for Credentials {
    fn from(row: AccountRow) -> Self {
        Self {
            account: Account {
                id: row.id,
                version: row.version,
                username: row.username,
                email: row.email,
                role: Role::from_word(&row.role),
                display_name: row.display_name,
                time_zone: row.time_zone,
                totp_enabled: row.totp_secret.is_some(),
                created_at: row.created_at,
                delete_after: row.delete_after,
            },
            status: AccountStatus::from_word(&row.status),
            password_hash: row.password_hash,
            totp_secret: row.totp_secret,
            deletion_due: row.deletion_due,
        }
    }
}

const INSERT: Query = Query::new(
    "users.insert",
    "INSERT INTO users (id, username, username_norm, email, email_norm, email_verified_at, \
       password_hash, role, status, created_at, updated_at) \
     VALUES (:id, :username, :username_norm, :email, :email_norm, \
       IF(:status = 'active', UTC_TIMESTAMP(6), NULL), :hash, :role, :status, \
       UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
);

const FIND: Query = Query::new(
    "users.find",
    "SELECT id, version, username, email, role, status, password_hash, display_name, time_zone, \
       totp_secret, created_at, delete_after, \
       COALESCE(delete_after <= UTC_TIMESTAMP(6), 0) AS deletion_due FROM users WHERE id = ?",
);

const FIND_BY_NAME: Query = Query::new(
    "users.find_by_name",
    "SELECT id, version, username, email, role, status, password_hash, display_name, time_zone, \
       totp_secret, created_at, delete_after, \
       COALESCE(delete_after <= UTC_TIMESTAMP(6), 0) AS deletion_due FROM users WHERE username_norm = ?",
);

const FIND_BY_EMAIL: Query = Query::new(
    "users.find_by_email",
    "SELECT id, version, username, email, role, status, password_hash, display_name, time_zone, \
       totp_secret, created_at, delete_after, \
       COALESCE(delete_after <= UTC_TIMESTAMP(6), 0) AS deletion_due FROM users WHERE email_norm = ?",
);

const SET_HASH: Query = Query::new(
    "users.set_hash",
    "UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old",
);

const SET_PROFILE: Query = Query::new(
    "users.set_profile",
    "UPDATE users SET display_name = COALESCE(:name, display_name), \
       time_zone = COALESCE(:zone, time_zone), version = version + 1, \
       updated_at = UTC_TIMESTAMP(6) WHERE id = :id",
);

const PURGE_CODES: Query = Query::new(
    "codes.purge",
    "DELETE FROM one_time_codes WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000",
);

const PURGE_RESETS: Query = Query::new(
    "resets.purge",
    "DELETE FROM password_resets WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000",
);

const PURGE_PENDING: Query = Query::new(
    "users.purge_pending",
    "DELETE FROM users WHERE status = 'pending' \
       AND created_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY \
       AND NOT EXISTS (SELECT 1 FROM one_time_codes c WHERE c.user_id = users.id) \
     ORDER BY created_at LIMIT 500",
);

const ACTIVE_ADMINS: Query = Query::new(
    "users.active_admins",
    "SELECT id FROM users WHERE role = 'admin' AND status = 'active' AND delete_after IS NULL \
     ORDER BY id FOR UPDATE",
);

/// Whether nobody would be left to manage the others. Whoever asks at the same time waits at the
/// rows of all admins, so two who leave at once do not both go.
pub(super) async fn is_last_admin(tx: &Tx, id: UserId) -> Result<bool, DbError> {
    let admins: Vec<(UserId,)> = tx.list(&ACTIVE_ADMINS, ()).await?;
    Ok(admins == [(id,)])
}

/// Deletes dead codes and links, and accounts whose address was not proven within a week, some
/// hundred at a time; how many accounts went.
pub(crate) async fn purge_pending(db: &Db) -> Result<u64, DbError> {
    db.exec(&PURGE_CODES, ()).await?;
    db.exec(&PURGE_RESETS, ()).await?;
    Ok(db.exec(&PURGE_PENDING, ()).await?.affected)
}

/// The values of a new row. `reserved`: the name is kept, the address belongs to somebody else.
#[derive(Clone, Copy)]
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

async fn find_in(tx: &Tx, id: UserId) -> Result<Option<Credentials>, DbError> {
    let row: Option<AccountRow> = tx.first(&FIND, (id,)).await?;
    Ok(row.map(Credentials::from))
}

async fn find_by_email_in(tx: &Tx, email: &Email) -> Result<Option<Credentials>, DbError> {
    let row: Option<AccountRow> = tx.first(&FIND_BY_EMAIL, (email.norm().as_bytes(),)).await?;
    Ok(row.map(Credentials::from))
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
        origin: &Origin,
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
                audit::write(&tx, Entry::own(Action::Registered, id, origin)).await?;
                match insert(&tx, new(false)).await {
                    Ok(()) => {
                        verification::issue(&tx, &self.keys, id, username.as_str(), email).await
                    }
                    Err(err) if err.violates("uq_users_email_norm") => {
                        insert(&tx, new(true)).await?;
                        self.write_to_owner(&tx, email).await
                    }
                    Err(err) => Err(err),
                }
            })
            .await;
        match outcome {
            Ok(()) => Ok(Registering::Done),
            Err(err) if err.violates("uq_users_username_norm") => Ok(Registering::UsernameTaken),
            Err(err) => Err(err),
        }
    }

    /// Tells the owner of a known address that somebody registered with it.
    async fn write_to_owner(&self, tx: &Tx, email: &Email) -> Result<(), DbError> {
        let Some(owner) = find_by_email_in(tx, email).await? else {
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
        let norm = normal_login(login);
        let query = if norm.contains('@') {
            &FIND_BY_EMAIL
        } else {
            &FIND_BY_NAME
        };
        let row: Option<AccountRow> = self.db.first(query, (norm.as_bytes(),)).await?;
        Ok(row.map(Credentials::from))
    }

    /// One account.
    pub(super) async fn find(&self, id: UserId) -> Result<Option<Credentials>, DbError> {
        let row: Option<AccountRow> = self.db.first(&FIND, (id,)).await?;
        Ok(row.map(Credentials::from))
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

    /// Changes what the owner may change; the account as it is then.
    pub(super) async fn update_profile(
        &self,
        id: UserId,
        patch: &ProfilePatch,
    ) -> Result<Option<Account>, DbError> {
        self.db
            .transaction("users.update_profile", |tx| async move {
                let values = params! {
                    "name" => patch.display_name.as_deref(),
                    "zone" => patch.time_zone.as_deref(),
                    "id" => id,
                };
                tx.exec(&SET_PROFILE, values).await?;
                Ok(find_in(&tx, id).await?.map(|found| found.account))
            })
            .await
    }

    /// Queues a mail to the owner of an account, in the caller's transaction.
    async fn mail(&self, tx: &Tx, mail: &crate::platform::mail::Mail) -> Result<(), DbError> {
        outbox::enqueue(tx, &self.keys, mail).await.map(drop)
    }
}

/// The form in which a user name or address is looked up and counted.
pub(super) fn normal_login(login: &str) -> String {
    login.trim().nfkc().flat_map(char::to_lowercase).collect()
}
