//! The instances that are alive: one row a process, renewed every few seconds, gone at an orderly
//! stop and out of date after a crash. Refuses to decide anything by it: it is for people to see.

use mysql_async::params;
use mysql_async::prelude::FromRow;

use crate::domain::id::InstanceId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query};

/// Seconds after its latest sign of life in which an instance counts as alive: three signs.
const LIVE_FOR_S: u32 = 15;
/// Rows read at once; a fleet is smaller.
const LIVE_MAX: u32 = 1000;

const BEAT: Query = Query::new(
    "instances.beat",
    "INSERT INTO instances (id, name, version, started_at, seen_at, report) \
     VALUES (:id, :name, :version, UTC_TIMESTAMP(6) - INTERVAL :uptime SECOND, \
       UTC_TIMESTAMP(6), :report) \
     ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at), report = VALUES(report)",
);

const LEAVE: Query = Query::new("instances.leave", "DELETE FROM instances WHERE id = ?");

const LIVE: Query = Query::new(
    "instances.live",
    "SELECT id, name, version, started_at, seen_at, report FROM instances \
     WHERE seen_at > UTC_TIMESTAMP(6) - INTERVAL :life SECOND ORDER BY id LIMIT :most",
);

const PURGE: Query = Query::new(
    "instances.purge",
    "DELETE FROM instances WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR LIMIT 1000",
);

/// A sign of life.
#[derive(Debug, Clone, Copy)]
pub struct Beat<'a> {
    pub id: InstanceId,
    /// Its name from the settings.
    pub name: &'a str,
    pub version: &'a str,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// What it tells about itself, as JSON.
    pub report: &'a str,
}

/// An instance that is alive.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Live {
    pub id: InstanceId,
    /// Its name from the settings.
    pub name: String,
    pub version: String,
    pub started_at: Timestamp,
    /// Its latest sign of life.
    pub seen_at: Timestamp,
    /// What it told about itself then, as JSON.
    pub report: String,
}

/// Writes a sign of life.
pub async fn beat(db: &Db, beat: Beat<'_>) -> Result<(), DbError> {
    let name: String = beat.name.chars().take(120).collect();
    let values = params! {
        "id" => beat.id,
        "name" => name,
        "version" => beat.version,
        "uptime" => beat.uptime_s,
        "report" => beat.report,
    };
    db.exec(&BEAT, values).await?;
    Ok(())
}

/// The process ends in order.
pub async fn leave(db: &Db, id: InstanceId) -> Result<(), DbError> {
    db.exec(&LEAVE, (id,)).await?;
    Ok(())
}

/// The instances that are alive, in the order of their starts.
pub async fn live(db: &Db) -> Result<Vec<Live>, DbError> {
    let values = params! { "life" => LIVE_FOR_S, "most" => LIVE_MAX };
    db.list(&LIVE, values).await
}

/// Forgets instances that crashed more than an hour ago.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE, ()).await?.affected)
}
