//! The own account: seen, changed, given up.

use axum::extract::State;
use axum::response::Response;

use super::{reauthentication, signed_out};
use crate::api::caller::{AccountOwner, CurrentUser};
use crate::api::error::ApiError;
use crate::api::extract::ApiJson;
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::features::accounts::model::Account;
use crate::features::accounts::settings_model::{ProfilePatch, Reauthentication};
use crate::features::accounts::store::{AccountStore, Ending};

/// Who is signed in.
#[utoipa::path(
    get, path = "/me", operation_id = "me.read", tag = "me",
    responses((status = 200, body = Account))
)]
pub(in crate::features::accounts) async fn read(
    user: CurrentUser,
    State(accounts): State<AccountStore>,
) -> Result<Answer<Account>, ApiError> {
    let found = accounts.find(user.id).await?.ok_or(ApiError::NotFound)?;
    Ok(Answer(found.account))
}

/// Changes display name and time zone.
#[utoipa::path(
    patch, path = "/me", operation_id = "me.update", tag = "me",
    request_body = ProfilePatch, responses((status = 200, body = Account))
)]
pub(in crate::features::accounts) async fn update(
    owner: AccountOwner,
    State(accounts): State<AccountStore>,
    ApiJson(patch): ApiJson<ProfilePatch>,
) -> Result<Answer<Account>, ApiError> {
    let account = accounts.update_profile(owner.id, &patch).await?;
    account.map(Answer).ok_or(ApiError::NotFound)
}

/// Gives the account up: all sign-ins end, and in fourteen days it is deleted with everything in
/// it, unless its owner signs in before.
#[utoipa::path(
    delete, path = "/me", operation_id = "me.remove", tag = "me",
    request_body = Reauthentication, responses((status = 204, description = "It will be deleted"))
)]
pub(in crate::features::accounts) async fn remove(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<Reauthentication>,
) -> Result<Response, ApiError> {
    let code = proof.code.as_deref();
    let found = reauthentication::require(&app, &accounts, &owner, proof.password, code).await?;
    let by = Ending {
        actor: owner.id,
        origin: &owner.origin,
    };
    let going = accounts.schedule_deletion(&found.account, by).await?;
    if !going {
        return Err(ApiError::Conflict(
            "last_admin",
            "This is the last admin who can sign in; make another one first.",
        ));
    }
    app.sessions.invalidate(owner.id).await;
    app.queued.notify_one();
    Ok(signed_out(&app))
}
