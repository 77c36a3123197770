//! Who asks: the permission is a type in the handler's signature.
//!
//! | type | who |
//! |---|---|
//! | `Visitor` | anybody; counted by address |
//! | `CurrentUser` | a sign-in, or an API key with the scope that the method needs |
//! | `UncheckedCaller` | the same for list pages, which check it in the round trip of the page |
//! | `LastingCaller` | the same for a request that lasts: it can be asked again |
//! | `TokenBearer` | a genuine token, its sign-in may be over |
//! | `AccountOwner` | a sign-in; API keys cannot manage the account |
//! | `AdminUser` | a sign-in of an admin |

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};

use crate::api::context::RequestContext;
use crate::api::error::{ApiError, Challenge, Report};
use crate::api::state::AppState;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::Role;
use crate::platform::auth::jwt::Claims;
use crate::platform::db::DbError;
use crate::services::auth::api_keys::{self, KeyStanding, Scopes};
use crate::services::auth::audit::Origin;
use crate::services::auth::rate_limits::{Policy, address_subject};
use crate::services::auth::sessions::{Claimed, Look, Standing};
use crate::services::page_cache::PageKey;

/// Anybody; the request is counted under the address it comes from.
#[derive(Debug, Clone)]
pub struct Visitor {
    context: RequestContext,
}

/// Somebody who is signed in or holds a key, checked at this very request.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub id: UserId,
    pub role: Role,
}

/// Somebody who is signed in, not merely holding a key.
#[derive(Debug, Clone)]
pub struct AccountOwner {
    pub id: UserId,
    pub session: SessionId,
    pub role: Role,
    /// Where the request comes from.
    pub origin: Origin,
}

/// An admin who is signed in.
#[derive(Debug, Clone)]
pub struct AdminUser {
    pub id: UserId,
    /// Where the request comes from.
    pub origin: Origin,
}

/// A caller of a list page.
#[derive(Debug, Clone)]
pub struct UncheckedCaller {
    pub user: UserId,
    proof: Proof,
    context: RequestContext,
}

/// A caller whose request lasts: checked at its start, and to be checked again while it goes on.
#[derive(Debug, Clone)]
pub struct LastingCaller {
    pub user: UserId,
    proof: LastingProof,
}

#[derive(Debug, Clone)]
enum LastingProof {
    /// A sign-in, and the second in which the token ends.
    Session(Claimed, u64),
    /// The digest of a key, and where it is used from.
    Key([u8; 32], String),
}

#[derive(Debug, Clone, Copy)]
enum Proof {
    /// A genuine token; its sign-in is checked together with the page.
    Session(Claimed),
    /// A key that was checked already.
    Key(Standing),
}

impl Visitor {
    /// Counts the request under a further policy.
    pub async fn charge(&self, app: &AppState, policy: Policy) -> Result<(), ApiError> {
        let subject = address_subject(self.context.client_ip());
        let charge = app.limits.charge(policy, &subject).await;
        self.context.charged_also(charge)
    }

    /// Where the request comes from.
    pub fn origin(&self) -> Origin {
        self.context.origin()
    }

    /// The address as a subject of throttles.
    pub fn address(&self) -> Vec<u8> {
        address_subject(self.context.client_ip())
    }

    /// Notes who the visitor turned out to be.
    pub fn is_user(&self, user: UserId) {
        self.context.set_user(user);
    }
}

impl UncheckedCaller {
    /// Checks the caller and looks for the page, in one round trip for sign-ins.
    pub async fn look(&self, app: &AppState, page: Option<&PageKey>) -> Result<Look, ApiError> {
        let look = match (self.proof, page) {
            (Proof::Session(claimed), Some(page)) => {
                app.sessions.check_with_page(claimed, page).await?
            }
            (Proof::Session(claimed), None) => {
                let checked = app.sessions.check(claimed).await?;
                Look::without_page(checked.standing, checked.charge)
            }
            (Proof::Key(standing), _) => Look::without_page(Some(standing), None),
        };
        if look.standing.is_none() {
            return Err(ApiError::Unauthorized(Challenge::InvalidToken));
        }
        self.context.set_user(self.user);
        self.context.charged(look.charge)?;
        Ok(look)
    }
}

