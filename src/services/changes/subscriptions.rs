//! Who listens for whose changes on this instance: one watch per owner, shared by all of the
//! owner's streams, so that six tabs cost one query. A watch looks when the doorbell rings, and
//! now and then in any case. Refuses to be the truth: what it keeps is only the latest news, a
//! stream that needs more reads the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::domain::id::UserId;
use crate::platform::background::Tasks;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError};
use crate::platform::metrics;
use crate::platform::notifier::jittered;
use crate::services::changes::{self, Change};
use crate::services::page_cache::epoch::{self, Scope};

/// Streams of one owner on one instance.
pub const STREAMS_PER_OWNER: usize = 6;
/// Changes of one query.
pub const PAGE: u32 = 200;
/// Changes that a watch remembers, so that a stream that comes a little late does not have to ask.
const REMEMBERED: usize = 64;
/// Pause between two looks while rings arrive: a lost one costs at most so much.
const WHILE_LINKED: Duration = Duration::from_secs(15);
/// Pause between two looks while they do not.
const WHILE_ALONE: Duration = Duration::from_secs(2);

/// The watches of this instance. Cheap to clone.
#[derive(Clone)]
pub struct Watches(Arc<Inner>);

struct Inner {
    db: Db,
    cache: Cache,
    tasks: Tasks,
    max: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_owner: HashMap<UserId, watch::Sender<News>>,
    streams: usize,
    is_attended: bool,
}

/// The latest that a watch found.
#[derive(Debug, Clone)]
pub struct News {
    /// The changes stand right after this one.
    after: u64,
    /// The latest change there is.
    pub latest: u64,
    changes: Arc<[Arc<Change>]>,
}

impl News {
    /// The changes after a number, if they are among these.
    pub fn since(&self, seq: u64) -> Option<&[Arc<Change>]> {
        let first = self.changes.partition_point(|change| change.seq <= seq);
        let rest = &self.changes[first..];
        (seq >= self.after && !rest.is_empty()).then_some(rest)
    }

    /// Adds what was found after the latest; what is too much is forgotten, oldest first.
    fn add(&mut self, found: Vec<Change>) {
        let known = self.changes.len();
        let kept = known.min(REMEMBERED.saturating_sub(found.len()));
        if let Some(forgotten) = self.changes[..known - kept].last() {
            self.after = forgotten.seq;
        }
        if let Some(last) = found.last() {
            self.latest = last.seq;
        }
        let before = self.changes[known - kept..].iter().cloned();
        self.changes = before.chain(found.into_iter().map(Arc::new)).collect();
    }
}

/// Why nobody else may listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The owner has enough streams on this instance.
    ByOwner,
    /// The instance has enough streams.
    ByInstance,
}

/// A place at the watch of an owner.
pub struct Listening {
    news: watch::Receiver<News>,
    watches: Watches,
}

impl Listening {
    /// Waits until there is something to look at: a change, or a ring for another reason.
    pub async fn wait(&mut self) {
        if self.news.changed().await.is_err() {
            // Only at the stop of the process, and that ends the stream by itself.
            std::future::pending::<()>().await;
        }
    }

    pub fn news(&mut self) -> News {
        self.news.borrow_and_update().clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut open = self.watches.open();
        open.streams -= 1;
        metrics::streams(open.streams);
    }
}

impl Watches {
    /// Watches over these machines, for so many streams.
    pub fn new(db: Db, cache: Cache, tasks: Tasks, max: usize) -> Self {
        Self(Arc::new(Inner {
            db,
            cache,
            tasks,
            max,
            open: Mutex::default(),
        }))
    }

    /// Listens for an owner's changes. The first listener starts the watch, and the first one of
    /// the instance the connection of the doorbell.
    pub fn listen(&self, owner: UserId) -> Result<Listening, Refused> {
        let mut open = self.open();
        if open.streams >= self.0.max {
            return Err(Refused::ByInstance);
        }
        let news = match open.by_owner.get(&owner) {
            Some(watch) if watch.receiver_count() >= STREAMS_PER_OWNER => {
                return Err(Refused::ByOwner);
            }
            Some(watch) => watch.subscribe(),
            None => {
                let (watch, news) = watch::channel(News {
                    after: 0,
                    latest: 0,
                    changes: Arc::new([]),
                });
                open.by_owner.insert(owner, watch.clone());
                let watches = self.clone();
                self.0
                    .tasks
                    .spawn(async move { watches.watch(owner, watch).await });
                news
            }
        };
        if !std::mem::replace(&mut open.is_attended, true) {
            let (cache, tasks) = (self.0.cache.clone(), self.0.tasks.clone());
            self.0
                .tasks
                .spawn(async move { cache.doorbell().attend(tasks.stop_token()).await });
        }
        open.streams += 1;
        metrics::streams(open.streams);
        Ok(Listening {
            news,
            watches: self.clone(),
        })
    }

