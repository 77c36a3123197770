//! Batches: one thing done to many entities, and taken back by one undo. What an action means for
//! a noun is that noun's business; here it is chosen, remembered and answered for.

mod model;
mod routes;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::Resource;
use crate::api::state::AppState;
use store::BatchStore;

pub const RESOURCE: Resource = Resource::new(router);

/// The endpoints `/api/v1/batch` and `/api/v1/batches`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::create))
        .routes(routes!(routes::list))
        .routes(routes!(routes::undo))
}

impl FromRef<AppState> for BatchStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
