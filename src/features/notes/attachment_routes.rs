//! The endpoints of a note's files: attached, and taken off.

use axum::extract::State;

use super::store::NoteStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::ApiPath;
use crate::api::reply::NoContent;
use crate::domain::id::{FileId, NoteId};
use crate::records::documents::Attaching;

/// Attaches a file to a note. The note gets a new version, unless the file was attached before.
#[utoipa::path(
    put, path = "/notes/{id}/attachments/{file_id}", operation_id = "notes.attach", tag = "notes",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "It is attached"))
)]
pub(super) async fn attach(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath((id, file)): ApiPath<(NoteId, FileId)>,
) -> Result<NoContent, ApiError> {
    answer(notes.attach(user.id, id, file).await?)
}

/// Takes a file off a note. The file itself stays.
#[utoipa::path(
    delete, path = "/notes/{id}/attachments/{file_id}", operation_id = "notes.detach", tag = "notes",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "It is not attached"))
)]
pub(super) async fn detach(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath((id, file)): ApiPath<(NoteId, FileId)>,
) -> Result<NoContent, ApiError> {
    answer(notes.detach(user.id, id, file).await?)
}

fn answer(attaching: Attaching) -> Result<NoContent, ApiError> {
    match attaching {
        Attaching::Done => Ok(NoContent),
        Attaching::Missing => Err(ApiError::NotFound),
        Attaching::InTrash => Err(ApiError::Conflict(
            "file_in_trash",
            "A file in the trash cannot be attached; take it out first.",
        )),
        Attaching::Full => Err(ApiError::Conflict(
            "attachments_full",
            "A note bears at most 100 files.",
        )),
    }
}
