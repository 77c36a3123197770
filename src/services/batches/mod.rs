//! Batches: what one undo takes back. A batch remembers of each entity what it changed, before and
//! after; how that is put back is the noun's business. Kept for a week.

pub mod handler;

use mysql_async::Value;
use mysql_async::prelude::FromRow;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::id::{BatchId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Rows, Tx};
use crate::services::entity_kind::EntityKind;

pub const OWNED: [OwnedTable; 2] = [OwnedTable::new("batch_items"), OwnedTable::new("batches")];

/// Days within which a batch can be undone.
pub const KEPT_DAYS: u32 = 7;

/// A batch as its row tells it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Batch {
    pub id: BatchId,
    /// The number of the noun.
    pub kind: u8,
    pub action: String,
    /// To how many entities.
    pub count: u32,
    /// When.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

/// What a batch did to one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub kind: EntityKind,
    /// The entity's sixteen bytes.
    pub entity: [u8; 16],
    /// Before and after, in the noun's own JSON.
    pub state: Vec<u8>,
}

impl Item {
    /// What a batch did to one entity, as one step in the noun's own words.
    pub fn new(kind: EntityKind, entity: &[u8; 16], step: &impl Serialize) -> Self {
        Self {
            kind,
            entity: *entity,
            state: serde_json::to_vec(step).unwrap_or_default(),
        }
    }

    pub fn step<S: DeserializeOwned>(&self) -> Result<S, DbError> {
        serde_json::from_slice(&self.state)
            .map_err(|err| DbError::unreadable("batches.state", err.to_string()))
    }
}

/// Writes a batch with its items.
pub async fn insert(
    tx: &Tx,
    owner: UserId,
    (id, kind, action): (BatchId, EntityKind, &str),
    items: &[Item],
    at: Timestamp,
) -> Result<(), DbError> {
    const INSERT: Query = Query::new(
        "batches.insert",
        "INSERT INTO batches (owner_id, id, kind, action, count, created_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    );
    const ITEMS: Rows = Rows {
        name: "batches.items",
        head: "INSERT INTO batch_items (owner_id, batch_id, kind, entity_id, state)",
        row: "(?, ?, ?, ?, ?)",
        tail: "",
    };
    let values = (owner, id, kind.number, action, items.len(), at);
    tx.exec(&INSERT, values).await?;
    let rows = items.iter().map(|item| -> [Value; 5] {
        [
            owner.into(),
            id.into(),
            item.kind.number.into(),
            item.entity.as_slice().into(),
            item.state.as_slice().into(),
        ]
    });
    tx.write_rows(&ITEMS, rows).await
}

const COLUMNS: &str = "SELECT id, kind, action, count, created_at, undone_at FROM batches";

/// One batch, locked, while it can be undone.
pub async fn lock(tx: &Tx, owner: UserId, id: BatchId) -> Result<Option<Batch>, DbError> {
    let sql = format!(
        "{COLUMNS} WHERE owner_id = ? AND id = ? \
           AND created_at > UTC_TIMESTAMP(6) - INTERVAL ? DAY FOR UPDATE"
    );
    let query = Query::assembled("batches.lock", sql);
    tx.first(&query, (owner, id, KEPT_DAYS)).await
}

/// What a batch did to each of its entities. Kinds that a newer version wrote are left out.
pub async fn items(tx: &Tx, owner: UserId, id: BatchId) -> Result<Vec<Item>, DbError> {
    const ITEMS: Query = Query::new(
        "batches.list_items",
        "SELECT kind, entity_id, state FROM batch_items WHERE owner_id = ? AND batch_id = ? \
         ORDER BY kind, entity_id",
    );
    let rows: Vec<(u8, Vec<u8>, Vec<u8>)> = tx.list(&ITEMS, (owner, id)).await?;
    let item = |(kind, entity, state): (u8, Vec<u8>, Vec<u8>)| {
        Some(Item {
            kind: EntityKind::from_number(kind)?,
            entity: entity.try_into().ok()?,
            state,
        })
    };
    Ok(rows.into_iter().filter_map(item).collect())
}

/// Notes that a batch was taken back.
pub async fn mark_undone(
    tx: &Tx,
    owner: UserId,
    id: BatchId,
    at: Timestamp,
) -> Result<(), DbError> {
    const MARK: Query = Query::new(
        "batches.mark_undone",
        "UPDATE batches SET undone_at = ? WHERE owner_id = ? AND id = ?",
    );
    tx.exec(&MARK, (at, owner, id)).await?;
    Ok(())
}

/// The owner's batches before one of them, newest first.
pub async fn list(
    db: &Db,
    owner: UserId,
    before: Option<BatchId>,
    limit: u32,
) -> Result<Vec<Batch>, DbError> {
    let before = before.map_or([0xff; 16], |id| *id.as_bytes());
    let sql = format!("{COLUMNS} WHERE owner_id = ? AND id < ? ORDER BY id DESC LIMIT ?");
    let query = Query::assembled("batches.list", sql);
    db.list(&query, (owner, before.as_slice(), limit)).await
}

/// Forgets batches that can no longer be undone, some at a time; how many rows.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    const OLD: Query = Query::new(
        "batches.old",
        "SELECT owner_id, id FROM batches \
         WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY LIMIT 500",
    );
    const ITEMS: Query = Query::new(
        "batches.purge_items",
        "DELETE FROM batch_items WHERE owner_id = ? AND batch_id = ?",
    );
    const BATCH: Query = Query::new(
        "batches.purge",
        "DELETE FROM batches WHERE owner_id = ? AND id = ?",
    );
    let old: Vec<(UserId, BatchId)> = db.list(&OLD, (KEPT_DAYS,)).await?;
    for (owner, id) in &old {
        db.exec(&ITEMS, (*owner, *id)).await?;
        db.exec(&BATCH, (*owner, *id)).await?;
    }
    Ok(old.len() as u64)
}
