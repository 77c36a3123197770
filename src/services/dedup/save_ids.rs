//! Saves that were seen: the same `save_id` gets the first answer again, so a lost answer costs
//! nothing. Kept as long as every superseded text is (a day), in the transaction of the save.

use mysql_async::{Value, params};

use crate::domain::id::{SaveId, UserId};
use crate::platform::crypto;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Tx};
use crate::services::entity_kind::EntityKind;

pub const OWNED: [OwnedTable; 1] = [OwnedTable::new("saves")];

const KEEP_NAME: &str = "saves.keep";

/// A save of a client: its id, and a digest of what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaveRequest {
    /// Made by the client.
    pub id: SaveId,
    hash: [u8; 32],
}

impl SaveRequest {
    /// Binds an id to what was sent: noun, entity and the body's canonical text.
    pub fn new(id: SaveId, kind: EntityKind, entity: &[u8; 16], sent: &[u8]) -> Self {
        let whole = [kind.name.as_bytes(), entity, sent].concat();
        Self {
            id,
            hash: crypto::sha256(&whole),
        }
    }
}

/// The first answer, taken apart: its texts stand in revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    /// The revision with the text of the answer.
    pub text_version: u64,
    /// The revision that keeps the text that lost.
    pub conflict_version: Option<u64>,
    /// Everything but the texts, JSON.
    pub answer: Vec<u8>,
}

/// What a save id means for the save that brings it.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never seen.
    New,
    /// Seen with the same content: answer again.
    Again(FirstAnswer),
    /// Seen with other content: refuse.
    Other,
}

/// Looks a save up. The caller holds the entity's lock, so two equal saves cannot both be new.
pub async fn look(tx: &Tx, owner: UserId, key: &SaveRequest) -> Result<Seen, DbError> {
    const FIND: Query = Query::new(
        "saves.find",
        "SELECT request_hash, text_version, conflict_version, answer FROM saves \
         WHERE owner_id = ? AND save_id = ?",
    );
    type Row = (Vec<u8>, u64, Option<u64>, Vec<u8>);
    let row: Option<Row> = tx.first(&FIND, (owner, key.id)).await?;
    Ok(match row {
        None => Seen::New,
        Some((hash, ..)) if hash != key.hash => Seen::Other,
        Some((_, text_version, conflict_version, answer)) => Seen::Again(FirstAnswer {
            text_version,
            conflict_version,
            answer,
        }),
    })
}

/// Keeps the first answer to a save. Fails with a fault that `is_taken` knows when the id was used
/// for another entity since it was looked up.
pub async fn keep(
    tx: &Tx,
    owner: UserId,
    key: &SaveRequest,
    (kind, entity): (EntityKind, &[u8; 16]),
    first: &FirstAnswer,
) -> Result<(), DbError> {
    const KEEP: Query = Query::new(
        KEEP_NAME,
        "INSERT INTO saves (owner_id, save_id, kind, entity_id, request_hash, text_version, \
           conflict_version, answer, created_at) \
         VALUES (:owner, :save, :kind, :entity, :hash, :text_version, :conflict_version, \
           :answer, UTC_TIMESTAMP(6))",
    );
    let values = params! {
        "owner" => owner,
        "save" => key.id,
        "kind" => kind.number,
        "entity" => entity.as_slice(),
        "hash" => key.hash.as_slice(),
        "text_version" => first.text_version,
        "conflict_version" => first.conflict_version,
        "answer" => Value::Bytes(first.answer.clone()),
    };
    tx.exec(&KEEP, values).await?;
    Ok(())
}

/// Whether a save could not be kept because its id stands for another one by now.
pub fn is_taken(err: &DbError) -> bool {
    matches!(err, DbError::Constraint { at, .. } if *at == KEEP_NAME) && err.violates("PRIMARY")
}

/// Forgets saves older than a day, a thousand at a time; how many.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    const PURGE: Query = Query::new(
        "saves.purge",
        "DELETE FROM saves WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000",
    );
    Ok(db.exec(&PURGE, ()).await?.affected)
}
