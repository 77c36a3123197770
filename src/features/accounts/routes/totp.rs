//! The second factor: begun with the password, on when its first code was entered.

use axum::extract::State;

use super::reauthentication;
use super::registration::code_refused;
use crate::api::caller::AccountOwner;
use crate::api::error::{ApiError, Report};
use crate::api::extract::ApiJson;
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::features::accounts::settings_model::{
    CodeProof, Reauthentication, RecoveryCodes, TotpEnrolment,
};
use crate::features::accounts::store::AccountStore;
use crate::platform::auth::totp::SharedSecret;

/// Makes a secret for an authenticator app. Nothing changes until its first code is confirmed.
#[utoipa::path(
    post, path = "/me/totp", operation_id = "me.begin_totp", tag = "me",
    request_body = Reauthentication, responses((status = 200, body = TotpEnrolment))
)]
pub(in crate::features::accounts) async fn begin(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<Reauthentication>,
) -> Result<Answer<TotpEnrolment>, ApiError> {
    let code = proof.code.as_deref();
    let found = reauthentication::require(&app, &accounts, &owner, proof.password, code).await?;
    let secret = SharedSecret::fresh();
    if !accounts.begin_totp(owner.id, &secret).await? {
        return Err(ApiError::Conflict(
            "totp_enabled",
            "Two-step sign-in is on already; switch it off first.",
        ));
    }
    let enrolment = secret.enrolment(&found.account.username);
    let enrolment =
        enrolment.ok_or_else(|| ApiError::Internal(Report::text("no QR code for a secret")))?;
    Ok(Answer(TotpEnrolment {
        secret: enrolment.secret,
        otpauth_uri: enrolment.uri,
        qr_svg: enrolment.qr_svg,
    }))
}

/// Switches the second factor on with its first code; the recovery codes are shown this once.
#[utoipa::path(
    post, path = "/me/totp/confirm", operation_id = "me.confirm_totp", tag = "me",
    request_body = CodeProof, responses((status = 200, body = RecoveryCodes))
)]
pub(in crate::features::accounts) async fn confirm(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<CodeProof>,
) -> Result<Answer<RecoveryCodes>, ApiError> {
    let found = accounts.find(owner.id).await?.ok_or(ApiError::NotFound)?;
    let codes = accounts
        .confirm_totp(&found.account, &proof.code, &app.clock, &owner.origin)
        .await?
        .ok_or_else(code_refused)?;
    app.queued.notify_one();
    Ok(Answer(RecoveryCodes {
        recovery_codes: codes,
    }))
}

/// Switches the second factor off; the recovery codes go with it.
#[utoipa::path(
    delete, path = "/me/totp", operation_id = "me.remove_totp", tag = "me",
    request_body = Reauthentication, responses((status = 204, description = "Two-step sign-in is off"))
)]
pub(in crate::features::accounts) async fn remove(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<Reauthentication>,
) -> Result<NoContent, ApiError> {
    let code = proof.code.as_deref();
    let found = reauthentication::require(&app, &accounts, &owner, proof.password, code).await?;
    if found.account.totp_enabled {
        accounts.disable_totp(&found.account, &owner.origin).await?;
        app.queued.notify_one();
    }
    Ok(NoContent)
}
