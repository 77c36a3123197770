//! Saved views: a list with its filters and its layout under a name. What the filters mean is the
//! page's business; here they are a text.

mod model;
mod routes;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::Resource;
use crate::api::state::AppState;
use crate::platform::db::OwnedTable;
use crate::services::entity_kind::EntityKind;
use store::ViewStore;

pub const KIND: EntityKind = EntityKind::new(13, "view", "views");

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "views",
        "Saved views: the filters and the layout of a list under a name.",
    )],
    kinds: &[KIND],
    owned_tables: &[OwnedTable::new("views")],
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/views`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(routes::read, routes::update, routes::remove))
}

impl FromRef<AppState> for ViewStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
