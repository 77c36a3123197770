//! One log line and one metric sample per request. Query strings, bodies, tokens and e-mail addresses
//! are never logged.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};

use crate::api::context::RequestContext;
use crate::api::error::Report;
use crate::platform::metrics;

/// What is logged of a request, copied before the handler consumes it.
pub(super) struct AccessLog {
    method: &'static str,
    route: String,
    path: String,
    started: Instant,
}

impl AccessLog {
    pub(super) fn start(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            method: method_label(request.method()),
            route: route.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned()),
            path: truncate(request.uri().path(), 256).to_owned(),
            started: Instant::now(),
        }
    }

    pub(super) fn is_api(&self) -> bool {
        self.path.starts_with("/api")
    }

    /// Records the response. `report` is the private cause of an error.
    pub(super) fn finish(
        &self,
        context: &RequestContext,
        status: StatusCode,
        report: Option<&Report>,
    ) {
        let elapsed = self.started.elapsed();
        metrics::request(self.method, &self.route, status.as_u16(), elapsed);
        let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
        let user = context.user().map(|user| user.to_string());
        let user = user.unwrap_or_default();
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
                    method = self.method,
                    route = self.route,
                    path = self.path,
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
        // Load balancers probe every second: successful probes are logged at debug level only.
        let is_probe = self.path.starts_with("/health") || self.path == "/metrics";
        if status.is_server_error() && report.is_some() {
            line!(tracing::Level::ERROR);
        } else if is_probe {
            line!(tracing::Level::DEBUG);
        } else {
            line!(tracing::Level::INFO);
        }
    }
}

/// The method as a metric label. Unknown methods share one label, so that clients cannot create series.
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

/// The first `chars` characters.
pub(super) fn truncate(text: &str, chars: usize) -> &str {
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}
