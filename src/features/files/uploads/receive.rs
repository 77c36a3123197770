//! Taking the bytes of one request into an upload: chunk by chunk, each in a short transaction, no
//! connection held while the client is slow, and asked at each chunk whether the caller still may.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::model::Checksum;
use super::store::{Kept, Terms, Token, Upload, UploadStore, new_token};
use crate::api::caller::LastingCaller;
use crate::api::error::{ApiError, Challenge, Report};
use crate::api::state::AppState;
use crate::platform::storage::{StorageError, Writer};
use crate::services::blobs::quota::Use;

/// Longest pause between two pieces of a body.
const IDLE_DEADLINE: Duration = Duration::from_secs(30);
/// Seconds that a form waits for its next bytes: nobody can go on with it.
const FORM_LIFE_S: u64 = 900;

/// One request that writes an upload.
pub(in crate::features::files) struct Receiver<'a> {
    app: &'a AppState,
    caller: &'a LastingCaller,
    uploads: &'a UploadStore,
    upload: Upload,
    token: Token,
    writer: Writer,
    /// What the upload has come to, in the eyes of everybody else.
    safe: u64,
    /// More than that is refused.
    most: u64,
    terms: Terms,
}

/// Seconds that an upload waits for its next bytes.
pub(in crate::features::files) fn life_s(app: &AppState, length: Option<u64>) -> u64 {
    match length {
        Some(_) => app.site.files.upload_life.as_secs(),
        None => FORM_LIFE_S,
    }
}

impl<'a> Receiver<'a> {
    /// Becomes the one request that may write, at the place where the stored bytes end; `None` when
    /// that is somewhere else, or there is no such upload.
    pub(in crate::features::files) async fn take(
        app: &'a AppState,
        caller: &'a LastingCaller,
        uploads: &'a UploadStore,
        found: &Upload,
        offset: u64,
    ) -> Result<Option<Self>, ApiError> {
        let (owner, token) = (caller.user, new_token());
        let Some(upload) = uploads.take(owner, found.id, offset, &token).await? else {
            return Ok(None);
        };
        let at = (owner, upload.blob);
        let writer = Writer::resume(&app.storage, at, upload.received, &upload.hash_state);
        let bounds = app.site.files;
        Ok(Some(Self {
            writer: writer.await.map_err(damaged)?,
            safe: upload.received,
            most: upload.length.unwrap_or(bounds.form_max_bytes),
            terms: Terms {
                life_s: life_s(app, upload.length),
                reserve: upload.length.is_none().then_some(bounds.quota_bytes),
            },
            app,
            caller,
            uploads,
            upload,
            token,
        }))
    }

