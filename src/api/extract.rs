//! Extractors whose refusals are problems that name the field: body, query, path, idempotency key.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::domain::invalid::Invalid;
use crate::services::dedup::idempotency_keys::{IdempotencyKey, KEY_MAX_BYTES};

/// Collects everything that is wrong with a value, so that one answer names all of it.
#[derive(Debug, Default)]
pub struct ValidationErrors(Vec<Invalid>);

impl ValidationErrors {
    /// Keeps the fault of a check, if there is one.
    pub fn check(&mut self, outcome: Result<(), Invalid>) {
        if let Err(err) = outcome {
            self.0.push(err);
        }
    }

    /// Keeps the fault of a parse, or returns the parsed value.
    pub fn keep<T>(&mut self, outcome: Result<T, Invalid>) -> Option<T> {
        outcome.map_err(|err| self.0.push(err)).ok()
    }

    /// All faults as one refusal, or nothing.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Invalid(self.0))
        }
    }
}

/// A value with rules beyond its types.
pub trait Validate {
    /// Names everything that is wrong.
    fn validate(&self, errors: &mut ValidationErrors);
}

/// A JSON body: `application/json`, known fields only, valid.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

/// A JSON body together with its bytes and the request it came with, for idempotent creation.
#[derive(Debug)]
pub struct IdempotentJson<T> {
    pub value: T,
    /// The client's key, bound to this request.
    pub key: Option<IdempotencyKey>,
}

impl<T, S> FromRequest<S> for ApiJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json_bytes(request, state).await?;
        read_json(&bytes).map(Self)
    }
}

impl<T, S> FromRequest<S> for IdempotentJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let text = key_text(request.headers())?;
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let bytes = json_bytes(request, state).await?;
        let value = read_json(&bytes)?;
        let key = text.map(|text| IdempotencyKey::new(text, method.as_str(), &path, &bytes));
        Ok(Self { value, key })
    }
}

/// The body of a save: what it holds, and whether it names the version it was based on. Never
/// refuses by itself: of several faults the handler's order decides. A body that cannot be read
/// may name one: the answer is then what is wrong with the body.
#[derive(Debug)]
pub struct SaveJson<T> {
    /// The value, or what is wrong with it.
    pub value: Result<T, ApiError>,
    /// Whether it holds a `base_version`, also where something else is wrong, or cannot be read.
    pub names_base: bool,
}

impl<T> SaveJson<T> {
    /// The same with another value.
    pub fn map<U>(self, into: impl FnOnce(T) -> U) -> SaveJson<U> {
        SaveJson {
            value: self.value.map(into),
            names_base: self.names_base,
        }
    }
}

impl<T, S> FromRequest<S> for SaveJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        #[derive(serde::Deserialize)]
        struct Base {
            base_version: Option<serde::de::IgnoredAny>,
        }
        let bytes = match json_bytes(request, state).await {
            Ok(bytes) => bytes,
            Err(err) => {
                return Ok(Self {
                    value: Err(err),
                    names_base: true,
                });
            }
        };
        let base = serde_json::from_slice::<Base>(&bytes);
        Ok(Self {
            value: read_json(&bytes),
            names_base: !base.is_ok_and(|base| base.base_version.is_none()),
        })
    }
}

/// A JSON body that may be absent or `null`.
#[derive(Debug)]
pub struct OptionalJson<T>(pub Option<T>);

impl<T, S> FromRequest<S> for OptionalJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = body_bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        if !is_json {
            return Err(ApiError::UnsupportedMediaType);
        }
        if bytes.trim_ascii() == b"null" {
            return Ok(Self(None));
        }
        read_json(&bytes).map(|value| Self(Some(value)))
    }
}

async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::UnsupportedMediaType);
    }
    body_bytes(request, state).await
}

async fn body_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    // A handler that waits for a body that never comes would keep the connection alive with it.
    let read = tokio::time::timeout(BODY_DEADLINE, Bytes::from_request(request, state));
    let Ok(outcome) = read.await else {
        return Err(ApiError::BodyTimeout);
    };
    outcome.map_err(|rejection| {
        use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
        match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                ApiError::TooLarge
            }
            _ => ApiError::BadRequest("unreadable_body", "The body broke off.".into()),
        }
    })
}

/// Reads the version of something, from 1 to 2^63 - 1 (`int64` of JSON Schema).
pub fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = <u64 as serde::Deserialize>::deserialize(deserializer)?;
    match i64::try_from(number) {
        Ok(1..) => Ok(number),
        _ => Err(serde::de::Error::custom("versions are from 1 to 2^63 - 1")),
    }
}

/// Longest time for a JSON body; shorter than that for the whole answer.
const BODY_DEADLINE: Duration = Duration::from_secs(6);
/// Most bytes of a JSON body on notes and tasks: 1 MiB of text may need six times that in escapes.
pub const JSON_MAX_BYTES: usize = 7 * 1024 * 1024;

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(text) = value.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset_ok = parts.all(|parameter| {
        let lower = parameter.to_ascii_lowercase();
        !lower.starts_with("charset=") || lower.trim_matches('"').ends_with("utf-8")
    });
    media.eq_ignore_ascii_case("application/json") && charset_ok
}