impl LastingCaller {
    /// Whether the sign-in still stands, or the key still may read.
    pub async fn stands(&self, app: &AppState) -> Result<bool, DbError> {
        self.stands_for(app, |scopes| scopes.read).await
    }

    /// Whether the sign-in still stands, or the key still may write.
    pub async fn may_write(&self, app: &AppState) -> Result<bool, DbError> {
        self.stands_for(app, |scopes| scopes.write).await
    }

    async fn stands_for(
        &self,
        app: &AppState,
        needed: fn(&Scopes) -> bool,
    ) -> Result<bool, DbError> {
        match &self.proof {
            LastingProof::Session(claimed, _) => app.sessions.stands(*claimed).await,
            LastingProof::Key(digest, ip) => {
                let standing = api_keys::check(&app.db, digest, ip).await?;
                Ok(standing.is_some_and(|standing| needed(&standing.scopes)))
            }
        }
    }

    /// How long the token is still good; a key has no such end.
    pub fn time_left(&self, app: &AppState) -> Option<Duration> {
        let LastingProof::Session(_, ends) = self.proof else {
            return None;
        };
        let now = u64::try_from(app.clock.now().micros()).unwrap_or(0);
        let ends = ends.saturating_mul(1_000_000);
        Some(Duration::from_micros(ends.saturating_sub(now)))
    }
}

enum Credential<'a> {
    Token(&'a str),
    Key(&'a str),
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let visitor = Self {
            context: context(parts)?,
        };
        let charge = app.limits.charge(Policy::Address, &visitor.address()).await;
        visitor.context.charged(charge)?;
        Ok(visitor)
    }
}

impl<S> FromRequestParts<S> for UncheckedCaller
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let context = context(parts)?;
        let (user, proof) = match credential(parts)? {
            Credential::Token(token) => {
                let claimed = claim(&app, token)?;
                (claimed.user, Proof::Session(claimed))
            }
            Credential::Key(key) => {
                let standing = check_key(&app, &context, key, &parts.method).await?;
                (
                    standing.user,
                    Proof::Key(Standing {
                        role: standing.role,
                    }),
                )
            }
        };
        Ok(Self {
            user,
            proof,
            context,
        })
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let context = context(parts)?;
        match credential(parts)? {
            Credential::Token(token) => {
                let (claimed, standing) = check_token(&app, &context, token).await?;
                Ok(Self {
                    id: claimed.user,
                    role: standing.role,
                })
            }
            Credential::Key(key) => {
                let standing = check_key(&app, &context, key, &parts.method).await?;
                Ok(Self {
                    id: standing.user,
                    role: standing.role,
                })
            }
        }
    }
}

impl<S> FromRequestParts<S> for LastingCaller
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let user = CurrentUser::from_request_parts(parts, state).await?.id;
        let app = AppState::from_ref(state);
        let proof = match credential(parts)? {
            Credential::Token(token) => {
                let claims = claims(&app, token)?;
                LastingProof::Session(claimed(&claims), claims.exp)
            }
            Credential::Key(key) => {
                let ip = context(parts)?.client_ip().to_string();
                LastingProof::Key(api_keys::digest(key), ip)
            }
        };
        Ok(Self { user, proof })
    }
}

impl<S> FromRequestParts<S> for AccountOwner
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = AppState::from_ref(state);
        let context = context(parts)?;
        let token = match credential(parts)? {
            Credential::Token(token) => token,
            Credential::Key(key) => {
                check_key(&app, &context, key, &Method::GET).await?;
                return Err(ApiError::Refused(
                    StatusCode::FORBIDDEN,
                    "sign_in_required",
                    "An API key cannot manage the account; sign in.",
                ));
            }
        };
        let (claimed, standing) = check_token(&app, &context, token).await?;
        Ok(Self {
            id: claimed.user,
            session: claimed.session,
            role: standing.role,
            origin: context.origin(),
        })
    }
}

