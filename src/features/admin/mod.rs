//! The admin area: accounts, the audit log, the service in numbers. Refuses to read what accounts hold.
//! May call other features through their `mod.rs`; none of them may call it.

mod members;
mod model;
mod overview;
mod overview_model;
mod routes;
mod store;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::Resource;
use crate::api::state::AppState;

/// Bodies here are a few words.
const BODY_MAX_BYTES: usize = 16 * 1024;

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "admin",
        "Accounts, the audit log and the state of the service, for admins.",
    )],
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/admin`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::users, members::create))
        .routes(routes!(routes::user, routes::change_user, members::remove))
        .routes(routes!(members::list_sessions, members::end_sessions))
        .routes(routes!(routes::reset_totp))
        .routes(routes!(routes::audit))
        .routes(routes!(overview::stats))
        .routes(routes!(overview::instances))
        .routes(routes!(overview::jobs))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
}

/// The list of accounts at its older address, `/api/users`.
pub fn older_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(routes::users_at_older_address))
}
