//! What a background probe saw last of MySQL, so that `/health` never waits for it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::platform::background::BackgroundTasks;
use crate::platform::cache::Cache;
use crate::platform::db::Db;
use crate::platform::metrics;

/// Pause between two probes.
const PERIOD: Duration = Duration::from_secs(1);

/// The latest findings. Redis keeps its own beside the breaker.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    mysql: Mutex<Option<Duration>>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            mysql: Mutex::new(None),
        }
    }
}

impl Health {
    /// Time since the start of the process.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long MySQL took to answer the latest probe; `None`: it did not.
    pub fn mysql(&self) -> Option<Duration> {
        *self
            .mysql
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Writes down a finding.
    pub fn set_mysql(&self, found: Option<Duration>) {
        *self
            .mysql
            .lock()
            .unwrap_or_else(|broken| broken.into_inner()) = found;
    }

    /// Looks once at both machines.
    pub async fn look(&self, db: &Db, cache: &Cache) {
        let (mysql, ()) = tokio::join!(db.probe(), cache.probe());
        let before = self.mysql();
        match &mysql {
            Ok(_) if before.is_none() => tracing::info!("the database answers"),
            Err(err) if before.is_some() => {
                tracing::error!(error = %err, "the database is away")
            }
            _ => {}
        }
        self.set_mysql(mysql.ok());
        let pool = db.status();
        metrics::pool_connections(pool.in_use, pool.available);
    }
}

/// Waits for the next look, or for the stop; whether to go on.
pub async fn pause(tasks: &BackgroundTasks) -> bool {
    tokio::select! {
        () = tokio::time::sleep(PERIOD) => true,
        () = tasks.stop_token().cancelled() => false,
    }
}
