//! The endpoints of a task's history.

use axum::extract::State;
use axum::response::Response;

use super::model::Task;
use super::store::TaskStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery};
use crate::api::page::Here;
use crate::api::paging::PageQuery;
use crate::api::reply::{Answer, Entity};
use crate::api::revisions::{self, Difference, DifferenceQuery, Place, RevisionPage, RevisionText};
use crate::api::state::AppState;
use crate::domain::id::{self, TaskId};

/// The texts a task had, newest first.
#[utoipa::path(
    get, path = "/tasks/{id}/revisions", operation_id = "tasks.revisions.list", tag = "tasks",
    params(("id" = Uuid, Path), PageQuery), responses((status = 200, body = RevisionPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    query: Result<ApiQuery<PageQuery>, ApiError>,
) -> Result<Response, ApiError> {
    revisions::list((&app, &here), &tasks, user.id, id, query).await
}

/// One of the texts a task had.
#[utoipa::path(
    get, path = "/tasks/{id}/revisions/{version}", operation_id = "tasks.revisions.read",
    tag = "tasks", params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200, body = RevisionText))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(place): ApiPath<Place<id::Task>>,
) -> Result<Answer<RevisionText>, ApiError> {
    revisions::read(&tasks, user.id, place).await
}

/// The difference to another text of the task, by words.
#[utoipa::path(
    get, path = "/tasks/{id}/revisions/{version}/diff", operation_id = "tasks.revisions.diff",
    tag = "tasks",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1), DifferenceQuery),
    responses((status = 200, body = Difference))
)]
pub(super) async fn difference(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(place): ApiPath<Place<id::Task>>,
    query: Result<ApiQuery<DifferenceQuery>, ApiError>,
) -> Result<Answer<Difference>, ApiError> {
    revisions::difference(&tasks, user.id, place, query).await
}

/// Makes a text the task's text again, as a new version.
#[utoipa::path(
    post, path = "/tasks/{id}/revisions/{version}/restore",
    operation_id = "tasks.revisions.restore", tag = "tasks",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200, body = Task))
)]
pub(super) async fn restore(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(place): ApiPath<Place<id::Task>>,
) -> Result<Entity<Task>, ApiError> {
    revisions::restore(&tasks, user.id, place).await
}

/// Removes a text from the history: the loser of a conflict, or what should not be kept.
#[utoipa::path(
    delete, path = "/tasks/{id}/revisions/{version}", operation_id = "tasks.revisions.remove",
    tag = "tasks", params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(place): ApiPath<Place<id::Task>>,
) -> Result<Response, ApiError> {
    revisions::remove(&tasks, user.id, place).await
}
