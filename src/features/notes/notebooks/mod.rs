//! Notebooks: a tree of names in which notes lie. Refuses to lose a note: deleting a notebook asks
//! what happens to its notes, and can be undone.

mod branch;
mod model;
mod routes;
mod store;
mod tree;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use crate::services::entity_kind::EntityKind;
use store::NotebookStore;

pub(super) use branch::undo;
pub(super) use store::purge;

pub(super) const KIND: EntityKind = EntityKind::new(10, "notebook", "notebooks");

/// The endpoints under `/api/v1/notebooks`.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(routes::read, routes::update, routes::remove))
}

impl FromRef<AppState> for NotebookStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
