//! Accounts in the hands of somebody else than their owner: the command line and the admin area.
//! There is no default admin: the first one is made by whoever can reach the database.

use mysql_async::prelude::FromRow;
use mysql_async::{Value, params};

use super::letters;
use super::store::{self, NewAccount};
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::password;
use crate::domain::role::{AccountStatus, Role};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;
use crate::platform::auth::password::{Busy, Passwords};
use crate::platform::cache::Cache;
use crate::platform::crypto::Keys;
use crate::platform::db::{Db, DbError, Query};
use crate::platform::secret::Secret;
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::page_cache::epoch::{self, Scope};
use crate::services::{auth::sessions, jobs::outbox};

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// A value is wrong.
    #[error("{}: {}", .0.field, .0.detail)]
    Invalid(Invalid),
    /// The name belongs to somebody.
    #[error("the user name is taken")]
    UsernameTaken,
    /// The address belongs to somebody.
    #[error("the mail address is taken")]
    EmailTaken,
    /// No such account.
    #[error("there is no such account")]
    Unknown,
    /// Nobody would be left to manage the others.
    #[error("this is the last admin who can sign in")]
    LastAdmin,
    /// The password could not be hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ManageError {
    /// Sorts what refused a new row.
    pub(super) fn from_insert(err: DbError) -> Self {
        match err {
            err if err.violates("uq_users_username_norm") => Self::UsernameTaken,
            err if err.violates("uq_users_email_norm") => Self::EmailTaken,
            err => err.into(),
        }
    }
}

impl From<Invalid> for ManageError {
    fn from(err: Invalid) -> Self {
        Self::Invalid(err)
    }
}

/// An account to be made.
pub struct ByHand {
    pub username: String,
    pub email: String,
    pub password: Secret<String>,
    pub role: Role,
    /// Whether the address counts as proven.
    pub verified: bool,
}

/// An account as those see it who manage it: nothing of what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    pub id: UserId,
    /// Grows with every change.
    pub version: u64,
    pub username: String,
    pub email: String,
    pub role: Role,
    pub status: AccountStatus,
    /// Whether signing in needs a code.
    pub totp_enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it will be deleted.
    pub delete_after: Option<Timestamp>,
}

#[derive(FromRow)]
struct ManagedRow {
    id: UserId,
    version: u64,
    username: String,
    email: String,
    role: String,
    status: String,
    totp_enabled: bool,
    created_at: Timestamp,
    delete_after: Option<Timestamp>,
}

impl From<ManagedRow> for Managed {
    fn from(row: ManagedRow) -> Self {
        Self {
            id: row.id,
            version: row.version,
            username: row.username,
            email: row.email,
            role: Role::from_word(&row.role),
            status: AccountStatus::from_word(&row.status),
            totp_enabled: row.totp_enabled,
            created_at: row.created_at,
            delete_after: row.delete_after,
        }
    }
}

/// What may be changed from outside; absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub role: Option<Role>,
    /// Active or disabled.
    pub status: Option<AccountStatus>,
}

const COLUMNS: &str = "SELECT id, version, username, email, role, status, \
    totp_secret IS NOT NULL AS totp_enabled, created_at, delete_after FROM users";

const FIND: Query = Query::new(
    "users.find_managed",
    "SELECT id, version, username, email, role, status, totp_secret IS NOT NULL AS totp_enabled, \
       created_at, delete_after FROM users WHERE id = ? AND email_norm IS NOT NULL",
);

const FIND_LOCKED: Query = Query::new(
    "users.find_managed_locked",
    "SELECT id, version, username, email, role, status, totp_secret IS NOT NULL AS totp_enabled, \
       created_at, delete_after FROM users WHERE id = ? AND email_norm IS NOT NULL FOR UPDATE",
);

const CHANGE: Query = Query::new(
    "users.change",
    "UPDATE users SET role = :role, status = :status, version = version + 1, \
       updated_at = UTC_TIMESTAMP(6) WHERE id = :id",
);

const ID_BY_NAME: Query = Query::new(
    "users.id_by_name",
    "SELECT id FROM users WHERE username_norm = ? AND email_norm IS NOT NULL",
);

