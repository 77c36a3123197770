//! Changing the mail address: asked for with the password, done with the code.

use axum::extract::State;
use axum::http::StatusCode;

use super::reauthentication;
use super::registration::code_refused;
use crate::api::caller::AccountOwner;
use crate::api::error::ApiError;
use crate::api::extract::ApiJson;
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::features::accounts::model::Account;
use crate::features::accounts::settings_model::{CodeProof, EmailChange};
use crate::features::accounts::store::{AccountStore, Confirmed};

/// Mails a code to the new address and a notice to the old one.
#[utoipa::path(
    post, path = "/me/email", operation_id = "me.change_email", tag = "me",
    request_body = EmailChange, responses((status = 202, description = "A code is on its way to the new address"))
)]
pub(in crate::features::accounts) async fn change(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(change): ApiJson<EmailChange>,
) -> Result<StatusCode, ApiError> {
    let email = Email::parse("email", &change.email)?;
    let (password, code) = (change.password, change.code.as_deref());
    let found = reauthentication::require(&app, &accounts, &owner, password, code).await?;
    accounts
        .request_email_change(&found.account, &email, &owner.origin)
        .await?;
    app.queued.notify_one();
    Ok(StatusCode::ACCEPTED)
}

/// Uses the code: from here on the account has the new address.
#[utoipa::path(
    post, path = "/me/email/confirm", operation_id = "me.confirm_email", tag = "me",
    request_body = CodeProof, responses((status = 200, body = Account))
)]
pub(in crate::features::accounts) async fn confirm(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<CodeProof>,
) -> Result<Answer<Account>, ApiError> {
    let found = accounts.find(owner.id).await?.ok_or(ApiError::NotFound)?;
    let outcome = accounts
        .confirm_email_change(&found.account, &proof.code, &owner.origin)
        .await?;
    match outcome {
        Confirmed::Done(account) => {
            app.queued.notify_one();
            Ok(Answer(account))
        }
        Confirmed::Refused => Err(code_refused()),
    }
}
