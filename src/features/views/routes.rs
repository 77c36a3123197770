//! The endpoints of saved views: fetch, decide, answer.

use axum::extract::State;

use super::model::{NewView, View, ViewPage, ViewPatch};
use super::store::{Kept, ViewStore};
use crate::api::caller::CurrentUser;
use crate::api::condition::optional;
use crate::api::error::{ApiError, id_taken, stale};
use crate::api::extract::{ApiJson, ApiPath};
use crate::api::reply::{self, Answer, Entity, NoContent};
use crate::domain::id::ViewId;
use crate::domain::if_match::IfMatch;
use crate::services::dedup::idempotency_keys::StoredReply;

/// The caller's views, all of them, in their order.
#[utoipa::path(
    get, path = "/views", operation_id = "views.list", tag = "views",
    responses((status = 200, body = ViewPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    State(views): State<ViewStore>,
) -> Result<Answer<ViewPage>, ApiError> {
    let items = views.list(user.id).await?;
    Ok(Answer(ViewPage {
        items,
        next_cursor: None,
    }))
}

/// Saves a view.
#[utoipa::path(
    post, path = "/views", operation_id = "views.create", tag = "views", request_body = NewView,
    responses((status = 201, body = View))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(views): State<ViewStore>,
    ApiJson(new): ApiJson<NewView>,
) -> Result<StoredReply, ApiError> {
    match views.insert(user.id, &new).await? {
        Kept::Done(view) => reply::created(format!("/api/v1/views/{}", view.id), &view),
        other => Err(refusal(other)),
    }
}

/// One view.
#[utoipa::path(
    get, path = "/views/{id}", operation_id = "views.read", tag = "views",
    params(("id" = Uuid, Path)), responses((status = 200, body = View))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(views): State<ViewStore>,
    ApiPath(id): ApiPath<ViewId>,
) -> Result<Entity<View>, ApiError> {
    let view = views.find(user.id, id).await?;
    view.map(Entity).ok_or(ApiError::NotFound)
}

/// Changes a view.
#[utoipa::path(
    patch, path = "/views/{id}", operation_id = "views.update", tag = "views",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "Only when it is still this version",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = ViewPatch, responses((status = 200, body = View))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(views): State<ViewStore>,
    ApiPath(id): ApiPath<ViewId>,
    base: Result<IfMatch, ApiError>,
    body: Result<ApiJson<ViewPatch>, ApiError>,
) -> Result<Entity<View>, ApiError> {
    let base = optional(base)?;
    let ApiJson(patch) = match body {
        Ok(patch) => patch,
        // What is not there is not there, whatever else is wrong with the request.
        Err(err) => match views.find(user.id, id).await? {
            Some(_) => return Err(err),
            None => return Err(ApiError::NotFound),
        },
    };
    match views.update(user.id, id, base.as_ref(), &patch).await? {
        Kept::Done(view) => Ok(Entity(view)),
        other => Err(refusal(other)),
    }
}

/// Removes a view; one that is gone stays gone.
#[utoipa::path(
    delete, path = "/views/{id}", operation_id = "views.remove", tag = "views",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(views): State<ViewStore>,
    ApiPath(id): ApiPath<ViewId>,
) -> Result<NoContent, ApiError> {
    views.remove(user.id, id).await?;
    Ok(NoContent)
}

fn refusal(kept: Kept) -> ApiError {
    match kept {
        Kept::Done(_) | Kept::Missing => ApiError::NotFound,
        Kept::IdTaken => id_taken(),
        Kept::TooMany => ApiError::Conflict("too_many_views", "An account has at most 100 views."),
        Kept::Stale(view) => stale(&view),
    }
}
