//! Tags: listed, renamed, merged, deleted, on everything that bears them. What bears a tag, and
//! the tables, are the business of `services::tags`.

mod model;
mod routes;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::Resource;
use crate::api::state::AppState;
use crate::services::tags::KIND;
use store::TagStore;

pub const RESOURCE: Resource = Resource {
    kinds: &[KIND],
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/tags`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list))
        .routes(routes!(routes::rename, routes::remove))
        .routes(routes!(routes::merge))
}

impl FromRef<AppState> for TagStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone())
    }
}
