//! The outermost layer: gives the request its names and writes what every answer has, the log line
//! and the body of a problem. Refuses to log queries, bodies, tokens and addresses of mail.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use uuid::Uuid;

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

/// What the layer needs to know.
pub(super) struct Envelope {
    app: AppState,
    trusted: Vec<IpNet>,
    https: bool,
}

impl Envelope {
    pub(super) fn new(app: AppState, config: &Config) -> Self {
        Self {
            https: app.site.is_https(),
            trusted: config.trusted_proxies.clone(),
            app,
        }
    }
}

/// What the log line says about a request, taken before the request is given away.
struct Line {
    method: &'static str,
    route: String,
    path: String,
    started: Instant,
}

pub(super) async fn envelope(
    State(envelope): State<Arc<Envelope>>,
    mut request: Request,
    next: Next,
) -> Response {
    let line = Line {
        method: method_label(request.method()),
        route: request
            .extensions()
            .get::<MatchedPath>()
            .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned()),
        path: beginning(request.uri().path(), 256).to_owned(),
        started: Instant::now(),
    };
    let context = context(&envelope, &request);
    request.extensions_mut().insert(context.clone());
    metrics::in_flight(1.0);
    let mut response = next.run(request).await;
    metrics::in_flight(-1.0);
    let report = write_problem(&mut response, &context);
    finish_headers(&envelope, &line, &context, response.headers_mut());
    let elapsed = line.started.elapsed();
    metrics::request(
        line.method,
        &line.route,
        response.status().as_u16(),
        elapsed,
    );
    log(&line, &context, response.status(), report.as_ref());
    response
}

fn context(envelope: &Envelope, request: &Request) -> RequestContext {
    let headers = request.headers();
    let peer = request
        .extensions()
        .get::<PeerAddr>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let client = client_ip::find(peer, headers, &envelope.trusted);
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let agent = beginning(agent.unwrap_or_default(), 255).to_owned();
    RequestContext::new(request_id(headers), trace_id(headers), client, agent)
}

/// The first characters of a text.
fn beginning(text: &str, chars: usize) -> &str {
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}

/// The caller's id if it is short and plain, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |text: &&str| {
        (8..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(plain);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The trace id of `traceparent` (W3C Trace Context, version 00), else a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let given = headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| {
            let mut parts = text.split('-');
            let (version, id) = (parts.next()?, parts.next()?);
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            let good = version.len() == 2
                && version != "ff"
                && id.len() == 32
                && id.bytes().all(hex)
                && id.bytes().any(|b| b != b'0');
            good.then(|| id.to_owned())
        });
    given.unwrap_or_else(|| Uuid::from_bytes(crypto::random()).simple().to_string())
}

/// Writes the body of every refusal, whichever layer it came from; the private cause comes back.
fn write_problem(response: &mut Response, context: &RequestContext) -> Option<Report> {
    let pending = response.extensions_mut().remove::<PendingProblem>();
    let status = response.status();
    let (mut problem, report) = match pending {
        Some(pending) => (Problem::clone(&pending.problem), pending.report),
        // A handler that made a JSON body meant it: `/health` says 503 with its own words.
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
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == "application/json")
}

fn finish_headers(
    envelope: &Envelope,
    line: &Line,
    context: &RequestContext,
    headers: &mut HeaderMap,
) {
    headers::add(headers, line.path.starts_with("/api"), envelope.https);
    if let Ok(id) = HeaderValue::from_str(context.request_id()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(charge) = context.charge() {
        write_charge(headers, &charge);
    }
    // Keep-alive connections must go elsewhere while this instance is being stopped.
    if envelope.app.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
fn write_charge(headers: &mut HeaderMap, charge: &Charge) {
    let (name, quota) = (charge.policy.name(), charge.quota);
    let policy = format!("\"{name}\";q={};w={}", quota.requests, quota.window_s);
    let left = format!("\"{name}\";r={};t={}", charge.remaining, charge.reset_s);
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// One line per request. Probes that went well are only interesting to whoever debugs them.
fn log(line: &Line, context: &RequestContext, status: StatusCode, report: Option<&Report>) {
    let elapsed_ms = line.started.elapsed().as_secs_f64() * 1000.0;
    let user = context
        .user()
        .map(|user| user.to_string())
        .unwrap_or_default();
    let (error, place) = report.map_or_else(Default::default, |report| {
        (report.cause.to_string(), report.place.to_string())
    });
    macro_rules! line {
        ($level:expr) => {
            tracing::event!(
                target: "request",
                $level,
                request_id = context.request_id(),
                trace_id = context.trace_id(),
                method = line.method,
                route = line.route,
                path = line.path,
                status = status.as_u16(),
                elapsed_ms,
                ip = %context.client_ip(),
                user,
                error,
                place,
                "request"
            )
        };
    }
    let is_probe = line.path.starts_with("/health") || line.path == "/metrics";
    if status.is_server_error() && report.is_some() {
        line!(tracing::Level::ERROR);
    } else if is_probe {
        line!(tracing::Level::DEBUG);
    } else {
        line!(tracing::Level::INFO);
    }
}

/// The method as a label: what we do not know must not become a new series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
