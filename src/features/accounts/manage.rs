//! What the command line may do with accounts. There is no default admin: the first one is made
//! here, by somebody who can reach the database.

use super::store::{self, NewAccount};
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::password;
use crate::domain::role::{AccountStatus, Role};
use crate::domain::username::Username;
use crate::platform::auth::password::{Busy, Passwords};
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Query};
use crate::platform::secret::Secret;
use crate::records::generations::{self, Scope};

/// Why the command line could not do it.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// A value is wrong.
    #[error("{}: {}", .0.field, .0.detail)]
    Invalid(Invalid),
    /// The name or address is taken.
    #[error("the {0} is taken")]
    Taken(&'static str),
    /// No such account.
    #[error("there is no account with the user name {0}")]
    Unknown(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<Invalid> for ManageError {
    fn from(fault: Invalid) -> Self {
        Self::Invalid(fault)
    }
}

/// An account to be made.
pub struct ByHand {
    /// The user name.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// The password.
    pub password: Secret<String>,
    /// Its role.
    pub role: Role,
    /// Whether the address counts as proven.
    pub verified: bool,
}

/// Makes an account.
pub async fn create(db: &Db, passwords: &Passwords, new: ByHand) -> Result<UserId, ManageError> {
    let username = Username::parse("username", &new.username)?;
    let email = Email::parse("email", &new.email)?;
    password::check("password", new.password.expose(), &username, &email)?;
    let hash = passwords.hash(new.password).await?;
    let (username, email, hash) = (&username, &email, &hash);
    let id = UserId::new();
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
            store::insert(&tx, row).await
        })
        .await;
    match outcome {
        Ok(()) => Ok(id),
        Err(fault) if fault.violates("uq_users_username_norm") => {
            Err(ManageError::Taken("user name"))
        }
        Err(fault) if fault.violates("uq_users_email_norm") => {
            Err(ManageError::Taken("mail address"))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Makes an account an admin; its open sign-ins have the new role at their next request.
pub async fn set_admin(db: &Db, cache: &Cache, username: &str) -> Result<(), ManageError> {
    const FIND: Query = Query::new(
        "users.id_by_name",
        "SELECT id FROM users WHERE username_norm = ?",
    );
    const SET: Query = Query::new(
        "users.set_admin",
        "UPDATE users SET role = 'admin', version = version + 1, updated_at = UTC_TIMESTAMP(6) \
         WHERE id = ?",
    );
    let name = Username::parse("username", username)?;
    let found: Option<(UserId,)> = db.first(&FIND, (name.norm().as_bytes(),)).await?;
    let Some((id,)) = found else {
        return Err(ManageError::Unknown(username.to_owned()));
    };
    db.exec(&SET, (id,)).await?;
    generations::renew(cache, Scope::Account, id).await;
    Ok(())
}

/// A line of `satchel user list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The user name.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// `user` or `admin`.
    pub role: String,
    /// `pending`, `active` or `disabled`.
    pub status: String,
}

/// The accounts in the order of their making, ten thousand at most.
pub async fn list(db: &Db) -> Result<Vec<Line>, DbError> {
    const LIST: Query = Query::new(
        "users.list",
        "SELECT username, email, role, status FROM users WHERE email_norm IS NOT NULL \
         ORDER BY id LIMIT 10000",
    );
    let rows: Vec<(String, String, String, String)> = db.list(&LIST, ()).await?;
    let lines = rows
        .into_iter()
        .map(|(username, email, role, status)| Line {
            username,
            email,
            role,
            status,
        });
    Ok(lines.collect())
}
