//! The endpoints of batches.

use axum::extract::State;
use axum::response::Response;

use super::model::{BatchDone, BatchPage, BatchSummary, NewBatch, Undone};
use super::store::{BatchStore, CreateOutcome, UndoOutcome};
use crate::api::caller::CurrentUser;
use crate::api::documents::key_reused;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery, IdempotentJson};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer};
use crate::api::state::AppState;
use crate::domain::id::BatchId;
use crate::domain::invalid::Invalid;
use crate::services::dedup::idempotency_keys::StoredReply;
use crate::services::documents::ApplyOutcome;
use crate::services::entity_kind::EntityKind;

const BINDING: &str = "batches";

/// Apply one action to up to 500 entities
///
/// Either all of them are changed or none. The reply has the id with which the batch can be undone.
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
        CreateOutcome::Reply(reply) => Ok(reply),
        CreateOutcome::KeyMismatch => Err(key_reused()),
        CreateOutcome::Refused(refusal) => Err(refused(value.kind(), refusal)),
    }
}

fn refused(kind: EntityKind, refusal: ApplyOutcome) -> ApiError {
    let named = |indices: Vec<usize>, code, detail: &str| {
        let err = |index| Invalid::new(format!("ids[{index}]"), code, detail);
        ApiError::Invalid(indices.into_iter().map(err).collect())
    };
    match refusal {
        ApplyOutcome::Unknown(indices) => {
            let detail = format!("There is no such {}.", kind.name);
            named(indices, "not_found", &detail)
        }
        ApplyOutcome::TooManyTags(indices) => named(
            indices,
            "too_many_tags",
            "It would have more than 100 tags.",
        ),
        ApplyOutcome::Refused(refusal) => refusal.into(),
        ApplyOutcome::Done { .. } => ApiError::NotFound,
    }
}

/// List the caller's batches of the last seven days, newest first
#[utoipa::path(
    get, path = "/batches", operation_id = "batches.list", tag = "changes", params(PageQuery),
    responses((status = 200, body = BatchPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(batches): State<BatchStore>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, user.id, BINDING, page)?;
    let before = paging.after_id().map(BatchId::from_bytes);
    let mut rows = batches.list(user.id, before, paging.rows()).await?;
    let next_cursor = paging.cut(&mut rows, |last| Position::of_id(*last.id.as_bytes()));
    let next = next_cursor.clone();
    let page = BatchPage {
        items: rows.into_iter().map(BatchSummary::from).collect(),
        next_cursor,
    };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
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
        UndoOutcome::Done(undone) => Ok(Answer(undone)),
        UndoOutcome::Missing => Err(ApiError::NotFound),
        UndoOutcome::AlreadyUndone => Err(ApiError::Conflict(
            "already_undone",
            "This batch was undone before.",
        )),
    }
}
