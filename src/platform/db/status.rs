//! What the pool and the server look like from here: numbers for `/pool-stats` and `/health`.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::query::Query;
use super::{Db, DbError};
use crate::platform::metrics;

/// How many of the latest waits the quantiles look at.
const SAMPLES: usize = 1024;

/// The latest waits for a connection, in microseconds, and what was counted beside them.
pub(super) struct Waits {
    ring: Vec<AtomicU32>,
    next: AtomicUsize,
    timeouts: AtomicU64,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            ring: (0..SAMPLES).map(|_| AtomicU32::new(0)).collect(),
            next: AtomicUsize::new(0),
            timeouts: AtomicU64::new(0),
        }
    }
}

impl Waits {
    pub(super) fn record(&self, waited: Duration) {
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % SAMPLES;
        let micros = u32::try_from(waited.as_micros()).unwrap_or(u32::MAX);
        self.ring[slot].store(micros, Ordering::Relaxed);
    }

    pub(super) fn count_timeout(&self) {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
        metrics::pool_timeout();
    }

    /// The value below which the given share of the latest waits lies, in milliseconds.
    fn quantile_ms(&self, share: f64) -> f64 {
        let seen = self.next.load(Ordering::Relaxed).min(SAMPLES);
        if seen == 0 {
            return 0.0;
        }
        let mut waits: Vec<u32> = self.ring[..seen]
            .iter()
            .map(|wait| wait.load(Ordering::Relaxed))
            .collect();
        waits.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index below 1,024"
        )]
        let index = ((seen - 1) as f64 * share).round() as usize;
        f64::from(waits[index]) / 1000.0
    }
}

/// The pool of this instance in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolStatus {
    /// Connections this instance may hold.
    pub max_size: usize,
    /// Connections it holds now.
    pub size: usize,
    /// Of these, idle ones.
    pub available: usize,
    /// Of these, ones at work.
    pub in_use: usize,
    /// Callers waiting for one.
    pub waiting: usize,
    /// Connections opened since the start.
    pub created_total: u64,
    /// Waits that ended without one, since the start.
    pub timeouts_total: u64,
    /// Median of the latest waits.
    pub wait_ms_p50: f64,
    /// 99th percentile of the latest waits.
    pub wait_ms_p99: f64,
}

const PING: Query = Query::new("db.probe", "SELECT 1");

impl Db {
    /// The numbers of the pool.
    pub fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus {
            max_size: status.max_size,
            size: status.size,
            available: status.available,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
            created_total: self.pool.manager().opened(),
            timeouts_total: self.waits.timeouts.load(Ordering::Relaxed),
            wait_ms_p50: self.waits.quantile_ms(0.5),
            wait_ms_p99: self.waits.quantile_ms(0.99),
        }
    }

    /// Asks the server for a sign of life, within the deadline of a unit of work; how long it took.
    pub async fn probe(&self) -> Result<Duration, DbError> {
        let started = Instant::now();
        self.first::<i64>(&PING, ()).await?;
        Ok(started.elapsed())
    }
}
