//! Subscriptions to the change feed of an owner on this instance. One poller per owner serves all of
//! the owner's streams, so that six tabs cost one query. It polls when notified and periodically; it
//! keeps only the latest changes, streams that are further behind read the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::domain::id::UserId;
use crate::platform::background::BackgroundTasks;
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
/// Latest changes kept in memory for streams that are slightly behind.
const BUFFERED_CHANGES: usize = 64;
/// Poll interval while notifications of other instances arrive: the most that a lost one delays.
const POLL_CONNECTED: Duration = Duration::from_secs(15);
/// Poll interval while they do not.
const POLL_DISCONNECTED: Duration = Duration::from_secs(2);

/// The subscriptions of this instance. Cheap to clone.
#[derive(Clone)]
pub struct Subscriptions(Arc<Inner>);

struct Inner {
    db: Db,
    cache: Cache,
    background: BackgroundTasks,
    max_streams: usize,
    active: Mutex<Active>,
}

#[derive(Default)]
struct Active {
    by_owner: HashMap<UserId, watch::Sender<ChangeBatch>>,
    streams: usize,
    is_notifier_running: bool,
}

/// The latest changes of an owner, without a gap.
#[derive(Debug, Clone)]
pub struct ChangeBatch {
    /// `changes` starts right after this number.
    after: u64,
    /// The latest number of the feed.
    pub latest: u64,
    changes: Arc<[Arc<Change>]>,
}

impl ChangeBatch {
    /// An empty batch at a position of the feed.
    fn empty_at(seq: u64) -> Self {
        Self {
            after: seq,
            latest: seq,
            changes: Arc::new([]),
        }
    }

    /// The changes after a number, if all of them are in this batch.
    pub fn since(&self, seq: u64) -> Option<&[Arc<Change>]> {
        let first = self.changes.partition_point(|change| change.seq <= seq);
        let rest = &self.changes[first..];
        (seq >= self.after && !rest.is_empty()).then_some(rest)
    }

    /// Appends newer changes and drops the oldest beyond the buffer size.
    fn append(&mut self, found: Vec<Change>) {
        let known = self.changes.len();
        let kept = known.min(BUFFERED_CHANGES.saturating_sub(found.len()));
        if let Some(evicted) = self.changes[..known - kept].last() {
            self.after = evicted.seq;
        }
        if let Some(last) = found.last() {
            self.latest = last.seq;
        }
        let before = self.changes[known - kept..].iter().cloned();
        self.changes = before.chain(found.into_iter().map(Arc::new)).collect();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeError {
    /// The owner has `STREAMS_PER_OWNER` streams on this instance.
    OwnerLimit,
    /// The instance has as many streams as it is configured for.
    InstanceLimit,
}

/// One stream's subscription; it counts against both limits until it is dropped.
pub struct Subscription {
    changes: watch::Receiver<ChangeBatch>,
    subscriptions: Subscriptions,
}

impl Subscription {
    /// Waits for changes, or for a notification without one, such as the end of a session.
    pub async fn notified(&mut self) {
        if self.changes.changed().await.is_err() {
            // The poller ends only with the process, which ends the stream by itself.
            std::future::pending::<()>().await;
        }
    }

    pub fn latest_changes(&mut self) -> ChangeBatch {
        self.changes.borrow_and_update().clone()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut active = self.subscriptions.active();
        active.streams -= 1;
        metrics::streams(active.streams);
    }
}

impl Subscriptions {
    pub fn new(db: Db, cache: Cache, background: BackgroundTasks, max_streams: usize) -> Self {
        Self(Arc::new(Inner {
            db,
            cache,
            background,
            max_streams,
            active: Mutex::default(),
        }))
    }

    /// Subscribes to an owner's changes. The owner's first subscription starts the poller, the first
    /// one of the instance starts the notifier's connection.
    pub fn subscribe(&self, owner: UserId) -> Result<Subscription, SubscribeError> {
        let inner = &self.0;
        let mut active = self.active();
        if active.streams >= inner.max_streams {
            return Err(SubscribeError::InstanceLimit);
        }
        let changes = match active.by_owner.get(&owner) {
            Some(sender) if sender.receiver_count() >= STREAMS_PER_OWNER => {
                return Err(SubscribeError::OwnerLimit);
            }
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, changes) = watch::channel(ChangeBatch::empty_at(0));
                active.by_owner.insert(owner, sender.clone());
                let poller = self.clone();
                let poll = async move { poller.poll_owner(owner, sender).await };
                inner.background.spawn(poll);
                changes
            }
        };
        if !std::mem::replace(&mut active.is_notifier_running, true) {
            let (cache, stop) = (inner.cache.clone(), inner.background.stop_token().clone());
            let run = async move { cache.notifier().run(&stop).await };
            inner.background.spawn(run);
        }
        active.streams += 1;
        metrics::streams(active.streams);
        Ok(Subscription {
            changes,
            subscriptions: self.clone(),
        })
    }

