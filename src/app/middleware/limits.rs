//! Limits of every handler: concurrency, deadline and panics. A write that has started runs to its
//! end even when its client disconnects.

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

/// Deadline of a response; nginx waits 10 s, the load balancer 60 s.
const DEADLINE: Duration = Duration::from_secs(8);

/// Routes whose bodies may be whole files.
const UPLOADS: [&str; 3] = ["/api/v1/uploads", "/api/v1/uploads/{id}", "/api/v1/files"];

pub(super) struct Limits {
    app: AppState,
    in_flight: Arc<Semaphore>,
}

impl Limits {
    pub(super) fn new(app: AppState, max_in_flight: usize) -> Self {
        Self {
            app,
            in_flight: Arc::new(Semaphore::new(max_in_flight)),
        }
    }
}

pub(super) async fn limits(
    State(limits): State<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response {
    // Health checks are answered even at the limit: an overloaded instance is not a dead one.
    let is_probe = request.uri().path().starts_with("/health");
    let permit = match limits.in_flight.clone().try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) if is_probe => None,
        Err(_) => {
            return ApiError::Unavailable(Report::text("too many requests in progress"))
                .into_response();
        }
    };
    let is_write = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    // An upload may take longer; its handler enforces a minimum rate.
    let deadline = if is_upload(&request) {
        Duration::MAX
    } else {
        DEADLINE
    };
    // The permit moves into the work: a write without a client still counts as in progress.
    let work = async move {
        let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        drop(permit);
        outcome
    };
    let outcome = if is_write {
        let task = limits.app.background.spawn(work);
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
                .unwrap_or_else(|| "a task was aborted".to_owned());
            ApiError::Internal(Report::text(format!("panic: {text}"))).into_response()
        }
        Err(_) => deadline_exceeded(),
    }
}

fn is_upload(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let has_body = matches!(*request.method(), Method::POST | Method::PATCH);
    has_body && UPLOADS.contains(&route)
}

/// Closes the connection, too: unread bytes of the request body would be parsed as the next request.
fn deadline_exceeded() -> Response {
    let err = ApiError::Unavailable(Report::text("no response within the deadline"));
    let mut response = err.into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
