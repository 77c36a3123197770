//! What admins do to accounts over the API beyond a change of role and state: make one, end its
//! sign-ins, end it. Refuses what `manage` refuses; sees nothing of what accounts hold.

use axum::extract::FromRef;

use super::manage::{self, ManageError, Managed};
use super::store::{AccountStore, Ending, NewAccount};
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::role::{AccountStatus, Role};
use crate::domain::username::Username;
use crate::platform::crypto;
use crate::platform::secret::Secret;
use crate::services::auth::audit::Origin;

/// An account to be made.
pub struct Wanted {
    pub username: Username,
    /// The mail address; the admin vouches for it.
    pub email: Email,
    pub role: Role,
    /// The password, already checked; absent: its owner chooses one by a mailed link.
    pub password: Option<Secret<String>>,
}

/// Makes an account that may sign in.
pub async fn create(
    app: &AppState,
    actor: UserId,
    wanted: Wanted,
    origin: &Origin,
) -> Result<Managed, ManageError> {
    let invited = wanted.password.is_none();
    // A password that nobody knows: signing in costs as much as anywhere and fails.
    let unknown = || Secret::new(crypto::random_text::<32>());
    let password = wanted.password.unwrap_or_else(unknown);
    let hash = app.passwords.hash(password).await?;
    let new = NewAccount {
        id: UserId::new(),
        username: &wanted.username,
        email: &wanted.email,
        reserved: false,
        hash: &hash,
        role: wanted.role,
        status: AccountStatus::Active,
    };
    AccountStore::from_ref(app)
        .insert_by_admin(&new, invited, actor, origin)
        .await
        .map_err(ManageError::from_insert)?;
    app.queued.notify_one();
    let made = manage::find(&app.db, new.id).await?;
    made.ok_or(ManageError::Unknown)
}

/// Ends an account as its owner would: sign-ins at once, the rest after the grace.
pub async fn end(
    app: &AppState,
    actor: UserId,
    id: UserId,
    origin: &Origin,
) -> Result<(), ManageError> {
    manage::find(&app.db, id)
        .await?
        .ok_or(ManageError::Unknown)?;
    let accounts = AccountStore::from_ref(app);
    let found = accounts.find(id).await?.ok_or(ManageError::Unknown)?;
    let by = Ending { actor, origin };
    if !accounts.schedule_deletion(&found.account, by).await? {
        return Err(ManageError::LastAdmin);
    }
    app.sessions.invalidate(id).await;
    app.queued.notify_one();
    Ok(())
}

/// Ends all sign-ins of an account, on every instance at its next request.
pub async fn sign_out(
    app: &AppState,
    actor: UserId,
    id: UserId,
    origin: &Origin,
) -> Result<(), ManageError> {
    manage::find(&app.db, id)
        .await?
        .ok_or(ManageError::Unknown)?;
    let accounts = AccountStore::from_ref(app);
    accounts.close_sessions(id, actor, origin).await?;
    app.sessions.invalidate(id).await;
    Ok(())
}
