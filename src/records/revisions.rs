//! The texts of entities, one row a version; an entity points at the one that is current.
//! So a list never touches a text, and a save never overwrites one.

use mysql_async::params;

use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::kind::Kind;

/// Why a revision exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Somebody saved it.
    Edit,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
        }
    }
}

/// A text to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewRevision<'a> {
    /// The entity's noun.
    pub kind: Kind,
    /// The entity's sixteen bytes.
    pub entity: &'a [u8; 16],
    /// The entity's version that brings this text.
    pub version: u64,
    /// Its title.
    pub title: &'a str,
    /// Its body.
    pub body: &'a str,
    /// Why it exists.
    pub reason: Reason,
    /// When it was saved.
    pub at: Timestamp,
}

const INSERT: Query = Query::new(
    "revisions.insert",
    "INSERT INTO revisions (owner_id, kind, entity_id, version, title, body, reason, created_at) \
     VALUES (:owner, :kind, :entity, :version, :title, :body, :reason, :at)",
);

const REMOVE_ALL: Query = Query::new(
    "revisions.remove_all",
    "DELETE FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ?",
);

/// Keeps a text.
pub async fn insert(tx: &Tx, owner: UserId, revision: NewRevision<'_>) -> Result<(), DbError> {
    let values = params! {
        "owner" => owner,
        "kind" => revision.kind.number(),
        "entity" => revision.entity.as_slice(),
        "version" => revision.version,
        "title" => revision.title,
        "body" => revision.body,
        "reason" => revision.reason.word(),
        "at" => revision.at,
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

/// Deletes all texts of an entity that is deleted for good.
pub async fn remove_all(
    tx: &Tx,
    owner: UserId,
    kind: Kind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    tx.exec(&REMOVE_ALL, (owner, kind.number(), entity.as_slice()))
        .await?;
    Ok(())
}

/// Removes some hundred texts of an account that is being deleted; how many.
pub async fn purge_owner(db: &Db, owner: UserId) -> Result<u64, DbError> {
    const PURGE: Query = Query::new(
        "revisions.purge_owner",
        "DELETE FROM revisions WHERE owner_id = ? LIMIT 500",
    );
    Ok(db.exec(&PURGE, (owner,)).await?.affected)
}
