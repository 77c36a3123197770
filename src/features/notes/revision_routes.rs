//! The endpoints of a note's history: fetch, decide, answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::model::Note;
use super::revision_model::{Difference, DifferenceQuery, Revision, RevisionPage, RevisionText};
use super::store::{NoteStore, Taken};
use crate::api::caller::CurrentUser;
use crate::api::error::{ApiError, Report};
use crate::api::extract::{self, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer, Entity, NoContent};
use crate::api::state::AppState;
use crate::domain::id::NoteId;
use crate::platform::diff;

/// A note and one of its versions, as the path names them.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Place {
    id: NoteId,
    #[serde(deserialize_with = "extract::version")]
    version: u64,
}

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
    let paging = query.and_then(|ApiQuery(query)| {
        let page = (query.cursor.as_deref(), query.limit);
        Paging::open(&app, user.id, format!("revisions|{id}"), page)
    });
    let paging = match paging {
        Ok(paging) => paging,
        Err(fault) => return Err(known_fault(&notes, user, id, fault).await),
    };
    let before = paging.after().and_then(|place| place.key.parse().ok());
    let before = before.unwrap_or(u64::MAX);
    let history = notes.history(user.id, id, before, paging.rows()).await?;
    let mut history = history.ok_or(ApiError::NotFound)?;
    let next_cursor = paging.cut(&mut history.rows, |last| Position {
        key: last.version.to_string(),
        id: *id.as_bytes(),
    });
    let rows = history.rows.into_iter();
    let items = rows
        .map(|row| Revision::new(row, history.current))
        .collect();
    let next = next_cursor.clone();
    let page = RevisionPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

/// What is not there is not there, whatever else is wrong with the request.
async fn known_fault(
    notes: &NoteStore,
    user: CurrentUser,
    id: NoteId,
    fault: ApiError,
) -> ApiError {
    match notes.find(user.id, id).await {
        Ok(Some(_)) => fault,
        Ok(None) => ApiError::NotFound,
        Err(other) => other.into(),
    }
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
    ApiPath(place): ApiPath<Place>,
) -> Result<Answer<RevisionText>, ApiError> {
    let found = notes.revision(user.id, place.id, place.version).await?;
    let (row, body, current) = found.ok_or(ApiError::NotFound)?;
    Ok(Answer(RevisionText {
        revision: Revision::new(row, current),
        body,
    }))
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
    ApiPath(place): ApiPath<Place>,
    query: Result<ApiQuery<DifferenceQuery>, ApiError>,
) -> Result<Answer<Difference>, ApiError> {
    let found = notes.revision(user.id, place.id, place.version).await?;
    let (old, old_body, current) = found.ok_or(ApiError::NotFound)?;
    let ApiQuery(query) = query?;
    let to = query.to.unwrap_or(current);
    let found = notes.revision(user.id, place.id, to).await?;
    let (new, new_body, _) = found.ok_or(ApiError::NotFound)?;
    let bytes = old_body.len() + new_body.len();
    let difference = diff::off_thread(bytes, move || Difference {
        from: old.version,
        to: new.version,
        title: diff::words(&old.title, &new.title),
        body: diff::words(&old_body, &new_body),
    });
    match difference.await {
        Some(difference) => Ok(Answer(difference)),
        None => Err(ApiError::Internal(Report::text("the worker died"))),
    }
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
    ApiPath(place): ApiPath<Place>,
) -> Result<Entity<Note>, ApiError> {
    match notes.take_back(user.id, place.id, place.version).await? {
        Taken::Note(note) => Ok(Entity(*note)),
        Taken::Missing | Taken::Removed | Taken::IsCurrent => Err(ApiError::NotFound),
    }
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
    ApiPath(place): ApiPath<Place>,
) -> Result<Response, ApiError> {
    match notes.forget(user.id, place.id, place.version).await? {
        Taken::Removed | Taken::Note(_) => Ok(NoContent.into_response()),
        // Removed before is removed.
        Taken::Missing => match notes.find(user.id, place.id).await? {
            Some(_) => Ok(StatusCode::NO_CONTENT.into_response()),
            None => Err(ApiError::NotFound),
        },
        Taken::IsCurrent => Err(ApiError::Conflict(
            "current_revision",
            "This is the note's text; change the note instead.",
        )),
    }
}
