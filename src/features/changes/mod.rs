//! The change feed over HTTP: a list to catch up with and a stream of server-sent events.
//! The feed itself is written by `services::changes`.

mod model;
mod routes;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::Resource;
use crate::api::state::AppState;

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "changes",
        "Batches and undo, the change feed and its event stream.",
    )],
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/changes` and `/api/v1/events`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list))
        .routes(routes!(routes::events))
}
