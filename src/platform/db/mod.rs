//! MySQL and MariaDB: a pool of few connections, named queries, transactions that retry, migrations.
//! Refuses to let a cancelled query, a forgotten transaction or a hung server reach the next caller.

mod error;
pub mod grants;
mod lease;
mod manager;
mod many;
pub mod migrate;
mod query;
mod status;
mod transaction;
mod values;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{Pool, PoolError, QueueMode, Timeouts};
use mysql_async::Params;
use mysql_async::prelude::FromRow;

pub use error::{Abort, DbError, Transient};
pub use many::{OwnedTable, Rows, in_clause};
pub use query::{Done, Query};
pub use status::PoolStatus;
pub use transaction::Tx;

use crate::platform::metrics;
use crate::platform::secret::Secret;
use lease::Lease;
use manager::Manager;
use status::Waits;

/// How the connection to the database is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Plain text: only for loopback and private test networks.
    Off,
    /// Encrypted, the server's certificate is not checked.
    Required,
    /// Encrypted, the certificate must be signed by the given authority (PEM file) or a public one.
    Verify(Option<std::path::PathBuf>),
}

/// What the database part needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// `mysql://user:password@host:port/schema`
    pub url: Secret<String>,
    /// Connections this instance may hold at most.
    pub pool_max: usize,
    /// Encryption of the connection.
    pub tls: Tls,
    /// Longest wait for a free connection.
    pub wait: Duration,
    /// Longest time to open a connection.
    pub connect: Duration,
    /// Longest run of one statement; the server is told, too.
    pub statement: Duration,
}

impl Config {
    /// The defaults of the service around a URL: five connections, short waits.
    pub fn new(url: Secret<String>) -> Self {
        Self {
            url,
            pool_max: 5,
            tls: Tls::Off,
            wait: Duration::from_millis(300),
            connect: Duration::from_secs(1),
            statement: Duration::from_secs(2),
        }
    }

    /// One unit of work, from the wait for a connection to the last byte: the most a caller waits.
    fn unit(&self) -> Duration {
        self.wait + self.statement + Duration::from_millis(100)
    }
}

/// A setting of the database part that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(String);

/// The database: cheap to clone, shared by everything in the process.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    unit: Duration,
    wait: Duration,
    waits: Arc<Waits>,
    trips: Arc<AtomicU64>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("status", &self.pool.status())
            .finish()
    }
}

impl Db {
    /// Builds the pool; opens no connection yet.
    pub fn new(config: &Config) -> Result<Self, BadConfig> {
        let manager = Manager::new(config)?;
        let pool = Pool::builder(manager)
            .max_size(config.pool_max)
            // The one used last goes first: its statements are warm, and only few connections keep the
            // buffers that a chunk of a file needs.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(config.wait),
                create: Some(config.connect + Duration::from_millis(100)),
                recycle: Some(Duration::from_millis(500)),
            })
            .build()
            .map_err(|err| BadConfig(err.to_string()))?;
        Ok(Self {
            pool,
            unit: config.unit(),
            wait: config.wait,
            waits: Arc::default(),
            trips: Arc::default(),
        })
    }

    /// The first row of a query, or nothing. Reading is repeated once on a fresh connection.
    pub async fn first<T>(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Option<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        let params = params.into();
        self.within_unit(query.name(), async {
            match self.lease().await?.first(query, params.clone()).await {
                Err(DbError::Lost { .. }) => self.lease().await?.first(query, params).await,
                outcome => outcome,
            }
        })
        .await
    }

    /// All rows of a query; the query bounds their number. Reading is repeated once when the
    /// connection turns out to be dead.
    pub async fn list<T>(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Vec<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        let params = params.into();
        self.within_unit(query.name(), async {
            match self.lease().await?.list(query, params.clone()).await {
                Err(DbError::Lost { .. }) => self.lease().await?.list(query, params).await,
                outcome => outcome,
            }
        })
        .await
    }

    /// A single statement that writes and commits by itself. Never repeated: use a transaction
    /// where that matters.
    pub async fn exec(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Done, DbError> {
        let params = params.into();
        self.within_unit(query.name(), async {
            self.lease().await?.exec(query, params).await
        })
        .await
    }

    /// Commands sent since the start, transactions' own ones included: what the budget of round
    /// trips is measured by. Preparing a statement, once per connection, is not counted.
    pub fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Drops idle connections: after the server said that it goes away, none of them is good.
    fn forget_idle(&self) {
        self.pool.retain(|_, _| false);
    }

    async fn within_unit<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, DbError>>,
    ) -> Result<T, DbError> {
        match tokio::time::timeout(self.unit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(DbError::timeout(name)),
        }
    }

    /// Takes a connection out of the pool, waiting at most the configured time.
    async fn lease(&self) -> Result<Lease, DbError> {
        let started = Instant::now();
        let got = self.pool.get().await;
        let waited = started.elapsed();
        self.waits.record(waited);
        metrics::pool_wait(waited);
        match got {
            Ok(object) => Ok(Lease::new(self.clone(), object)),
            Err(PoolError::Backend(err)) => Err(err),
            Err(PoolError::Timeout(kind)) => {
                self.waits.count_timeout();
                Err(DbError::pool_timeout(kind, self.wait))
            }
            Err(other) => Err(DbError::unavailable("db.lease", other.to_string())),
        }
    }
}