/// Reads a JSON text into a value, naming the field that does not fit, then validates it.
pub fn read_json<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would also take an array, its items for the fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let detail = "Expected a JSON object.";
        return Err(Invalid::new("", "invalid_type", detail).into());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => value,
        Err(err) => {
            let field = err.path().to_string();
            let field = if field == "." { String::new() } else { field };
            // For some types serde calls a value of another kind a syntax error.
            let is_json = serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
            return Err(json_fault(field, err.inner(), is_json));
        }
    };
    reader
        .end()
        .map_err(|err| json_fault(String::new(), &err, false))?;
    let mut errors = ValidationErrors::default();
    value.validate(&mut errors);
    errors.finish()?;
    Ok(value)
}

/// Sorts serde's words: a text that is no JSON is 400, a value that does not fit is 422.
fn json_fault(path: String, err: &serde_json::Error, is_json: bool) -> ApiError {
    use serde_json::error::Category;
    let text = err.to_string();
    let text = text
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    if err.classify() != Category::Data && !is_json {
        return ApiError::BadRequest("malformed_json", format!("Not valid JSON: {text}.").into());
    }
    ApiError::Invalid(vec![named_fault(path, text)])
}

/// Finds the field in serde's words where the path cannot know it.
fn named_fault(path: String, text: String) -> Invalid {
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    let join = |name: String| match path.rsplit_once('.') {
        _ if path.is_empty() || path == name => name,
        Some((parent, last)) if last == name => format!("{parent}.{name}"),
        _ => format!("{path}.{name}"),
    };
    if text.starts_with("unknown field") {
        let field = join(quoted(&text));
        let allowed = text.split_once(", ").map_or("", |(_, rest)| rest);
        return Invalid::new(
            field,
            "unknown_field",
            format!("This field is not known; {allowed}."),
        );
    }
    if text.starts_with("missing field") {
        return Invalid::new(join(quoted(&text)), "required", "This field is required.");
    }
    if text.starts_with("duplicate field") {
        let detail = "This field stands here twice.";
        return Invalid::new(join(quoted(&text)), "duplicate_field", detail);
    }
    if text.starts_with("unknown variant") {
        let allowed = text.split_once(", ").map_or("", |(_, rest)| rest);
        return Invalid::new(path, "invalid_value", format!("Allowed here: {allowed}."));
    }
    Invalid::new(path, "invalid_type", format!("{}.", capitalised(&text)))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Query parameters: known ones only, each at most once, valid.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<T, S> FromRequestParts<S> for ApiQuery<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let reader =
            serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()));
        let value: T = serde_path_to_error::deserialize(reader).map_err(|err| {
            let field = err.path().to_string();
            let field = if field == "." { String::new() } else { field };
            ApiError::Invalid(vec![named_fault(field, err.inner().to_string())])
        })?;
        let mut errors = ValidationErrors::default();
        value.validate(&mut errors);
        errors.finish()?;
        Ok(Self(value))
    }
}

/// Path parameters; an id that is none belongs to nothing, so it is 404.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

impl<T, S> FromRequestParts<S> for ApiPath<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Path::<T>::from_request_parts(parts, state)
            .await
            .map(|Path(value)| Self(value))
            .map_err(|_| ApiError::NotFound)
    }
}

/// The client's `Idempotency-Key`, not yet bound to a request.
pub fn key_text(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let visible = |text: &str| text.bytes().all(|b| (0x20..0x7f).contains(&b));
    match value.to_str() {
        Ok(text)
            if !text.trim().is_empty()
                && text.len() <= KEY_MAX_BYTES
                && visible(text)
                && values.next().is_none() =>
        {
            Ok(Some(text.to_owned()))
        }
        _ => Err(ApiError::Invalid(vec![Invalid::new(
            "Idempotency-Key",
            "invalid_header",
            format!("One key of 1 to {KEY_MAX_BYTES} visible ASCII characters."),
        )])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading is tested")]
    struct Sample {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading is tested")]
    struct Inner {
        count: u8,
    }

    impl Validate for Sample {
        fn validate(&self, _: &mut ValidationErrors) {}
    }

    fn err(text: &str) -> (String, &'static str) {
        match read_json::<Sample>(text.as_bytes()).unwrap_err() {
            ApiError::Invalid(errors) => (errors[0].field.clone(), errors[0].code),
            ApiError::BadRequest(code, _) => (String::new(), code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_fault_names_its_field() {
        assert_eq!(err("{}"), ("name".to_owned(), "required"));
        assert_eq!(err(r#"{"name":1}"#), ("name".to_owned(), "invalid_type"));
        assert_eq!(
            err(r#"{"name":"a","role":1}"#),
            ("role".to_owned(), "unknown_field")
        );
        assert_eq!(
            err(r#"{"name":"a","name":"b"}"#),
            ("name".to_owned(), "duplicate_field")
        );
        let deep = r#"{"name":"a","inner":{"count":300}}"#;
        assert_eq!(err(deep), ("inner.count".to_owned(), "invalid_type"));
        let deep = r#"{"name":"a","inner":{"count":3,"x":1}}"#;
        assert_eq!(err(deep), ("inner.x".to_owned(), "unknown_field"));
        assert_eq!(err("{"), (String::new(), "malformed_json"));
        assert_eq!(err(r#"{"name":"a"} x"#), (String::new(), "malformed_json"));
        assert_eq!(
            err(r#"{"name":"\ud800"}"#),
            (String::new(), "malformed_json")
        );
        assert_eq!(err("[]").1, "invalid_type");
    }
}
