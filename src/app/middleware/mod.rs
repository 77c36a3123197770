//! The middleware stack around every handler and the reason for its order.

mod access_log;
mod client_ip;
mod headers;
mod limits;
mod request_context;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tower::ServiceExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::config::Config;
use crate::api::state::AppState;

pub use client_ip::PeerAddr;

/// Wraps the routes, outermost layer first:
///
/// 1. `request_context`: request id, client address, log line, metrics, security headers and problem
///    bodies. Outermost, so that it sees the response that the client gets, timeouts and panics
///    included.
/// 2. CORS: outside of the limits, so that a page of an allowed origin can read error responses.
/// 3. `limits`: the cap of concurrent requests, panics, the deadline.
///
/// `Router::layer` wraps what was added before it, so the code adds the innermost layer first.
pub fn wrap(router: Router, app: &AppState, config: &Config) -> Router {
    let limits = Arc::new(limits::Limits::new(app.clone(), config.max_in_flight));
    let context = Arc::new(request_context::ContextLayer::new(app.clone(), config));
    let limited = router.layer(from_fn_with_state(limits, limits::limits));
    let with_cors = if config.cors_origins.is_empty() {
        limited
    } else {
        let without_cors = from_fn_with_state(limited.clone(), skip_cors);
        limited.layer(cors(config)).layer(without_cors)
    };
    with_cors.layer(from_fn_with_state(
        context,
        request_context::request_context,
    ))
}

/// Routes plain OPTIONS requests around the CORS layer, which answers every OPTIONS request as a
/// preflight. tus clients send OPTIONS to discover the server's capabilities.
async fn skip_cors(State(without_cors): State<Router>, request: Request, next: Next) -> Response {
    let is_preflight = request
        .headers()
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *request.method() != Method::OPTIONS || is_preflight {
        return next.run(request).await;
    }
    match without_cors.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Only the configured origins may read responses.
fn cors(config: &Config) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(config.cors_origins.clone()))
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::RANGE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("tus-resumable"),
            HeaderName::from_static("upload-length"),
            HeaderName::from_static("upload-metadata"),
            HeaderName::from_static("upload-offset"),
            HeaderName::from_static("upload-checksum"),
        ])
        .expose_headers([
            header::ETAG,
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_RANGE,
            HeaderName::from_static("x-batch-id"),
            header::LOCATION,
            header::LINK,
            header::RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("tus-resumable"),
            HeaderName::from_static("tus-version"),
            HeaderName::from_static("tus-extension"),
            HeaderName::from_static("tus-max-size"),
            HeaderName::from_static("tus-checksum-algorithm"),
            HeaderName::from_static("upload-length"),
            HeaderName::from_static("upload-metadata"),
            HeaderName::from_static("upload-offset"),
            HeaderName::from_static("upload-expires"),
        ])
        .max_age(Duration::from_secs(600))
}
