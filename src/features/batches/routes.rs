//! The endpoints of batches: fetch, decide, answer.

use axum::extract::State;

use super::model::{BatchDone, BatchPage, BatchQuery, BatchSummary, NewBatch, Undone};
use super::store::{BatchStore, Created, Undo};
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery, IdempotentJson};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::domain::id::BatchId;
use crate::domain::invalid::Invalid;
use crate::features::notes::Applied;
use crate::records::idempotency::StoredReply;

/// What a cursor of this list is bound to.
const BINDING: &str = "batches";

/// Does one thing to many entities: to all of them, or to none when one cannot take it.
#[utoipa::path(
    post, path = "/batch", operation_id = "batches.create", tag = "changes",
    request_body = NewBatch,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; kept for 24 hours")),
    responses((status = 200, body = BatchDone))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(batches): State<BatchStore>,
    IdempotentJson { value, key }: IdempotentJson<NewBatch>,
) -> Result<StoredReply, ApiError> {
    match batches.create(user.id, &value, key.as_ref()).await? {
        Created::Reply(reply) => Ok(reply),
        Created::KeyMismatch => Err(Invalid::new(
            "Idempotency-Key",
            "idempotency_key_reused",
            "This key was sent with another request; use a new one.",
        )
        .into()),
        Created::Refused(refusal) => Err(refused(&refusal)),
    }
}

fn refused(refusal: &Applied) -> ApiError {
    let named = |places: &[usize], code, detail: &str| {
        let fault = |place: &usize| Invalid::new(format!("ids[{place}]"), code, detail);
        ApiError::Invalid(places.iter().map(fault).collect())
    };
    match refusal {
        Applied::Unknown(places) => named(places, "not_found", "There is no such note."),
        Applied::TooManyTags(places) => {
            named(places, "too_many_tags", "It would have more than 100 tags.")
        }
        Applied::NoNotebook | Applied::Done { .. } => {
            Invalid::new("notebook_id", "not_found", "There is no such notebook.").into()
        }
    }
}

/// The caller's batches of the last days, newest first.
#[utoipa::path(
    get, path = "/batches", operation_id = "batches.list", tag = "changes", params(BatchQuery),
    responses((status = 200, body = BatchPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    State(app): State<AppState>,
    State(batches): State<BatchStore>,
    ApiQuery(query): ApiQuery<BatchQuery>,
) -> Result<Answer<BatchPage>, ApiError> {
    let before = match &query.cursor {
        None => None,
        Some(cursor) => Some(page::open_cursor(&app.keys, user.id, BINDING, cursor)?),
    };
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    let before = before.map(|place| BatchId::from_bytes(place.id));
    let mut rows = batches.list(user.id, before, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|last| {
        let position = Position {
            key: String::new(),
            id: *last.id.as_bytes(),
        };
        page::seal_cursor(&app.keys, user.id, BINDING, &position)
    });
    Ok(Answer(BatchPage {
        items: rows.into_iter().map(BatchSummary::from).collect(),
        next_cursor,
    }))
}

/// Takes a batch back, within a week, where its entities are still as it left them.
#[utoipa::path(
    post, path = "/batches/{id}/undo", operation_id = "batches.undo", tag = "changes",
    params(("id" = Uuid, Path)), responses((status = 200, body = Undone))
)]
pub(super) async fn undo(
    user: CurrentUser,
    State(batches): State<BatchStore>,
    ApiPath(id): ApiPath<BatchId>,
) -> Result<Answer<Undone>, ApiError> {
    match batches.undo(user.id, id).await? {
        Undo::Done(undone) => Ok(Answer(undone)),
        Undo::Missing => Err(ApiError::NotFound),
        Undo::Already => Err(ApiError::Conflict(
            "already_undone",
            "This was taken back before.",
        )),
    }
}
