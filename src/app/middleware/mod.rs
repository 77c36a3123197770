//! The stack around every handler, outermost first, with the reason for each place.

mod client_ip;
mod envelope;
mod guard;
mod headers;

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

/// Wraps the routes. `Router::layer` puts each layer around all before it, so the innermost
/// comes first here:
///
/// 1. envelope: request id, client address, log line, counts, security headers and problem bodies.
///    Outermost, so that it sees what the client sees, timeouts and panics included.
/// 2. CORS: outside of everything that may refuse, so that a page of an allowed origin can read
///    refusals, too.
/// 3. guard: the cap of requests under way, panics, the deadline; writes run to their end even when
///    the client goes away.
pub fn wrap(router: Router, app: &AppState, config: &Config) -> Router {
    let guard = Arc::new(guard::Guard::new(app.clone(), config.max_in_flight));
    let envelope = Arc::new(envelope::Envelope::new(app.clone(), config));
    let guarded = router.layer(from_fn_with_state(guard, guard::guard));
    let reachable = if config.cors_origins.is_empty() {
        guarded
    } else {
        // What is no preflight is a request like any other: tus asks with OPTIONS, too.
        let plain = guarded.clone();
        let asked = from_fn_with_state(plain, past_cors);
        guarded.layer(cors(config)).layer(asked)
    };
    reachable.layer(from_fn_with_state(envelope, envelope::envelope))
}

/// The CORS layer takes every OPTIONS request for a preflight; those without the header that makes
/// one go around it.
async fn past_cors(State(plain): State<Router>, request: Request, next: Next) -> Response {
    let is_preflight = request
        .headers()
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *request.method() != Method::OPTIONS || is_preflight {
        return next.run(request).await;
    }
    match plain.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Exactly the configured origins; no other origin gets an answer that it could read.
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
