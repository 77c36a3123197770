//! The endpoints of tasks: fetch, decide, answer. No SQL and no status numbers.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};

use super::days::Day;
use super::drag::Dragged;
use super::listing::{Listing, TaskQuery};
use super::model::{SavedTask, Task, TaskPage};
use super::requests::{MoveTask, NewTask, TaskPatch, TaskReplacement};
use super::store::TaskStore;
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::condition::IfNoneMatch;
use crate::api::documents::{self, RemoveQuery};
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath, ApiQuery, IdempotentJson, SaveJson};
use crate::api::page::{self, Here};
use crate::api::paging;
use crate::api::reply::{self, Entity};
use crate::api::state::AppState;
use crate::domain::id::{TaskId, UserId};
use crate::domain::if_match::IfMatch;
use crate::services::dedup::idempotency_keys::StoredReply;
use crate::services::owners;
use crate::services::page_cache::epoch::Scope;
use crate::services::page_cache::{Page, PageKey};

/// What a task of a list usually takes as JSON.
const TASK_BYTES: usize = 1024;

/// The caller's tasks, a page at a time.
#[utoipa::path(
    get, path = "/tasks", operation_id = "tasks.list", tag = "tasks", params(TaskQuery),
    responses((status = 200, body = TaskPage), (status = 304, description = "Not modified"))
)]
pub(super) async fn list(
    caller: UncheckedCaller,
    here: Here,
    State(app): State<AppState>,
    State(tasks): State<TaskStore>,
    known: IfNoneMatch,
    query: Result<ApiQuery<TaskQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let listing = query.and_then(|ApiQuery(query)| {
        Listing::new(&app.keys, caller.user, query).map_err(ApiError::from)
    });
    let key = listing
        .as_ref()
        .ok()
        .filter(|listing| listing.is_cacheable())
        .map(|listing| PageKey::new(caller.user, Scope::Lists, &listing.cache_text()));
    let look = caller.look(&app, key.as_ref()).await?;
    let listing = listing?;
    let load = load_page(&app, &tasks, caller.user, listing);
    let page = paging::cached(&app, look, key.as_ref(), load).await?;
    let next_url = page.next.as_deref().map(|cursor| here.next(cursor));
    Ok(reply::page(page, &known, next_url))
}

async fn load_page(
    app: &AppState,
    tasks: &TaskStore,
    owner: UserId,
    mut listing: Listing,
) -> Result<Page, ApiError> {
    if listing.needs_day() {
        let zone = owners::time_zone(&app.db, owner).await?;
        listing.day = Day::at(app.clock.now(), &zone);
    }
    let (items, more) = tasks.list(owner, &listing).await?;
    let next_cursor = items.last().filter(|_| more).map(|last| {
        let position = listing.position(&last.summary);
        page::seal_cursor(&app.keys, owner, &listing.binding(), &position)
    });
    let (next, room) = (next_cursor.clone(), 256 + items.len() * TASK_BYTES);
    paging::rendered(&TaskPage { items, next_cursor }, next, room)
}

/// Creates a task at the end of its list. With an `Idempotency-Key` a repeated request gets the
/// first answer again.
#[utoipa::path(
    post, path = "/tasks", operation_id = "tasks.create", tag = "tasks", request_body = NewTask,
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = r"^[!-~](?:[ -~]*[!-~])?$",
        description = "1 to 255 visible ASCII characters; kept for 24 hours"
    )),
    responses((status = 201, body = Task))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(app): State<AppState>,
    State(tasks): State<TaskStore>,
    IdempotentJson { value, key }: IdempotentJson<NewTask>,
) -> Result<StoredReply, ApiError> {
    let (task, tags) = value.into_task(app.clock.now());
    documents::create(&tasks, user.id, "tasks", (&task, &tags), key.as_ref()).await
}

/// One task.
#[utoipa::path(
    get, path = "/tasks/{id}", operation_id = "tasks.read", tag = "tasks",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Task), (status = 304, description = "Not modified"))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    documents::read(&tasks, user.id, id, &known).await
}

/// Replaces a task. Needs `If-Match` (a stale version is refused) or `base_version` (it is merged).
#[utoipa::path(
    put, path = "/tasks/{id}", operation_id = "tasks.replace", tag = "tasks",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = TaskReplacement, responses((status = 200, body = SavedTask))
)]
pub(super) async fn replace(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<TaskReplacement>,
) -> Result<Entity<SavedTask>, ApiError> {
    let saved = documents::save(&tasks, user.id, id, if_match, body.map(Into::into)).await?;
    Ok(Entity(saved.into()))
}

/// Changes some fields of a task. Needs `If-Match` (a stale version is refused) or `base_version`
/// (it is merged).
#[utoipa::path(
    patch, path = "/tasks/{id}", operation_id = "tasks.update", tag = "tasks",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = TaskPatch, responses((status = 200, body = SavedTask))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<TaskPatch>,
) -> Result<Entity<SavedTask>, ApiError> {
    let saved = documents::save(&tasks, user.id, id, if_match, body).await?;
    Ok(Entity(saved.into()))
}

/// Puts a task and its parts into the trash; with `permanent=true` deletes one in the trash for
/// good.
#[utoipa::path(
    delete, path = "/tasks/{id}", operation_id = "tasks.remove", tag = "tasks",
    params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204, description = "It is in the trash, or gone", headers(("X-Batch-Id" = String, description = "What undo takes back; only when it went into the trash now"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
    documents::remove(&tasks, user.id, id, query).await
}

/// Takes a task out of the trash, and the parts that went there with it.
#[utoipa::path(
    post, path = "/tasks/{id}/restore", operation_id = "tasks.restore", tag = "tasks",
    params(("id" = Uuid, Path)), responses((status = 200, body = Task))
)]
pub(super) async fn restore(
    user: CurrentUser,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
) -> Result<Entity<Task>, ApiError> {
    documents::restore(&tasks, user.id, id).await
}

/// Drags a task to a place in a list, to a column of the board, or both. No version is asked for:
/// who drags last has dragged it there.
#[utoipa::path(
    post, path = "/tasks/{id}/move", operation_id = "tasks.move", tag = "tasks",
    params(("id" = Uuid, Path)), request_body = MoveTask,
    responses((status = 200, body = Task, headers(("X-Batch-Id" = String, description = "What undo takes back; only when it was somewhere else before"))))
)]
pub(super) async fn drag(
    user: CurrentUser,
    State(app): State<AppState>,
    State(tasks): State<TaskStore>,
    ApiPath(id): ApiPath<TaskId>,
    body: Result<ApiJson<MoveTask>, ApiError>,
) -> Result<Response, ApiError> {
    let to = match body {
        Ok(ApiJson(to)) => to,
        // What is not there is not there, whatever else is wrong with the request.
        Err(err) => match tasks.version(user.id, id).await? {
            Some(_) => return Err(err),
            None => return Err(ApiError::NotFound),
        },
    };
    match tasks.drag(user.id, id, &to, app.clock.now()).await? {
        Dragged::Missing => Err(ApiError::NotFound),
        Dragged::Refused(err) => Err(err.into()),
        Dragged::Done(full, batch) => {
            let mut response = Entity(Task::from(*full)).into_response();
            let batch = batch.and_then(|batch| HeaderValue::from_str(&batch.to_string()).ok());
            if let Some(batch) = batch {
                response.headers_mut().insert("x-batch-id", batch);
            }
            Ok(response)
        }
    }
}
