//! Redis behind a deadline and a circuit breaker, or no cache at all. Keys are typed and versioned.
//! Every error counts as a miss: nothing in Redis is the only copy of anything.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue};
use tokio::time::error::Elapsed;

use crate::platform::metrics;
use crate::platform::notifier::{Notifier, RedisPubSub};
use crate::platform::secret::Secret;

/// Errors in a row that open the breaker.
const ERRORS_TO_OPEN: u32 = 3;

#[derive(Debug, Clone)]
pub struct Config {
    /// `redis://` or `rediss://` address; `None` switches the cache off.
    pub url: Option<Secret<String>>,
    /// Precedes every key, so that several services can share one server.
    pub prefix: String,
    /// Longest wait for one command.
    pub deadline: Duration,
}

/// A cache address that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("the cache URL is not usable: {0}")]
pub struct BadConfig(String);

/// A value that can be cached. Bytes that cannot be decoded are a miss.
pub trait Cached: Sized {
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A key bound to the type of its value and to its TTL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<V> {
    text: String,
    ttl: Duration,
    value: PhantomData<fn() -> V>,
}

impl<V> Key<V> {
    /// `name:vN:{owner}:rest`. The version of the encoding is part of the key, so that a changed type
    /// is never read from an old key. The braces put one owner's keys into one hash slot.
    pub fn new(
        name: &str,
        version: u32,
        owner: impl std::fmt::Display,
        rest: &str,
        ttl: Duration,
    ) -> Self {
        Self {
            text: format!("{name}:v{version}:{{{owner}}}:{rest}"),
            ttl,
            value: PhantomData,
        }
    }
}

/// A counter that expires after its TTL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    key: String,
    ttl: Duration,
}

impl Counter {
    /// A counter under a key that names its window.
    pub fn new(key: String, ttl: Duration) -> Self {
        Self { key, ttl }
    }
}

/// The reply of one round trip: an incremented counter and the values of some keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadReply {
    /// The counter after the increment; `None` when none was given or Redis did not reply.
    pub count: Option<u64>,
    /// The values; `None` when Redis did not reply.
    pub values: Option<Vec<Option<Vec<u8>>>>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    /// `None`: every read is a miss.
    remote: Option<Arc<Remote>>,
    notifier: Notifier,
}

struct Remote {
    manager: ConnectionManager,
    prefix: String,
    deadline: Duration,
    breaker: Breaker,
    latency_us: AtomicU64,
    round_trips: AtomicU64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.remote {
            Some(_) => "Cache (Redis)",
            None => "Cache (off)",
        })
    }
}

/// The state of the cache, for `/health` and `/pool-stats`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheStatus {
    /// Whether the latest command succeeded.
    pub connected: bool,
    /// `closed`: commands are sent; `open`: only probes are; `off`: no Redis is configured.
    pub breaker: &'static str,
    /// How often the breaker closed again after an error.
    pub reconnects_total: u64,
    /// The latest probe's response time in milliseconds.
    pub latency_ms: f64,
}

impl Cache {
    /// No cache: every read is a miss, and notifications stay on this instance.
    pub fn off() -> Self {
        Self {
            remote: None,
            notifier: Notifier::new(None),
        }
    }

