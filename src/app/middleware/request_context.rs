//! The outermost middleware: request and trace id, client address, common headers and the body of
//! every problem response. The log line is in `access_log`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use uuid::Uuid;

use super::access_log::{AccessLog, truncate};
use super::client_ip::{self, PeerAddr};
use super::headers;
use crate::api::context::RequestContext;
use crate::api::error::{PendingProblem, Problem, Report};
use crate::api::state::AppState;
use crate::app::config::Config;
use crate::platform::{crypto, metrics};
use crate::services::auth::rate_limits::Charge;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

pub(super) struct ContextLayer {
    app: AppState,
    trusted_proxies: Vec<IpNet>,
    is_https: bool,
}

impl ContextLayer {
    pub(super) fn new(app: AppState, config: &Config) -> Self {
        Self {
            is_https: app.site.is_https(),
            trusted_proxies: config.trusted_proxies.clone(),
            app,
        }
    }
}

pub(super) async fn request_context(
    State(layer): State<Arc<ContextLayer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let access_log = AccessLog::start(&request);
    let context = new_context(&layer, &request);
    request.extensions_mut().insert(context.clone());
    metrics::in_flight(1.0);
    let mut response = next.run(request).await;
    metrics::in_flight(-1.0);
    let report = write_problem(&mut response, &context);
    let headers = response.headers_mut();
    headers::set_common_headers(headers, access_log.is_api(), layer.is_https);
    set_request_headers(headers, &layer.app, &context);
    access_log.finish(&context, response.status(), report.as_ref());
    response
}

fn new_context(layer: &ContextLayer, request: &Request) -> RequestContext {
    let headers = request.headers();
    let peer = request
        .extensions()
        .get::<PeerAddr>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let client = client_ip::find(peer, headers, &layer.trusted_proxies);
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let agent = truncate(agent.unwrap_or_default(), 255).to_owned();
    RequestContext::new(request_id(headers), trace_id(headers), client, agent)
}

/// The client's `X-Request-Id` if it has 8 to 64 plain characters, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let is_plain = |text: &&str| {
        (8..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(is_plain);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The trace id of `traceparent` (W3C Trace Context, version 00), else a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let given = headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| {
            let mut fields = text.split('-');
            let (version, id) = (fields.next()?, fields.next()?);
            let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            let is_valid = version.len() == 2
                && version != "ff"
                && id.len() == 32
                && id.bytes().all(is_hex)
                && id.bytes().any(|b| b != b'0');
            is_valid.then(|| id.to_owned())
        });
    given.unwrap_or_else(|| Uuid::from_bytes(crypto::random()).simple().to_string())
}

/// Writes the problem body of every error response, whichever layer produced it; returns the private
/// cause for the log.
fn write_problem(response: &mut Response, context: &RequestContext) -> Option<Report> {
    let pending = response.extensions_mut().remove::<PendingProblem>();
    let status = response.status();
    let (mut problem, report) = match pending {
        Some(pending) => (Problem::clone(&pending.problem), pending.report),
        // A handler that wrote JSON wants it sent: `/health` answers 503 with a body of its own.
        None if is_json(response) => return None,
        None if status.is_client_error() || status.is_server_error() => {
            (Problem::for_status(status), None)
        }
        None => return None,
    };
    context.request_id().clone_into(&mut problem.request_id);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_ENCODING);
    headers.insert(header::CONTENT_TYPE, PROBLEM_TYPE);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Body::from(body);
    report
}

fn is_json(response: &Response) -> bool {
    let media_type = response.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|media_type| media_type == "application/json")
}

fn set_request_headers(headers: &mut HeaderMap, app: &AppState, context: &RequestContext) {
    if let Ok(id) = HeaderValue::from_str(context.request_id()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(charge) = context.charge() {
        set_rate_limit_headers(headers, &charge);
    }
    // Moves keep-alive connections to other instances while this one drains.
    if app.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
fn set_rate_limit_headers(headers: &mut HeaderMap, charge: &Charge) {
    let (name, quota) = (charge.policy.name(), charge.quota);
    let policy = format!("\"{name}\";q={};w={}", quota.requests, quota.window_s);
    let remaining = format!("\"{name}\";r={};t={}", charge.remaining, charge.reset_s);
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", remaining)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
