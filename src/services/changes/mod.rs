//! The change feed of each owner: which entities changed, numbered without a gap in commit order.
//! `features/changes` serves it, `subscriptions` streams it. A change names an entity and a version,
//! never content. Why the numbers are reliable: see `record`.

pub mod subscriptions;

use mysql_async::Value;
use mysql_async::prelude::FromRow;

use crate::domain::id::{BatchId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Rows, Tx};
use crate::services::entity_kind::EntityKind;
use crate::services::page_cache::epoch::{self, Scope};

pub const OWNED: [OwnedTable; 2] = [OwnedTable::new("changes"), OwnedTable::new("change_heads")];

/// Retention in days; clients that were offline for longer read the lists again.
pub const RETENTION_DAYS: u32 = 30;
/// Owners whose old changes one run of the purge job removes at most.
const PURGE_OWNERS: u32 = 500;
/// Rows after which a run of the purge job stops.
const PURGE_ROWS: u64 = 5000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    Update,
    /// Moved to the trash.
    Trash,
    /// Restored from the trash.
    Restore,
    /// Deleted permanently.
    Delete,
}

impl Op {
    /// The value in the table and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Trash => "trash",
            Self::Restore => "restore",
            Self::Delete => "delete",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewChange {
    pub kind: EntityKind,
    pub entity: [u8; 16],
    pub op: Op,
    /// The entity's version after the change.
    pub version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Change {
    pub seq: u64,
    /// The number of an `EntityKind`, perhaps of a newer version.
    pub kind: u8,
    pub entity_id: Vec<u8>,
    pub op: String,
    pub version: u64,
    /// The batch it is part of.
    pub batch_id: Option<BatchId>,
    /// By the database's clock.
    pub at: Timestamp,
}

/// The range of an owner's sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The latest number; 0 before the first change.
    pub latest: u64,
    /// Changes up to this number are purged.
    pub purged_to: u64,
}

/// Writes changes: the last step of a transaction.
///
/// Readers follow the feed with `seq > last seen`, so a number may become visible only after all
/// smaller ones; otherwise a reader skips a change for ever. `AUTO_INCREMENT` does not give that:
/// numbers are assigned in statement order and committed in any order. Here the row of `change_heads`
/// serves as a lock: `reserve` increments it and keeps it locked until the commit, so the owner's
/// transactions take numbers and commit one after the other, and a rollback gives its numbers back
/// (no gap). The lock is taken last because everything after it is serialised per owner; other
/// owners are never blocked.
pub async fn record(
    tx: &Tx,
    owner: UserId,
    changes: &[NewChange],
    batch: Option<BatchId>,
) -> Result<(), DbError> {
    const INSERT: Rows = Rows {
        name: "changes.insert",
        head: "INSERT INTO changes (owner_id, seq, kind, entity_id, op, version, batch_id, at)",
        row: "(?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))",
        tail: "",
    };
    if changes.is_empty() {
        return Ok(());
    }
    let count = changes.len() as u64;
    let first = reserve(tx, owner, count).await? + 1 - count;
    let rows = changes
        .iter()
        .zip(first..)
        .map(|(change, seq)| -> [Value; 7] {
            [
                owner.into(),
                seq.into(),
                change.kind.number.into(),
                change.entity.as_slice().into(),
                change.op.as_str().into(),
                change.version.into(),
                batch.into(),
            ]
        });
    tx.write_rows(&INSERT, rows).await
}

/// Locks the owner's sequence row early, which serialises the owner's writers from here on: for work
/// that reads many rows and then writes by them, such as assigning a position in an order.
pub async fn lock_sequence(tx: &Tx, owner: UserId) -> Result<(), DbError> {
    const LOCK: Query = Query::new(
        "changes.lock",
        "INSERT INTO change_heads (owner_id, seq) VALUES (?, 0) \
         ON DUPLICATE KEY UPDATE seq = seq",
    );
    tx.exec(&LOCK, (owner,)).await?;
    Ok(())
}

/// Reserves the next `count` numbers; returns the last of them.
pub async fn reserve(tx: &Tx, owner: UserId, count: u64) -> Result<u64, DbError> {
    const RESERVE: Query = Query::new(
        "changes.reserve",
        "INSERT INTO change_heads (owner_id, seq) VALUES (?, LAST_INSERT_ID(?)) \
         ON DUPLICATE KEY UPDATE seq = LAST_INSERT_ID(seq + VALUES(seq))",
    );
    Ok(tx.exec(&RESERVE, (owner, count)).await?.last_id)
}

/// The changes after a number, oldest first, at most `limit`.
pub async fn since(db: &Db, owner: UserId, after: u64, limit: u32) -> Result<Vec<Change>, DbError> {
    const SINCE: Query = Query::new(
        "changes.since",
        "SELECT seq, kind, entity_id, op, version, batch_id, at FROM changes \
         WHERE owner_id = ? AND seq > ? ORDER BY seq LIMIT ?",
    );
    db.list(&SINCE, (owner, after, limit)).await
}

pub async fn sequence(db: &Db, owner: UserId) -> Result<Sequence, DbError> {
    const SEQUENCE: Query = Query::new(
        "changes.sequence",
        "SELECT seq, floor FROM change_heads WHERE owner_id = ?",
    );
    let row: Option<(u64, u64)> = db.first(&SEQUENCE, (owner,)).await?;
    let (latest, purged_to) = row.unwrap_or_default();
    Ok(Sequence { latest, purged_to })
}

/// Invalidates the owner's cached pages and wakes the subscriptions. Called after each commit, also
/// after a replayed save: the first attempt may have died between its commit and this call.
pub async fn notify(cache: &Cache, owner: UserId) {
    epoch::renew_and_notify(cache, Scope::Lists, owner).await;
}

/// Deletes changes older than the retention, owner by owner, up to `PURGE_ROWS`; how many rows.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    let mut removed = 0;
    // Each iteration removes at least one row.
    for _ in 0..PURGE_OWNERS {
        match purge_one(db).await? {
            0 => break,
            rows => removed += rows,
        }
        if removed >= PURGE_ROWS {
            break;
        }
    }
    Ok(removed)
}

/// Deletes the old changes of one owner, at most 5,000.
async fn purge_one(db: &Db) -> Result<u64, DbError> {
    const OLD: Query = Query::new(
        "changes.old",
        "SELECT owner_id, seq FROM changes WHERE at < UTC_TIMESTAMP(6) - INTERVAL ? DAY \
         ORDER BY at DESC LIMIT 1",
    );
    const FLOOR: Query = Query::new(
        "changes.floor",
        "UPDATE change_heads SET floor = GREATEST(floor, ?) WHERE owner_id = ?",
    );
    const PURGE: Query = Query::new(
        "changes.purge",
        "DELETE FROM changes WHERE owner_id = ? AND seq <= ? ORDER BY seq LIMIT 5000",
    );
    let Some((owner, seq)) = db.first::<(UserId, u64)>(&OLD, (RETENTION_DAYS,)).await? else {
        return Ok(0);
    };
    // `floor` first: a reader never takes a half-deleted range for a complete one.
    db.exec(&FLOOR, (seq, owner)).await?;
    Ok(db.exec(&PURGE, (owner, seq)).await?.affected)
}
