//! Bounds around the handler: how many at once, how long, and what a panic becomes.
//! A write that has begun runs to its end even when its client is gone.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::sync::Semaphore;

use crate::api::error::{ApiError, Report};
use crate::api::state::AppState;
use crate::platform::metrics;

/// Longest time for an answer; nginx waits 10 s, the load balancer 60 s.
const DEADLINE: Duration = Duration::from_secs(8);

/// Where whole files are sent to.
const UPLOADS: [&str; 3] = ["/api/v1/uploads", "/api/v1/uploads/{id}", "/api/v1/files"];

pub(super) struct Guard {
    app: AppState,
    in_flight: Arc<Semaphore>,
}

impl Guard {
    pub(super) fn new(app: AppState, max_in_flight: usize) -> Self {
        Self {
            app,
            in_flight: Arc::new(Semaphore::new(max_in_flight)),
        }
    }
}

/// Runs a handler within its bounds.
pub(super) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    // What load balancers ask must be answered even when everything else is refused.
    let is_probe = request.uri().path().starts_with("/health");
    let permit = match guard.in_flight.clone().try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) if is_probe => None,
        Err(_) => {
            return ApiError::Unavailable(Report::text("too many requests under way"))
                .into_response();
        }
    };
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    // A large body takes its time; its handler sees to it that bytes keep coming.
    let deadline = if is_upload(&request) {
        Duration::MAX
    } else {
        DEADLINE
    };
    // The permit goes with the work: a write whose client has left is still under way.
    let work = async move {
        let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        drop(permit);
        outcome
    };
    let outcome = if changes {
        let task = guard.app.background.spawn(work);
        tokio::time::timeout(deadline, async {
            task.await.unwrap_or_else(|_| Err(Box::new(())))
        })
        .await
    } else {
        tokio::time::timeout(deadline, work).await
    };
    match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            metrics::panicked();
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a task died".to_owned());
            ApiError::Internal(Report::text(format!("panic: {text}"))).into_response()
        }
        Err(_) => late(),
    }
}

/// Whether the body may be a whole file.
fn is_upload(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let sends = matches!(*request.method(), Method::POST | Method::PATCH);
    sends && UPLOADS.contains(&route)
}

/// The deadline passed. Perhaps the rest of the body never came, so the connection is of no use.
fn late() -> Response {
    let refusal = ApiError::Unavailable(Report::text("no answer within the deadline"));
    let mut response = refusal.into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
