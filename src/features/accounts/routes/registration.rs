//! Signing up: register, prove the address, ask for another code.

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::caller::Visitor;
use crate::api::error::ApiError;
use crate::api::extract::ApiJson;
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::domain::invalid::Invalid;
use crate::domain::username::Username;
use crate::features::accounts::model::{CodeRequest, EmailProof, Registered, Registration};
use crate::features::accounts::store::{AccountStore, Registering};
use crate::platform::secret::Secret;
use crate::services::auth::rate_limits::Policy;

/// Makes an account and mails a six-digit code. The answer does not tell whether the address is
/// known; its owner learns it by mail.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "auth.register", tag = "sign-in",
    request_body = Registration, security(()), responses((status = 201, body = Registered))
)]
pub(in crate::features::accounts) async fn register(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(new): ApiJson<Registration>,
) -> Result<(StatusCode, Answer<Registered>), ApiError> {
    if !app.site.registration_open {
        return Err(ApiError::Refused(
            StatusCode::FORBIDDEN,
            "registration_closed",
            "New accounts are made by the administrator here.",
        ));
    }
    visitor.charge(&app, Policy::Register).await?;
    let username = Username::parse("username", &new.username)?;
    let email = Email::parse("email", &new.email)?;
    let hash = app.passwords.hash(Secret::new(new.password)).await?;
    match accounts
        .register(&username, &email, &hash, &visitor.origin())
        .await?
    {
        Registering::Done => {
            app.queued.notify_one();
            let answer = Registered {
                username: username.as_str().to_owned(),
                email: email.as_str().to_owned(),
            };
            Ok((StatusCode::CREATED, Answer(answer)))
        }
        Registering::UsernameTaken => Err(ApiError::Conflict(
            "username_taken",
            "This user name is taken.",
        )),
    }
}

/// Proves an address with the code that was mailed to it.
#[utoipa::path(
    post, path = "/auth/verify-email", operation_id = "auth.verify_email", tag = "sign-in",
    request_body = EmailProof, security(()), responses((status = 204, description = "The account may sign in"))
)]
pub(in crate::features::accounts) async fn verify_email(
    visitor: Visitor,
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<EmailProof>,
) -> Result<NoContent, ApiError> {
    let email = Email::parse("email", &proof.email)?;
    if accounts
        .verify(&email, &proof.code, &visitor.origin())
        .await?
    {
        return Ok(NoContent);
    }
    Err(code_refused())
}

/// The one answer to a code that is not good, whatever is wrong with it.
pub(super) fn code_refused() -> ApiError {
    let detail = "This code is wrong, used or too old; ask for another one.";
    let err = Invalid::new("code", "code_invalid", detail);
    ApiError::RefusedField(StatusCode::FORBIDDEN, err)
}

/// Mails another code, at most one in thirty seconds. The answer is always the same.
#[utoipa::path(
    post, path = "/auth/resend-code", operation_id = "auth.resend_code", tag = "sign-in",
    request_body = CodeRequest, security(()), responses((status = 202, description = "If an account waits for a code, one is on its way"))
)]
pub(in crate::features::accounts) async fn resend_code(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(request): ApiJson<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    visitor.charge(&app, Policy::Mail).await?;
    accounts
        .resend(&Email::parse("email", &request.email)?)
        .await?;
    app.queued.notify_one();
    Ok(StatusCode::ACCEPTED)
}
