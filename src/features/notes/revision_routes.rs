//! The endpoints of a note's history.

use axum::extract::State;
use axum::response::Response;

use super::model::Note;
use super::store::NoteStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery};
use crate::api::page::Here;
use crate::api::paging::PageQuery;
use crate::api::reply::{Answer, Entity};
use crate::api::revisions::{self, Difference, DifferenceQuery, Place, RevisionPage, RevisionText};
use crate::api::state::AppState;
use crate::domain::id::{self, NoteId};

/// The texts a note had, newest first.
#[utoipa::path(
    get, path = "/notes/{id}/revisions", operation_id = "notes.revisions.list", tag = "notes",
    params(("id" = Uuid, Path), PageQuery), responses((status = 200, body = RevisionPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    query: Result<ApiQuery<PageQuery>, ApiError>,
) -> Result<Response, ApiError> {
    revisions::list((&app, &here), &notes, user.id, id, query).await
}

/// One of the texts a note had.
#[utoipa::path(
    get, path = "/notes/{id}/revisions/{version}", operation_id = "notes.revisions.read",
    tag = "notes", params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200, body = RevisionText))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(place): ApiPath<Place<id::Note>>,
) -> Result<Answer<RevisionText>, ApiError> {
    revisions::read(&notes, user.id, place).await
}

/// The difference to another text of the note, by words.
#[utoipa::path(
    get, path = "/notes/{id}/revisions/{version}/diff", operation_id = "notes.revisions.diff",
    tag = "notes",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1), DifferenceQuery),
    responses((status = 200, body = Difference))
)]
pub(super) async fn difference(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(place): ApiPath<Place<id::Note>>,
    query: Result<ApiQuery<DifferenceQuery>, ApiError>,
) -> Result<Answer<Difference>, ApiError> {
    revisions::difference(&notes, user.id, place, query).await
}

/// Makes a text the note's text again, as a new version.
#[utoipa::path(
    post, path = "/notes/{id}/revisions/{version}/restore",
    operation_id = "notes.revisions.restore", tag = "notes",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200, body = Note))
)]
pub(super) async fn restore(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(place): ApiPath<Place<id::Note>>,
) -> Result<Entity<Note>, ApiError> {
    revisions::restore(&notes, user.id, place).await
}

/// Removes a text from the history: the loser of a conflict, or what should not be kept.
#[utoipa::path(
    delete, path = "/notes/{id}/revisions/{version}", operation_id = "notes.revisions.remove",
    tag = "notes", params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(place): ApiPath<Place<id::Note>>,
) -> Result<Response, ApiError> {
    revisions::remove(&notes, user.id, place).await
}
