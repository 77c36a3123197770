//! Pub/sub between tasks and instances: wakes the subscribers of a topic on this instance directly
//! and those of other instances through Redis (one connection per instance, one channel per topic
//! with a subscriber). Messages carry no data: a lost one only delays the next poll.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{PubSub, PubSubSink};
use redis::{Client, Cmd, RedisResult};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::platform::{crypto, metrics};

/// Longest wait for a connect and for the reply to a command.
const DEADLINE: Duration = Duration::from_secs(1);
/// Interval of `PING`: an unresponsive server is noticed after this plus the deadline.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// First pause after a lost connection; it doubles with each failure.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// Channels of one `SUBSCRIBE` or `UNSUBSCRIBE`.
const CHANNELS_PER_COMMAND: usize = 500;

/// The Redis server and the channel prefix that connect the instances.
pub struct RedisPubSub {
    client: Client,
    prefix: String,
}

impl RedisPubSub {
    /// `prefix` precedes every channel name, as it precedes every key.
    pub fn new(client: Client, prefix: &str) -> Self {
        Self {
            client,
            prefix: format!("{prefix}:notify:"),
        }
    }

    fn channel(&self, topic: &str) -> String {
        format!("{}{topic}", self.prefix)
    }

    fn channels(&self, topics: &[String]) -> Vec<String> {
        topics.iter().map(|topic| self.channel(topic)).collect()
    }
}

/// The topics of this instance. Cheap to clone.
#[derive(Clone)]
pub struct Notifier(Arc<Inner>);

struct Inner {
    topics: Mutex<HashMap<String, watch::Sender<TopicState>>>,
    /// Notified when a topic got its first or lost its last subscriber.
    topics_changed: Notify,
    redis: Option<RedisPubSub>,
    /// The payload of this instance's messages: it ignores those it sent itself.
    instance: String,
}

#[derive(Debug, Clone, Copy, Default)]
struct TopicState {
    /// Notifications so far.
    count: u64,
    /// Whether notifications of other instances arrive.
    is_connected: bool,
}

impl Notifier {
    /// Without Redis notifications stay on this instance.
    pub fn new(redis: Option<RedisPubSub>) -> Self {
        Self(Arc::new(Inner {
            topics: Mutex::default(),
            topics_changed: Notify::new(),
            redis,
            instance: crypto::random_text::<12>(),
        }))
    }

    /// Subscribes from now until the subscriber is dropped.
    pub fn subscribe(&self, topic: &str) -> Subscriber {
        let mut topics = self.topics();
        let state = topics.entry(topic.to_owned()).or_insert_with(|| {
            self.0.topics_changed.notify_one();
            watch::Sender::new(TopicState::default())
        });
        Subscriber {
            state: state.subscribe(),
            topic: topic.to_owned(),
            notifier: self.clone(),
        }
    }

    /// Wakes the subscribers of this instance.
    pub fn notify_local(&self, topic: &str) {
        self.wake(topic, "local");
    }

    /// The command that wakes the subscribers of the other instances; `None` without Redis.
    pub fn publish_command(&self, topic: &str) -> Option<Cmd> {
        let redis = self.0.redis.as_ref()?;
        let mut command = redis::cmd("PUBLISH");
        command.arg(redis.channel(topic)).arg(&self.0.instance);
        Some(command)
    }

