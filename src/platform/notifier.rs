//! The doorbell: wakes whoever waits for news under a name, on this instance at once and on the
//! others through Redis (one connection per instance, one channel per name that is listened to).
//! Refuses to carry news: a ring says "look", and a lost ring only makes the look come later.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{PubSub, PubSubSink};
use redis::{Client, Cmd, RedisResult};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::platform::{crypto, metrics};

/// Longest wait for the server while connecting and for the answer to a command.
const DEADLINE: Duration = Duration::from_secs(1);
/// Pause between two signs of life: a server that hangs is noticed after this and the deadline.
const PING_EVERY: Duration = Duration::from_secs(5);
/// First pause after a lost connection; it doubles with each failure.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Channels of one command.
const CHANNELS: usize = 500;

/// The way to the other instances.
pub struct Line {
    client: Client,
    prefix: String,
}

impl Line {
    /// `prefix` stands before every channel, as it does before every key.
    pub fn new(client: Client, prefix: &str) -> Self {
        Self {
            client,
            prefix: format!("{prefix}:ring:"),
        }
    }
}

/// The bells of this instance. Cheap to clone.
#[derive(Clone)]
pub struct Doorbell(Arc<Inner>);

struct Inner {
    bells: Mutex<HashMap<String, watch::Sender<Bell>>>,
    /// Rung when somebody began or ceased to listen.
    wanted: Notify,
    line: Option<Line>,
    /// What this instance sends along, so that it does not hear itself twice.
    me: String,
}

/// What a listener is told.
#[derive(Debug, Clone, Copy, Default)]
struct Bell {
    /// Grows with each ring.
    rings: u64,
    /// Whether rings of other instances arrive.
    linked: bool,
}

impl Doorbell {
    /// Without a line bells ring on this instance alone.
    pub fn new(line: Option<Line>) -> Self {
        Self(Arc::new(Inner {
            bells: Mutex::default(),
            wanted: Notify::new(),
            line,
            me: crypto::random_text::<12>(),
        }))
    }

    /// Listens from this moment on, until the listener is dropped.
    pub fn listen(&self, name: &str) -> Listener {
        let mut bells = self.bells();
        let bell = bells.entry(name.to_owned()).or_insert_with(|| {
            self.0.wanted.notify_one();
            watch::Sender::new(Bell::default())
        });
        Listener {
            bell: bell.subscribe(),
            name: name.to_owned(),
            doorbell: self.clone(),
        }
    }

    /// Wakes the listeners of this instance.
    pub fn ring_here(&self, name: &str) {
        if let Some(bell) = self.bells().get(name) {
            bell.send_modify(|bell| bell.rings += 1);
            metrics::ring("here");
        }
    }

    /// The command that wakes the listeners of the other instances; `None` without a line.
    pub fn ring_elsewhere(&self, name: &str) -> Option<Cmd> {
        let line = self.0.line.as_ref()?;
        let mut command = redis::cmd("PUBLISH");
        command.arg(line.channel(name)).arg(&self.0.me);
        Some(command)
    }

