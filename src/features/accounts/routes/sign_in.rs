//! Signing in, staying signed in, signing out.
//! One answer and one amount of work for every sign-in that fails, whatever the reason.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::signed_out;
use crate::api::caller::{AccountOwner, TokenBearer, Visitor};
use crate::api::error::{ApiError, Challenge, Report};
use crate::api::extract::{ApiJson, ApiQuery, OptionalJson};
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::AccountStatus;
use crate::features::accounts::cookie;
use crate::features::accounts::model::{
    Account, Login, RefreshRequest, SignedIn, Transport, TransportQuery,
};
use crate::features::accounts::store::{
    AccountStore, Credentials, Factor, Refreshed, normal_login,
};
use crate::platform::auth::jwt;
use crate::platform::auth::refresh::RefreshToken;
use crate::platform::secret::Secret;
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::auth::login_throttle;

/// Signs in. The refresh token comes in a cookie, or in the body with `transport=body`.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "auth.login", tag = "sign-in", params(TransportQuery),
    request_body = Login, security(()), responses((status = 200, body = SignedIn))
)]
pub(in crate::features::accounts) async fn login(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TransportQuery>,
    ApiJson(login): ApiJson<Login>,
) -> Result<Response, ApiError> {
    let found = accounts.find_by_login(&login.login).await?;
    let known = found.as_ref().map(|found| found.account.id);
    let attempt = Attempt::begin(&app, &accounts, &visitor, &headers, &login.login, known).await?;
    let password = Secret::new(login.password);
    let stored = found.as_ref().map(|found| found.password_hash.clone());
    let verdict = app.passwords.verify(password.clone(), stored).await?;
    let Some(found) = found.filter(|_| verdict.matches) else {
        return Err(attempt.failed(known, INVALID_CREDENTIALS).await?);
    };
    if let Err(reason) = check_status(&found) {
        attempt.forgive().await?;
        return Err(attempt.refused(known, reason).await?);
    }
    check_factor(&attempt, &found, login.code.as_deref()).await?;
    attempt.forgive().await?;
    visitor.is_user(found.account.id);
    let token = RefreshToken::issue(&app.keys, SessionId::new());
    let outdated = verdict.outdated.then(|| found.password_hash.clone());
    let account = open(&attempt, found, &password, &token).await?;
    if let Some(old) = outdated {
        let hash = app.passwords.hash(password).await?;
        accounts.replace_hash(account.id, &old, &hash).await?;
    }
    app.queued.notify_one();
    signed_in(&app, account, &token, query.transport.unwrap_or_default())
}

const INVALID_CREDENTIALS: (&str, &str) = (
    "invalid_credentials",
    "User name, mail address or password is wrong.",
);

/// Opens the sign-in. When password or state changed while they were being checked, they are checked
/// once more: a change ends the sign-ins that are open, and this one must not slip past it.
async fn open(
    attempt: &Attempt<'_>,
    mut found: Credentials,
    password: &Secret<String>,
    token: &RefreshToken,
) -> Result<Account, ApiError> {
    let (app, accounts) = (attempt.app, attempt.accounts);
    let (code, detail) = INVALID_CREDENTIALS;
    let refused = || ApiError::Refused(StatusCode::UNAUTHORIZED, code, detail);
    for _ in 0..2 {
        let (origin, now) = (&attempt.origin, app.clock.now());
        if accounts.open_session(&found, token, origin, now).await? {
            return Ok(found.account);
        }
        found = accounts.find(found.account.id).await?.ok_or_else(refused)?;
        let stored = Some(found.password_hash.clone());
        let verdict = app.passwords.verify(password.clone(), stored).await?;
        if !verdict.matches {
            break;
        }
        if let Err(reason) = check_status(&found) {
            return Err(attempt.refused(Some(found.account.id), reason).await?);
        }
    }
    Err(refused())
}

/// A try that was counted under the account's name before any work was done.
struct Attempt<'a> {
    app: &'a AppState,
    accounts: &'a AccountStore,
    origin: Origin,
    address: Vec<u8>,
    subject: Vec<u8>,
}

impl<'a> Attempt<'a> {
    /// The refusal after a right password, with its line in the audit log. From here on the answer
    /// may take its own time.
    async fn refused(
        &self,
        known: Option<UserId>,
        (code, detail): (&'static str, &'static str),
    ) -> Result<ApiError, ApiError> {
        let entry = self.entry(Action::SignInRefused, known, code);
        audit::note(&self.app.db, entry).await?;
        Ok(ApiError::Refused(StatusCode::FORBIDDEN, code, detail))
    }

    /// Counts the try. A device that was signed in to this account before has a count of its own,
    /// so that strangers cannot lock the owner out.
    async fn begin(
        app: &'a AppState,
        accounts: &'a AccountStore,
        visitor: &Visitor,
        headers: &HeaderMap,
        login: &str,
        known: Option<UserId>,
    ) -> Result<Self, ApiError> {
        let login = normal_login(login);
        // Name and address of one account are one count.
        let mut subject = match known {
            Some(user) => user.as_bytes().to_vec(),
            None => login.clone().into_bytes(),
        };
        let token =
            cookie::read(&app.site, headers).and_then(|text| RefreshToken::parse(&app.keys, text));
        if let Some(token) = token
            && accounts.is_known_device(token.session(), &login).await?
        {
            subject.extend_from_slice(token.session().as_bytes());
        }
        let attempt = Self {
            app,
            accounts,
            origin: visitor.origin(),
            address: visitor.address(),
            subject,
        };
        let refusal = attempt.entry(Action::SignInThrottled, known, "account");
        let (throttle, subject) = (login_throttle::ACCOUNT, &attempt.subject);
        match login_throttle::charge(&app.db, &app.keys, throttle, subject, refusal).await? {
            Some(after) => Err(ApiError::TooManyRequests(after)),
            None => Ok(attempt),
        }
    }