    /// Takes all bytes of a body. What came before the body broke off is kept; with a checksum all
    /// of it is kept, or nothing.
    pub(in crate::features::files) async fn receive<S, E>(
        &mut self,
        mut body: S,
        mut checksum: Option<Checksum>,
    ) -> Result<(), ApiError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let ahead = checksum.is_some();
        loop {
            let mut bytes = match next(&mut body).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(err) => {
                    if !ahead {
                        self.keep().await?;
                    }
                    return Err(err);
                }
            };
            if self.writer.len() + bytes.len() as u64 > self.most {
                return Err(self.too_long());
            }
            if let Some(checksum) = &mut checksum {
                checksum.update(&bytes);
            }
            while !bytes.is_empty() {
                self.writer.fill(&mut bytes);
                if self.writer.is_full() && ahead {
                    self.keep_ahead().await?;
                } else if self.writer.is_full() {
                    self.keep().await?;
                }
            }
        }
        match checksum {
            None => self.keep().await,
            Some(checksum) => match checksum.matches() {
                true => self.accept().await,
                false => Err(mismatch()),
            },
        }
    }

    /// Refuses a body that says to be too long before a byte of it is taken.
    pub(in crate::features::files) fn announced(
        &self,
        headers: &HeaderMap,
    ) -> Result<(), ApiError> {
        if self.safe.saturating_add(content_length(headers)) > self.most {
            return Err(self.too_long());
        }
        Ok(())
    }

    /// How many bytes are safe.
    pub(in crate::features::files) fn safe(&self) -> u64 {
        self.safe
    }

    async fn keep(&mut self) -> Result<(), ApiError> {
        let Some(step) = self.writer.step() else {
            return Ok(());
        };
        self.still_allowed().await?;
        let kept = {
            let _turn = self.app.storage.turn().await;
            let at = (self.caller.user, &self.upload);
            self.uploads.keep(at, &self.token, &step, self.terms).await
        };
        self.judge(kept?).await?;
        self.writer.stored();
        self.safe = self.writer.len();
        Ok(())
    }

    async fn keep_ahead(&mut self) -> Result<(), ApiError> {
        let Some(step) = self.writer.step() else {
            return Ok(());
        };
        self.still_allowed().await?;
        let kept = {
            let _turn = self.app.storage.turn().await;
            let at = (self.caller.user, &self.upload);
            let (token, safe) = (&self.token, self.safe);
            self.uploads.keep_ahead(at, token, safe, &step).await
        };
        self.judge(kept?).await?;
        self.writer.stored();
        Ok(())
    }

    async fn accept(&mut self) -> Result<(), ApiError> {
        self.keep_ahead().await?;
        if self.writer.len() == self.safe {
            return Ok(());
        }
        let step = self.writer.from(self.safe);
        let at = (self.caller.user, &self.upload);
        let kept = self.uploads.accept(at, &self.token, &step, self.terms);
        self.judge(kept.await?).await?;
        self.safe = self.writer.len();
        Ok(())
    }

    /// A long body must not outlive the sign-in that began it.
    async fn still_allowed(&self) -> Result<(), ApiError> {
        if self.caller.may_write(self.app).await? {
            return Ok(());
        }
        Err(ApiError::Unauthorized(Challenge::InvalidToken))
    }

    async fn judge(&self, kept: Kept) -> Result<(), ApiError> {
        match kept {
            Kept::Done => Ok(()),
            Kept::NoRoom(at) => Err(no_room(at)),
            Kept::Lost => {
                let (owner, id) = (self.caller.user, self.upload.id);
                let is_there = self.uploads.find(owner, id).await?.is_some()
                    || self.uploads.is_file(owner, id).await?;
                Err(if is_there {
                    ApiError::Conflict(
                        "upload_taken_over",
                        "Another request goes on with this upload.",
                    )
                } else {
                    ApiError::NotFound
                })
            }
        }
    }

    fn too_long(&self) -> ApiError {
        match self.upload.length {
            None => too_large_for_form(),
            Some(_) => ApiError::Refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "upload_too_long",
                "These are more bytes than Upload-Length said.",
            ),
        }
    }
}

/// How many bytes a body says to have; none where it does not say.
pub(in crate::features::files) fn content_length(headers: &HeaderMap) -> u64 {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(0)
}

/// The next piece of a body; none at its end.
pub(in crate::features::files) async fn next<S, E>(body: &mut S) -> Result<Option<Bytes>, ApiError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let piece = within_patience(body.next()).await?;
    piece.transpose().map_err(|_| broken_off())
}

/// Something that waits for the client, at most as long as a client may pause.
pub(in crate::features::files) async fn within_patience<T>(
    wait: impl Future<Output = T>,
) -> Result<T, ApiError> {
    let waited = tokio::time::timeout(IDLE_DEADLINE, wait).await;
    waited.map_err(|_| ApiError::BodyTimeout)
}

/// The client is gone, or what it sent makes no sense any more.
pub(in crate::features::files) fn broken_off() -> ApiError {
    ApiError::BadRequest("unreadable_body", "The body broke off.".into())
}

/// More bytes than any file may have.
pub(super) fn too_large() -> ApiError {
    ApiError::Refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file_too_large",
        "The file is too large; /api/v1/me/storage says what is allowed.",
    )
}

/// More bytes than one request may bring whole.
pub(in crate::features::files) fn too_large_for_form() -> ApiError {
    ApiError::Refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file_too_large",
        "The file is too large for a form; send it in pieces to /api/v1/uploads.",
    )
}

/// The quota is used up.
pub(in crate::features::files) fn no_room(at: Use) -> ApiError {
    let detail = format!("{} of {} bytes are in use.", at.used, at.quota);
    ApiError::NoRoom("quota_exceeded", detail.into(), None)
}

fn mismatch() -> ApiError {
    // Not registered; tus 1.0 says so.
    let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
    ApiError::Refused(
        status,
        "checksum_mismatch",
        "The bytes are not those of Upload-Checksum; none of them was kept.",
    )
}

#[track_caller]
fn damaged(err: StorageError) -> ApiError {
    match err {
        StorageError::Db(err) => err.into(),
        err => ApiError::Internal(Report::new(&err)),
    }
}