    /// Maintains the Redis connection while any topic has a subscriber, until `stop` is cancelled.
    /// Reconnects after every error; subscribers see `is_connected() == false` until then.
    pub async fn run(&self, stop: &CancellationToken) {
        let Some(redis) = &self.0.redis else { return };
        let mut backoff = BACKOFF_MIN;
        loop {
            let connection = async {
                while self.topics().is_empty() {
                    self.0.topics_changed.notified().await;
                }
                let connected = within_deadline(redis.client.get_async_pubsub()).await;
                if let Some(connection) = connected {
                    tracing::debug!("the notifier is connected to Redis");
                    backoff = BACKOFF_MIN;
                    self.serve_connection(redis, connection).await;
                    tracing::debug!("the notifier lost its Redis connection");
                }
            };
            if stop.run_until_cancelled(connection).await.is_none() {
                return;
            }
            self.mark_disconnected();
            let pause = tokio::time::sleep(jittered(backoff));
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// Delivers the messages of one connection until it fails.
    async fn serve_connection(&self, redis: &RedisPubSub, connection: PubSub) {
        let (mut sink, mut messages) = connection.split();
        let mut subscribed = HashSet::new();
        loop {
            let synced = self.sync_channels(redis, &mut sink, &mut subscribed).await;
            if synced.is_none() {
                return;
            }
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return };
                    if message.get_payload_bytes() != self.0.instance.as_bytes()
                        && let Some(topic) = message.get_channel_name().strip_prefix(&redis.prefix)
                    {
                        self.wake(topic, "remote");
                    }
                }
                () = self.0.topics_changed.notified() => {}
                () = tokio::time::sleep(PING_INTERVAL) => {
                    if within_deadline(sink.ping::<redis::Value>()).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Subscribes to new topics and unsubscribes from unused ones; `None` when the connection failed.
    async fn sync_channels(
        &self,
        redis: &RedisPubSub,
        sink: &mut PubSubSink,
        subscribed: &mut HashSet<String>,
    ) -> Option<()> {
        let (added, removed): (Vec<String>, Vec<String>) = {
            let topics = self.topics();
            let added = topics.keys().filter(|topic| !subscribed.contains(*topic));
            let removed = subscribed.iter().filter(|name| !topics.contains_key(*name));
            (added.cloned().collect(), removed.cloned().collect())
        };
        for names in added.chunks(CHANNELS_PER_COMMAND) {
            within_deadline(sink.subscribe(redis.channels(names))).await?;
            subscribed.extend(names.iter().cloned());
        }
        for names in removed.chunks(CHANNELS_PER_COMMAND) {
            within_deadline(sink.unsubscribe(redis.channels(names))).await?;
            for name in names {
                subscribed.remove(name);
            }
        }
        let topics = self.topics();
        for (_, state) in topics.iter().filter(|(name, _)| subscribed.contains(*name)) {
            state.send_if_modified(|state| !std::mem::replace(&mut state.is_connected, true));
        }
        Some(())
    }

    /// `origin` is the metric label: `local` or `remote`.
    fn wake(&self, topic: &str, origin: &'static str) {
        if let Some(state) = self.topics().get(topic) {
            state.send_modify(|state| state.count += 1);
            metrics::notification(origin);
        }
    }

    fn mark_disconnected(&self) {
        for state in self.topics().values() {
            state.send_if_modified(|state| std::mem::replace(&mut state.is_connected, false));
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<TopicState>>> {
        let topics = self.0.topics.lock();
        topics.unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A subscription to one topic.
pub struct Subscriber {
    state: watch::Receiver<TopicState>,
    topic: String,
    notifier: Notifier,
}

impl Subscriber {
    /// Waits for a notification. Also returns when the connection to the other instances was
    /// established or lost, because notifications may have been missed.
    pub async fn notified(&mut self) {
        if self.state.changed().await.is_err() {
            // Unreachable: the sender is removed with its last subscriber.
            std::future::pending::<()>().await;
        }
    }

    /// Whether notifications of other instances arrive.
    pub fn is_connected(&self) -> bool {
        self.state.borrow().is_connected
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let mut topics = self.notifier.topics();
        let is_last = topics.get(&self.topic).map(watch::Sender::receiver_count) == Some(1);
        if is_last {
            topics.remove(&self.topic);
            self.notifier.0.topics_changed.notify_one();
        }
    }
}

/// The reply within the deadline; `None` after an error or a timeout.
async fn within_deadline<T>(reply: impl Future<Output = RedisResult<T>>) -> Option<T> {
    match tokio::time::timeout(DEADLINE, reply).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(err)) => {
            tracing::debug!(error = %err, "a Redis pub/sub command failed");
            None
        }
        Err(_) => None,
    }
}

/// Between 75 % and 125 % of a pause, so that instances do not poll in lockstep.
pub fn jittered(pause: Duration) -> Duration {
    let [byte] = crypto::random::<1>();
    pause * (384 + u32::from(byte)) / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_notification_wakes_the_subscribers_of_its_topic_only() {
        let notifier = Notifier::new(None);
        let (mut ann, mut tab) = (notifier.subscribe("ann"), notifier.subscribe("ann"));
        let bob = notifier.subscribe("bob");
        notifier.notify_local("ann");
        ann.notified().await;
        tab.notified().await;
        assert!(!bob.state.has_changed().unwrap());
        assert!(!ann.is_connected() && notifier.publish_command("ann").is_none());
    }

    #[tokio::test]
    async fn a_topic_is_removed_with_its_last_subscriber() {
        let notifier = Notifier::new(None);
        let (one, mut other) = (notifier.subscribe("ann"), notifier.subscribe("ann"));
        drop(one);
        notifier.notify_local("ann");
        other.notified().await;
        drop(other);
        assert!(notifier.topics().is_empty());
        notifier.notify_local("ann");
    }

    #[test]
    fn a_jittered_pause_stays_near_the_pause() {
        for _ in 0..1000 {
            let pause = jittered(Duration::from_secs(4));
            assert!((3.0..=5.0).contains(&pause.as_secs_f64()), "{pause:?}");
        }
    }
}
