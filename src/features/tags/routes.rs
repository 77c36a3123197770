//! The endpoints of tags: fetch, decide, answer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::model::{MergeTag, Tag, TagPage, TagPatch, TagQuery};
use super::store::TagStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::id::TagId;
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::records::tags::Retagged;

/// What a cursor of this list is bound to.
const BINDING: &str = "tags";

/// The caller's tags by name, a page at a time.
#[utoipa::path(
    get, path = "/tags", operation_id = "tags.list", tag = "notes", params(TagQuery),
    responses((status = 200, body = TagPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    State(app): State<AppState>,
    State(tags): State<TagStore>,
    ApiQuery(query): ApiQuery<TagQuery>,
) -> Result<Answer<TagPage>, ApiError> {
    let after = match &query.cursor {
        None => String::new(),
        Some(cursor) => page::open_cursor(&app.keys, user.id, BINDING, cursor)?.key,
    };
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    let mut rows = tags.list(user.id, &after, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|last| {
        let position = Position {
            key: String::from_utf8_lossy(&last.name_norm).into_owned(),
            id: *last.id.as_bytes(),
        };
        page::seal_cursor(&app.keys, user.id, BINDING, &position)
    });
    Ok(Answer(TagPage {
        items: rows.into_iter().map(Tag::from).collect(),
        next_cursor,
    }))
}

/// Renames a tag on everything that bears it.
#[utoipa::path(
    patch, path = "/tags/{id}", operation_id = "tags.update", tag = "notes",
    params(("id" = Uuid, Path)), request_body = TagPatch, responses((status = 200, body = Tag))
)]
pub(super) async fn rename(
    user: CurrentUser,
    State(tags): State<TagStore>,
    ApiPath(id): ApiPath<TagId>,
    ApiJson(patch): ApiJson<TagPatch>,
) -> Result<Answer<Tag>, ApiError> {
    let name = TagName::parse("name", &patch.name)?;
    answer(tags.rename(user.id, id, &name).await?)
}

/// Puts everything that bears this tag under another one; this one is gone.
#[utoipa::path(
    post, path = "/tags/{id}/merge", operation_id = "tags.merge", tag = "notes",
    params(("id" = Uuid, Path)), request_body = MergeTag,
    responses((status = 200, body = Tag, description = "The tag that stays"))
)]
pub(super) async fn merge(
    user: CurrentUser,
    State(tags): State<TagStore>,
    ApiPath(id): ApiPath<TagId>,
    ApiJson(body): ApiJson<MergeTag>,
) -> Result<Answer<Tag>, ApiError> {
    if body.into == id {
        let detail = "A tag cannot be merged into itself.";
        return Err(Invalid::new("into", "same_tag", detail).into());
    }
    answer(tags.merge(user.id, id, body.into).await?)
}

/// Takes a tag off everything that bears it.
#[utoipa::path(
    delete, path = "/tags/{id}", operation_id = "tags.remove", tag = "notes",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(tags): State<TagStore>,
    ApiPath(id): ApiPath<TagId>,
) -> Result<Response, ApiError> {
    match tags.remove(user.id, id).await? {
        Retagged::TooMany => Err(too_many()),
        Retagged::Missing => Err(ApiError::NotFound),
        _ => Ok(NoContent.into_response()),
    }
}

fn answer(done: Retagged) -> Result<Answer<Tag>, ApiError> {
    match done {
        Retagged::Done(row) => Ok(Answer(row.into())),
        Retagged::Removed | Retagged::Missing => Err(ApiError::NotFound),
        Retagged::NameTaken => Err(ApiError::Conflict(
            "name_taken",
            "Another tag has this name: merge the two instead.",
        )),
        Retagged::TooMany => Err(too_many()),
    }
}

fn too_many() -> ApiError {
    ApiError::Conflict(
        "too_many_entities",
        "More than 20,000 things bear this tag: take it off some of them first.",
    )
}
