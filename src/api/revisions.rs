//! Revisions of a document: the request and response types and the work of the endpoints in
//! `document_routes`.

use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::documents::{Shown, known_error};
use crate::api::error::{ApiError, Report};
use crate::api::extract::{self, ApiQuery, Validate, ValidationErrors};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer, Entity, NoContent};
use crate::api::state::AppState;
use crate::domain::id::{Id, UserId};
use crate::domain::time::Timestamp;
use crate::platform::diff::{self, Piece};
use crate::services::documents::revisions::RevisionRow;
use crate::services::documents::{Documents, RevisionOutcome};

/// A revision, as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revision {
    /// The version of the document that brought this text, or the number a text got that never was
    /// the document's.
    pub version: u64,
    pub title: String,
    /// Bytes of its body in UTF-8.
    pub size_bytes: u32,
    /// `edit`, `merge` (two texts became one), `merged` (one of the two as it was sent),
    /// `conflict` (it lost against another text), `restore`.
    pub reason: String,
    /// Whether it is the document's text now.
    pub current: bool,
    /// When it was saved, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl Revision {
    fn new(row: RevisionRow, current: u64) -> Self {
        Self {
            current: row.version == current,
            version: row.version,
            title: row.title,
            size_bytes: row.size_bytes,
            reason: row.reason,
            created_at: row.created_at,
        }
    }
}

/// A revision with its body.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionText {
    /// What the list shows of it.
    #[serde(flatten)]
    pub revision: Revision,
    /// Markdown, exactly as it was saved.
    pub body: String,
}

/// One page of revisions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionPage {
    pub items: Vec<Revision>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// The difference between two revisions, by words.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// The older side: `equal` and `delete` pieces are its text.
    pub from: u64,
    /// The newer side: `equal` and `insert` pieces are its text.
    pub to: u64,
    pub title: Vec<Piece>,
    /// The bodies.
    pub body: Vec<Piece>,
}

/// What a revision is held against.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DifferenceQuery {
    /// Another revision; the current one when absent.
    #[param(minimum = 1)]
    pub to: Option<u64>,
}

impl Validate for DifferenceQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}

/// The path parameters of a revision.
#[derive(Debug, Deserialize)]
#[serde(bound = "")]
pub struct RevisionPath<M> {
    pub id: Id<M>,
    #[serde(deserialize_with = "extract::version")]
    pub version: u64,
}

/// The texts a document had, newest first.
pub async fn list<D: Shown>(
    (app, here): (&AppState, &Here),
    documents: &Documents<D>,
    owner: UserId,
    id: Id<D::IdMarker>,
    query: Result<ApiQuery<PageQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let paging = query.and_then(|ApiQuery(query)| {
        let page = (query.cursor.as_deref(), query.limit);
        Paging::open(app, owner, format!("revisions|{id}"), page)
    });
    let paging = match paging {
        Ok(paging) => paging,
        Err(err) => return Err(known_error(documents, owner, id, err).await),
    };
    let before = paging.after().and_then(|place| place.key.parse().ok());
    let before = before.unwrap_or(u64::MAX);
    let history = documents.history(owner, id, before, paging.rows()).await?;
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
    Ok(reply::fresh_page(here, page, next.as_deref()))
}

/// One of the texts a document had.
pub async fn read<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    path: RevisionPath<D::IdMarker>,
) -> Result<Answer<RevisionText>, ApiError> {
    let found = documents.revision(owner, path.id, path.version).await?;
    let (row, body, current) = found.ok_or(ApiError::NotFound)?;
    Ok(Answer(RevisionText {
        revision: Revision::new(row, current),
        body,
    }))
}

/// The difference to another text of the document, by words.
pub async fn difference<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    path: RevisionPath<D::IdMarker>,
    query: Result<ApiQuery<DifferenceQuery>, ApiError>,
) -> Result<Answer<Difference>, ApiError> {
    let found = documents.revision(owner, path.id, path.version).await?;
    let (old, old_body, current) = found.ok_or(ApiError::NotFound)?;
    let ApiQuery(query) = query?;
    let to = query.to.unwrap_or(current);
    let found = documents.revision(owner, path.id, to).await?;
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

/// Makes a text the document's text again, as a new version.
pub async fn restore<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    path: RevisionPath<D::IdMarker>,
) -> Result<Entity<D::View>, ApiError> {
    match documents
        .restore_revision(owner, path.id, path.version)
        .await?
    {
        RevisionOutcome::Back(full) => Ok(Entity((*full).into())),
        RevisionOutcome::Missing | RevisionOutcome::Removed | RevisionOutcome::IsCurrent => {
            Err(ApiError::NotFound)
        }
    }
}

/// Removes a text from the history: the loser of a conflict, or what should not be kept.
pub async fn remove<D: Shown>(
    documents: &Documents<D>,
    owner: UserId,
    path: RevisionPath<D::IdMarker>,
) -> Result<Response, ApiError> {
    match documents
        .delete_revision(owner, path.id, path.version)
        .await?
    {
        RevisionOutcome::Removed | RevisionOutcome::Back(_) => Ok(NoContent.into_response()),
        // Removed before is removed.
        RevisionOutcome::Missing => match documents.version(owner, path.id).await? {
            Some(_) => Ok(NoContent.into_response()),
            None => Err(ApiError::NotFound),
        },
        RevisionOutcome::IsCurrent => Err(ApiError::Conflict(
            "current_revision",
            "This is the present text; change the document instead.",
        )),
    }
}
