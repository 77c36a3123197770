//! Replies that must be looked at: each reading asserts status, type and the headers that every
//! answer has, and a failure names the line of the test and shows the answer.

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::response::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer that nobody has looked at yet.
#[must_use]
pub(crate) struct Reply {
    name: String,
    parts: Parts,
    body: Bytes,
}

/// Refusals of a field that is well formed: they name it although they are no 422.
const OF_ONE_FIELD: [&str; 3] = ["code_invalid", "token_invalid", "expiry_in_the_past"];

impl Reply {
    pub(super) fn new(name: String, parts: Parts, body: Bytes) -> Self {
        Self { name, parts, body }
    }

    /// 200 with JSON.
    #[track_caller]
    pub(crate) fn ok<T: DeserializeOwned>(&self) -> T {
        self.expect_status(200);
        self.json()
    }

    /// 201 with JSON.
    #[track_caller]
    pub(crate) fn created<T: DeserializeOwned>(&self) -> T {
        self.expect_status(201);
        self.json()
    }

    /// 202 without a body.
    #[track_caller]
    pub(crate) fn accepted(&self) {
        self.expect_empty(202);
    }

    /// 204 without a body.
    #[track_caller]
    pub(crate) fn no_content(&self) {
        self.expect_empty(204);
    }

    /// 304 without a body.
    #[track_caller]
    pub(crate) fn not_modified(&self) {
        self.expect_empty(304);
    }

    /// A problem document (RFC 9457) with this status and code; the document comes back.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Problem {
        self.expect_status(status);
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let document: Value = self.parse();
        assert_eq!(document["status"], status, "{self:?}");
        assert_eq!(document["code"], code, "{self:?}");
        assert_eq!(document["type"], "about:blank", "{self:?}");
        assert!(document["title"].is_string(), "{self:?}");
        assert_eq!(
            document["request_id"],
            self.header("x-request-id"),
            "{self:?}"
        );
        assert_eq!(
            document.get("errors").is_some(),
            status == 422 || OF_ONE_FIELD.contains(&code),
            "fields are named on 422 and where one field decided: {self:?}"
        );
        Problem(document)
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.parts.status.as_u16()
    }

    /// A header that must be there, once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let values = self.headers(name);
        assert_eq!(values.len(), 1, "one header {name} in {self:?}");
        values[0]
    }

    /// All headers of this name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let values = self.parts.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }

    /// The names of all headers, sorted.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .parts
            .headers
            .keys()
            .map(|name| name.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// The bare body.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The value of a cookie that this answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers("set-cookie");
        set.iter()
            .filter_map(|text| text.split(';').next()?.split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned())
    }

    /// The body as JSON, whatever the status.
    #[track_caller]
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        let kind = self.header("content-type");
        assert_eq!(kind, "application/json", "{self:?}");
        self.parse()
    }

    #[track_caller]
    fn parse<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|err| panic!("{err} in {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect_status(&self, status: u16) {
        let wanted = StatusCode::from_u16(status).unwrap();
        assert_eq!(self.parts.status, wanted, "{self:?}");
    }

    #[track_caller]
    fn expect_empty(&self, status: u16) {
        self.expect_status(status);
        assert!(self.body.is_empty(), "no body is wanted: {self:?}");
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.body);
        let start: String = text.chars().take(800).collect();
        writeln!(f, "{} → {}", self.name, self.parts.status)?;
        for (name, value) in &self.parts.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "  {start}")
    }
}

/// A problem document that was asserted already.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) Value);

impl Problem {
    /// The refused fields as `field: code`, in their order.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.0["errors"].as_array().cloned().unwrap_or_default();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        errors
            .iter()
            .inspect(|error| assert!(error["detail"].is_string(), "{error}"))
            .map(|error| format!("{}: {}", word(&error["field"]), word(&error["code"])))
            .collect()
    }

    /// Exactly this field is refused with this code.
    #[track_caller]
    pub(crate) fn field(&self, field: &str, code: &str) {
        assert_eq!(self.fields(), [format!("{field}: {code}")]);
    }
}
