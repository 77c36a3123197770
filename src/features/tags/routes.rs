//! The endpoints of tags: fetch, decide, answer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::model::{MergeTag, Tag, TagPage, TagPatch};
use super::store::TagStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::id::TagId;
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::services::tags::Retagged;

/// What a cursor of this list is bound to.
const BINDING: &str = "tags";

/// The caller's tags by name, a page at a time.
#[utoipa::path(
    get, path = "/tags", operation_id = "tags.list", tag = "notes", params(PageQuery),
    responses((status = 200, body = TagPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(tags): State<TagStore>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, user.id, BINDING, page)?;
    let after = paging.after().map_or("", |place| place.key.as_str());
    let mut rows = tags.list(user.id, after, paging.rows()).await?;
    let next_cursor = paging.cut(&mut rows, |last| Position {
        key: String::from_utf8_lossy(&last.name_norm).into_owned(),
        id: *last.id.as_bytes(),
    });
    let next = next_cursor.clone();
    let page = TagPage {
        items: rows.into_iter().map(Tag::from).collect(),
        next_cursor,
    };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
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
        Retagged::NoTarget => {
            Err(Invalid::new("into", "not_found", "There is no such tag.").into())
        }
        Retagged::SameTag => {
            let detail = "A tag cannot be merged into itself.";
            Err(Invalid::new("into", "same_tag", detail).into())
        }
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