    /// Looks for one owner's changes for as long as anybody listens.
    async fn watch(self, owner: UserId, watch: watch::Sender<News>) {
        let inner = &self.0;
        // Listens first and reads then: a change in between rings.
        let mut bell = inner.cache.doorbell().listen(&epoch::bell(owner));
        let mut place = None;
        let mut rang = false;
        loop {
            let looked = self.look(owner, &mut place, &watch, rang).await;
            let pause = match looked {
                Ok(()) if bell.is_linked() => WHILE_LINKED,
                Ok(()) => WHILE_ALONE,
                Err(err) => {
                    tracing::debug!(error = %err, "cannot look for changes");
                    WHILE_ALONE
                }
            };
            tokio::select! {
                biased;
                () = inner.tasks.stop_token().cancelled() => return,
                () = watch.closed() => {
                    if self.leave(owner, &watch) {
                        return;
                    }
                }
                () = bell.news() => rang = true,
                () = tokio::time::sleep(jittered(pause)) => rang = false,
            }
        }
    }

    /// Reads what is new and passes it on.
    async fn look(
        &self,
        owner: UserId,
        place: &mut Option<u64>,
        watch: &watch::Sender<News>,
        rang: bool,
    ) -> Result<(), DbError> {
        let inner = &self.0;
        metrics::poll();
        let Some(mut last) = *place else {
            let latest = changes::head(&inner.db, owner).await?.seq;
            *place = Some(latest);
            watch.send_modify(|news| {
                news.after = latest;
                news.latest = latest;
            });
            return Ok(());
        };
        let mut found_any = false;
        loop {
            let found = changes::since(&inner.db, owner, last, PAGE).await?;
            let is_full = found.len() == PAGE as usize;
            let Some(latest) = found.last().map(|change| change.seq) else {
                break;
            };
            // The writer may not have come as far as this, or may be dead: whoever is told of a
            // change must not read a page from before it.
            epoch::renew(&inner.cache, Scope::Lists, owner).await;
            watch.send_modify(|news| news.add(found));
            found_any = true;
            last = latest;
            *place = Some(latest);
            if !is_full {
                break;
            }
        }
        if rang && !found_any {
            // A sign-in may be over: the streams want to look.
            watch.send_modify(|_| ());
        }
        Ok(())
    }

    /// Ends a watch that nobody listens to; whether it ended.
    fn leave(&self, owner: UserId, watch: &watch::Sender<News>) -> bool {
        let mut open = self.open();
        let is_over = watch.receiver_count() == 0;
        if is_over {
            open.by_owner.remove(&owner);
        }
        is_over
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        let open = self.0.open.lock();
        open.unwrap_or_else(|broken| broken.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn found(seqs: std::ops::RangeInclusive<u64>) -> Vec<Change> {
        let change = |seq| Change {
            seq,
            kind: 1,
            entity_id: vec![0; 16],
            op: "update".to_owned(),
            version: seq,
            batch_id: None,
            at: Timestamp::from_micros(0).unwrap(),
        };
        seqs.map(change).collect()
    }

    #[test]
    fn news_hold_the_latest_without_a_gap_and_not_more_than_they_may() {
        let mut news = News {
            after: 10,
            latest: 10,
            changes: Arc::new([]),
        };
        let seqs = |news: &News, after| -> Option<Vec<u64>> {
            Some(news.since(after)?.iter().map(|change| change.seq).collect())
        };
        assert_eq!(seqs(&news, 10), None);
        let mut latest = 10;
        for count in [1, 3, 40, 30, 1, 200, 1, 64, 63, 2] {
            news.add(found(latest + 1..=latest + count));
            latest += count;
            assert_eq!(news.latest, latest);
            for after in 0..=latest {
                let wanted = (after >= news.after && after < latest)
                    .then(|| (after + 1..=latest).collect::<Vec<_>>());
                assert_eq!(seqs(&news, after), wanted, "{after} of {latest}");
            }
            let held = latest - news.after;
            assert!(
                held >= count && held <= 64.max(count),
                "{held} after {count}"
            );
        }
    }
}
