//! The endpoints of accounts, one file an occasion: fetch, decide, answer.

pub(super) mod api_keys;
pub(super) mod email;
pub(super) mod password;
pub(super) mod profile;
mod reauthentication;
pub(super) mod registration;
pub(super) mod sessions;
pub(super) mod sign_in;
pub(super) mod totp;

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::cookie;
use crate::api::reply::NoContent;
use crate::api::state::AppState;

/// 204, and the refresh cookie is gone.
fn signed_out(app: &AppState) -> Response {
    let mut response = NoContent.into_response();
    if let Some(value) = cookie::clear(&app.site) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
