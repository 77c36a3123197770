//! Accounts: register, prove the address, sign in, refresh, sign out, who am I.
//! Refuses to tell a stranger which names and addresses are known.

mod cookie;
mod letters;
pub mod manage;
mod model;
mod routes;
mod store;
mod verification;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use store::AccountStore;

pub use store::purge_pending;

/// Bodies here are names, addresses, passwords and codes.
const BODY_MAX_BYTES: usize = 16 * 1024;

/// The endpoints under `/api/v1/auth` and `/api/v1/me`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::register))
        .routes(routes!(routes::verify_email))
        .routes(routes!(routes::resend_code))
        .routes(routes!(routes::login))
        .routes(routes!(routes::refresh))
        .routes(routes!(routes::logout))
        .routes(routes!(routes::logout_all))
        .routes(routes!(routes::me))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
}

impl FromRef<AppState> for AccountStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(
            app.db.clone(),
            app.keys.clone(),
            app.site.public_url.clone(),
        )
    }
}
