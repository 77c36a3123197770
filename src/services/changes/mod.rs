//! The change sequence of each owner: what was changed, in the order of the commits, without a
//! gap. Live tabs, catching up and undo read it. Written in the transaction of the change; the
//! row of `change_heads` is locked last and held to the commit, so numbers never overtake each
//! other. Refuses texts: a change says that something is different, not what it holds.

pub mod subscriptions;

use mysql_async::Value;
use mysql_async::prelude::FromRow;

use crate::domain::id::{BatchId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Owned, Query, Rows, Tx};
use crate::services::entity_kind::EntityKind;
use crate::services::page_cache::epoch::{self, Scope};

/// What goes with the account.
pub const OWNED: [Owned; 2] = [
    ("changes.purge_owner", "changes", 5000),
    ("changes.purge_head", "change_heads", 1),
];

/// Days a change is kept: who was away for longer reads the lists again.
pub const KEPT_DAYS: u32 = 30;
/// Owners whose old changes one run of the job removes at most.
const ROUNDS: u32 = 500;
/// Rows that one run of the job removes, give or take one round.
const STEP: u64 = 5000;

/// What happened to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// It is new.
    Create,
    /// It is different.
    Update,
    /// It went into the trash.
    Trash,
    /// It came out of the trash.
    Restore,
    /// It is gone for good.
    Delete,
}

impl Op {
    /// The word in table and API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Trash => "trash",
            Self::Restore => "restore",
            Self::Delete => "delete",
        }
    }
}

/// A change to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewChange {
    pub kind: EntityKind,
    /// The entity's sixteen bytes.
    pub entity: [u8; 16],
    pub op: Op,
    /// The entity's version after it.
    pub version: u64,
}

/// A change as it was written.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Change {
    pub seq: u64,
    /// The number of the noun.
    pub kind: u8,
    /// The entity's sixteen bytes.
    pub entity_id: Vec<u8>,
    pub op: String,
    /// The entity's version after it.
    pub version: u64,
    /// What one undo takes back.
    pub batch_id: Option<BatchId>,
    /// When, by the database's clock.
    pub at: Timestamp,
}

/// Where an owner's sequence stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The latest number; 0 before the first change.
    pub seq: u64,
    /// Changes up to this one are no longer kept.
    pub floor: u64,
}

/// Writes changes. The last thing a transaction does: from here on the owner's other writers wait.
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
                change.kind.number().into(),
                change.entity.as_slice().into(),
                change.op.word().into(),
                change.version.into(),
                batch.into(),
            ]
        });
    tx.write_rows(&INSERT, rows).await
}

/// Makes the owner's other writers wait from here on: for work that looks at many rows and must not
/// be overtaken, such as finding a place in an order.
pub async fn hold(tx: &Tx, owner: UserId) -> Result<(), DbError> {
    const HOLD: Query = Query::new(
        "changes.hold",
        "INSERT INTO change_heads (owner_id, seq) VALUES (?, 0) \
         ON DUPLICATE KEY UPDATE seq = seq",
    );
    tx.exec(&HOLD, (owner,)).await?;
    Ok(())
}

/// Takes the next numbers; the last of them.
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

/// Where the owner's sequence stands.
pub async fn head(db: &Db, owner: UserId) -> Result<Head, DbError> {
    const HEAD: Query = Query::new(
        "changes.head",
        "SELECT seq, floor FROM change_heads WHERE owner_id = ?",
    );
    let row: Option<(u64, u64)> = db.first(&HEAD, (owner,)).await?;
    Ok(row.map_or_else(Head::default, |(seq, floor)| Head { seq, floor }))
}

/// After each commit, also of a save that was only replayed: cached pages are worth nothing now,
/// and whoever listens should look.
pub async fn announce(cache: &Cache, owner: UserId) {
    epoch::renew_and_ring(cache, Scope::Lists, owner).await;
}

/// Forgets changes that are too old; how many rows. Goes on with the next owner until nothing is
/// left or enough was done for one step.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    let mut removed = 0;
    // Each round removes at least one row.
    for _ in 0..ROUNDS {
        match purge_one(db).await? {
            0 => break,
            rows => removed += rows,
        }
        if removed >= STEP {
            break;
        }
    }
    Ok(removed)
}

/// The old changes of one owner, a few thousand at most.
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
    let Some((owner, seq)) = db.first::<(UserId, u64)>(&OLD, (KEPT_DAYS,)).await? else {
        return Ok(0);
    };
    // The floor first: a reader never takes what is half deleted for the whole.
    db.exec(&FLOOR, (seq, owner)).await?;
    Ok(db.exec(&PURGE, (owner, seq)).await?.affected)
}
