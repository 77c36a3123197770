//! Saved views: a list with its filters and its layout under a name. What the filters mean is the
//! page's business; here they are a text.

mod model;
mod routes;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use store::ViewStore;

pub use store::OWNED;

/// The endpoints under `/api/v1/views`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(routes::read, routes::update, routes::remove))
}

impl FromRef<AppState> for ViewStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
