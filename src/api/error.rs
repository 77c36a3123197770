//! `ApiError` and the problem document (RFC 9457) it becomes.
//! Refuses to show a cause: the cause rides along for the one log line.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::invalid::Invalid;
use crate::platform::auth::password::Busy;
use crate::platform::db::DbError;
use crate::platform::storage::StorageError;

/// Seconds after which a tab may ask again for a stream: one that was closed is noticed by then.
const STREAM_RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");

/// Every way in which a request can fail.
#[derive(Debug)]
pub enum ApiError {
    /// 400: not even readable.
    BadRequest(&'static str, Cow<'static, str>),
    /// 401: nobody is signed in, or the proof is not good.
    Unauthorized(Challenge),
    /// A status with a code of its own: at sign-in, where a right is missing, and where a protocol
    /// has words that the rest of the API does not need.
    Refused(StatusCode, &'static str, &'static str),
    /// 403 or 409 about one field: it is well formed, but what it stands for is not good now. The
    /// field's code is the problem's.
    RefusedField(StatusCode, Invalid),
    /// 404: not there, or not the caller's.
    NotFound,
    /// 408: the body did not arrive in time; the connection is closed.
    BodyTimeout,
    /// 409: the state does not allow it; code and detail.
    Conflict(&'static str, &'static str),
    /// 410: it was there and is not kept any more; code and detail.
    Gone(&'static str, &'static str),
    /// 412: the entity changed meanwhile; carries it as it is now.
    Stale(Box<serde_json::Value>),
    /// 413: more bytes than allowed.
    TooLarge,
    /// 415: not JSON.
    UnsupportedMediaType,
    /// 416: nothing of the range is there; the size of the whole.
    OutsideRange(u64),
    /// 422: fields are wrong.
    Invalid(Vec<Invalid>),
    /// 507: no room for more bytes; code and detail. The cause, when the machine has none.
    NoRoom(&'static str, Cow<'static, str>, Option<Report>),
    /// 428: neither `If-Match` nor a base version.
    PreconditionRequired,
    /// 429: too often.
    TooManyRequests(Duration),
    /// 429: enough streams are open; one must be closed first.
    TooManyStreams,
    /// 503: a machine is away or all are busy.
    Unavailable(Report),
    /// 500: a bug.
    Internal(Report),
}

/// What a 401 says about the presented proof (RFC 6750, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// None was presented.
    Missing,
    /// It is malformed, expired or revoked.
    InvalidToken,
}

/// The private side of a failure: what happened and where the `?` stood. Never serialized.
#[derive(Debug, Clone)]
pub struct Report {
    /// The chain of causes.
    pub cause: Arc<str>,
    /// File and line.
    pub place: &'static Location<'static>,
}

impl Report {
    /// Writes down a cause with all its sources.
    #[track_caller]
    pub fn new(cause: &dyn std::error::Error) -> Self {
        let mut text = cause.to_string();
        let mut source = cause.source();
        while let Some(inner) = source {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            source = inner.source();
        }
        Self {
            cause: text.into(),
            place: Location::caller(),
        }
    }

    /// Writes down a cause in our own words.
    #[track_caller]
    pub fn text(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into().into(),
            place: Location::caller(),
        }
    }
}

impl From<DbError> for ApiError {
    #[track_caller]
    fn from(err: DbError) -> Self {
        let report = Report::new(&err);
        if err.is_full() {
            let detail = "The service has no room left; what is stored is safe.";
            Self::NoRoom("storage_full", detail.into(), Some(report))
        } else if err.is_unavailable() {
            Self::Unavailable(report)
        } else {
            Self::Internal(report)
        }
    }
}

impl From<StorageError> for ApiError {
    #[track_caller]
    fn from(err: StorageError) -> Self {
        let report = Report::new(&err);
        match err {
            StorageError::Db(err) => err.into(),
            // Deleted for good while it was read.
            StorageError::Gone(_) => Self::NotFound,
            StorageError::Objects(_) => Self::Unavailable(report),
            _ => Self::Internal(report),
        }
    }
}

impl From<Busy> for ApiError {
    #[track_caller]
    fn from(err: Busy) -> Self {
        Self::Unavailable(Report::new(&err))
    }
}

/// The client chose an id that something has already.
pub fn id_taken() -> ApiError {
    ApiError::Conflict("id_taken", "This id is in use.")
}

/// A change came too late: the answer holds what it should have been based on.
pub fn stale(current: &impl serde::Serialize) -> ApiError {
    match serde_json::to_value(current) {
        Ok(current) => ApiError::Stale(Box::new(current)),
        Err(err) => ApiError::Internal(Report::new(&err)),
    }
}

impl From<Invalid> for ApiError {
    fn from(err: Invalid) -> Self {
        Self::Invalid(vec![err])
    }
}

