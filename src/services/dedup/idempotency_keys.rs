//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key, the same answer,
//! for 24 hours, per owner, in the transaction of what was created.

use mysql_async::{Value, params};

use crate::domain::id::UserId;
use crate::platform::crypto;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Tx};

pub const OWNED: [OwnedTable; 1] = [OwnedTable::new("idempotency_keys").rows_per_delete(500)];

/// Longest key in bytes.
pub const KEY_MAX_BYTES: usize = 255;

/// A key with the request it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: String,
    request_hash: [u8; 32],
}

impl IdempotencyKey {
    /// Binds a client's key to method, path and body of its request.
    pub fn new(text: String, method: &str, path: &str, body: &[u8]) -> Self {
        let whole = [method.as_bytes(), b" ", path.as_bytes(), b"\n", body].concat();
        Self {
            text,
            request_hash: crypto::sha256(&whole),
        }
    }
}

/// An answer that can be given again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredReply {
    pub status: u16,
    /// The `Location`, path-absolute; empty when there was none.
    pub location: String,
    /// The `ETag` with its quotes; empty when there was none.
    pub etag: String,
    pub body: Vec<u8>,
}

/// What a key means for the request that brings it.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// First time: do the work, then `store` the answer.
    New,
    /// Seen with the same request: answer again.
    Replay(StoredReply),
    /// Seen with another request: refuse.
    Mismatch,
}

const INSERT: Query = Query::new(
    "idempotency.claim",
    "INSERT INTO idempotency_keys (owner_id, idem_key, request_hash, expires_at) \
     VALUES (?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL 24 HOUR) \
     ON DUPLICATE KEY UPDATE owner_id = VALUES(owner_id)",
);

const FIND: Query = Query::new(
    "idempotency.find",
    "SELECT request_hash, status, location, etag, body, expires_at < UTC_TIMESTAMP(6) \
     FROM idempotency_keys WHERE owner_id = ? AND idem_key = ?",
);

const STORE: Query = Query::new(
    "idempotency.store",
    "UPDATE idempotency_keys SET status = :status, location = :location, etag = :etag, \
       body = :body WHERE owner_id = :owner AND idem_key = :key",
);

const REMOVE: Query = Query::new(
    "idempotency.remove",
    "DELETE FROM idempotency_keys WHERE owner_id = ? AND idem_key = ?",
);

const PURGE: Query = Query::new(
    "idempotency.purge",
    "DELETE FROM idempotency_keys WHERE expires_at < UTC_TIMESTAMP(6) LIMIT 1000",
);

/// Claims a key. A second request with the same key waits here until the first has committed or
/// rolled back, so the work is done once.
pub async fn claim(tx: &Tx, owner: UserId, key: &IdempotencyKey) -> Result<Claim, DbError> {
    let text = Value::Bytes(key.text.clone().into_bytes());
    let values = (owner, text.clone(), key.request_hash.as_slice());
    // An upsert that changes nothing locks the row it meets exclusively. A plain insert would only
    // share the lock, and two of many that were refused at once would wait for each other.
    if tx.exec(&INSERT, values.clone()).await?.affected == 1 {
        return Ok(Claim::New);
    }
    type Row = (Vec<u8>, u16, String, String, Option<Vec<u8>>, bool);
    match tx.first::<Row>(&FIND, (owner, text.clone())).await? {
        Some((hash, status, location, etag, body, false)) => {
            if hash != key.request_hash {
                return Ok(Claim::Mismatch);
            }
            Ok(Claim::Replay(StoredReply {
                status,
                location,
                etag,
                body: body.unwrap_or_default(),
            }))
        }
        _ => {
            tx.exec(&REMOVE, (owner, text)).await?;
            tx.exec(&INSERT, values).await?;
            Ok(Claim::New)
        }
    }
}

/// Keeps the answer for a claimed key.
pub async fn store(
    tx: &Tx,
    owner: UserId,
    key: &IdempotencyKey,
    reply: &StoredReply,
) -> Result<(), DbError> {
    let values = params! {
        "status" => reply.status,
        "location" => &reply.location,
        "etag" => &reply.etag,
        "body" => Value::Bytes(reply.body.clone()),
        "owner" => owner,
        "key" => Value::Bytes(key.text.clone().into_bytes()),
    };
    tx.exec(&STORE, values).await?;
    Ok(())
}

/// Deletes keys that are older than a day, a thousand at a time; how many.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE, ()).await?.affected)
}
