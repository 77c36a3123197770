//! The schema's way forward: one statement a step, applied by one runner at a time.
//! Refuses to go back, and to run anywhere but in `satchel migrate`.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, OptsBuilder};
use refinery::Migration;
use refinery_core::AsyncMigrate;
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::DbError;
use super::manager::base_opts;
use super::query::Query;
use super::{BadConfig, Config, Db};
use crate::platform::crypto;

mod embedded {
    refinery::embed_migrations!("migrations");
}

use embedded::migrations;

/// The journal of applied steps.
pub(super) const JOURNAL: &str = "schema_steps";
/// How long a runner waits for another one to finish.
const LOCK_WAIT_S: u32 = 120;
/// Tries of one statement that waits for a table somebody is reading.
const DDL_ATTEMPTS: u32 = 12;

/// A step of the schema, as `satchel migrate --plan` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub version: i32,
    pub name: String,
}

/// Why the schema could not be brought forward.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The server cannot be reached or refused a statement.
    #[error("the database did not do its part: {0}")]
    Driver(#[from] Error),
    /// Another runner holds the lock for too long.
    #[error("another `satchel migrate` holds the lock for more than {LOCK_WAIT_S} s")]
    Locked,
    /// A step failed or an applied one was edited.
    #[error("{}", chain(.0))]
    Step(Box<refinery::Error>),
}

fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// All steps this binary knows.
pub fn known() -> Vec<Step> {
    let mut steps: Vec<Step> = migrations::runner()
        .get_migrations()
        .iter()
        .map(step)
        .collect();
    steps.sort_by_key(|step| step.version);
    steps
}

fn step(migration: &Migration) -> Step {
    Step {
        version: migration.version(),
        name: migration.name().to_owned(),
    }
}

/// The steps that the database still lacks. Waits for nobody and changes nothing.
pub async fn plan(config: &Config) -> Result<Vec<Step>, MigrateError> {
    let mut conn = connect(config).await?;
    let applied = applied_versions(&mut conn).await?;
    conn.disconnect().await?;
    Ok(known()
        .into_iter()
        .filter(|step| !applied.contains(&step.version))
        .collect())
}

/// Applies what is missing, alone: five runners at once apply each step exactly once.
pub async fn run(config: &Config) -> Result<Vec<Step>, MigrateError> {
    let mut conn = connect(config).await?;
    let schema = conn.opts().db_name().unwrap_or_default().to_owned();
    let locked: Option<Option<i64>> = conn
        .exec_first("SELECT GET_LOCK(?, ?)", (lock_name(&schema), LOCK_WAIT_S))
        .await?;
    if locked.flatten() != Some(1) {
        return Err(MigrateError::Locked);
    }
    // The lock belongs to this connection: if we die, the server lets the next runner in.
    let mut session = LockedSession { conn };
    let mut runner = migrations::runner()
        .set_grouped(false)
        .set_abort_divergent(true)
        // A newer binary may have been here: old and new run side by side during an update.
        .set_abort_missing(false);
    runner.set_migration_table_name(JOURNAL);
    let report = runner
        .run_async(&mut session)
        .await
        .map_err(|err| MigrateError::Step(Box::new(err)))?;
    session.conn.disconnect().await?;
    Ok(report.applied_migrations().iter().map(step).collect())
}

const APPLIED: Query = Query::new(
    "schema.applied",
    "SELECT version FROM schema_steps ORDER BY version LIMIT 10000",
);

/// The steps that the database lacks, seen by the service's own user.
pub async fn missing(db: &Db) -> Result<Vec<Step>, DbError> {
    /// `ER_NO_SUCH_TABLE`: nothing was ever applied.
    const NO_SUCH_TABLE: u16 = 1146;
    let applied: Vec<i32> = match db.list(&APPLIED, ()).await {
        Err(err) if err.server_code() == Some(NO_SUCH_TABLE) => Vec::new(),
        outcome => outcome?,
    };
    Ok(known()
        .into_iter()
        .filter(|step| !applied.contains(&step.version))
        .collect())
}

