//! The endpoints of accounts: fetch, decide, answer.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookie;
use super::model::{
    Account, CodeRequest, EmailProof, Login, RefreshRequest, Registered, Registration, SignedIn,
    Transport, TransportQuery,
};
use super::store::{AccountStore, Credentials, Refreshed, Registering};
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::context::RequestContext;
use crate::api::error::{ApiError, Challenge, Report};
use crate::api::extract::{ApiJson, ApiQuery};
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::domain::id::SessionId;
use crate::domain::invalid::Invalid;
use crate::domain::role::AccountStatus;
use crate::domain::username::Username;
use crate::platform::auth::jwt;
use crate::platform::auth::refresh::RefreshToken;
use crate::platform::secret::Secret;
use crate::records::sessions::Device;

/// Makes an account and mails a six-digit code. The answer does not tell whether the address is
/// known; its owner learns it by mail.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "auth.register", tag = "sign-in",
    request_body = Registration, security(()), responses((status = 201, body = Registered))
)]
pub(super) async fn register(
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(new): ApiJson<Registration>,
) -> Result<(StatusCode, Answer<Registered>), ApiError> {
    let username = Username::parse("username", &new.username)?;
    let email = Email::parse("email", &new.email)?;
    let hash = app.passwords.hash(Secret::new(new.password)).await?;
    match accounts.register(&username, &email, &hash).await? {
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
pub(super) async fn verify_email(
    State(accounts): State<AccountStore>,
    ApiJson(proof): ApiJson<EmailProof>,
) -> Result<NoContent, ApiError> {
    let email = Email::parse("email", &proof.email)?;
    if accounts.verify(&email, &proof.code).await? {
        return Ok(NoContent);
    }
    Err(Invalid::new(
        "code",
        "code_invalid",
        "This code is wrong, used or too old; ask for another one.",
    )
    .into())
}

/// Mails another code, at most one in thirty seconds. The answer is always the same.
#[utoipa::path(
    post, path = "/auth/resend-code", operation_id = "auth.resend_code", tag = "sign-in",
    request_body = CodeRequest, security(()), responses((status = 202, description = "If an account waits for a code, one is on its way"))
)]
pub(super) async fn resend_code(
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiJson(request): ApiJson<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    accounts
        .resend(&Email::parse("email", &request.email)?)
        .await?;
    app.queued.notify_one();
    Ok(StatusCode::ACCEPTED)
}

/// Signs in. The refresh token comes in a cookie, or in the body with `transport=body`.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "auth.login", tag = "sign-in", params(TransportQuery),
    request_body = Login, security(()), responses((status = 200, body = SignedIn))
)]
pub(super) async fn login(
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TransportQuery>,
    ApiJson(login): ApiJson<Login>,
) -> Result<Response, ApiError> {
    let found = accounts.find_by_login(&login.login).await?;
    let password = Secret::new(login.password);
    let stored = found.as_ref().map(|found| found.password_hash.clone());
    let verdict = app.passwords.verify(password.clone(), stored).await?;
    let Some(found) = found.filter(|_| verdict.matches) else {
        return Err(ApiError::Refused(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "User name, mail address or password is wrong.",
        ));
    };
    check_status(&found)?;
    let account = found.account;
    context.set_user(account.id);
    if verdict.outdated {
        let hash = app.passwords.hash(password).await?;
        accounts
            .replace_hash(account.id, &found.password_hash, &hash)
            .await?;
    }
    let token = RefreshToken::issue(&app.keys, SessionId::new());
    let device = Device {
        user_agent: user_agent(&headers),
        ip: context.client_ip().to_string(),
    };
    accounts.open_session(account.id, &token, &device).await?;
    signed_in(&app, account, &token, query.transport.unwrap_or_default())
}

