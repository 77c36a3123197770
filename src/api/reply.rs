//! Answers: entities with their tags, lists, created things, nothing.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::condition::{IfNoneMatch, etag_header, version_tag};
use crate::api::error::{ApiError, Report};
use crate::api::page::Here;
use crate::services::dedup::idempotency_keys::StoredReply;
use crate::services::page_cache::Page;

/// Something with a version, whose reads can be answered with 304.
pub trait Versioned: Serialize {
    /// Grows with every write.
    fn version(&self) -> u64;
}

/// 204.
#[derive(Debug, Clone, Copy)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// 200 with a JSON body that must not be stored.
#[derive(Debug)]
pub struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json(StatusCode::OK, body),
            Err(err) => ApiError::Internal(Report::new(&err)).into_response(),
        }
    }
}

/// 200 with an entity and its `ETag`.
#[derive(Debug)]
pub struct Entity<T>(pub T);

impl<T: Versioned> IntoResponse for Entity<T> {
    fn into_response(self) -> Response {
        let tag = version_tag(self.0.version());
        match serde_json::to_vec(&self.0) {
            Ok(body) => tagged(json(StatusCode::OK, body), &tag),
            Err(err) => ApiError::Internal(Report::new(&err)).into_response(),
        }
    }
}

/// An entity that was read: 304 when the client has this version.
pub fn read<T: Versioned>(entity: T, known: &IfNoneMatch) -> Response {
    not_modified(entity.version(), known).unwrap_or_else(|| Entity(entity).into_response())
}

/// 304 when the client has this version.
pub fn not_modified(version: u64, known: &IfNoneMatch) -> Option<Response> {
    let tag = version_tag(version);
    known
        .has(&tag)
        .then(|| tagged(StatusCode::NOT_MODIFIED.into_response(), &tag))
}

/// A list page: 304 when the client has this state of it; `Link` to the next page (RFC 8288).
pub fn page(page: Page, known: &IfNoneMatch, next_url: Option<String>) -> Response {
    let tag = format!("\"{}\"", page.etag);
    let mut response = if known.has(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(StatusCode::OK, page.body)
    };
    if let Some(link) = next_url.and_then(|url| format!("<{url}>; rel=\"next\"").parse().ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    tagged(response, &tag)
}

/// A list page that is read fresh each time and must not be stored; `Link` to the next one.
pub fn fresh_page<T: Serialize>(here: &Here, page: T, next: Option<&str>) -> Response {
    let mut response = Answer(page).into_response();
    let link = next.map(|cursor| format!("<{}>; rel=\"next\"", here.next(cursor)));
    if let Some(link) = link.and_then(|link| link.parse().ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// The answer to a creation, in a form that can be stored and given again.
pub fn created<T: Versioned>(location: String, entity: &T) -> Result<StoredReply, ApiError> {
    Ok(StoredReply {
        status: StatusCode::CREATED.as_u16(),
        location,
        etag: version_tag(entity.version()),
        body: serde_json::to_vec(entity).map_err(|err| ApiError::Internal(Report::new(&err)))?,
    })
}

impl IntoResponse for StoredReply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = json(status, self.body);
        if let Ok(location) = HeaderValue::from_str(&self.location)
            && !self.location.is_empty()
        {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if self.etag.is_empty() {
            return response;
        }
        tagged(response, &self.etag)
    }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Entities may be kept by the browser that asked, to be checked each time.
fn tagged(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag_header(tag));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}