const SET_PASSWORD: Query = Query::new(
    "users.set_password_by_hand",
    "UPDATE users SET password_hash = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) \
     WHERE id = ?",
);

const CLEAR_TOTP: Query = Query::new(
    "users.clear_totp",
    "UPDATE users SET totp_secret = NULL, totp_pending = NULL, totp_last_step = NULL, \
       version = version + 1, updated_at = UTC_TIMESTAMP(6) \
     WHERE id = ? AND (totp_secret IS NOT NULL OR totp_pending IS NOT NULL)",
);

const CLEAR_RECOVERY: Query = Query::new(
    "recovery.clear",
    "DELETE FROM recovery_codes WHERE user_id = ?",
);

/// Makes an account.
pub async fn create(db: &Db, passwords: &Passwords, new: ByHand) -> Result<UserId, ManageError> {
    let username = Username::parse("username", &new.username)?;
    let email = Email::parse("email", &new.email)?;
    password::check("password", new.password.expose(), &username, &email)?;
    let hash = passwords.hash(new.password).await?;
    let (username, email, hash) = (&username, &email, &hash);
    let (id, origin) = (UserId::new(), &Origin::default());
    let status = if new.verified {
        AccountStatus::Active
    } else {
        AccountStatus::Pending
    };
    let outcome: Result<(), DbError> = db
        .transaction("users.create", |tx| async move {
            let row = NewAccount {
                id,
                username,
                email,
                reserved: false,
                hash,
                role: new.role,
                status,
            };
            store::insert(&tx, row).await?;
            audit::write(&tx, by_hand(Action::Created, id, origin)).await
        })
        .await;
    outcome.map(|()| id).map_err(ManageError::from_insert)
}

fn by_hand(action: Action, target: UserId, origin: &Origin) -> Entry<'_> {
    Entry {
        actor: None,
        ..Entry::own(action, target, origin)
    }
}

/// Finds an account by its user name.
pub async fn id_by_name(db: &Db, username: &str) -> Result<UserId, ManageError> {
    let name = Username::parse("username", username)?;
    let found: Option<(UserId,)> = db.first(&ID_BY_NAME, (name.norm().as_bytes(),)).await?;
    found.map(|(id,)| id).ok_or(ManageError::Unknown)
}

/// Changes role or state; a disabled account's sign-ins end. Two admins who demote each other at
/// the same time meet at the rows of all admins, so one of them stays. After it, the caller has to
/// invalidate the cached account status on all instances.
pub async fn change(
    db: &Db,
    actor: Option<UserId>,
    id: UserId,
    change: Change,
    origin: &Origin,
) -> Result<Managed, ManageError> {
    let outcome: Result<Managed, ManageError> = db
        .transaction("users.change", |tx| async move {
            let last_admin = store::is_last_admin(&tx, id).await?;
            let row: Option<ManagedRow> = tx.first(&FIND_LOCKED, (id,)).await?;
            let Some(before) = row.map(Managed::from) else {
                return Ok(Err(ManageError::Unknown));
            };
            let role = change.role.unwrap_or(before.role);
            let status = change.status.unwrap_or(before.status);
            let stays_admin = role == Role::Admin && status == AccountStatus::Active;
            if last_admin && !stays_admin {
                return Ok(Err(ManageError::LastAdmin));
            }
            let values =
                params! { "role" => role.as_str(), "status" => status.as_str(), "id" => id };
            tx.exec(&CHANGE, values).await?;
            let entry = |action, detail| Entry {
                action,
                actor,
                target: Some(id),
                origin,
                detail,
            };
            if role != before.role {
                audit::write(&tx, entry(Action::RoleChanged, role.as_str())).await?;
            }
            if status != before.status {
                audit::write(&tx, entry(Action::StatusChanged, status.as_str())).await?;
            }
            if status != AccountStatus::Active {
                sessions::revoke_all(&tx, id).await?;
            }
            let after: Option<ManagedRow> = tx.first(&FIND, (id,)).await?;
            Ok::<_, DbError>(after.map(Managed::from).ok_or(ManageError::Unknown))
        })
        .await?;
    outcome
}

