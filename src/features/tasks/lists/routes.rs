//! The endpoints of lists of tasks: fetch, decide, answer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::model::{NewTaskList, RemoveListQuery, TaskList, TaskListPage, TaskListPatch};
use super::store::{Dropped, Kept, ListStore};
use crate::api::caller::CurrentUser;
use crate::api::condition::{IfNoneMatch, optional};
use crate::api::documents::with_batch;
use crate::api::error::{ApiError, id_taken, stale};
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Entity, NoContent};
use crate::api::state::AppState;
use crate::domain::id::{TaskListId, UserId};
use crate::domain::if_match::IfMatch;
use crate::services::dedup::idempotency_keys::StoredReply;

/// What a cursor of this list is bound to.
const BINDING: &str = "task-lists";

/// The caller's lists by name, a page at a time.
#[utoipa::path(
    get, path = "/task-lists", operation_id = "task_lists.list", tag = "tasks", params(PageQuery),
    responses((status = 200, body = TaskListPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(lists): State<ListStore>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, user.id, BINDING, page)?;
    let place = paging
        .after()
        .map(|place| (place.key.as_str(), TaskListId::from_bytes(place.id)));
    let mut items = lists.list(user.id, place, paging.rows()).await?;
    let next_cursor = paging.cut(&mut items, |last| Position {
        key: last.name.clone(),
        id: *last.id.as_bytes(),
    });
    let next = next_cursor.clone();
    let page = TaskListPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

/// Create a task list
#[utoipa::path(
    post, path = "/task-lists", operation_id = "task_lists.create", tag = "tasks",
    request_body = NewTaskList, responses((status = 201, body = TaskList))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(lists): State<ListStore>,
    ApiJson(new): ApiJson<NewTaskList>,
) -> Result<StoredReply, ApiError> {
    match lists.insert(user.id, &new).await? {
        Kept::Done(list) => reply::created(format!("/api/v1/task-lists/{}", list.id), &list),
        other => Err(refusal(other)),
    }
}

/// One list.
#[utoipa::path(
    get, path = "/task-lists/{id}", operation_id = "task_lists.read", tag = "tasks",
    params(("id" = Uuid, Path)), responses((status = 200, body = TaskList))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(lists): State<ListStore>,
    ApiPath(id): ApiPath<TaskListId>,
) -> Result<Response, ApiError> {
    let list = lists.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    // Its count of tasks changes without its version: no 304.
    Ok(reply::read(list, &IfNoneMatch::default()))
}

/// Renames a list.
#[utoipa::path(
    patch, path = "/task-lists/{id}", operation_id = "task_lists.update", tag = "tasks",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "Only when it is still this version",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = TaskListPatch, responses((status = 200, body = TaskList))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(lists): State<ListStore>,
    ApiPath(id): ApiPath<TaskListId>,
    base: Result<IfMatch, ApiError>,
    body: Result<ApiJson<TaskListPatch>, ApiError>,
) -> Result<Entity<TaskList>, ApiError> {
    let base = optional(base)?;
    let ApiJson(patch) = match body {
        Ok(patch) => patch,
        Err(err) => return Err(known_error(&lists, user.id, id, err).await),
    };
    match lists.update(user.id, id, base.as_ref(), &patch).await? {
        Kept::Done(list) => Ok(Entity(list)),
        other => Err(refusal(other)),
    }
}

/// Deletes a list. What happens to its tasks has to be said when it is not empty; the batch in
/// `X-Batch-Id` takes all of it back.
#[utoipa::path(
    delete, path = "/task-lists/{id}", operation_id = "task_lists.remove", tag = "tasks",
    params(("id" = Uuid, Path), RemoveListQuery),
    responses((status = 204, description = "It is gone", headers(("X-Batch-Id" = String, description = "What undo takes back"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(lists): State<ListStore>,
    ApiPath(id): ApiPath<TaskListId>,
    query: Result<ApiQuery<RemoveListQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let ApiQuery(query) = match query {
        Ok(query) => query,
        Err(err) => return Err(known_error(&lists, user.id, id, err).await),
    };
    match lists.remove(user.id, id, query.tasks).await? {
        Dropped::Done(batch) => Ok(with_batch(batch)),
        Dropped::Already => Ok(NoContent.into_response()),
        Dropped::Missing => Err(ApiError::NotFound),
        Dropped::NotEmpty => Err(ApiError::Conflict(
            "list_not_empty",
            "It holds tasks: say `tasks=keep` or `tasks=trash`.",
        )),
        Dropped::TooMany => Err(ApiError::Conflict(
            "too_many_tasks",
            "It holds more than 5,000 tasks: move some of them first.",
        )),
    }
}

/// What is not there is not there, whatever else is wrong with the request.
async fn known_error(lists: &ListStore, owner: UserId, id: TaskListId, err: ApiError) -> ApiError {
    match lists.find(owner, id).await {
        Ok(Some(_)) => err,
        Ok(None) => ApiError::NotFound,
        Err(other) => other.into(),
    }
}

fn refusal(kept: Kept) -> ApiError {
    match kept {
        Kept::Done(_) | Kept::Missing => ApiError::NotFound,
        Kept::IdTaken => id_taken(),
        Kept::TooMany => ApiError::Conflict("too_many_lists", "An account has at most 500 lists."),
        Kept::Stale(list) => stale(&list),
    }
}
