//! One event stream. It moves at the client's pace: at most one page of changes waits for a slow
//! client, the rest waits in the table. Refuses to outlive the right to read: the sign-in or key is
//! checked before each page and with each heartbeat, and the end of the token is the end.

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

use super::model::{ChangeItem, Standing};
use crate::api::caller::LastingCaller;
use crate::api::state::AppState;
use crate::platform::db::DbError;
use crate::platform::notifier::jittered;
use crate::services::changes::subscriptions::{Listening, PAGE};
use crate::services::changes::{self, Change, Head};

/// How often a comment shows that the line is good.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// When a client should connect again.
const RETRY: Duration = Duration::from_secs(2);
/// Pause after a fault of the database.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// A stream of a key ends after this: keys have no end of their own, and streams that move spread
/// over the instances.
const LONGEST: Duration = Duration::from_secs(3600);

/// Begins a stream after `since`, or at the head when there is none.
pub(super) fn open(
    app: AppState,
    caller: LastingCaller,
    listening: Listening,
    since: Option<u64>,
    head: Head,
) -> Response {
    let life = caller.time_left(&app).unwrap_or(LONGEST);
    let place = since.unwrap_or(head.seq);
    let mut events = Events {
        ends: Instant::now() + life.min(LONGEST),
        beat: Instant::now() + HEARTBEAT,
        app,
        caller,
        listening,
        place,
        goal: head.seq,
        queue: VecDeque::new(),
        is_over: false,
    };
    // Its id is where the stream begins, not where the account stands: whoever is cut off right
    // after it has not seen more.
    events.say("hello", place, &Standing { last_seq: head.seq }, |event| {
        event.retry(RETRY)
    });
    // A number from the future was given out before the database was set back.
    if place < head.floor || place > head.seq {
        events.reset(head);
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

struct Events {
    app: AppState,
    caller: LastingCaller,
    listening: Listening,
    /// The number of the last change that was read.
    place: u64,
    /// The latest number that is known to be there.
    goal: u64,
    /// What was read and not yet sent.
    queue: VecDeque<Event>,
    /// When the next heartbeat is due.
    beat: Instant,
    /// When the right to read ends in any case.
    ends: Instant,
    is_over: bool,
}

impl Events {
    /// The next event, whenever it comes; `None` after `bye`.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        let (draining, ends) = (self.app.draining.clone(), self.ends);
        let event = tokio::select! {
            biased;
            () = draining.cancelled() => None,
            () = tokio::time::sleep_until(ends) => None,
            event = self.work() => event,
        };
        Some(event.unwrap_or_else(|| {
            self.is_over = true;
            Event::default().event("bye").data("{}")
        }))
    }

    /// Works until there is something to send; `None` when the caller may not read any more.
    async fn work(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.place >= self.goal {
                self.wait().await;
            }
            match self.read().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(err) => {
                    tracing::debug!(error = %err, "an event stream cannot read");
                    tokio::time::sleep(jittered(AFTER_FAULT)).await;
                }
            }
            if Instant::now() >= self.beat {
                self.beat = Instant::now() + HEARTBEAT;
                self.queue.push_back(Event::default().comment("♥"));
            }
        }
    }

    /// Waits for news, at most until the next heartbeat.
    async fn wait(&mut self) {
        tokio::select! {
            () = self.listening.wait() => {}
            () = tokio::time::sleep_until(self.beat) => {}
        }
    }

    /// Checks the caller, then reads at most a page; whether the caller may go on.
    async fn read(&mut self) -> Result<bool, DbError> {
        if !self.caller.stands(&self.app).await? {
            return Ok(false);
        }
        let news = self.listening.news();
        self.goal = self.goal.max(news.latest);
        if self.place >= self.goal {
            return Ok(true);
        }
        if let Some(changes) = news.since(self.place) {
            self.tell(changes);
            return Ok(true);
        }
        let (db, owner) = (&self.app.db, self.caller.user);
        let found = changes::since(db, owner, self.place, PAGE).await?;
        // Numbers have no gap: one that is missing was purged.
        if found.first().map(|change| change.seq) == Some(self.place + 1) {
            self.tell(&found);
        } else {
            let head = changes::head(db, owner).await?;
            self.reset(head);
        }
        Ok(true)
    }

    fn tell(&mut self, changes: &[impl Borrow<Change>]) {
        for change in changes.iter().map(Borrow::borrow) {
            self.place = change.seq;
            if let Some(item) = ChangeItem::known(change) {
                self.say("change", change.seq, &item, |event| event);
            }
        }
    }

    /// What was asked for is not kept: the client reads everything again and goes on from the head.
    fn reset(&mut self, head: Head) {
        self.place = head.seq;
        self.goal = head.seq;
        let standing = Standing { last_seq: head.seq };
        self.say("reset", head.seq, &standing, |event| event);
    }

    fn say(
        &mut self,
        name: &str,
        id: u64,
        data: &impl Serialize,
        dress: impl FnOnce(Event) -> Event,
    ) {
        match dress(Event::default())
            .event(name)
            .id(id.to_string())
            .json_data(data)
        {
            Ok(event) => self.queue.push_back(event),
            // Plain words and numbers; should it ever be otherwise, the client reads the lists.
            Err(err) => tracing::error!(error = %err, "an event cannot be written"),
        }
    }
}
