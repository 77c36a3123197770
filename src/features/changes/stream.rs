//! One event stream (SSE). How it stays correct and bounded: see `EventStream`.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::time::Instant;

use super::model::{ChangeItem, StreamPosition};
use crate::api::caller::LastingCaller;
use crate::api::state::AppState;
use crate::platform::db::DbError;
use crate::platform::notifier::jittered;
use crate::services::changes::subscriptions::{PAGE, Subscription};
use crate::services::changes::{self, Change, Sequence};

/// Interval of heartbeat comments.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The reconnect delay that clients are asked to use.
const RETRY: Duration = Duration::from_secs(2);
/// Pause after a database error.
const ERROR_PAUSE: Duration = Duration::from_secs(1);
/// Longest life of a stream. API keys do not expire by themselves, and reconnects spread streams over
/// the instances again.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);

/// Starts a stream after `since`, or at the latest change without it.
pub(super) fn open(
    app: AppState,
    caller: LastingCaller,
    subscription: Subscription,
    since: Option<u64>,
    sequence: Sequence,
) -> Response {
    let lifetime = caller.time_left(&app).unwrap_or(MAX_LIFETIME);
    let position = since.unwrap_or(sequence.latest);
    let mut events = EventStream {
        ends_at: Instant::now() + lifetime.min(MAX_LIFETIME),
        next_heartbeat: Instant::now() + HEARTBEAT,
        app,
        caller,
        subscription,
        position,
        latest: sequence.latest,
        queue: VecDeque::new(),
        has_ended: false,
    };
    // The id of `hello` is the start of the stream, not the latest change: a client that loses the
    // connection right after it has not received any change yet.
    events.push_hello(sequence.latest);
    // A number above the latest one was assigned before the database was restored from a backup.
    if position < sequence.purged_to || position > sequence.latest {
        events.reset(sequence);
    }
    let events = stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// The state of one stream, polled by hyper whenever the client can take another event.
///
/// Backpressure: a page is read only when the queue is empty, so a slow client costs at most `PAGE`
/// events of memory; the rest stays in the table.
///
/// No lost change: the subscription exists before the first read, and a wake-up only says that
/// something is new. What is sent always comes from the feed, in its order, starting right after
/// `position`: from the poller's buffer if that reaches back far enough, else from the table. The
/// numbers have no gap, so a first row other than `position + 1` proves that changes were purged; the
/// client then gets `reset` and reads its lists again.
///
/// Authorization: the session or key is checked before each page and at each heartbeat (revocation
/// takes at most 10 s), and the stream ends when the access token expires.
struct EventStream {
    app: AppState,
    caller: LastingCaller,
    subscription: Subscription,
    /// The number of the last change that was queued.
    position: u64,
    /// The latest number known to exist.
    latest: u64,
    /// Events not sent yet.
    queue: VecDeque<Event>,
    next_heartbeat: Instant,
    ends_at: Instant,
    has_ended: bool,
}

impl EventStream {
    /// Waits for the next event; `None` after `bye`.
    async fn next(&mut self) -> Option<Event> {
        if self.has_ended {
            return None;
        }
        let (draining, ends_at) = (self.app.draining.clone(), self.ends_at);
        let event = tokio::select! {
            biased;
            () = draining.cancelled() => None,
            () = tokio::time::sleep_until(ends_at) => None,
            event = self.next_queued() => event,
        };
        Some(event.unwrap_or_else(|| {
            self.has_ended = true;
            Event::default().event("bye").data("{}")
        }))
    }

    /// Reads changes until an event is queued; `None` when the caller is no longer authorized.
    async fn next_queued(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.position >= self.latest {
                self.wait().await;
            }
            match self.read_page().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(err) => {
                    tracing::debug!(error = %err, "an event stream cannot read");
                    tokio::time::sleep(jittered(ERROR_PAUSE)).await;
                }
            }
            if Instant::now() >= self.next_heartbeat {
                self.next_heartbeat = Instant::now() + HEARTBEAT;
                self.queue.push_back(Event::default().comment("♥"));
            }
        }
    }

    /// Waits for a notification, at most until the next heartbeat.
    async fn wait(&mut self) {
        tokio::select! {
            () = self.subscription.notified() => {}
            () = tokio::time::sleep_until(self.next_heartbeat) => {}
        }
    }

    /// Checks the caller, then queues at most a page; `false` when the caller is not authorized.
    async fn read_page(&mut self) -> Result<bool, DbError> {
        if !self.caller.stands(&self.app).await? {
            return Ok(false);
        }
        let batch = self.subscription.latest_changes();
        self.latest = self.latest.max(batch.latest);
        if self.position >= self.latest {
            return Ok(true);
        }
        if let Some(changes) = batch.since(self.position) {
            self.push_changes(changes);
            return Ok(true);
        }
        let (db, owner) = (&self.app.db, self.caller.user);
        let found = changes::since(db, owner, self.position, PAGE).await?;
        if found.first().map(|change| change.seq) == Some(self.position + 1) {
            self.push_changes(&found);
        } else {
            let sequence = changes::sequence(db, owner).await?;
            self.reset(sequence);
        }
        Ok(true)
    }

    fn push_changes(&mut self, changes: &[impl Borrow<Change>]) {
        for change in changes.iter().map(Borrow::borrow) {
            self.position = change.seq;
            if let Some(item) = ChangeItem::known(change) {
                self.push(Event::default().event("change"), change.seq, &item);
            }
        }
    }

    fn push_hello(&mut self, last_seq: u64) {
        let event = Event::default().event("hello").retry(RETRY);
        self.push(event, self.position, &StreamPosition { last_seq });
    }

    /// The requested changes are purged: the client reads its lists again and continues from here.
    fn reset(&mut self, sequence: Sequence) {
        let last_seq = sequence.latest;
        (self.position, self.latest) = (last_seq, last_seq);
        let event = Event::default().event("reset");
        self.push(event, last_seq, &StreamPosition { last_seq });
    }

    fn push(&mut self, event: Event, id: u64, data: &impl Serialize) {
        match event.id(id.to_string()).json_data(data) {
            Ok(event) => self.queue.push_back(event),
            Err(err) => tracing::error!(error = %err, "an event cannot be serialized"),
        }
    }
}
