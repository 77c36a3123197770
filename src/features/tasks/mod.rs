//! Tasks in lists, with subtasks, due dates, a status and a manual order; else like every document.
//! `routes` has the endpoints, `model` and `requests` the types and their validation, `store` the SQL.

mod actions;
mod days;
mod drag;
mod items;
mod links;
mod listing;
mod lists;
mod model;
mod places;
mod requests;
mod routes;
mod shapes;
mod statement;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::document_routes;
use crate::api::extract::JSON_MAX_BYTES;
use crate::api::resource::{PeriodicJob, Resource};
use crate::api::state::AppState;
use crate::domain::id::EntityId;
use crate::platform::db::{DbError, OwnedTable, Tx};
use crate::services::batches::handler::{self, Apply, BatchHandler, Operation, Undo, UndoCount};
use crate::services::documents::{self, ApplyOutcome};
use crate::services::entity_kind::EntityKind;
use actions::{Action, Due};
use model::TaskSummary;
use store::TaskStore;

pub use links::check_date;
pub use model::Status;
pub use requests::check_priority;
pub use shapes::{Named, list_shapes};

pub const KIND: EntityKind = EntityKind::new(2, "task", "tasks").tagged().attachable();

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "tasks",
        "Tasks with lists, subtasks, a manual order and revisions.",
    )],
    kinds: &[KIND, lists::KIND],
    owned_tables: &[OwnedTable::new("tasks"), OwnedTable::new("task_lists")],
    jobs: &[
        PeriodicJob::hourly("tasks.purge_trash", |app| {
            Box::pin(async {
                Ok(documents::purge_trash::<TaskSummary>(&app.db, &app.cache).await?)
            })
        }),
        PeriodicJob::hourly("tasks.purge_tombstones", |app| {
            Box::pin(async { Ok(documents::purge_tombstones::<TaskSummary>(&app.db).await?) })
        }),
        PeriodicJob::hourly("task_lists.purge", |app| {
            Box::pin(async { Ok(lists::purge(&app.db).await?) })
        }),
    ],
    batches: Some(BatchHandler {
        kind: KIND,
        apply: |tx, call| Box::pin(apply(tx, call)),
        undo: |tx, call| Box::pin(undo(tx, call)),
    }),
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/tasks` and `/api/v1/task-lists`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(
            routes::read,
            routes::replace,
            routes::update,
            routes::remove
        ))
        .routes(routes!(routes::restore))
        .routes(routes!(routes::drag))
        .merge(document_routes::router::<TaskSummary>())
        .layer(DefaultBodyLimit::max(JSON_MAX_BYTES))
        .merge(lists::router())
}

async fn apply(tx: &Tx, call: Apply<'_>) -> Result<ApplyOutcome, DbError> {
    let custom = |operation: &Operation| match *operation {
        Operation::Move(list) => Some(Action::Move(list.map(EntityId::cast))),
        Operation::Status(name) => Status::from_name(name).map(Action::Status),
        Operation::Priority(priority) => Some(Action::Priority(priority)),
        Operation::Due { at, is_date } => Some(Action::Due(Due { at, is_date })),
        _ => None,
    };
    handler::apply_documents::<TaskSummary>(tx, call, custom).await
}

/// Undoes lists first: tasks may be moved back into them.
async fn undo(tx: &Tx, call: Undo<'_>) -> Result<UndoCount, DbError> {
    let lists = lists::undo(tx, call.owner, call.batch, call.items).await?;
    let mut count = UndoCount::from(lists);
    count += handler::undo_documents::<TaskSummary>(tx, call).await?;
    Ok(count)
}

impl FromRef<AppState> for TaskStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
