//! Refusing a large body so that the client hears why: a connection that is closed while bytes still
//! come is reset, and the answer is lost with it. Stands around the handlers, so that it also holds
//! for whoever may not send anything.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};

/// How long the rest of a body is read that is not wanted any more. A client that sends more than
/// fits into this moment finds its connection closed.
const LINGER: Duration = Duration::from_secs(2);

/// Runs a handler; after a refusal reads on for a moment.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let (lent, kept) = (body.clone(), body);
    let lent = stream::poll_fn(move |context| lock(&lent).poll_next_unpin(context));
    let request = Request::from_parts(parts, Body::from_stream(lent));
    let response = next.run(request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let rest = stream::poll_fn(move |context| lock(&kept).poll_next_unpin(context));
        let rest = rest.take_while(|piece| std::future::ready(piece.is_ok()));
        let drained = rest.for_each(|_| std::future::ready(()));
        // Whoever is still sending then is cut off.
        let _ = tokio::time::timeout(LINGER, drained).await;
    }
    response
}

fn lock(body: &Mutex<BodyDataStream>) -> MutexGuard<'_, BodyDataStream> {
    body.lock().unwrap_or_else(|broken| broken.into_inner())
}
