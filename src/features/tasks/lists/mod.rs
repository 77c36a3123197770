//! Lists of tasks: names under which tasks lie. Refuses to lose a task: deleting a list asks what
//! happens to its tasks, and can be undone.

mod model;
mod routes;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use crate::services::entity_kind::EntityKind;
use store::ListStore;

pub(super) use store::purge;
pub(super) use store::undo;

pub(super) const KIND: EntityKind = EntityKind::new(11, "task_list", "task_lists");

/// The endpoints under `/api/v1/task-lists`.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(routes::read, routes::update, routes::remove))
}

impl FromRef<AppState> for ListStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