/// Makes an account an admin; its open sign-ins have the new role at their next request.
pub async fn set_admin(db: &Db, cache: &Cache, username: &str) -> Result<(), ManageError> {
    let id = id_by_name(db, username).await?;
    let promotion = Change {
        role: Some(Role::Admin),
        status: None,
    };
    change(db, None, id, promotion, &Origin::default()).await?;
    epoch::renew(cache, Scope::Account, id).await;
    Ok(())
}

/// Sets a password by hand and ends all sign-ins.
pub async fn reset_password(
    db: &Db,
    passwords: &Passwords,
    id: UserId,
    new: Secret<String>,
) -> Result<(), ManageError> {
    let found = find(db, id).await?.ok_or(ManageError::Unknown)?;
    let username = Username::parse("username", &found.username)?;
    let email = Email::parse("email", &found.email)?;
    password::check("password", new.expose(), &username, &email)?;
    let hash = &passwords.hash(new).await?;
    let origin = &Origin::default();
    db.transaction("users.reset_password", |tx| async move {
        tx.exec(&SET_PASSWORD, (hash, id)).await?;
        sessions::revoke_all(&tx, id).await?;
        audit::write(&tx, by_hand(Action::PasswordReset, id, origin)).await
    })
    .await
    .map_err(ManageError::Db)
}

/// Removes the second factor of somebody who lost it, and tells the owner by mail.
pub async fn reset_totp(
    db: &Db,
    keys: &Keys,
    actor: Option<UserId>,
    id: UserId,
    origin: &Origin,
) -> Result<(), ManageError> {
    let known: Result<bool, DbError> = db
        .transaction("users.reset_totp", |tx| async move {
            let row: Option<ManagedRow> = tx.first(&FIND_LOCKED, (id,)).await?;
            let Some(before) = row else { return Ok(false) };
            tx.exec(&CLEAR_RECOVERY, (id,)).await?;
            tx.exec(&CLEAR_TOTP, (id,)).await?;
            // What was not on was not removed either.
            if before.totp_enabled {
                let entry = Entry {
                    actor,
                    ..Entry::own(Action::TotpDisabled, id, origin)
                };
                audit::write(&tx, entry).await?;
                let mail = letters::totp_reset(&before.email, &before.username);
                outbox::enqueue(&tx, keys, &mail).await?;
            }
            Ok(true)
        })
        .await;
    if known? {
        Ok(())
    } else {
        Err(ManageError::Unknown)
    }
}

/// One account.
pub async fn find(db: &Db, id: UserId) -> Result<Option<Managed>, DbError> {
    let row: Option<ManagedRow> = db.first(&FIND, (id,)).await?;
    Ok(row.map(Managed::from))
}

/// Which accounts a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A piece of user name or address, in lower case.
    pub search: Option<String>,
    /// Only this role.
    pub role: Option<Role>,
    /// Only this state.
    pub status: Option<AccountStatus>,
    /// Only accounts behind this one.
    pub after: Option<UserId>,
}

/// Accounts in the order of their making, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, limit: u32) -> Result<Vec<Managed>, DbError> {
    let mut sql = format!("{COLUMNS} WHERE email_norm IS NOT NULL");
    let mut values: Vec<Value> = Vec::new();
    if let Some(search) = &filter.search {
        sql.push_str(" AND (LOCATE(?, username_norm) > 0 OR LOCATE(?, email_norm) > 0)");
        values.extend([search.as_bytes().into(), search.as_bytes().into()]);
    }
    if let Some(role) = filter.role {
        sql.push_str(" AND role = ?");
        values.push(role.as_str().into());
    }
    if let Some(status) = filter.status {
        sql.push_str(" AND status = ?");
        values.push(status.as_str().into());
    }
    if let Some(after) = filter.after {
        sql.push_str(" AND id > ?");
        values.push(after.into());
    }
    sql.push_str(" ORDER BY id LIMIT ?");
    values.push(limit.into());
    let rows: Vec<ManagedRow> = db
        .list(&Query::assembled("users.list", sql), values)
        .await?;
    Ok(rows.into_iter().map(Managed::from).collect())
}