pub(super) async fn connect(config: &Config) -> Result<Conn, MigrateError> {
    let opts = base_opts(config)?.setup(vec![
        "SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5, time_zone = '+00:00', \
         sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"
            .to_owned(),
    ]);
    open(opts).await
}

/// Opens a connection, and waits for it no longer than somebody at a terminal would.
pub(super) async fn open(opts: OptsBuilder) -> Result<Conn, MigrateError> {
    let open = Conn::new(opts);
    match tokio::time::timeout(Duration::from_secs(10), open).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(MigrateError::Driver(Error::Io(mysql_async::IoError::Io(
            std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within 10 s"),
        )))),
    }
}

async fn applied_versions(conn: &mut Conn) -> Result<Vec<i32>, Error> {
    let there: Option<i64> = conn
        .exec_first(
            "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = ?",
            (JOURNAL,),
        )
        .await?;
    if there.unwrap_or(0) == 0 {
        return Ok(Vec::new());
    }
    conn.query(APPLIED.sql()).await
}

/// The lock's name is known server-wide, so it carries the schema; at most 64 characters.
fn lock_name(schema: &str) -> String {
    let name = format!("satchel.migrate.{schema}");
    if name.len() <= 64 {
        return name;
    }
    let digest = crypto::encode(&crypto::sha256(schema.as_bytes()));
    format!("satchel.migrate.{}", &digest[..32])
}

/// The one connection that holds the lock. Refinery's own driver would take a pool and believe
/// that DDL can be rolled back; here every statement stands for itself and may be met half done.
struct LockedSession {
    conn: Conn,
}

impl LockedSession {
    async fn apply(&mut self, sql: &str) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            match self.conn.query_drop(sql).await {
                Err(Error::Server(err)) if is_already_done(err.code) => return Ok(()),
                Err(Error::Server(err)) if is_contended(err.code) && attempt < DDL_ATTEMPTS => {
                    tracing::warn!(attempt, error = %err, "a table is in use, the step waits");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

/// A runner died between the statement and its journal row: the object is already there (1050,
/// 1060, 1061, 1826) or already gone (1091).
fn is_already_done(code: u16) -> bool {
    matches!(code, 1050 | 1060 | 1061 | 1091 | 1826)
}

/// Lock wait (1205), deadlock (1213).
fn is_contended(code: u16) -> bool {
    matches!(code, 1205 | 1213)
}

impl AsyncTransaction for LockedSession {
    type Error = Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let mut count = 0;
        for query in queries {
            self.apply(query).await?;
            count += 1;
        }
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for LockedSession {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Error> {
        let rows: Vec<(i32, String, String, String)> = self.conn.query(query).await?;
        Ok(rows
            .into_iter()
            .map(|(version, name, applied_on, checksum)| {
                let at = OffsetDateTime::parse(&applied_on, &Rfc3339)
                    .unwrap_or(OffsetDateTime::UNIX_EPOCH);
                // A checksum that is no number can match no step and is reported as divergent.
                Migration::applied(version, name, at, checksum.parse().unwrap_or(0))
            })
            .collect())
    }
}

impl AsyncMigrate for LockedSession {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_carries_the_schema_and_fits() {
        assert_eq!(lock_name("satchel"), "satchel.migrate.satchel");
        let long = lock_name(&"s".repeat(64));
        assert!(long.len() <= 64 && long != lock_name(&"s".repeat(63)));
    }

    #[test]
    fn each_step_is_one_statement() {
        for migration in migrations::runner().get_migrations() {
            let sql = migration.sql().unwrap_or_default();
            let outside_quotes: String = sql.split('\'').step_by(2).collect();
            assert!(
                !outside_quotes.contains(';'),
                "{migration} holds more than one statement"
            );
        }
    }
}
