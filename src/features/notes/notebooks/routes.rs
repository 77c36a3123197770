//! The endpoints of notebooks: fetch, decide, answer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::model::{DEPTH_MAX, NewNotebook, Notebook, NotebookPage, NotebookPatch, RemoveQuery};
use super::store::{Dropped, Kept, NotebookStore};
use super::tree::Misplaced;
use crate::api::caller::CurrentUser;
use crate::api::condition::{IfNoneMatch, optional};
use crate::api::documents::with_batch;
use crate::api::error::{ApiError, id_taken, stale};
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Entity, NoContent};
use crate::api::state::AppState;
use crate::domain::id::NotebookId;
use crate::domain::if_match::IfMatch;
use crate::domain::invalid::Invalid;
use crate::services::dedup::idempotency_keys::StoredReply;

/// What a cursor of this list is bound to.
const BINDING: &str = "notebooks";

/// The caller's notebooks by name, a page at a time.
#[utoipa::path(
    get, path = "/notebooks", operation_id = "notebooks.list", tag = "notes", params(PageQuery),
    responses((status = 200, body = NotebookPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(notebooks): State<NotebookStore>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, user.id, BINDING, page)?;
    let place = paging
        .after()
        .map(|place| (place.key.as_str(), NotebookId::from_bytes(place.id)));
    let mut items = notebooks.list(user.id, place, paging.rows()).await?;
    let next_cursor = paging.cut(&mut items, |last| Position {
        key: last.name.clone(),
        id: *last.id.as_bytes(),
    });
    let next = next_cursor.clone();
    let page = NotebookPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

/// Create a notebook
#[utoipa::path(
    post, path = "/notebooks", operation_id = "notebooks.create", tag = "notes",
    request_body = NewNotebook, responses((status = 201, body = Notebook))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(notebooks): State<NotebookStore>,
    ApiJson(new): ApiJson<NewNotebook>,
) -> Result<StoredReply, ApiError> {
    match notebooks.insert(user.id, &new).await? {
        Kept::Done(notebook) => {
            reply::created(format!("/api/v1/notebooks/{}", notebook.id), &notebook)
        }
        other => Err(refusal(other)),
    }
}

/// One notebook.
#[utoipa::path(
    get, path = "/notebooks/{id}", operation_id = "notebooks.read", tag = "notes",
    params(("id" = Uuid, Path)), responses((status = 200, body = Notebook))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(notebooks): State<NotebookStore>,
    ApiPath(id): ApiPath<NotebookId>,
) -> Result<Response, ApiError> {
    let notebook = notebooks.find(user.id, id).await?;
    let notebook = notebook.ok_or(ApiError::NotFound)?;
    // Its count of notes changes without its version: no 304.
    Ok(reply::read(notebook, &IfNoneMatch::default()))
}

/// Renames or moves a notebook.
#[utoipa::path(
    patch, path = "/notebooks/{id}", operation_id = "notebooks.update", tag = "notes",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "Only when it is still this version",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = NotebookPatch, responses((status = 200, body = Notebook))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(notebooks): State<NotebookStore>,
    ApiPath(id): ApiPath<NotebookId>,
    base: Result<IfMatch, ApiError>,
    body: Result<ApiJson<NotebookPatch>, ApiError>,
) -> Result<Entity<Notebook>, ApiError> {
    let base = optional(base)?;
    let ApiJson(patch) = match body {
        Ok(patch) => patch,
        // What is not there is not there, whatever else is wrong with the request.
        Err(err) => match notebooks.find(user.id, id).await? {
            Some(_) => return Err(err),
            None => return Err(ApiError::NotFound),
        },
    };
    match notebooks.update(user.id, id, base.as_ref(), &patch).await? {
        Kept::Done(notebook) => Ok(Entity(notebook)),
        other => Err(refusal(other)),
    }
}

/// Deletes a notebook. What happens to its notes has to be said when it is not empty; the batch in
/// `X-Batch-Id` takes all of it back.
#[utoipa::path(
    delete, path = "/notebooks/{id}", operation_id = "notebooks.remove", tag = "notes",
    params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204, description = "It is gone", headers(("X-Batch-Id" = String, description = "What undo takes back"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(notebooks): State<NotebookStore>,
    ApiPath(id): ApiPath<NotebookId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let ApiQuery(query) = match query {
        Ok(query) => query,
        Err(err) => match notebooks.find(user.id, id).await? {
            Some(_) => return Err(err),
            None => return Err(ApiError::NotFound),
        },
    };
    match notebooks.remove(user.id, id, query.notes).await? {
        Dropped::Done(batch) => Ok(with_batch(batch)),
        Dropped::Already => Ok(NoContent.into_response()),
        Dropped::Missing => Err(ApiError::NotFound),
        Dropped::NotEmpty => Err(ApiError::Conflict(
            "notebook_not_empty",
            "It holds notes or notebooks: say `notes=keep` or `notes=trash`.",
        )),
        Dropped::TooMany => Err(ApiError::Conflict(
            "too_many_notes",
            "It holds more than 5,000 notes: move some of them first.",
        )),
    }
}

fn refusal(kept: Kept) -> ApiError {
    match kept {
        Kept::Done(_) | Kept::Missing => ApiError::NotFound,
        Kept::IdTaken => id_taken(),
        Kept::TooMany => ApiError::Conflict(
            "too_many_notebooks",
            "An account has at most 1,000 notebooks.",
        ),
        Kept::Stale(notebook) => stale(&notebook),
        Kept::Misplaced(why) => {
            let (code, detail) = match why {
                Misplaced::NoParent => ("not_found", "There is no such notebook.".to_owned()),
                Misplaced::Cycle => ("cycle", "A notebook cannot lie inside itself.".to_owned()),
                Misplaced::TooDeep => (
                    "too_deep",
                    format!("Notebooks go {DEPTH_MAX} levels deep at most."),
                ),
            };
            Invalid::new("parent_id", code, detail).into()
        }
    }
}
