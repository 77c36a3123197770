//! The admin area: accounts and the audit log. Refuses to read what accounts hold.
//! May call other features through their `mod.rs`; none of them may call it.

mod model;
mod routes;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;

/// Bodies here are a few words.
const BODY_MAX_BYTES: usize = 16 * 1024;

/// The endpoints under `/api/v1/admin`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::users))
        .routes(routes!(routes::user, routes::change_user))
        .routes(routes!(routes::reset_totp))
        .routes(routes!(routes::audit))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
}
