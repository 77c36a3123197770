//! The texts of entities, one row a version; an entity points at the one that is current.
//! So a list never touches a text, and a save never overwrites one. How old texts are packed and
//! thinned stands in `thinning`.

use mysql_async::params;
use mysql_async::prelude::FromRow;

use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Tx};
use crate::services::documents::merge::Text;
use crate::services::entity_kind::EntityKind;

pub const OWNED: [OwnedTable; 1] = [OwnedTable::new("revisions").rows_per_delete(500)];

/// Why a revision exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Somebody saved it.
    Edit,
    /// Two texts became one.
    Merge,
    /// One of those two, as it was sent. Was never the text of the entity.
    Merged,
    /// It lost against another text. Was never the text of the entity; kept until it is removed.
    Conflict,
    /// An older text was taken back.
    Restore,
}

impl Reason {
    /// The word in table and API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Merge => "merge",
            Self::Merged => "merged",
            Self::Conflict => "conflict",
            Self::Restore => "restore",
        }
    }

    fn was_current(self) -> bool {
        !matches!(self, Self::Merged | Self::Conflict)
    }
}

/// A text to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewRevision<'a> {
    pub kind: EntityKind,
    /// The entity's sixteen bytes.
    pub entity: &'a [u8; 16],
    /// The entity's version that brings this text.
    pub version: u64,
    /// The version of the text it takes the place of; 0 for the first one. Nothing for a text
    /// that takes no place.
    pub parent_version: u64,
    pub title: &'a str,
    pub body: &'a str,
    /// Why it exists.
    pub reason: Reason,
    /// When it was saved.
    pub at: Timestamp,
}

/// A revision without its body.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RevisionRow {
    pub version: u64,
    pub title: String,
    /// Bytes of the body.
    pub size_bytes: u32,
    /// Why it exists.
    pub reason: String,
    /// When it was saved.
    pub created_at: Timestamp,
}

const INSERT: Query = Query::new(
    "revisions.insert",
    "INSERT INTO revisions (owner_id, kind, entity_id, version, parent_version, title, body, \
       size_bytes, reason, created_at, look_at) \
     VALUES (:owner, :kind, :entity, :version, :parent_version, :title, :body, :size, :reason, :at, \
       UTC_TIMESTAMP(6) + INTERVAL 1 HOUR)",
);

const TEXT: Query = Query::new(
    "revisions.text",
    "SELECT title, COALESCE(CONVERT(UNCOMPRESS(packed) USING utf8mb4), body) FROM revisions \
     WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ?",
);

/// Keeps a text.
pub async fn insert(tx: &Tx, owner: UserId, revision: NewRevision<'_>) -> Result<(), DbError> {
    let parent_version = revision
        .reason
        .was_current()
        .then_some(revision.parent_version);
    let values = params! {
        "owner" => owner,
        "kind" => revision.kind.number,
        "entity" => revision.entity.as_slice(),
        "version" => revision.version,
        "parent_version" => parent_version,
        "title" => revision.title,
        "body" => revision.body,
        "size" => revision.body.len(),
        "reason" => revision.reason.word(),
        "at" => revision.at,
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

/// The text that was current at a version, when that is still known for sure: `None` when it was
/// thinned away, or when a text between may have been.
pub async fn base(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    version: u64,
) -> Result<Option<Text>, DbError> {
    // The latest kept text up to the version, if the next kept one says that it followed it.
    const BASE: Query = Query::new(
        "revisions.base",
        "SELECT b.title, COALESCE(CONVERT(UNCOMPRESS(b.packed) USING utf8mb4), b.body), \
           b.version, \
           (SELECT n.parent_version FROM revisions n WHERE n.owner_id = b.owner_id AND n.kind = b.kind \
              AND n.entity_id = b.entity_id AND n.version > b.version \
              AND n.parent_version IS NOT NULL ORDER BY n.version LIMIT 1) \
         FROM revisions b \
         WHERE b.owner_id = ? AND b.kind = ? AND b.entity_id = ? AND b.version <= ? \
           AND b.parent_version IS NOT NULL ORDER BY b.version DESC LIMIT 1",
    );
    type Row = (String, String, u64, Option<u64>);
    let values = (owner, kind.number, entity.as_slice(), version);
    let row: Option<Row> = tx.first(&BASE, values).await?;
    Ok(row.and_then(|(title, body, version, next)| {
        (next == Some(version)).then_some(Text { title, body })
    }))
}

/// One text inside a transaction.
pub async fn text_in(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    version: u64,
) -> Result<Option<Text>, DbError> {
    let values = (owner, kind.number, entity.as_slice(), version);
    let row: Option<(String, String)> = tx.first(&TEXT, values).await?;
    Ok(row.map(|(title, body)| Text { title, body }))
}

/// One text with what is known about it.
pub async fn find(
    db: &Db,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    version: u64,
) -> Result<Option<(RevisionRow, String)>, DbError> {
    const FIND: Query = Query::new(
        "revisions.find",
        "SELECT version, title, size_bytes, reason, created_at, \
           COALESCE(CONVERT(UNCOMPRESS(packed) USING utf8mb4), body) FROM revisions \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ?",
    );
    type Row = (u64, String, u32, String, Timestamp, String);
    let values = (owner, kind.number, entity.as_slice(), version);
    let row: Option<Row> = db.first(&FIND, values).await?;
    Ok(
        row.map(|(version, title, size_bytes, reason, created_at, body)| {
            let row = RevisionRow {
                version,
                title,
                size_bytes,
                reason,
                created_at,
            };
            (row, body)
        }),
    )
}

/// The revisions of an entity before a version, newest first.
pub async fn list(
    db: &Db,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    before: u64,
    limit: u32,
) -> Result<Vec<RevisionRow>, DbError> {
    const LIST: Query = Query::new(
        "revisions.list",
        "SELECT version, title, size_bytes, reason, created_at FROM revisions \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version < ? \
         ORDER BY version DESC LIMIT ?",
    );
    let values = (owner, kind.number, entity.as_slice(), before, limit);
    db.list(&LIST, values).await
}

/// Removes one revision; whether it was there.
pub async fn remove(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    version: u64,
) -> Result<bool, DbError> {
    const REMOVE: Query = Query::new(
        "revisions.remove",
        "DELETE FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ?",
    );
    let values = (owner, kind.number, entity.as_slice(), version);
    Ok(tx.exec(&REMOVE, values).await?.affected > 0)
}

/// Deletes all texts of an entity that is deleted for good.
pub async fn remove_all(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    const REMOVE_ALL: Query = Query::new(
        "revisions.remove_all",
        "DELETE FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    tx.exec(&REMOVE_ALL, (owner, kind.number, entity.as_slice()))
        .await?;
    Ok(())
}