impl<S> FromRequestParts<S> for AdminUser
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let owner = AccountOwner::from_request_parts(parts, state).await?;
        if owner.role != Role::Admin {
            return Err(ApiError::Refused(
                StatusCode::FORBIDDEN,
                "admin_required",
                "Only admins may do this.",
            ));
        }
        Ok(Self {
            id: owner.id,
            origin: owner.origin,
        })
    }
}

fn context(parts: &Parts) -> Result<RequestContext, ApiError> {
    let missing = || ApiError::Internal(Report::text("a request without its context"));
    parts
        .extensions
        .get::<RequestContext>()
        .cloned()
        .ok_or_else(missing)
}

fn claims(app: &AppState, token: &str) -> Result<Claims, ApiError> {
    let claims = app.tokens.verify(token);
    claims.map_err(|_| ApiError::Unauthorized(Challenge::InvalidToken))
}

fn claimed(claims: &Claims) -> Claimed {
    Claimed {
        user: claims.sub,
        session: claims.sid,
    }
}

fn claim(app: &AppState, token: &str) -> Result<Claimed, ApiError> {
    claims(app, token).map(|claims| claimed(&claims))
}

async fn check_token(
    app: &AppState,
    context: &RequestContext,
    token: &str,
) -> Result<(Claimed, Standing), ApiError> {
    let claimed = claim(app, token)?;
    let checked = app.sessions.check(claimed).await?;
    let standing = checked
        .standing
        .ok_or(ApiError::Unauthorized(Challenge::InvalidToken))?;
    context.set_user(claimed.user);
    context.charged(checked.charge)?;
    Ok((claimed, standing))
}

/// A key needs `read` for what only reads and `write` for the rest.
async fn check_key(
    app: &AppState,
    context: &RequestContext,
    key: &str,
    method: &Method,
) -> Result<KeyStanding, ApiError> {
    let digest = api_keys::digest(key);
    let found = api_keys::check(&app.db, &digest, &context.client_ip().to_string()).await?;
    let standing = found.ok_or(ApiError::Unauthorized(Challenge::InvalidToken))?;
    context.set_user(standing.user);
    context.charged(
        app.limits
            .charge(Policy::User, standing.user.as_bytes())
            .await,
    )?;
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if (reads && standing.scopes.read) || (!reads && standing.scopes.write) {
        return Ok(standing);
    }
    Err(ApiError::Refused(
        StatusCode::FORBIDDEN,
        "insufficient_scope",
        "This API key does not have the scope for that.",
    ))
}

/// The credential of `Authorization: Bearer …` (RFC 6750, 2.1); no other place is looked at.
fn credential(parts: &Parts) -> Result<Credential<'_>, ApiError> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(ApiError::Unauthorized(Challenge::Missing));
    };
    let invalid = ApiError::Unauthorized(Challenge::InvalidToken);
    if values.next().is_some() {
        return Err(invalid);
    }
    let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Err(invalid);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::Unauthorized(Challenge::Missing));
    }
    let token = token.trim();
    Ok(if token.starts_with(api_keys::PREFIX) {
        Credential::Key(token)
    } else {
        Credential::Token(token)
    })
}

/// A genuine token whose sign-in may be over already: enough to end it.
#[derive(Debug, Clone, Copy)]
pub struct TokenBearer(pub Claimed);

impl<S> FromRequestParts<S> for TokenBearer
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match credential(parts)? {
            Credential::Token(token) => claim(&AppState::from_ref(state), token).map(Self),
            Credential::Key(_) => Err(ApiError::Unauthorized(Challenge::InvalidToken)),
        }
    }
}
