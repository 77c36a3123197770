//! Redis, or nothing. Keys are typed, owned and carry the version of their value's shape.
//! Refuses to be believed: every fault is a miss, counted and cut short by the breaker.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue};
use tokio::time::error::Elapsed;

use crate::platform::metrics;
use crate::platform::notifier::{Doorbell, Line};
use crate::platform::secret::Secret;

/// Errors in a row that open the breaker.
const ERRORS_TO_OPEN: u32 = 3;

/// What the cache needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// `redis://` or `rediss://` address; `None` switches the cache off.
    pub url: Option<Secret<String>>,
    /// Stands before every key, so that several services can share one server.
    pub prefix: String,
    /// Longest wait for one command.
    pub deadline: Duration,
}

/// A cache address that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("the cache URL is not usable: {0}")]
pub struct BadConfig(String);

/// A value that can live in the cache. A text that cannot be read back is a miss.
pub trait Cached: Sized {
    /// The bytes for the cache.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads the bytes back.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A key bound to the type of its value and to its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<V> {
    text: String,
    life: Duration,
    value: PhantomData<fn() -> V>,
}

impl<V> Key<V> {
    /// `noun:vN:{owner}:rest`; the shape's version is part of the text, so that a changed type is
    /// never read from an old key. The owner stands in braces: one owner's keys share a hash slot.
    pub fn new(
        noun: &str,
        shape: u32,
        owner: impl std::fmt::Display,
        rest: &str,
        life: Duration,
    ) -> Self {
        Self {
            text: format!("{noun}:v{shape}:{{{owner}}}:{rest}"),
            life,
            value: PhantomData,
        }
    }
}

/// A number that grows with each request and is forgotten after its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    key: String,
    life: Duration,
}

impl Counter {
    /// A counter under a key that names its window.
    pub fn new(key: String, life: Duration) -> Self {
        Self { key, life }
    }
}

/// What one round trip brought: the raised counter and the values of some keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The counter after it was raised; `None` when there was none, or no answer.
    pub count: Option<u64>,
    /// The values; `None` when Redis had nothing to say.
    pub values: Option<Vec<Option<Vec<u8>>>>,
}

/// Redis behind a deadline and a breaker, or nothing at all. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    /// `None`: every read is a miss.
    remote: Option<Arc<Remote>>,
    doorbell: Doorbell,
}

/// The connection and what is known about it.
struct Remote {
    manager: ConnectionManager,
    prefix: String,
    deadline: Duration,
    breaker: Breaker,
    latency_us: AtomicU64,
    trips: AtomicU64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.remote {
            Some(_) => "Cache (Redis)",
            None => "Cache (off)",
        })
    }
}

/// The cache in words and numbers, for `/health` and `/pool-stats`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheStatus {
    /// Whether the latest command was answered.
    pub connected: bool,
    /// `closed`: commands are sent; `open`: Redis is left alone; `off`: none is configured.
    pub breaker: &'static str,
    /// How often the breaker closed again after an error.
    pub reconnects_total: u64,
    /// The latest probe's answer time in milliseconds.
    pub latency_ms: f64,
}

impl Cache {
    /// No cache: every read is a miss, and bells ring on this instance alone.
    pub fn off() -> Self {
        Self {
            remote: None,
            doorbell: Doorbell::new(None),
        }
    }

