//! The web page, embedded into the binary: hashed files for ever, the page itself checked each time.
//! Refuses to answer a missing file with the page: a wrong path must be seen as wrong.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::api::condition::IfNoneMatch;
use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::platform::crypto;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Files;

/// What the page may load: itself, nothing inline, nothing foreign.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self'; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page, its files and the documentation of the API.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(page))
        .route("/api/docs", get(docs))
        .route("/{*path}", get(file_or_page))
}

async fn page(known: IfNoneMatch, request: Request) -> Response {
    serve("index.html", request.headers(), &known)
}

async fn docs(known: IfNoneMatch, request: Request) -> Response {
    serve("docs.html", request.headers(), &known)
}

/// A path with a dot in its last part, or below `/api` and `/assets`, is a file or nothing;
/// anything else is an address inside the page.
async fn file_or_page(known: IfNoneMatch, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_address =
        !last.contains('.') && !path.starts_with("api") && !path.starts_with("assets/");
    let name = if is_address { "index.html" } else { path };
    serve(name, request.headers(), &known)
}

fn serve(name: &str, headers: &HeaderMap, known: &IfNoneMatch) -> Response {
    if is_compressed_name(name) {
        return ApiError::NotFound.into_response();
    }
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some((file, encoding)) = best_file(name, accepted) else {
        return ApiError::NotFound.into_response();
    };
    let tag = format!("\"{}\"", crypto::encode(&file.metadata.sha256_hash()[..12]));
    let mut response = if known.has(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data))
    };
    let immutable = name.starts_with("assets/");
    let cache = if immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let out = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(name)),
    );
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if has_extension(name, &["html"]) {
        let policy = HeaderValue::from_static(PAGE_POLICY);
        out.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The smallest form of a file that the client understands.
fn best_file(name: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    for (encoding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        let wanted = accepted.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            words.next() == Some(encoding) && words.next() != Some("q=0")
        });
        if wanted && let Some(file) = Files::get(&format!("{name}{ending}")) {
            return Some((file, Some(encoding)));
        }
    }
    Files::get(name).map(|file| (file, None))
}

fn is_compressed_name(name: &str) -> bool {
    has_extension(name, &["br", "gz"])
}

fn has_extension(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| endings.contains(&ending))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
