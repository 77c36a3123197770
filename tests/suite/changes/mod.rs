//! The sequence of changes as clients follow it: listed, and as events while it happens.

mod events;
mod list;
mod notifier;
mod streams;

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use http_body_util::BodyExt;
use satchel::api::state::AppState;
use satchel::domain::id::{NoteId, UserId};
use satchel::platform::db::DbError;
use satchel::services::changes::{self, NewChange, Op};
use serde_json::Value;

use crate::harness::{Actor, Call};

/// Longer than any pause of the service: only what hangs runs into it.
const NEVER: Duration = Duration::from_secs(40);

/// Heartbeats that may come before what is waited for.
const HEARTBEATS: usize = 4;

/// A change of a note of its own.
fn change(op: Op) -> NewChange {
    NewChange {
        kind: satchel::features::notes::KIND,
        entity: *NoteId::new().as_bytes(),
        op,
        version: 1,
    }
}

/// Commits so many changes as a writer at this instance does, without telling anybody.
async fn commit(app: &AppState, owner: UserId, count: usize) {
    let fresh: Vec<NewChange> = (0..count).map(|_| change(Op::Update)).collect();
    app.db
        .transaction("suite.change", |tx| {
            let fresh = &fresh;
            async move {
                changes::record(&tx, owner, fresh, None).await?;
                Ok::<_, DbError>(())
            }
        })
        .await
        .unwrap();
}

/// Commits so many changes and tells whoever listens.
async fn write(app: &AppState, owner: UserId, count: usize) {
    commit(app, owner, count).await;
    changes::notify(&app.cache, owner).await;
}

fn owner(actor: &Actor) -> UserId {
    actor.id.parse().unwrap()
}

/// An event as it came over the line; a comment has no name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    name: String,
    id: String,
    data: Value,
    comment: String,
    retry: String,
}

impl Event {
    fn seq(&self) -> u64 {
        assert_eq!(self.name, "change", "{self:?}");
        assert_eq!(self.data["seq"].to_string(), self.id, "{self:?}");
        self.id.parse().unwrap()
    }
}

/// An open event stream.
struct Stream {
    headers: HeaderMap,
    body: Body,
    text: String,
}

impl Stream {
    /// Opens one that must be given; its first event must be `hello`.
    async fn open(call: Call) -> (Self, Event) {
        let mut stream = Self::try_open(call).await;
        let hello = stream.next().await.unwrap();
        assert_eq!(hello.name, "hello");
        (stream, hello)
    }

    async fn try_open(call: Call) -> Self {
        let (parts, body) = call.open().await.into_parts();
        assert_eq!(parts.status, 200);
        Self {
            headers: parts.headers,
            body,
            text: String::new(),
        }
    }

    /// The next event or comment; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = parse(block);
                self.text = rest.to_owned();
                return Some(event);
            }
            let frame = tokio::time::timeout(NEVER, self.body.frame()).await;
            let Some(frame) = frame.expect("something comes") else {
                assert_eq!(self.text, "", "the last event is whole");
                return None;
            };
            let bytes = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event that is no comment.
    async fn event(&mut self) -> Event {
        for _ in 0..HEARTBEATS {
            let event = self.next().await.expect("the stream goes on");
            if !event.name.is_empty() {
                return event;
            }
        }
        panic!("nothing but heartbeats comes")
    }

    /// The numbers of the next changes.
    async fn seqs(&mut self, count: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.len() < count {
            seqs.push(self.event().await.seq());
        }
        seqs
    }

    /// Nothing but comments comes any more, then `bye`, then the end.
    async fn ends(mut self) {
        assert_eq!(self.event().await.name, "bye");
        assert_eq!(self.next().await, None);
    }
}

fn parse(block: &str) -> Event {
    let field = |name: &str| -> String {
        let lines = block.lines().filter_map(|line| line.split_once(':'));
        let found = lines.filter(|(found, _)| *found == name);
        let values: Vec<&str> = found.map(|(_, value)| value.trim_start()).collect();
        assert!(values.len() <= 1, "{block}");
        values.concat()
    };
    let data = field("data");
    Event {
        name: field("event"),
        id: field("id"),
        data: serde_json::from_str(&data).unwrap_or_default(),
        comment: field(""),
        retry: field("retry"),
    }
}
