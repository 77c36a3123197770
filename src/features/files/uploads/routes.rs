//! The endpoints of tus 1.0: fetch, decide, answer. What the protocol wants of every answer stands
//! in `mod`.

use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use utoipa::ToSchema;

use super::model::{self, Checksum, Metadata};
use super::receive::{Receiver, life_s, no_room, too_large};
use super::store::{Created, Finished, NewUpload, Upload, UploadStore};
use crate::api::caller::LastingCaller;
use crate::api::error::{ApiError, Problem, id_taken};
use crate::api::extract::ApiPath;
use crate::api::reply::NoContent;
use crate::api::state::AppState;
use crate::domain::id::FileId;
use crate::features::files::store::FileStore;

/// Somebody who is signed in and speaks this version of the protocol.
pub(super) struct Speaker(LastingCaller);

impl<S> FromRequestParts<S> for Speaker
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = LastingCaller::from_request_parts(parts, state).await?;
        let version = parts.headers.get(model::TUS_RESUMABLE);
        if version.is_some_and(|version| version == model::VERSION) {
            return Ok(Self(caller));
        }
        Err(ApiError::Refused(
            StatusCode::PRECONDITION_FAILED,
            "tus_version",
            "Send Tus-Resumable: 1.0.0.",
        ))
    }
}

/// Bytes of a file, as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(
    dead_code,
    reason = "only describes the body, which is never held as a whole"
)]
struct UploadBytes(Vec<u8>);

/// What is spoken here of the tus protocol (tus.io, version 1.0).
#[utoipa::path(
    options, path = "/uploads", operation_id = "uploads.options", tag = "files",
    security(()),
    responses((status = 204, description = "See the headers", headers(
        ("Tus-Version" = String, description = "Versions of the protocol"),
        ("Tus-Extension" = String, description = "Extensions of the protocol"),
        ("Tus-Max-Size" = String, description = "Most bytes of a file"),
        ("Tus-Checksum-Algorithm" = String, description = "What Upload-Checksum may name")
    )))
)]
pub(super) async fn options(State(app): State<AppState>) -> Response {
    let mut response = NoContent.into_response();
    let headers = response.headers_mut();
    let texts = [
        (model::TUS_VERSION, model::VERSION),
        (model::TUS_EXTENSION, model::EXTENSIONS),
        (model::TUS_ALGORITHMS, model::ALGORITHMS),
    ];
    for (name, text) in texts {
        headers.insert(name, HeaderValue::from_static(text));
    }
    let most = app.site.files.max_bytes;
    headers.insert(model::TUS_MAX_SIZE, HeaderValue::from(most));
    response
}