/// One wrong field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field as the client spells it; `""` is the body as a whole.
    pub field: String,
    /// Stable: `required`, `too_long`, `unknown_field` …
    pub code: String,
    /// What is allowed.
    pub detail: String,
}

/// The body of every error (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` is the machine's word.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
    /// The wrong fields, on 422; on 403 and 409 the field that decided, where one did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// The entity as it is now, on 412.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<serde_json::Value>,
    /// The same as in `X-Request-Id`; filled in by the outermost layer.
    pub request_id: String,
}

/// Marks a response whose body the outermost layer writes, once it knows the request id.
#[derive(Clone)]
pub struct PendingProblem {
    /// The document.
    pub problem: Arc<Problem>,
    /// The private cause, for the log.
    pub report: Option<Report>,
}

impl Problem {
    /// A document with code and detail.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: code.into(),
            detail: Some(detail.into()).filter(|text| !text.is_empty()),
            errors: Vec::new(),
            current: None,
            request_id: String::new(),
        }
    }

    /// The document for a status that some layer answered without one.
    pub fn for_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            400 => ("bad_request", "The request cannot be understood."),
            404 => ("not_found", "There is nothing at this address."),
            405 => (
                "method_not_allowed",
                "This address does not know this method; see Allow.",
            ),
            408 => ("request_timeout", "The request did not arrive in time."),
            413 => ("too_large", "The body is larger than this address allows."),
            415 => ("unsupported_media_type", "Send application/json."),
            416 => (
                "range_not_satisfiable",
                "Nothing of this range is there; see Content-Range.",
            ),
            500 => ("internal", "Something went wrong on our side."),
            503 => (
                "unavailable",
                "The service cannot answer right now; try again.",
            ),
            _ => ("error", ""),
        };
        Self::new(status, code, detail)
    }
}

impl ApiError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(..) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Refused(status, ..) | Self::RefusedField(status, _) => *status,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(..) => StatusCode::CONFLICT,
            Self::Gone(..) => StatusCode::GONE,
            Self::Stale(_) => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::OutsideRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoRoom(..) => StatusCode::INSUFFICIENT_STORAGE,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooManyRequests(_) | Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn problem(&self) -> Problem {
        let status = self.status();
        match self {
            Self::BadRequest(code, detail) | Self::NoRoom(code, detail, _) => {
                Problem::new(status, *code, detail.clone())
            }
            Self::Unauthorized(Challenge::Missing) => {
                Problem::new(status, "unauthorized", "Sign in first.")
            }
            Self::Unauthorized(Challenge::InvalidToken) => Problem::new(
                status,
                "invalid_token",
                "The access token is not good any more.",
            ),
            Self::Refused(_, code, detail)
            | Self::Conflict(code, detail)
            | Self::Gone(code, detail) => Problem::new(status, *code, *detail),
            Self::RefusedField(_, err) => Problem {
                errors: vec![FieldProblem::from(err)],
                ..Problem::new(status, err.code, err.detail.clone())
            },
            Self::Stale(current) => Problem {
                current: Some((**current).clone()),
                ..Problem::new(
                    status,
                    "stale",
                    "It was changed meanwhile; `current` is how it is now.",
                )
            },
            Self::Invalid(errors) => Problem {
                errors: errors.iter().map(FieldProblem::from).collect(),
                ..Problem::new(status, "invalid", "Some fields are wrong; see `errors`.")
            },
            Self::PreconditionRequired => Problem::new(
                status,
                "precondition_required",
                "Say which version you changed: send If-Match.",
            ),
            Self::TooManyRequests(_) => Problem::new(
                status,
                "too_many_requests",
                "Too many requests; see Retry-After.",
            ),
            Self::TooManyStreams => Problem::new(
                status,
                "too_many_streams",
                "Too many event streams are open; close one, or see Retry-After.",
            ),
            _ => Problem::for_status(status),
        }
    }
}

impl From<&Invalid> for FieldProblem {
    fn from(err: &Invalid) -> Self {
        Self {
            field: err.field.clone(),
            code: err.code.to_owned(),
            detail: err.detail.clone(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        match &self {
            Self::Unauthorized(Challenge::Missing) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Unauthorized(Challenge::InvalidToken) => {
                let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, value);
            }
            Self::TooManyRequests(after) => {
                let seconds = after.as_secs().max(1);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::TooManyStreams => {
                headers.insert(header::RETRY_AFTER, STREAM_RETRY_AFTER);
            }
            Self::OutsideRange(size) => {
                let whole = HeaderValue::from_str(&format!("bytes */{size}"));
                headers.extend(whole.ok().map(|whole| (header::CONTENT_RANGE, whole)));
            }
            Self::BodyTimeout => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        let problem = Arc::new(self.problem());
        let report = match self {
            Self::Unavailable(report) | Self::Internal(report) => Some(report),
            Self::NoRoom(_, _, report) => report,
            _ => None,
        };
        response
            .extensions_mut()
            .insert(PendingProblem { problem, report });
        response
    }
}
