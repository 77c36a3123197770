//! Changing the password, and setting a new one by mail when it is forgotten.

use axum::extract::State;
use axum::http::StatusCode;

use super::reauthentication;
use crate::api::caller::{AccountOwner, Visitor};
use crate::api::error::ApiError;
use crate::api::extract::ApiJson;
use crate::api::reply::NoContent;
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::domain::invalid::Invalid;
use crate::domain::password;
use crate::domain::username::Username;
use crate::features::accounts::model::Account;
use crate::features::accounts::settings_model::{ForgottenPassword, PasswordChange, PasswordReset};
use crate::features::accounts::store::AccountStore;
use crate::platform::secret::Secret;
use crate::services::auth::rate_limits::Policy;

/// Changes the password. All other sign-ins end; the owner is told by mail.
#[utoipa::path(
    post, path = "/me/password", operation_id = "me.change_password", tag = "me",
    request_body = PasswordChange, responses((status = 204, description = "Changed"))
)]
pub(in crate::features::accounts) async fn change(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(change): ApiJson<PasswordChange>,
) -> Result<NoContent, ApiError> {
    let (current, code) = (change.current_password, change.code.as_deref());
    let found = reauthentication::require(&app, &accounts, &owner, current, code).await?;
    check_for("new_password", &change.new_password, &found.account)?;
    let hash = app.passwords.hash(Secret::new(change.new_password)).await?;
    accounts
        .change_password(&found.account, owner.session, &hash, &owner.origin)
        .await?;
    app.sessions.invalidate(owner.id).await;
    app.queued.notify_one();
    Ok(NoContent)
}

/// The whole rules, which need to know whose password it will be.
fn check_for(field: &str, new: &str, account: &Account) -> Result<(), ApiError> {
    let username = Username::parse("username", &account.username)?;
    let email = Email::parse("email", &account.email)?;
    password::check(field, new, &username, &email)?;
    Ok(())
}

/// Mails a link if the address belongs to an account. The answer is always the same.
#[utoipa::path(
    post, path = "/auth/forgot-password", operation_id = "auth.forgot_password", tag = "sign-in",
    request_body = ForgottenPassword, security(()),
    responses((status = 202, description = "If the address belongs to an account, a link is on its way"))
)]
pub(in crate::features::accounts) async fn forgot(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(request): ApiJson<ForgottenPassword>,
) -> Result<StatusCode, ApiError> {
    visitor.charge(&app, Policy::Mail).await?;
    let email = Email::parse("email", &request.email)?;
    let origin = visitor.origin();
    let task = app.clone();
    // The answer does not wait for the work, so its time does not tell whether there was any.
    app.background.spawn(async move {
        match accounts.request_reset(&email, &origin).await {
            Ok(()) => task.queued.notify_one(),
            Err(err) => tracing::error!(error = %err, "a link for a new password was not made"),
        }
    });
    Ok(StatusCode::ACCEPTED)
}

/// Sets a password by the link that was mailed: once, within thirty minutes. All sign-ins end; the
/// second factor is still asked for at the next one.
#[utoipa::path(
    post, path = "/auth/reset-password", operation_id = "auth.reset_password", tag = "sign-in",
    request_body = PasswordReset, security(()), responses((status = 204, description = "The new password is set"))
)]
pub(in crate::features::accounts) async fn reset(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(reset): ApiJson<PasswordReset>,
) -> Result<NoContent, ApiError> {
    let account = accounts
        .reset_owner(&reset.token)
        .await?
        .ok_or_else(link_refused)?;
    check_for("password", &reset.password, &account)?;
    let hash = app.passwords.hash(Secret::new(reset.password)).await?;
    let outcome = accounts
        .reset_password(&reset.token, &hash, &visitor.origin())
        .await?;
    let user = outcome.ok_or_else(link_refused)?;
    app.sessions.invalidate(user).await;
    app.queued.notify_one();
    Ok(NoContent)
}

fn link_refused() -> ApiError {
    let detail = "This link was used or is too old; ask for another one.";
    let err = Invalid::new("token", "token_invalid", detail);
    ApiError::RefusedField(StatusCode::FORBIDDEN, err)
}