    /// Prepares the connection; opens none yet, so a dead Redis does not hinder the start.
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
        let line = Line::new(client.clone(), &config.prefix);
        let manager = ConnectionManager::new_lazy_with_config(client, settings).map_err(bad)?;
        Ok(Self {
            remote: Some(Arc::new(Remote {
                manager,
                prefix: config.prefix.clone(),
                deadline: config.deadline,
                breaker: Breaker::default(),
                latency_us: AtomicU64::new(0),
                trips: AtomicU64::new(0),
            })),
            doorbell: Doorbell::new(Some(line)),
        })
    }

    /// The bells of this instance, and the line to those of the others.
    pub fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    /// Reads several keys and raises a counter, in one round trip.
    pub async fn read_raw(&self, keys: &[&str], counter: Option<&Counter>) -> Read {
        let Some(remote) = &self.remote else {
            return Read::default();
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
            return Read {
                count: None,
                values: remote.run(&mget).await,
            };
        };
        let mut pipe = redis::pipe();
        remote.add_counter(&mut pipe, counter);
        pipe.add_command(mget);
        match remote.run_pipe::<(u64, Vec<Option<Vec<u8>>>)>(&pipe).await {
            Some((count, values)) => Read {
                count: Some(count),
                values: Some(values),
            },
            None => Read::default(),
        }
    }

    /// Raises a counter; `None` when Redis has nothing to say.
    pub async fn count(&self, counter: &Counter) -> Option<u64> {
        let Some(remote) = &self.remote else {
            return None;
        };
        let mut pipe = redis::pipe();
        remote.add_counter(&mut pipe, counter);
        remote.run_pipe::<(u64,)>(&pipe).await.map(|(count,)| count)
    }

    /// Stores a value for the life of its key; whether Redis took it.
    pub async fn write<V: Cached>(&self, key: &Key<V>, value: &V) -> bool {
        let Some(remote) = &self.remote else {
            return false;
        };
        let command = remote.set(key, value);
        remote.run::<()>(&command).await.is_some()
    }

    /// Stores a value and rings a bell on every instance, in one round trip; whether Redis took it.
    /// The bell rings after the value is there: who hears it may trust what it reads.
    pub async fn write_and_ring<V: Cached>(&self, key: &Key<V>, value: &V, bell: &str) -> bool {
        let told = match (&self.remote, self.doorbell.ring_elsewhere(bell)) {
            (Some(remote), Some(ring)) => {
                let mut pipe = redis::pipe();
                pipe.add_command(remote.set(key, value)).ignore();
                pipe.add_command(ring).ignore();
                remote.run_pipe::<()>(&pipe).await.is_some()
            }
            _ => false,
        };
        self.doorbell.ring_here(bell);
        told
    }

    /// Stores a value unless one is there, and returns the one that is there afterwards.
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
            .arg(u64::try_from(key.life.as_millis()).unwrap_or(u64::MAX))
            .arg("NX")
            .ignore();
        pipe.cmd("GET").arg(&full);
        let (there,) = remote.run_pipe::<(Option<Vec<u8>>,)>(&pipe).await?;
        V::from_bytes(&there?)
    }

    /// Asks for a sign of life; this is what closes an open breaker again.
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

    /// Commands and pipelines sent since the start: what the budget of round trips is measured by.
    pub fn round_trips(&self) -> u64 {
        let trips = |remote: &Arc<Remote>| remote.trips.load(Ordering::Relaxed);
        self.remote.as_ref().map_or(0, trips)
    }

    /// The state of the connection.
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
            connected: remote.breaker.is_well(),
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
            .arg(u64::try_from(key.life.as_millis()).unwrap_or(u64::MAX));
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

    /// Creates the counter with its life if it is not there, then raises it: on its own `INCR`
    /// would leave a counter that is never forgotten when the connection breaks in between.
    fn add_counter(&self, pipe: &mut redis::Pipeline, counter: &Counter) {
        let key = self.full(&counter.key);
        let life_ms = u64::try_from(counter.life.as_millis()).unwrap_or(u64::MAX);
        pipe.cmd("SET")
            .arg(&key)
            .arg(0)
            .arg("PX")
            .arg(life_ms)
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
        self.trips.fetch_add(1, Ordering::Relaxed);
        self.settle(tokio::time::timeout(self.deadline, pipe.query_async(&mut connection)).await)
    }

    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let mut connection = self.manager.clone();
        self.trips.fetch_add(1, Ordering::Relaxed);
        self.settle(tokio::time::timeout(self.deadline, command.query_async(&mut connection)).await)
    }

    fn settle<T>(&self, answer: Result<redis::RedisResult<T>, Elapsed>) -> Option<T> {
        match answer {
            Ok(Ok(value)) => {
                self.breaker.succeeded();
                Some(value)
            }
            Ok(Err(err)) => {
                tracing::debug!(error = %err, "the cache answered with an error");
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

/// Opens after a few errors in a row; only a successful probe closes it.
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

    fn is_well(&self) -> bool {
        self.errors.load(Ordering::Relaxed) == 0
    }

    fn succeeded(&self) {
        if self.errors.swap(0, Ordering::Relaxed) > 0 {
            self.reconnects.fetch_add(1, Ordering::Relaxed);
            if self.open.swap(false, Ordering::Relaxed) {
                tracing::info!("the cache answers again");
            }
        }
    }

    fn failed(&self) {
        metrics::cache_failed();
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if errors >= ERRORS_TO_OPEN && !self.open.swap(true, Ordering::Relaxed) {
            tracing::warn!("the cache does not answer, it is left alone until it does");
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
        assert!(breaker.is_open() && !breaker.is_well());
        breaker.succeeded();
        assert!(!breaker.is_open() && breaker.is_well());
    }
}
