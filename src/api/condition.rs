//! Conditional requests (RFC 9110, 13): tags of versions, `If-Match`, `If-None-Match`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::api::error::ApiError;
use crate::domain::if_match::IfMatch;
use crate::domain::invalid::Invalid;

/// The tag of an entity's version, `"v7"`.
pub fn version_tag(version: u64) -> String {
    format!("\"v{version}\"")
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match if_match(&parts.headers)? {
            Some(condition) => Ok(condition),
            None => Err(ApiError::PreconditionRequired),
        }
    }
}

/// Reads `If-Match`. Weak forms count: a proxy that compresses makes a strong tag weak.
fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, ApiError> {
    let mut versions = Vec::new();
    let (mut seen, mut tags) = (false, 0);
    for value in headers.get_all(header::IF_MATCH) {
        seen = true;
        let text = value.to_str().map_err(|_| refused())?;
        if text.trim() == "*" {
            return Ok(Some(IfMatch::Any));
        }
        for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            let opaque = opaque(tag).ok_or_else(refused)?;
            tags += 1;
            // A tag that is none of ours is well formed but matches nothing.
            versions.extend(
                opaque
                    .strip_prefix('v')
                    .and_then(|text| text.parse::<u64>().ok()),
            );
        }
    }
    if seen && tags == 0 {
        return Err(refused());
    }
    Ok(seen.then_some(IfMatch::Versions(versions)))
}

fn refused() -> ApiError {
    ApiError::Invalid(vec![Invalid::new(
        "If-Match",
        "invalid_header",
        "Send the ETag as you got it, with its quotes.",
    )])
}

/// The text between the quotes, the weak mark and what proxies append (`-gzip`) taken off.
fn opaque(tag: &str) -> Option<&str> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.trim_end_matches("-gzip").trim_end_matches(";gzip"))
}

/// What the client already has (`If-None-Match`); absent or unreadable is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// Whether the client has any state at all.
    pub fn is_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether the client has the state with this quoted tag (weak comparison).
    pub fn has(&self, tag: &str) -> bool {
        let wanted = opaque(tag);
        self.0
            .iter()
            .any(|known| known == "*" || Some(known.as_str()) == wanted)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let texts = parts.headers.get_all(header::IF_NONE_MATCH).iter();
        let tags = texts
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter_map(|tag| if tag == "*" { Some(tag) } else { opaque(tag) })
            .map(str::to_owned);
        Ok(Self(tags.collect()))
    }
}

/// The `ETag` header for a quoted tag.
pub fn etag_header(tag: &str) -> HeaderValue {
    HeaderValue::from_str(tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<IfMatch>, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, text.parse().unwrap());
        if_match(&headers)
    }

    #[test]
    fn weak_and_compressed_forms_count() {
        for text in ["\"v7\"", "W/\"v7\"", "\"v7-gzip\"", "\"x\", \"v7\""] {
            let condition = read(text).unwrap().unwrap();
            assert!(condition.allows(7) && !condition.allows(8), "{text}");
            assert!(condition.is_just_behind(8));
        }
        assert_eq!(read("*").unwrap(), Some(IfMatch::Any));
    }

    #[test]
    fn a_foreign_tag_matches_nothing_and_an_unquoted_one_is_refused() {
        assert!(!read("\"abc\"").unwrap().unwrap().allows(1));
        assert!(read("7").is_err() && read("").is_err() && read(" , ").is_err());
    }
}
