//! The refresh cookie (RFC 6265bis): HttpOnly, SameSite=Strict, `__Host-` and Secure over TLS.
//! Where it is the credential, the request must come from our own page.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::api::error::ApiError;
use crate::api::state::Site;
use crate::platform::auth::refresh::RefreshToken;
use crate::services::auth::sessions::IDLE_DAYS;

/// The cookie's name; the prefix makes browsers refuse it without Secure or from a sub-domain.
fn name(site: &Site) -> &'static str {
    if site.is_https() {
        "__Host-satchel_refresh"
    } else {
        "satchel_refresh"
    }
}

/// `Set-Cookie` with a token.
pub(super) fn set(site: &Site, token: &RefreshToken) -> Option<HeaderValue> {
    let max_age_s = IDLE_DAYS * 24 * 3600;
    write(site, &token.to_text(), max_age_s)
}

/// `Set-Cookie` that removes it.
pub(super) fn clear(site: &Site) -> Option<HeaderValue> {
    write(site, "", 0)
}

fn write(site: &Site, value: &str, max_age_s: u32) -> Option<HeaderValue> {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}",
        name(site)
    );
    HeaderValue::from_str(&text).ok()
}

/// The token's text in the request's cookies.
pub(super) fn read<'a>(site: &Site, headers: &'a HeaderMap) -> Option<&'a str> {
    let wanted = name(site);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value)
}

/// Refuses a request that another site made a browser send. Browsers always say where a POST
/// comes from; a program that says nothing cannot have been made to carry somebody's cookie.
pub(super) fn check_origin(site: &Site, headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = ApiError::Refused(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request must come from the page of this service.",
    );
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("invalid"))
    };
    if let Some(from) = text("sec-fetch-site")
        && !matches!(from, "same-origin" | "none")
    {
        return Err(refused);
    }
    match text("origin") {
        None => Ok(()),
        Some(origin) if origin == site.public_url => Ok(()),
        Some(origin) if is_same_host(origin, text("host")) => Ok(()),
        Some(_) => Err(refused),
    }
}

/// Whether an origin names the host the request was sent to. A browser sets both, and a page of
/// another site cannot change either.
fn is_same_host(origin: &str, host: Option<&str>) -> bool {
    let host_of_origin = origin.split_once("://").map(|(_, rest)| rest);
    host_of_origin.is_some() && host_of_origin == host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::state::FileBounds;

    fn site(public_url: &str) -> Site {
        Site {
            public_url: public_url.to_owned(),
            registration_open: true,
            instance: "test".to_owned(),
            files: FileBounds::default(),
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_cookie_is_locked_to_the_host_over_tls() {
        let value = clear(&site("https://notes.example.org")).unwrap();
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("__Host-satchel_refresh=; Path=/;"),
            "{text}"
        );
        assert!(
            text.ends_with("; HttpOnly; SameSite=Strict; Secure"),
            "{text}"
        );
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let site = site("http://localhost:8080");
        let headers = headers(&[("cookie", "a=b; satchel_refresh=abc; c=d")]);
        assert_eq!(read(&site, &headers), Some("abc"));
    }

    #[test]
    fn another_site_is_refused() {
        let site = site("http://localhost:8080");
        let verdict = |pairs| check_origin(&site, &headers(pairs)).is_ok();
        assert!(verdict(&[]));
        assert!(verdict(&[
            ("origin", "http://localhost:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(verdict(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(!verdict(&[
            ("origin", "http://evil.example"),
            ("host", "localhost:8080")
        ]));
        assert!(!verdict(&[("origin", "null")]));
        assert!(!verdict(&[("sec-fetch-site", "cross-site")]));
        assert!(!verdict(&[("sec-fetch-site", "same-site")]));
    }
}
