//! The endpoints of a task's files: attached, and taken off.

use axum::extract::State;

use super::store::TaskStore;
use crate::api::attaching;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::ApiPath;
use crate::api::reply::NoContent;
use crate::domain::id::{FileId, TaskId};

/// Attaches a file to a task. The task gets a new version, unless the file was attached before.
#[utoipa::path(
    put, path = "/tasks/{id}/attachments/{file_id}", operation_id = "tasks.attach", tag = "tasks",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "It is attached"))
)]
pub(super) async fn attach(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath((id, file)): ApiPath<(TaskId, FileId)>,
) -> Result<NoContent, ApiError> {
    attaching::answer(tasks.attach(user.id, id, file).await?)
}

/// Takes a file off a task. The file itself stays.
#[utoipa::path(
    delete, path = "/tasks/{id}/attachments/{file_id}", operation_id = "tasks.detach", tag = "tasks",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "It is not attached"))
)]
pub(super) async fn detach(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath((id, file)): ApiPath<(TaskId, FileId)>,
) -> Result<NoContent, ApiError> {
    attaching::answer(tasks.detach(user.id, id, file).await?)
}