    /// Connects lazily, so that an unavailable Redis does not block the start.
    pub fn new(config: &Config) -> Result<Self, BadConfig> {
        let Some(url) = &config.url else {
            return Ok(Self::off());
        };
        let bad = |err: redis::RedisError| BadConfig(err.to_string());
        let client = Client::open(url.expose().as_str()).map_err(bad)?;
        let settings = ConnectionManagerConfig::new()
            .set_response_timeout(Some(config.deadline + Duration::from_millis(20)))
            .set_connection_timeout(Some(Duration::from_millis(200)))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100));
        let pubsub = RedisPubSub::new(client.clone(), &config.prefix);
        let manager = ConnectionManager::new_lazy_with_config(client, settings).map_err(bad)?;
        Ok(Self {
            remote: Some(Arc::new(Remote {
                manager,
                prefix: config.prefix.clone(),
                deadline: config.deadline,
                breaker: Breaker::default(),
                latency_us: AtomicU64::new(0),
                round_trips: AtomicU64::new(0),
            })),
            notifier: Notifier::new(Some(pubsub)),
        })
    }

    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// Reads several keys and increments a counter in one round trip.
    pub async fn read_raw(&self, keys: &[&str], counter: Option<&Counter>) -> ReadReply {
        let Some(remote) = &self.remote else {
            return ReadReply::default();
        };
        let bytes = keys
            .iter()
            .map(|key| remote.prefix.len() + 1 + key.len())
            .sum::<usize>();
        let mut mget = Cmd::with_capacity(1 + keys.len(), 4 + bytes);
        mget.arg("MGET");
        for key in keys {
            mget.arg(remote.full(key));
        }
        let Some(counter) = counter else {
            return ReadReply {
                count: None,
                values: remote.run(&mget).await,
            };
        };
        let mut pipe = redis::pipe();
        remote.add_counter(&mut pipe, counter);
        pipe.add_command(mget);
        match remote.run_pipe::<(u64, Vec<Option<Vec<u8>>>)>(&pipe).await {
            Some((count, values)) => ReadReply {
                count: Some(count),
                values: Some(values),
            },
            None => ReadReply::default(),
        }
    }

    /// Increments a counter; `None` when Redis did not reply.
    pub async fn count(&self, counter: &Counter) -> Option<u64> {
        let Some(remote) = &self.remote else {
            return None;
        };
        let mut pipe = redis::pipe();
        remote.add_counter(&mut pipe, counter);
        remote.run_pipe::<(u64,)>(&pipe).await.map(|(count,)| count)
    }

    /// Stores a value for the TTL of its key; whether Redis confirmed it.
    pub async fn write<V: Cached>(&self, key: &Key<V>, value: &V) -> bool {
        let Some(remote) = &self.remote else {
            return false;
        };
        let command = remote.set(key, value);
        remote.run::<()>(&command).await.is_some()
    }

    /// Stores a value and notifies a topic on every instance in one round trip; whether Redis
    /// confirmed it. The value is stored first: a notified subscriber never reads the old one.
    pub async fn write_and_notify<V: Cached>(&self, key: &Key<V>, value: &V, topic: &str) -> bool {
        let confirmed = match (&self.remote, self.notifier.publish_command(topic)) {
            (Some(remote), Some(publish)) => {
                let mut pipe = redis::pipe();
                pipe.add_command(remote.set(key, value)).ignore();
                pipe.add_command(publish).ignore();
                remote.run_pipe::<()>(&pipe).await.is_some()
            }
            _ => false,
        };
        self.notifier.notify_local(topic);
        confirmed
    }

    /// Stores a value unless the key exists; returns the stored one.
    pub async fn write_if_absent<V: Cached>(&self, key: &Key<V>, value: V) -> Option<V> {
        let Some(remote) = &self.remote else {
            return None;
        };
        // Two commands in one round trip: `SET … NX GET` would need Redis 7.
        let full = remote.full(&key.text);
        let mut pipe = redis::pipe();
        pipe.cmd("SET")
            .arg(&full)
            .arg(value.to_bytes())
            .arg("PX")
            .arg(u64::try_from(key.ttl.as_millis()).unwrap_or(u64::MAX))
            .arg("NX")
            .ignore();
        pipe.cmd("GET").arg(&full);
        let (stored,) = remote.run_pipe::<(Option<Vec<u8>>,)>(&pipe).await?;
        V::from_bytes(&stored?)
    }

    /// Sends `PING` even while the breaker is open; a reply closes it.
    pub async fn probe(&self) {
        let Some(remote) = &self.remote else { return };
        let started = Instant::now();
        if remote
            .attempt::<String>(&redis::cmd("PING"))
            .await
            .is_some()
        {
            let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            remote.latency_us.store(micros, Ordering::Relaxed);
        }
    }

    /// Commands and pipelines sent since the start; the round-trip tests compare it with budgets.
    pub fn round_trips(&self) -> u64 {
        let count = |remote: &Arc<Remote>| remote.round_trips.load(Ordering::Relaxed);
        self.remote.as_ref().map_or(0, count)
    }

    pub fn status(&self) -> CacheStatus {
        let Some(remote) = &self.remote else {
            return CacheStatus {
                connected: false,
                breaker: "off",
                reconnects_total: 0,
                latency_ms: 0.0,
            };
        };
        let open = remote.breaker.is_open();
        #[expect(clippy::cast_precision_loss, reason = "a latency far below 2^52 µs")]
        let latency_ms = remote.latency_us.load(Ordering::Relaxed) as f64 / 1000.0;
        CacheStatus {
            connected: remote.breaker.is_healthy(),
            breaker: if open { "open" } else { "closed" },
            reconnects_total: remote.breaker.reconnects.load(Ordering::Relaxed),
            latency_ms,
        }
    }
}