    /// A line about this try, by somebody who is nobody yet.
    fn entry<'e>(&'e self, action: Action, target: Option<UserId>, detail: &'e str) -> Entry<'e> {
        Entry {
            action,
            actor: None,
            target,
            origin: &self.origin,
            detail,
        }
    }

    /// The try was none of those that are counted.
    async fn forgive(&self) -> Result<(), ApiError> {
        let (db, keys) = (&self.app.db, &self.app.keys);
        login_throttle::refund(db, keys, login_throttle::ACCOUNT, &self.subject).await?;
        Ok(())
    }

    /// The try stays counted, also under the address. Too many failures from one address are told
    /// apart only here: a right password never gets this far. Of those only the first of a window
    /// is in the log. What is written follows from the count alone, never from why it failed.
    async fn failed(
        &self,
        target: Option<UserId>,
        (code, detail): (&'static str, &'static str),
    ) -> Result<ApiError, ApiError> {
        let (db, keys) = (&self.app.db, &self.app.keys);
        let refusal = self.entry(Action::SignInThrottled, target, "address");
        let (throttle, subject) = (login_throttle::ADDRESS, &self.address);
        if let Some(after) = login_throttle::charge(db, keys, throttle, subject, refusal).await? {
            return Ok(ApiError::TooManyRequests(after));
        }
        audit::note(db, self.entry(Action::SignInFailed, target, code)).await?;
        Ok(ApiError::Refused(StatusCode::UNAUTHORIZED, code, detail))
    }
}

/// Only after the right password does anybody learn why an account may not sign in: code and detail.
fn check_status(found: &Credentials) -> Result<(), (&'static str, &'static str)> {
    let refused = |code, detail| Err((code, detail));
    match found.status {
        // Its rows are being removed: signing in would keep an account that is half empty.
        AccountStatus::Active if found.deletion_due => {
            refused("account_disabled", "This account is being deleted.")
        }
        AccountStatus::Active => Ok(()),
        AccountStatus::Pending => refused(
            "email_not_verified",
            "Enter the code that was mailed to you first.",
        ),
        AccountStatus::Disabled => refused(
            "account_disabled",
            "This account is disabled; ask the administrator.",
        ),
    }
}

async fn check_factor(
    attempt: &Attempt<'_>,
    found: &Credentials,
    code: Option<&str>,
) -> Result<(), ApiError> {
    if !found.account.totp_enabled {
        return Ok(());
    }
    let Some(code) = code else {
        attempt.forgive().await?;
        return Err(ApiError::Refused(
            StatusCode::UNAUTHORIZED,
            "mfa_required",
            "Enter a code from your authenticator app, or a recovery code.",
        ));
    };
    let clock = &attempt.app.clock;
    match attempt
        .accounts
        .use_factor(found, code, clock, &attempt.origin)
        .await?
    {
        Factor::Good => Ok(()),
        Factor::Bad => {
            let words = (
                "mfa_required",
                "This code is wrong or was used before; enter another one.",
            );
            Err(attempt.failed(Some(found.account.id), words).await?)
        }
    }
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
        .map_err(|err| ApiError::Internal(Report::new(&err)))?;
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
pub(in crate::features::accounts) async fn refresh(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TransportQuery>,
    body: Result<OptionalJson<RefreshRequest>, ApiError>,
) -> Result<Response, ApiError> {
    let transport = query.transport.unwrap_or_default();
    let text = match transport {
        // No token is a token that nobody has: one answer for both.
        Transport::Body => body?
            .0
            .and_then(|sent| sent.refresh_token)
            .unwrap_or_default(),
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
    match accounts
        .rotate(&token, &successor, &visitor.origin())
        .await?
    {
        Refreshed::Done(account) => {
            visitor.is_user(account.id);
            signed_in(&app, account, &successor, transport)
        }
        Refreshed::Over(ended) => {
            if let Some(user) = ended {
                app.sessions.invalidate(user).await;
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
pub(in crate::features::accounts) async fn logout(
    visitor: Visitor,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    caller: Result<TokenBearer, ApiError>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let by_cookie =
        cookie::read(&app.site, &headers).and_then(|text| RefreshToken::parse(&app.keys, text));
    let origin = visitor.origin();
    match (caller, by_cookie) {
        (Ok(TokenBearer(claimed)), _) => {
            accounts
                .close_session(claimed.user, claimed.session, &origin)
                .await?;
            app.sessions.invalidate(claimed.user).await;
        }
        (Err(ApiError::Unauthorized(Challenge::Missing)), Some(token)) => {
            cookie::check_origin(&app.site, &headers)?;
            let successor = token.successor(&app.keys);
            let user = match accounts.rotate(&token, &successor, &origin).await? {
                Refreshed::Done(account) => {
                    let (user, session) = (account.id, token.session());
                    accounts.close_session(user, session, &origin).await?;
                    Some(user)
                }
                Refreshed::Over(ended) => ended,
            };
            if let Some(user) = user {
                app.sessions.invalidate(user).await;
            }
        }
        (Err(err), _) => return Err(err),
    }
    Ok(signed_out(&app))
}

/// Ends all sign-ins of this account, this one included.
#[utoipa::path(
    post, path = "/auth/logout-all", operation_id = "auth.logout_all", tag = "sign-in",
    responses((status = 204, description = "All sign-ins are over on every instance"))
)]
pub(in crate::features::accounts) async fn logout_all(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
) -> Result<Response, ApiError> {
    accounts
        .close_sessions(owner.id, owner.id, &owner.origin)
        .await?;
    app.sessions.invalidate(owner.id).await;
    Ok(signed_out(&app))
}