/// Begins an upload and reserves room for all of it. The upload's id becomes the file's; it may be
/// chosen in the metadata under the key `id`. A body of the type
/// `application/offset+octet-stream` already holds the first bytes.
#[utoipa::path(
    post, path = "/uploads", operation_id = "uploads.create", tag = "files",
    params(
        ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$", description = "The version of the protocol"),
        ("Upload-Length" = u64, Header, description = "Bytes of the whole file"),
        ("Upload-Metadata" = Option<String>, Header, description = "Pairs of a key and a value in base64: `filename` or `name`, `id`"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256 and the digest of this body in base64")
    ),
    request_body(content = Option<UploadBytes>, content_type = "application/offset+octet-stream", description = "The first bytes, perhaps none"),
    responses(
        (status = 201, description = "It has begun", headers(
            ("Location" = String, description = "Where it goes on"),
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Expires" = String, description = "When it is given up if nothing comes")
        )),
        (status = 412, description = "Another version of the protocol", body = Problem, content_type = "application/problem+json"),
        (status = 460, description = "The bytes are not those of Upload-Checksum", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The quota is used up, or the service has no room left", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn create(
    Speaker(caller): Speaker,
    State(app): State<AppState>,
    State(uploads): State<UploadStore>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (upload, checksum) = begin(&app, &caller, &uploads, &headers).await?;
    let first = model::has_bytes(&headers).then_some((body, checksum));
    receive_first(&app, &caller, &uploads, upload, first).await
}

async fn begin(
    app: &AppState,
    caller: &LastingCaller,
    uploads: &UploadStore,
    headers: &HeaderMap,
) -> Result<(Upload, Option<Checksum>), ApiError> {
    let length = model::number(headers, &model::UPLOAD_LENGTH)?;
    let metadata = Metadata::read(headers)?;
    let checksum = Checksum::read(headers)?;
    if length > app.site.files.max_bytes {
        return Err(too_large());
    }
    let new = NewUpload {
        id: metadata.id.unwrap_or_default(),
        length: Some(length),
        name: &metadata.name,
        metadata: &metadata.text,
        quota: app.site.files.quota_bytes,
        life_s: life_s(app, Some(length)),
    };
    match uploads.create(caller.user, &new).await? {
        Created::Begun(upload) => Ok((upload, checksum)),
        Created::IdTaken => Err(id_taken()),
        Created::NoRoom(at) => Err(no_room(at)),
    }
}

/// The bytes that came with the beginning. That it has begun is answered even when they could not
/// be stored: the client goes on from where they end.
async fn receive_first(
    app: &AppState,
    caller: &LastingCaller,
    uploads: &UploadStore,
    upload: Upload,
    first: Option<(Body, Option<Checksum>)>,
) -> Result<Response, ApiError> {
    let mut offset = 0;
    if let Some((body, checksum)) = first
        && let Some(mut receiver) = Receiver::take(app, caller, uploads, &upload, 0).await?
    {
        let outcome = receiver.receive(body.into_data_stream(), checksum).await;
        offset = receiver.safe();
        match outcome {
            Err(err) if err.status().is_client_error() => return Err(err),
            _ => {}
        }
    }
    if upload.length == Some(offset) {
        end(uploads, caller, &upload).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    let location = format!("/api/v1/uploads/{}", upload.id);
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(model::UPLOAD_OFFSET, HeaderValue::from(offset));
    say_expiry(headers, &upload);
    Ok(response)
}

/// How far an upload has come. One whose file is made already has all its bytes.
#[utoipa::path(
    head, path = "/uploads/{id}", operation_id = "uploads.status", tag = "files",
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$", description = "The version of the protocol")
    ),
    responses((status = 200, description = "See the headers", headers(
        ("Upload-Offset" = u64, description = "Bytes that are safe"),
        ("Upload-Length" = u64, description = "Bytes of the whole"),
        ("Upload-Metadata" = String, description = "As it came"),
        ("Upload-Expires" = String, description = "When it is given up if nothing comes")
    )))
)]
pub(super) async fn status(
    Speaker(caller): Speaker,
    State(uploads): State<UploadStore>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
) -> Result<Response, ApiError> {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    if let Some(upload) = find(&uploads, &caller, id).await? {
        if upload.is_whole() {
            // Whoever wrote the last byte died before the file was made.
            end(&uploads, &caller, &upload).await?;
        }
        say(headers, upload.received, upload.length.unwrap_or(0));
        if let Ok(metadata) = HeaderValue::try_from(&upload.metadata)
            && !upload.metadata.is_empty()
        {
            headers.insert(model::UPLOAD_METADATA, metadata);
        }
        say_expiry(headers, &upload);
        return Ok(response);
    }
    let file = files
        .find(caller.user, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    say(headers, file.size_bytes, file.size_bytes);
    if let Ok(metadata) = HeaderValue::try_from(model::metadata_of(&file.name)) {
        headers.insert(model::UPLOAD_METADATA, metadata);
    }
    Ok(response)
}

/// Takes the next bytes of an upload, beginning where the stored ones end. The latest of several
/// requests wins; with the last byte the file is there.
#[utoipa::path(
    patch, path = "/uploads/{id}", operation_id = "uploads.append", tag = "files",
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$", description = "The version of the protocol"),
        ("Upload-Offset" = u64, Header, description = "Where these bytes begin"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256 and the digest of this body in base64")
    ),
    request_body(content = UploadBytes, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "They are safe", headers(
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Expires" = String, description = "When it is given up if nothing comes")
        )),
        (status = 408, description = "Nothing came for half a minute", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It waited too long and was given up", body = Problem, content_type = "application/problem+json"),
        (status = 460, description = "The bytes are not those of Upload-Checksum", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The service has no room left", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn append(
    Speaker(caller): Speaker,
    State(app): State<AppState>,
    State(uploads): State<UploadStore>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let stores = (&uploads, &files);
    receive_next((&app, &caller), stores, id, (&headers, body)).await
}

async fn receive_next(
    (app, caller): (&AppState, &LastingCaller),
    (uploads, files): (&UploadStore, &FileStore),
    id: FileId,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, ApiError> {
    let found = find(uploads, caller, id).await?;
    let Some(found) = found else {
        return of_file(files, caller, id, headers).await;
    };
    let (offset, checksum) = (offset_of(headers)?, Checksum::read(headers)?);
    let receiver = Receiver::take(app, caller, uploads, &found, offset).await?;
    let Some(mut receiver) = receiver else {
        return Err(mismatch());
    };
    receiver.announced(headers)?;
    receiver.receive(body.into_data_stream(), checksum).await?;
    let safe = receiver.safe();
    let mut response = NoContent.into_response();
    let headers = response.headers_mut();
    headers.insert(model::UPLOAD_OFFSET, HeaderValue::from(safe));
    if found.length == Some(safe) {
        // It is a file now, which does not expire.
        end(uploads, caller, &found).await?;
    } else if let Some(upload) = uploads.find(caller.user, id).await? {
        say_expiry(headers, &upload);
    }
    Ok(response)
}

/// Nothing is left to be done where the file is made already.
async fn of_file(
    files: &FileStore,
    caller: &LastingCaller,
    id: FileId,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = files
        .find(caller.user, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    if offset_of(headers)? != file.size_bytes {
        return Err(mismatch());
    }
    let mut response = NoContent.into_response();
    let offset = HeaderValue::from(file.size_bytes);
    response.headers_mut().insert(model::UPLOAD_OFFSET, offset);
    Ok(response)
}

/// Gives an upload up: its bytes and its room are free again.
#[utoipa::path(
    delete, path = "/uploads/{id}", operation_id = "uploads.remove", tag = "files",
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$", description = "The version of the protocol")
    ),
    responses((status = 204, description = "It is given up"))
)]
pub(super) async fn remove(
    Speaker(caller): Speaker,
    State(uploads): State<UploadStore>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
) -> Result<NoContent, ApiError> {
    if uploads.remove(caller.user, id).await? {
        return Ok(NoContent);
    }
    match files.find(caller.user, id).await? {
        Some(_) => Err(ApiError::Conflict(
            "upload_finished",
            "This upload has become a file; delete the file.",
        )),
        None => Err(ApiError::NotFound),
    }
}

/// An upload that this protocol may go on with.
async fn find(
    uploads: &UploadStore,
    caller: &LastingCaller,
    id: FileId,
) -> Result<Option<Upload>, ApiError> {
    let found = uploads.find(caller.user, id).await?;
    let found = found.filter(|upload| upload.length.is_some());
    match found {
        Some(upload) if upload.is_over && !upload.is_whole() => Err(ApiError::Gone(
            "upload_expired",
            "This upload waited too long for its next bytes; begin a new one.",
        )),
        found => Ok(found),
    }
}

/// Makes the file.
async fn end(
    uploads: &UploadStore,
    caller: &LastingCaller,
    upload: &Upload,
) -> Result<(), ApiError> {
    let Some(upload) = uploads.find(caller.user, upload.id).await? else {
        return Ok(());
    };
    match uploads.settle(caller.user, &upload).await? {
        Finished::IdTaken => {
            uploads.remove(caller.user, upload.id).await?;
            Err(id_taken())
        }
        _ => Ok(()),
    }
}

/// Where the bytes of a request begin; refuses a body that does not say to hold any.
fn offset_of(headers: &HeaderMap) -> Result<u64, ApiError> {
    if !model::has_bytes(headers) {
        return Err(ApiError::Refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send application/offset+octet-stream.",
        ));
    }
    model::number(headers, &model::UPLOAD_OFFSET)
}

fn say(headers: &mut HeaderMap, offset: u64, length: u64) {
    headers.insert(model::UPLOAD_OFFSET, HeaderValue::from(offset));
    headers.insert(model::UPLOAD_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn say_expiry(headers: &mut HeaderMap, upload: &Upload) {
    if !upload.is_whole()
        && let Some(date) = model::http_date(upload.expires_at)
    {
        headers.insert(model::UPLOAD_EXPIRES, date);
    }
}

fn mismatch() -> ApiError {
    ApiError::Conflict(
        "offset_mismatch",
        "The stored bytes end somewhere else; ask with HEAD.",
    )
}
