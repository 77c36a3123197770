//! Who asks: the permission is a type in the handler's signature.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use crate::api::context::RequestContext;
use crate::api::error::{ApiError, Challenge};
use crate::api::state::AppState;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::Role;
use crate::records::sessions::Claimed;

/// Somebody who is signed in, checked against MySQL or its guarded copy at this very request.
#[derive(Debug, Clone, Copy)]
pub struct CurrentUser {
    /// The account.
    pub id: UserId,
    /// The sign-in.
    pub session: SessionId,
    /// The account's role.
    pub role: Role,
}

/// A genuine token whose sign-in is not checked yet: for list pages, which check it in the same
/// round trip that reads the page. Everything else takes `CurrentUser`.
#[derive(Debug, Clone, Copy)]
pub struct UncheckedCaller(pub Claimed);

impl<S> FromRequestParts<S> for UncheckedCaller
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let state = AppState::from_ref(state);
        let token = bearer(parts)?;
        let claims = state
            .tokens
            .verify(token)
            .map_err(|_| ApiError::Unauthorized(Challenge::InvalidToken))?;
        Ok(Self(Claimed {
            user: claims.sub,
            session: claims.sid,
        }))
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let UncheckedCaller(claimed) = UncheckedCaller::from_request_parts(parts, state).await?;
        let state = AppState::from_ref(state);
        let standing = state
            .sessions
            .check(claimed)
            .await?
            .ok_or(ApiError::Unauthorized(Challenge::InvalidToken))?;
        if let Some(context) = parts.extensions.get::<RequestContext>() {
            context.set_user(claimed.user);
        }
        Ok(Self {
            id: claimed.user,
            session: claimed.session,
            role: standing.role,
        })
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750, 2.1); no other place is looked at.
fn bearer(parts: &Parts) -> Result<&str, ApiError> {
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
    Ok(token.trim())
}