    /// Polls one owner's changes until the last subscription is dropped.
    async fn poll_owner(self, owner: UserId, sender: watch::Sender<ChangeBatch>) {
        let inner = &self.0;
        // Subscribes before the first read: a change in between causes a notification.
        let mut notifications = inner.cache.notifier().subscribe(&epoch::topic(owner));
        let mut position = None;
        let mut was_notified = false;
        loop {
            let polled = self
                .poll_once(owner, &mut position, &sender, was_notified)
                .await;
            let pause = match polled {
                Ok(()) if notifications.is_connected() => POLL_CONNECTED,
                Ok(()) => POLL_DISCONNECTED,
                Err(err) => {
                    tracing::debug!(error = %err, "cannot poll for changes");
                    POLL_DISCONNECTED
                }
            };
            tokio::select! {
                biased;
                () = inner.background.stop_token().cancelled() => return,
                () = sender.closed() => {
                    if self.remove_unused(owner, &sender) {
                        return;
                    }
                }
                () = notifications.notified() => was_notified = true,
                () = tokio::time::sleep(jittered(pause)) => was_notified = false,
            }
        }
    }

    /// Reads the changes after `position` and sends them to the subscriptions. The first poll only
    /// finds the position.
    async fn poll_once(
        &self,
        owner: UserId,
        position: &mut Option<u64>,
        sender: &watch::Sender<ChangeBatch>,
        was_notified: bool,
    ) -> Result<(), DbError> {
        let inner = &self.0;
        metrics::poll();
        let Some(mut last) = *position else {
            let latest = changes::sequence(&inner.db, owner).await?.latest;
            *position = Some(latest);
            sender.send_modify(|batch| (batch.after, batch.latest) = (latest, latest));
            return Ok(());
        };
        let mut found_any = false;
        loop {
            let found = changes::since(&inner.db, owner, last, PAGE).await?;
            let is_full = found.len() == PAGE as usize;
            let Some(latest) = found.last().map(|change| change.seq) else {
                break;
            };
            // The writer replaces the cache epoch after its commit, and may have died before that.
            // A client that receives a change must not read a cached page from before it.
            epoch::renew(&inner.cache, Scope::Lists, owner).await;
            sender.send_modify(|batch| batch.append(found));
            found_any = true;
            last = latest;
            *position = Some(latest);
            if !is_full {
                break;
            }
        }
        if was_notified && !found_any {
            // A session may have ended: the streams check their callers.
            sender.send_modify(|_| ());
        }
        Ok(())
    }

    /// Removes the owner's poller if it has no subscription; whether it was removed.
    fn remove_unused(&self, owner: UserId, sender: &watch::Sender<ChangeBatch>) -> bool {
        let mut active = self.active();
        let is_unused = sender.receiver_count() == 0;
        if is_unused {
            active.by_owner.remove(&owner);
        }
        is_unused
    }

    fn active(&self) -> MutexGuard<'_, Active> {
        let active = self.0.active.lock();
        active.unwrap_or_else(|poisoned| poisoned.into_inner())
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
    fn a_change_batch_has_the_latest_changes_without_a_gap_and_is_bounded() {
        let mut batch = ChangeBatch::empty_at(10);
        let seqs = |batch: &ChangeBatch, after| -> Option<Vec<u64>> {
            Some(
                batch
                    .since(after)?
                    .iter()
                    .map(|change| change.seq)
                    .collect(),
            )
        };
        assert_eq!(seqs(&batch, 10), None);
        let mut latest = 10;
        for count in [1, 3, 40, 30, 1, 200, 1, 64, 63, 2] {
            batch.append(found(latest + 1..=latest + count));
            latest += count;
            assert_eq!(batch.latest, latest);
            for after in 0..=latest {
                let expected = (after >= batch.after && after < latest)
                    .then(|| (after + 1..=latest).collect::<Vec<_>>());
                assert_eq!(seqs(&batch, after), expected, "{after} of {latest}");
            }
            let buffered = latest - batch.after;
            assert!(
                buffered >= count && buffered <= 64.max(count),
                "{buffered} after {count}"
            );
        }
    }
}
