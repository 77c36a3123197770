//! How many bytes of files an owner has: the sizes of all files, the trash included, and what
//! uploads under way have reserved. One row per owner, locked by whoever changes it, so that many
//! uploads at once cannot pass the quota together.

use crate::domain::id::UserId;
use crate::platform::db::{Db, DbError, Query, Tx};

/// What an owner has and may have, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Used or reserved.
    pub used: u64,
    /// At most.
    pub quota: u64,
}

/// Takes room for more bytes; `Err` with how things stand when there is not enough.
pub async fn reserve(
    tx: &Tx,
    owner: UserId,
    bytes: u64,
    default_quota: u64,
) -> Result<Result<(), Use>, DbError> {
    const OPEN: Query = Query::new(
        "storage_use.open",
        "INSERT INTO storage_use (owner_id, used_bytes) VALUES (?, 0) \
         ON DUPLICATE KEY UPDATE owner_id = VALUES(owner_id)",
    );
    const ADD: Query = Query::new(
        "storage_use.add",
        "UPDATE storage_use SET used_bytes = used_bytes + ? WHERE owner_id = ?",
    );
    // The upsert locks the row, there before or not.
    tx.exec(&OPEN, (owner,)).await?;
    let at = tx
        .first::<(u64, u64)>(&FIND, (default_quota, owner))
        .await?;
    let (used, quota) = at.unwrap_or((0, default_quota));
    if used.saturating_add(bytes) > quota {
        return Ok(Err(Use { used, quota }));
    }
    tx.exec(&ADD, (bytes, owner)).await?;
    Ok(Ok(()))
}

/// Gives room back.
pub async fn release(tx: &Tx, owner: UserId, bytes: u64) -> Result<(), DbError> {
    const RELEASE: Query = Query::new(
        "storage_use.release",
        "UPDATE storage_use SET used_bytes = used_bytes - LEAST(used_bytes, ?) \
         WHERE owner_id = ?",
    );
    tx.exec(&RELEASE, (bytes, owner)).await?;
    Ok(())
}

pub async fn find(db: &Db, owner: UserId, default_quota: u64) -> Result<Use, DbError> {
    let at = db
        .first::<(u64, u64)>(&FIND, (default_quota, owner))
        .await?;
    let (used, quota) = at.unwrap_or((0, default_quota));
    Ok(Use { used, quota })
}

const FIND: Query = Query::new(
    "storage_use.find",
    "SELECT COALESCE(s.used_bytes, 0), COALESCE(u.quota_bytes, ?) \
     FROM users u LEFT JOIN storage_use s ON s.owner_id = u.id WHERE u.id = ?",
);
