//! What the endpoints of documents say the same way: saves with their conditions, the trash, new
//! ones. A noun brings its own addresses, names and shapes.

use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::condition::IfNoneMatch;
use crate::api::error::{ApiError, Report, id_taken, stale};
use crate::api::extract::{ApiQuery, SaveJson, Validate, ValidationErrors};
use crate::api::reply::{self, Entity, NoContent, Versioned};
use crate::domain::id::{BatchId, Id, UserId};
use crate::domain::if_match::IfMatch;
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::services::dedup::idempotency_keys::{IdempotencyKey, StoredReply};
use crate::services::dedup::save_ids::SaveRequest;
use crate::services::documents::{
    Base, Document, DocumentWithBody, Documents, InsertOutcome, Patch, Removed, Saved,
    SavedDocument, TextDocument,
};

/// A document with a text, and how it is shown.
pub trait Shown: TextDocument {
    /// The whole of it as JSON.
    type View: Versioned + From<DocumentWithBody<Self>>;
}

/// Checks a `base_version`.
pub fn check_base(version: Option<u64>) -> Result<(), Invalid> {
    match version {
        Some(0) => Err(Invalid::new(
            "base_version",
            "out_of_range",
            "Versions begin at 1.",
        )),
        _ => Ok(()),
    }
}

/// Whether a DELETE is for good.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RemoveQuery {
    /// Delete for good what is in the trash.
    pub permanent: Option<bool>,
}

impl Validate for RemoveQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}

/// Creates a document under an address.
pub async fn create<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    address: &str,
    new: (&DocumentWithBody<D>, &[TagName]),
    key: Option<&IdempotencyKey>,
) -> Result<StoredReply, ApiError> {
    let answer = |full: &DocumentWithBody<D>| {
        let location = format!("/api/v1/{address}/{}", full.document.meta().id);
        reply::created(location, &D::View::from(full.clone())).unwrap_or_default()
    };
    match documents.insert(owner, new, key, answer).await? {
        InsertOutcome::Reply(reply) => Ok(reply),
        InsertOutcome::Refused(refusal) => Err(refusal.into()),
        InsertOutcome::IdTaken => Err(id_taken()),
        InsertOutcome::KeyMismatch => Err(key_reused()),
    }
}

/// An idempotency key came with another request.
pub fn key_reused() -> ApiError {
    Invalid::new(
        "Idempotency-Key",
        "idempotency_key_reused",
        "This key was sent with another request; use a new one.",
    )
    .into()
}

/// Reads a document, or says that the caller has it.
pub async fn read<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    known: &IfNoneMatch,
) -> Result<Response, ApiError> {
    // Whoever asks whether something is new mostly has it already: that takes no text.
    if known.is_some()
        && let Some(version) = documents.version(owner, id).await?
        && let Some(answer) = reply::not_modified(version, known)
    {
        return Ok(answer);
    }
    let full = documents.find(owner, id).await?.ok_or(ApiError::NotFound)?;
    Ok(reply::read(D::View::from(full), known))
}

/// Saves a document. Needs a condition: `If-Match`, or a `base_version` in the body.
pub async fn save<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<D::Patch>,
) -> Result<SavedDocument<D>, ApiError> {
    let if_match = match if_match {
        Err(ApiError::PreconditionRequired) if body.names_base => Ok(None),
        condition => condition.map(Some),
    };
    let (if_match, patch) = match (if_match, body.value) {
        (Ok(condition), Ok(patch)) => (condition, patch),
        (condition, body) => {
            return Err(first_fault(documents, owner, id, condition, body.err()).await?);
        }
    };
    let base = base::<D>(id, if_match, &patch)?;
    match documents.save(owner, id, &base, &patch).await? {
        Saved::Done(saved) => Ok(saved),
        Saved::Missing => Err(ApiError::NotFound),
        Saved::Stale(full) => Err(stale(&D::View::from(full))),
        Saved::UnknownVersion(version) => Err(Invalid::new(
            "base_version",
            "unknown_version",
            format!("The {} has only come to version {version}.", D::KIND.name),
        )
        .into()),
        Saved::SaveIdReused => Err(Invalid::new(
            "save_id",
            "save_id_reused",
            "This id was sent with another save; make a new one.",
        )
        .into()),
        Saved::Refused(refusal) => Err(refusal.into()),
    }
}

fn base<D: Shown>(
    id: Id<D::IdMarker>,
    if_match: Option<IfMatch>,
    patch: &D::Patch,
) -> Result<Base, ApiError> {
    let (version, save) = patch.base();
    let key = |save| {
        let sent = serde_json::to_vec(patch)?;
        Ok(SaveRequest::new(save, D::KIND, id.as_bytes(), &sent))
    };
    let save = save.map(key).transpose();
    Ok(Base {
        if_match,
        version,
        save: save.map_err(|err: serde_json::Error| ApiError::Internal(Report::new(&err)))?,
    })
}

/// Of several faults the contract's order decides: 404, then 412 and 428, then the body's.
async fn first_fault<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    condition: Result<Option<IfMatch>, ApiError>,
    body: Option<ApiError>,
) -> Result<ApiError, ApiError> {
    let Some(full) = documents.find(owner, id).await? else {
        return Ok(ApiError::NotFound);
    };
    Ok(match (condition, body) {
        (Err(err), _) => err,
        (Ok(Some(base)), _) if !base.allows(full.document.meta().version) => {
            stale(&D::View::from(full))
        }
        (Ok(_), Some(err)) => err,
        (Ok(_), None) => ApiError::NotFound,
    })
}

/// Puts a document into the trash, or deletes one in the trash for good.
pub async fn remove<D: Document>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let ApiQuery(query) = match query {
        Ok(query) => query,
        Err(err) => return Err(known_error(documents, owner, id, err).await),
    };
    let removed = if query.permanent == Some(true) {
        documents.purge(owner, id).await?
    } else {
        documents.remove(owner, id).await?
    };
    match removed {
        Removed::Done(batch) => Ok(with_batch(batch)),
        Removed::Already => Ok(NoContent.into_response()),
        Removed::Missing => Err(ApiError::NotFound),
        Removed::NotInTrash => Err(ApiError::Conflict(
            "not_in_trash",
            "Only what is in the trash can be deleted for good.",
        )),
    }
}

/// 204 with the batch that takes it back.
pub fn with_batch(batch: BatchId) -> Response {
    let mut response = NoContent.into_response();
    if let Ok(value) = HeaderValue::from_str(&batch.to_string()) {
        response.headers_mut().insert("x-batch-id", value);
    }
    response
}

/// Takes a document out of the trash.
pub async fn restore<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
) -> Result<Entity<D::View>, ApiError> {
    let full = documents.restore(owner, id).await?;
    full.map(|full| Entity(full.into()))
        .ok_or(ApiError::NotFound)
}

/// What is not there is not there, whatever else is wrong with the request.
pub(super) async fn known_error<D: Document>(
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    err: ApiError,
) -> ApiError {
    match documents.version(owner, id).await {
        Ok(Some(_)) => err,
        Ok(None) => ApiError::NotFound,
        Err(other) => other.into(),
    }
}