impl<V> AsRef<str> for Key<V> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Remote {
    fn full(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    fn set<V: Cached>(&self, key: &Key<V>, value: &V) -> Cmd {
        let mut command = redis::cmd("SET");
        command
            .arg(self.full(&key.text))
            .arg(value.to_bytes())
            .arg("PX")
            .arg(u64::try_from(key.ttl.as_millis()).unwrap_or(u64::MAX));
        command
    }

    /// Sends a command unless the breaker is open.
    async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if self.breaker.is_open() {
            metrics::cache_skipped();
            return None;
        }
        self.attempt(command).await
    }

    /// `SET … NX` with the TTL, then `INCR`. `INCR` followed by `EXPIRE` would leave a counter without
    /// expiry when the connection breaks in between.
    fn add_counter(&self, pipe: &mut redis::Pipeline, counter: &Counter) {
        let key = self.full(&counter.key);
        let ttl_ms = u64::try_from(counter.ttl.as_millis()).unwrap_or(u64::MAX);
        pipe.cmd("SET")
            .arg(&key)
            .arg(0)
            .arg("PX")
            .arg(ttl_ms)
            .arg("NX")
            .ignore();
        pipe.cmd("INCR").arg(&key);
    }

    async fn run_pipe<T: FromRedisValue>(&self, pipe: &redis::Pipeline) -> Option<T> {
        if self.breaker.is_open() {
            metrics::cache_skipped();
            return None;
        }
        let mut connection = self.manager.clone();
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.record_outcome(
            tokio::time::timeout(self.deadline, pipe.query_async(&mut connection)).await,
        )
    }

    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let mut connection = self.manager.clone();
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.record_outcome(
            tokio::time::timeout(self.deadline, command.query_async(&mut connection)).await,
        )
    }

    fn record_outcome<T>(&self, reply: Result<redis::RedisResult<T>, Elapsed>) -> Option<T> {
        match reply {
            Ok(Ok(value)) => {
                self.breaker.succeeded();
                Some(value)
            }
            Ok(Err(err)) => {
                tracing::debug!(error = %err, "a cache command failed");
                self.breaker.failed();
                None
            }
            Err(_) => {
                self.breaker.failed();
                None
            }
        }
    }
}

/// Circuit breaker. Without it every request would wait for the command deadline (80 ms)
/// while Redis is down, and a request sends up to three commands. After three errors in a row no
/// command is sent at all: reads are misses at once, and MySQL answers. Only the background probe
/// (once a second) still tries, so that recovery costs one connection and not a burst of them; its
/// first success closes the breaker. A half-open state is not needed: the probe takes its role.
#[derive(Default)]
struct Breaker {
    errors: AtomicU32,
    open: AtomicBool,
    reconnects: AtomicU64,
}

impl Breaker {
    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    fn is_healthy(&self) -> bool {
        self.errors.load(Ordering::Relaxed) == 0
    }

    fn succeeded(&self) {
        if self.errors.swap(0, Ordering::Relaxed) > 0 {
            self.reconnects.fetch_add(1, Ordering::Relaxed);
            if self.open.swap(false, Ordering::Relaxed) {
                tracing::info!("the cache is available again");
            }
        }
    }

    fn failed(&self) {
        metrics::cache_failed();
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if errors >= ERRORS_TO_OPEN && !self.open.swap(true, Ordering::Relaxed) {
            tracing::warn!("the cache is unavailable; requests skip it until a probe succeeds");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_after_three_errors_in_a_row_and_closes_on_success() {
        let breaker = Breaker::default();
        breaker.failed();
        breaker.failed();
        assert!(!breaker.is_open());
        breaker.succeeded();
        breaker.failed();
        breaker.failed();
        assert!(!breaker.is_open());
        breaker.failed();
        assert!(breaker.is_open() && !breaker.is_healthy());
        breaker.succeeded();
        assert!(!breaker.is_open() && breaker.is_healthy());
    }
}
