//! Tasks: in lists, in an order that people drag about, with parts, dates and a board; saved, kept,
//! found, put away and taken back like every document.
//! `routes` speaks HTTP, `model` and `requests` know what is valid, `store` what is a task's own.

mod actions;
mod attachment_routes;
mod days;
mod drag;
mod items;
mod links;
mod listing;
mod lists;
mod model;
mod places;
mod requests;
mod revision_routes;
mod routes;
mod shapes;
mod statement;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::JSON_MAX_BYTES;
use crate::api::state::AppState;
use crate::domain::id::{BatchId, EntityId, TaskId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Tx};
use crate::services::batches::Item;
use crate::services::documents::{self, ApplyOutcome};
use model::TaskSummary;
use store::TaskStore;

pub use actions::{Action, Due};
pub use links::check_date;
pub use lists::purge as purge_lists;
pub use model::Status;
pub use requests::check_priority;
pub use shapes::{Named, list_shapes};
pub use store::OWNED;

/// The endpoints under `/api/v1/tasks` and `/api/v1/task-lists`.
pub fn router() -> OpenApiRouter<AppState> {
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
        .routes(routes!(revision_routes::list))
        .routes(routes!(revision_routes::read, revision_routes::remove))
        .routes(routes!(revision_routes::difference))
        .routes(routes!(revision_routes::restore))
        .routes(routes!(
            attachment_routes::attach,
            attachment_routes::detach
        ))
        .layer(DefaultBodyLimit::max(JSON_MAX_BYTES))
        .merge(lists::router())
}

/// Does one thing to many tasks.
pub async fn apply(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    ids: &[EntityId],
    action: (&documents::Action<Action>, Timestamp),
) -> Result<ApplyOutcome, DbError> {
    let ids: Vec<TaskId> = ids.iter().map(|id| id.cast()).collect();
    documents::apply::<TaskSummary>(tx, owner, Some(batch), &ids, action).await
}

/// Takes back what a batch did to tasks and their lists, where they are still as it left them; how
/// many entities, and how many not. Lists come first: tasks may go back into them.
pub async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let lists = lists::undo(tx, owner, batch, items).await?;
    let tasks = documents::undo::<TaskSummary>(tx, owner, batch, items, now).await?;
    Ok((lists.0 + tasks.0, lists.1 + tasks.1))
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    documents::purge_trash::<TaskSummary>(db, cache).await
}

/// Forgets tasks that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_tombstones(db: &Db) -> Result<u64, DbError> {
    documents::purge_tombstones::<TaskSummary>(db).await
}

impl FromRef<AppState> for TaskStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
