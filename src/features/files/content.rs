//! The bytes of a file, whole or in part. The first chunk is read and checked before the head of
//! the answer leaves; a damaged one later cuts the connection. No byte leaves unchecked.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::links::{self, Reader};
use super::model::ContentQuery;
use super::range::{Part, part};
use super::serving::{disposition, serving};
use super::store::{Content, FileStore};
use crate::api::condition::{IfNoneMatch, etag_header};
use crate::api::error::ApiError;
use crate::api::extract::ApiPath;
use crate::api::state::AppState;
use crate::domain::digest::Digest;
use crate::domain::id::FileId;
use crate::platform::metrics;
use crate::platform::storage::StorageError;

/// What is opened by itself, in a tab of its own, can do nothing: it has no origin and no scripts.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; \
     frame-ancestors 'none'",
);

/// The bytes of a file, or one range of them. A bearer, or the token of a link, says who reads.
#[utoipa::path(
    get, path = "/files/{id}/content", operation_id = "files.content", tag = "files",
    params(("id" = Uuid, Path), ContentQuery, (
        "Range" = Option<String>, Header, description = "One range of bytes; several are answered with the whole"
    ), (
        "If-Range" = Option<String>, Header, description = "The ETag that the range is meant for; else the whole is answered"
    )),
    responses(
        (status = 200, description = "All of it, as what it was found to be; what could run in a browser as application/octet-stream", body = Vec<u8>, content_type = "*/*"),
        (status = 206, description = "The range", body = Vec<u8>, content_type = "*/*"),
        (status = 304, description = "Not modified"),
        (status = 416, description = "Nothing of the range is there", body = crate::api::error::Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn read(
    reader: Reader,
    method: Method,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    known: IfNoneMatch,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = files.content(reader.owner, id).await?;
    let found = found.ok_or(ApiError::NotFound)?;
    if reader.by_link && !found.owner_is_active {
        return Err(links::BAD);
    }
    let query = reader.asked?;
    let tag = format!("\"{}\"", Digest(found.blob.sha256));
    if known.has(&tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        dress(response.headers_mut(), &tag);
        return Ok(response);
    }
    let size = found.blob.size_bytes;
    let (status, range) = match part(&method, &headers, size, &tag) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Some(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Outside => return Err(ApiError::OutsideRange(size)),
    };
    let mut chunks = app.storage.read(found.blob, range.clone());
    let first = chunks.next().await.transpose().map_err(noted)?;
    let rest = chunks.into_stream().map_err(noted);
    let all = stream::iter(first.map(Ok::<Bytes, StorageError>)).chain(rest);
    let mut response = Response::new(Body::from_stream(all));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    describe(headers, &found, &query);
    dress(headers, &tag);
    let length = HeaderValue::from(range.end - range.start);
    headers.insert(header::CONTENT_LENGTH, length);
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        if let Ok(place) = HeaderValue::from_str(&place) {
            headers.insert(header::CONTENT_RANGE, place);
        }
    }
    Ok(response)
}

/// What the bytes are, and whether a browser may show them.
fn describe(headers: &mut HeaderMap, found: &Content, query: &ContentQuery) {
    let served = serving(&found.mime);
    let is_shown = served.is_shown && !query.download;
    let kind = HeaderValue::from_str(served.kind)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    let name = disposition(is_shown, &found.name);
    headers.insert(header::CONTENT_DISPOSITION, name);
}

/// What every answer has, that of an unchanged file, too.
fn dress(headers: &mut HeaderMap, tag: &str) {
    const BYTES: HeaderValue = HeaderValue::from_static("bytes");
    const CHECKED: HeaderValue = HeaderValue::from_static("private, no-cache");
    const UNTOUCHED: HeaderValue = HeaderValue::from_static("no");
    headers.insert(header::ETAG, etag_header(tag));
    headers.insert(header::ACCEPT_RANGES, BYTES);
    headers.insert(header::CACHE_CONTROL, CHECKED);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    // nginx would keep what a slow reader has not taken yet on its disk.
    headers.insert(HeaderName::from_static("x-accel-buffering"), UNTOUCHED);
}

/// Damaged bytes are an alarm, wherever in the file they are met.
fn noted(err: StorageError) -> StorageError {
    if let StorageError::Damaged { blob, n, what } = &err {
        metrics::storage_damaged();
        tracing::error!(%blob, chunk = n, what, "stored bytes are damaged");
    }
    err
}
