//! A whole file in one form (RFC 7578), as browsers and `curl -F` send it: streamed like an upload
//! in pieces, but nobody can go on with it: what does not come to its end is forgotten.

use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::linger::linger;
use super::model::File;
use super::uploads::{
    Created, Finished, Naming, NewUpload, Receiver, Upload, UploadStore, broken_off,
    content_length, life_s, next, no_room, read_id, too_large_for_form, within_patience,
};
use crate::api::caller::LastingCaller;
use crate::api::documents::key_reused;
use crate::api::error::{ApiError, Problem, id_taken};
use crate::api::extract::key_text;
use crate::api::reply;
use crate::api::state::AppState;
use crate::domain::file_name::FileName;
use crate::domain::id::FileId;
use crate::domain::invalid::Invalid;
use crate::services::dedup::idempotency_keys::{IdempotencyKey, StoredReply};

/// The path that an idempotency key is bound to.
const PATH: &str = "/api/v1/files";

/// What a form takes besides its file; a longer one is refused before a byte of it is taken.
const FORM_EXTRA_BYTES: u64 = 64 * 1024;

/// What a form holds.
#[derive(serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "only describes the body: its parts are read one after the other"
)]
struct FileForm {
    /// A UUID of the client's own for the file.
    #[schema(value_type = Uuid, required = false)]
    id: Option<FileId>,
    /// The file; its name is that of the part.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The endpoint.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .layer(from_fn(linger))
        // The bounds of files are counted while they come.
        .layer(DefaultBodyLimit::disable())
}

/// Sends up a whole file. With an `Idempotency-Key` a repeated request gets the first answer again.
#[utoipa::path(
    post, path = "/files", operation_id = "files.create", tag = "files",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = r"^[!-~](?:[ -~]*[!-~])?$",
        description = "1 to 255 visible ASCII characters; kept for 24 hours"
    )),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = File),
        (status = 408, description = "Nothing came for half a minute", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The quota is used up, or the service has no room left", body = Problem, content_type = "application/problem+json")
    )
)]
async fn create(
    caller: LastingCaller,
    State(app): State<AppState>,
    State(uploads): State<UploadStore>,
    request: Request,
) -> Result<StoredReply, ApiError> {
    let key = key_text(request.headers())?;
    let most = app.site.files.form_max_bytes + FORM_EXTRA_BYTES;
    if content_length(request.headers()) > most {
        return Err(too_large_for_form());
    }
    let mut form = read_form(request).await?;
    receive(&app, &caller, &uploads, &mut form, key).await
}

async fn read_form(request: Request) -> Result<Multipart, ApiError> {
    Multipart::from_request(request, &())
        .await
        .map_err(|err: MultipartRejection| match err {
            MultipartRejection::InvalidBoundary(_) => ApiError::Refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send multipart/form-data.",
            ),
            _ => broken_off(),
        })
}

/// Takes the whole form, then makes the file. Whatever goes wrong, nothing is left.
async fn receive(
    app: &AppState,
    caller: &LastingCaller,
    uploads: &UploadStore,
    form: &mut Multipart,
    key: Option<String>,
) -> Result<StoredReply, ApiError> {
    let mut parts = Parts::default();
    let taken = parts.take(app, caller, uploads, form).await;
    let Some(upload) = parts.upload else {
        taken?;
        return Err(Invalid::new("file", "required", "The form holds no file.").into());
    };
    let id = parts.id.unwrap_or_default();
    let outcome = match taken {
        Ok(()) => end(caller, uploads, &upload, (id, key)).await,
        Err(err) => Err(err),
    };
    if let Ok((reply, false)) = outcome {
        return Ok(reply);
    }
    // What is left when even this fails is given up a quarter of an hour later.
    let removed = uploads.remove(caller.user, upload.id).await;
    let (reply, _) = outcome?;
    removed?;
    Ok(reply)
}

/// What came of a form so far.
#[derive(Default)]
struct Parts {
    id: Option<FileId>,
    upload: Option<Upload>,
}

impl Parts {
    async fn take(
        &mut self,
        app: &AppState,
        caller: &LastingCaller,
        uploads: &UploadStore,
        form: &mut Multipart,
    ) -> Result<(), ApiError> {
        loop {
            let field = within_patience(form.next_field()).await?;
            let Some(field) = field.map_err(|_| broken_off())? else {
                return Ok(());
            };
            match field.name() {
                Some("file") if self.upload.is_none() => {
                    let name = FileName::cleaned(field.file_name().unwrap_or_default());
                    let upload = begin(app, caller, uploads, &name).await?;
                    let upload = self.upload.insert(upload);
                    let receiver = Receiver::take(app, caller, uploads, upload, 0).await?;
                    let mut receiver = receiver.ok_or(ApiError::NotFound)?;
                    receiver.receive(field, None).await?;
                }
                Some("id") if self.id.is_none() => {
                    self.id = Some(read_id(&read_text(field).await?)?);
                }
                name => {
                    let detail = "A form holds one `file`, and perhaps one `id`.";
                    let name = name.unwrap_or_default();
                    return Err(Invalid::new(name, "unknown_field", detail).into());
                }
            }
        }
    }
}

async fn begin(
    app: &AppState,
    caller: &LastingCaller,
    uploads: &UploadStore,
    name: &FileName,
) -> Result<Upload, ApiError> {
    let new = NewUpload {
        // Not the file's: a repeated request must not be in its own way.
        id: FileId::new(),
        length: None,
        name,
        metadata: "",
        quota: app.site.files.quota_bytes,
        life_s: life_s(app, None),
    };
    match uploads.create(caller.user, &new).await? {
        Created::Begun(upload) => Ok(upload),
        Created::IdTaken => Err(id_taken()),
        Created::NoRoom(at) => Err(no_room(at)),
    }
}

/// Makes the file; the answer, and whether it is that of an earlier request.
async fn end(
    caller: &LastingCaller,
    uploads: &UploadStore,
    upload: &Upload,
    (id, key): (FileId, Option<String>),
) -> Result<(StoredReply, bool), ApiError> {
    let upload = uploads.find(caller.user, upload.id).await?;
    let upload = upload.ok_or(ApiError::NotFound)?;
    // The bytes themselves are not at hand any more; their digest's state stands for them.
    let key = key.map(|text| {
        let body = [upload.name.as_str().as_bytes(), b"\n", &upload.hash_state].concat();
        IdempotencyKey::new(text, "POST", PATH, &body)
    });
    let answer =
        |file: &File| reply::created(format!("{PATH}/{}", file.id), file).unwrap_or_default();
    let naming = Naming {
        id,
        key: key.as_ref(),
        reply: &answer,
    };
    match uploads.finish(caller.user, &upload, &naming).await? {
        Finished::File(file) => Ok((answer(&file), false)),
        Finished::Reply(reply) => Ok((reply, false)),
        Finished::Replay(reply) => Ok((reply, true)),
        Finished::Missing => Err(ApiError::NotFound),
        Finished::IdTaken => Err(id_taken()),
        Finished::KeyMismatch => Err(key_reused()),
    }
}

/// A short text.
async fn read_text(mut field: Field<'_>) -> Result<String, ApiError> {
    const MOST: usize = 64;
    let mut text = Vec::new();
    while let Some(bytes) = next(&mut field).await? {
        text.extend_from_slice(&bytes);
        if text.len() > MOST {
            return Err(ApiError::TooLarge);
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