/// Only after the right password does anybody learn why an account may not sign in.
fn check_status(found: &Credentials) -> Result<(), ApiError> {
    match found.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Pending => Err(ApiError::Refused(
            StatusCode::FORBIDDEN,
            "email_not_verified",
            "Enter the code that was mailed to you first.",
        )),
        AccountStatus::Disabled => Err(ApiError::Refused(
            StatusCode::FORBIDDEN,
            "account_disabled",
            "This account is disabled; ask the administrator.",
        )),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn signed_in(
    app: &AppState,
    account: Account,
    token: &RefreshToken,
    transport: Transport,
) -> Result<Response, ApiError> {
    let access_token = app
        .tokens
        .sign(account.id, token.session(), &app.clock)
        .map_err(|fault| ApiError::Internal(Report::new(&fault)))?;
    let by_body = transport == Transport::Body;
    let mut response = Answer(SignedIn {
        access_token,
        token_type: "Bearer",
        expires_in: jwt::LIFE_S,
        user: account,
        refresh_token: by_body.then(|| token.to_text()),
    })
    .into_response();
    if let Some(value) = cookie::set(&app.site, token).filter(|_| !by_body) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Exchanges the refresh token for a new pair. Two tabs at once get the same one; an old token
/// that comes back later ends the sign-in.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "auth.refresh", tag = "sign-in", params(TransportQuery),
    request_body(content = Option<RefreshRequest>, description = "Only with transport=body"), security(()),
    responses((status = 200, body = SignedIn))
)]
pub(super) async fn refresh(
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TransportQuery>,
    body: Result<ApiJson<RefreshRequest>, ApiError>,
) -> Result<Response, ApiError> {
    let transport = query.transport.unwrap_or_default();
    let text = match transport {
        Transport::Body => body?.0.refresh_token,
        Transport::Cookie => {
            cookie::check_origin(&app.site, &headers)?;
            cookie::read(&app.site, &headers)
                .unwrap_or_default()
                .to_owned()
        }
    };
    let Some(token) = RefreshToken::parse(&app.keys, &text) else {
        return Ok(session_over(&app, transport));
    };
    let successor = token.successor(&app.keys);
    match accounts.rotate(&token, &successor).await? {
        Refreshed::Done(account) => {
            context.set_user(account.id);
            signed_in(&app, account, &successor, transport)
        }
        Refreshed::Over(ended) => {
            if let Some(user) = ended {
                app.sessions.forget(user).await;
            }
            Ok(session_over(&app, transport))
        }
    }
}

fn session_over(app: &AppState, transport: Transport) -> Response {
    let refusal = ApiError::Refused(StatusCode::UNAUTHORIZED, "session_over", "Sign in again.");
    let mut response = refusal.into_response();
    if let Some(value) = cookie::clear(&app.site).filter(|_| transport == Transport::Cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// Ends this sign-in. A bearer token is enough; so is the refresh cookie.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "auth.logout", tag = "sign-in",
    security((), ("bearer" = [])),
    responses((status = 204, description = "The sign-in is over on every instance"))
)]
pub(super) async fn logout(
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    caller: Result<UncheckedCaller, ApiError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let by_cookie =
        cookie::read(&app.site, &headers).and_then(|text| RefreshToken::parse(&app.keys, text));
    match (caller, by_cookie) {
        (Ok(UncheckedCaller(claimed)), _) => {
            accounts
                .close_session(claimed.user, claimed.session)
                .await?;
            app.sessions.forget(claimed.user).await;
        }
        (Err(ApiError::Unauthorized(Challenge::Missing)), Some(token)) => {
            cookie::check_origin(&app.site, &headers)?;
            let successor = token.successor(&app.keys);
            if let Refreshed::Done(account) = accounts.rotate(&token, &successor).await? {
                accounts.close_session(account.id, token.session()).await?;
                app.sessions.forget(account.id).await;
            }
        }
        (Err(fault), _) => return Err(fault),
    }
    let mut response = NoContent.into_response();
    if let Some(value) = cookie::clear(&app.site) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Ends all sign-ins of this account, this one included.
#[utoipa::path(
    post, path = "/auth/logout-all", operation_id = "auth.logout_all", tag = "sign-in",
    responses((status = 204, description = "All sign-ins are over on every instance"))
)]
pub(super) async fn logout_all(
    user: CurrentUser,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
) -> Result<Response, ApiError> {
    accounts.close_sessions(user.id).await?;
    app.sessions.forget(user.id).await;
    let mut response = NoContent.into_response();
    if let Some(value) = cookie::clear(&app.site) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/me", operation_id = "me.read", tag = "me",
    responses((status = 200, body = Account))
)]
pub(super) async fn me(
    user: CurrentUser,
    State(accounts): State<AccountStore>,
) -> Result<Answer<Account>, ApiError> {
    let account = accounts.find(user.id).await?;
    account.map(Answer).ok_or(ApiError::NotFound)
}
