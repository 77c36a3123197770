//! What was changed: as a list to catch up with, and as a stream of events while it happens.
//! Refuses texts: a change says where to look. The sequence itself belongs to `services::changes`.

mod model;
mod routes;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;

/// The endpoints under `/api/v1/changes` and `/api/v1/events`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list))
        .routes(routes!(routes::events))
}
