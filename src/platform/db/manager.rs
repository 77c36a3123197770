//! Opens connections for the pool and decides which may be used again.
//! Refuses a connection whose last command was cut, and more than one try a second at a dead server.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

use super::error::DbError;
use super::{BadConfig, Config, Tls};
use crate::platform::{crypto, metrics};

/// Prepared statements kept per connection; more than the program has different texts.
const STATEMENT_CACHE: usize = 256;
/// A connection lives half an hour, give or take a tenth, so that a fail-over is followed.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Idle for longer than this, a connection is pinged before it is used.
const PING_AFTER: Duration = Duration::from_secs(30);

/// The connection factory behind the pool.
pub(super) struct Manager {
    opts: Opts,
    connect: Duration,
    gate: Mutex<Gate>,
    opened: AtomicU64,
}

/// After a failed connect the next one is not tried before `retry_at`.
#[derive(Default)]
struct Gate {
    retry_at: Option<Instant>,
}

impl Manager {
    pub(super) fn new(config: &Config) -> Result<Self, BadConfig> {
        let statement_ms = config.statement.as_millis();
        let statement_s = config.statement.as_secs_f64();
        // A lock wait ends before the statement's own limit, so that the unit can be repeated.
        // One text for both servers: each reads only the comment that is meant for it. MySQL's
        // limit holds for SELECT alone, so the client's own deadline stands behind it.
        let session = format!(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
             ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', \
             innodb_lock_wait_timeout = 1, lock_wait_timeout = 5 \
             /*M!100100 , max_statement_time = {statement_s} */ \
             /*!80000 , max_execution_time = {statement_ms} */"
        );
        let opts = base_opts(config)?
            .stmt_cache_size(STATEMENT_CACHE)
            .setup(vec![
                session,
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
            ]);
        Ok(Self {
            opts: opts.into(),
            connect: config.connect,
            gate: Mutex::default(),
            opened: AtomicU64::new(0),
        })
    }

    /// Connections opened since the start.
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    fn enter_gate(&self) -> Result<(), DbError> {
        let mut gate = self
            .gate
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let now = Instant::now();
        match gate.retry_at {
            Some(retry_at) if now < retry_at => Err(DbError::unavailable(
                "db.connect",
                "the last connect failed less than a second ago",
            )),
            // While the server is away one caller tries, the others are refused at once.
            Some(_) => {
                gate.retry_at = Some(now + self.connect);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn leave_gate(&self, opened: bool) {
        let retry_at = (!opened).then(|| Instant::now() + retry_pause());
        self.gate
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
            .retry_at = retry_at;
    }
}

/// Between 0.7 and 1 second, so that instances do not knock in step.
fn retry_pause() -> Duration {
    let [draw] = crypto::random::<1>();
    Duration::from_millis(700 + u64::from(draw) * 300 / 255)
}

/// Address, credentials and encryption, without any session state.
pub(super) fn base_opts(config: &Config) -> Result<OptsBuilder, BadConfig> {
    let opts = Opts::from_url(config.url.expose())
        .map_err(|err| BadConfig(format!("the database URL is not usable: {err}")))?;
    if opts.db_name().is_none_or(str::is_empty) {
        let text = "the database URL names no schema: mysql://user:password@host:port/schema";
        return Err(BadConfig(text.to_owned()));
    }
    let ssl = match &config.tls {
        Tls::Off => None,
        Tls::Required => Some(SslOpts::default().with_danger_accept_invalid_certs(true)),
        Tls::Verify(None) => Some(SslOpts::default()),
        Tls::Verify(Some(authority)) => Some(
            SslOpts::default()
                .with_root_certs(vec![authority.clone().into()])
                .with_disable_built_in_roots(true),
        ),
    };
    Ok(OptsBuilder::from_opts(opts)
        .ssl_opts(ssl)
        .prefer_socket(false)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        .tcp_nodelay(true))
}

impl managed::Manager for Manager {
    type Type = Conn;
    type Error = DbError;

    async fn create(&self) -> Result<Conn, DbError> {
        self.enter_gate()?;
        let outcome = tokio::time::timeout(self.connect, Conn::new(self.opts.clone())).await;
        self.leave_gate(matches!(outcome, Ok(Ok(_))));
        match outcome {
            Ok(Ok(conn)) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                metrics::connection_opened();
                Ok(conn)
            }
            Ok(Err(err)) => Err(DbError::unavailable("db.connect", err.to_string())),
            Err(_) => Err(DbError::unavailable(
                "db.connect",
                format!("no answer within {:?}", self.connect),
            )),
        }
    }

    async fn recycle(&self, conn: &mut Conn, metrics: &Metrics) -> RecycleResult<DbError> {
        if conn.is_disconnected() {
            return Err(RecycleError::message("the last command was cut"));
        }
        // The connection's number spreads the ends of life over a fifth of it.
        let life = LIFE.mul_f64(0.9 + f64::from(conn.id() % 32) / 160.0);
        if metrics.age() > life {
            return Err(RecycleError::message("the connection is old"));
        }
        if metrics.last_used() > PING_AFTER {
            conn.ping()
                .await
                .map_err(|err| RecycleError::Backend(DbError::from_driver("db.ping", err)))?;
        }
        Ok(())
    }
}