    /// Keeps the connection while anybody listens, until the process stops. Whatever goes wrong,
    /// it begins again; listeners know meanwhile that they have to look by themselves.
    pub async fn attend(&self, stop: &CancellationToken) {
        let Some(line) = &self.0.line else { return };
        let mut pause = PAUSE_MIN;
        loop {
            let visit = async {
                while self.bells().is_empty() {
                    self.0.wanted.notified().await;
                }
                let connected = within(line.client.get_async_pubsub()).await;
                if let Some(connection) = connected {
                    tracing::debug!("the doorbell is connected");
                    pause = PAUSE_MIN;
                    self.hear(line, connection).await;
                    tracing::debug!("the doorbell lost its connection");
                }
            };
            if stop.run_until_cancelled(visit).await.is_none() {
                return;
            }
            self.unlink();
            let rest = tokio::time::sleep(jittered(pause));
            if stop.run_until_cancelled(rest).await.is_none() {
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Serves one connection until it fails.
    async fn hear(&self, line: &Line, connection: PubSub) {
        let (mut sink, mut rings) = connection.split();
        let mut subscribed = HashSet::new();
        loop {
            if self
                .subscribe(line, &mut sink, &mut subscribed)
                .await
                .is_none()
            {
                return;
            }
            tokio::select! {
                ring = rings.next() => {
                    let Some(ring) = ring else { return };
                    if ring.get_payload_bytes() != self.0.me.as_bytes()
                        && let Some(name) = ring.get_channel_name().strip_prefix(&line.prefix)
                    {
                        self.rung(name);
                    }
                }
                () = self.0.wanted.notified() => {}
                () = tokio::time::sleep(PING_EVERY) => {
                    if within(sink.ping::<redis::Value>()).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Brings the subscriptions to what is listened to; `None` when the connection failed.
    async fn subscribe(
        &self,
        line: &Line,
        sink: &mut PubSubSink,
        subscribed: &mut HashSet<String>,
    ) -> Option<()> {
        let (fresh, stale): (Vec<String>, Vec<String>) = {
            let bells = self.bells();
            let fresh = bells.keys().filter(|name| !subscribed.contains(*name));
            let stale = subscribed.iter().filter(|name| !bells.contains_key(*name));
            (fresh.cloned().collect(), stale.cloned().collect())
        };
        for names in fresh.chunks(CHANNELS) {
            within(sink.subscribe(line.channels(names))).await?;
            subscribed.extend(names.iter().cloned());
        }
        for names in stale.chunks(CHANNELS) {
            within(sink.unsubscribe(line.channels(names))).await?;
            for name in names {
                subscribed.remove(name);
            }
        }
        let bells = self.bells();
        for (_, bell) in bells.iter().filter(|(name, _)| subscribed.contains(*name)) {
            bell.send_if_modified(|bell| !std::mem::replace(&mut bell.linked, true));
        }
        Some(())
    }

    fn rung(&self, name: &str) {
        if let Some(bell) = self.bells().get(name) {
            bell.send_modify(|bell| bell.rings += 1);
            metrics::ring("elsewhere");
        }
    }

    fn unlink(&self) {
        for bell in self.bells().values() {
            bell.send_if_modified(|bell| std::mem::replace(&mut bell.linked, false));
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Bell>>> {
        let bells = self.0.bells.lock();
        bells.unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Line {
    fn channel(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn channels(&self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.channel(name)).collect()
    }
}

/// Somebody who waits for news under a name.
pub struct Listener {
    bell: watch::Receiver<Bell>,
    name: String,
    doorbell: Doorbell,
}

impl Listener {
    /// Waits for a ring. Also returns when rings of other instances begin or cease to arrive: some
    /// may have been missed.
    pub async fn news(&mut self) {
        if self.bell.changed().await.is_err() {
            // The bell lives as long as its listeners.
            std::future::pending::<()>().await;
        }
    }

    /// Whether rings of other instances arrive.
    pub fn is_linked(&self) -> bool {
        self.bell.borrow().linked
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut bells = self.doorbell.bells();
        let last = bells.get(&self.name).map(watch::Sender::receiver_count) == Some(1);
        if last {
            bells.remove(&self.name);
            self.doorbell.0.wanted.notify_one();
        }
    }
}

/// An answer in time, or nothing.
async fn within<T>(answer: impl Future<Output = RedisResult<T>>) -> Option<T> {
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(err)) => {
            tracing::debug!(error = %err, "the doorbell's line answered with an error");
            None
        }
        Err(_) => None,
    }
}

/// From three quarters to five quarters of a pause, so that instances do not move in step.
pub fn jittered(pause: Duration) -> Duration {
    let [byte] = crypto::random::<1>();
    pause * (384 + u32::from(byte)) / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ring_wakes_those_who_listen_under_its_name_and_nobody_else() {
        let doorbell = Doorbell::new(None);
        let (mut ann, mut tab) = (doorbell.listen("ann"), doorbell.listen("ann"));
        let bob = doorbell.listen("bob");
        doorbell.ring_here("ann");
        ann.news().await;
        tab.news().await;
        assert!(!bob.bell.has_changed().unwrap());
        assert!(!ann.is_linked() && doorbell.ring_elsewhere("ann").is_none());
    }

    #[tokio::test]
    async fn a_bell_goes_with_its_last_listener() {
        let doorbell = Doorbell::new(None);
        let (one, mut other) = (doorbell.listen("ann"), doorbell.listen("ann"));
        drop(one);
        doorbell.ring_here("ann");
        other.news().await;
        drop(other);
        assert!(doorbell.bells().is_empty());
        doorbell.ring_here("ann");
    }

    #[test]
    fn a_jittered_pause_stays_near_the_pause() {
        for _ in 0..1000 {
            let pause = jittered(Duration::from_secs(4));
            assert!((3.0..=5.0).contains(&pause.as_secs_f64()), "{pause:?}");
        }
    }
}
