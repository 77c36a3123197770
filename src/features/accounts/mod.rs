//! Accounts: register, prove the address, sign in, second factor, sign-ins, API keys, the own
//! profile. Refuses to tell a stranger which names and addresses are known.

pub mod by_admin;
mod cookie;
mod letters;
pub mod manage;
mod model;
mod routes;
mod settings_model;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::{PeriodicJob, Resource};
use crate::api::state::AppState;
use routes::{api_keys, email, password, profile, registration, sessions, sign_in, totp};
use store::AccountStore;

pub use store::{due_deletions, remove_account};

/// Bodies here are names, addresses, passwords and codes.
const BODY_MAX_BYTES: usize = 16 * 1024;

pub const RESOURCE: Resource = Resource {
    tags: &[
        ("sign-in", "Registration, sign-in and sign-out."),
        ("me", "The caller's own account."),
    ],
    jobs: &[PeriodicJob::hourly("accounts.purge_pending", |app| {
        Box::pin(async { Ok(store::purge_pending(&app.db).await?) })
    })],
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/auth` and `/api/v1/me`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(registration::register))
        .routes(routes!(registration::verify_email))
        .routes(routes!(registration::resend_code))
        .routes(routes!(sign_in::login))
        .routes(routes!(sign_in::refresh))
        .routes(routes!(sign_in::logout))
        .routes(routes!(sign_in::logout_all))
        .routes(routes!(password::forgot))
        .routes(routes!(password::reset))
        .routes(routes!(profile::read, profile::update, profile::remove))
        .routes(routes!(password::change))
        .routes(routes!(email::change))
        .routes(routes!(email::confirm))
        .routes(routes!(totp::begin, totp::remove))
        .routes(routes!(totp::confirm))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::remove))
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
