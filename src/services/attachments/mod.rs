//! Which file is attached to which note or task. Written in the transaction of whoever
//! attaches; what bears a file shows its name, so a change of the file is a change of its bearers.
//! Refuses the bytes and the files themselves.

use std::collections::HashMap;

use mysql_async::Value;
use mysql_async::prelude::FromRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{FileId, UserId};
use crate::platform::db::{Db, DbError, OwnedTable, Query, Tx, in_clause};
use crate::services::changes::{NewChange, Op};
use crate::services::entity_kind::EntityKind;

pub const OWNED: [OwnedTable; 1] = [OwnedTable::new("attachments")];

/// Most files that are attached to one thing.
pub const MAX: u64 = 100;

/// The kinds that files can be attached to.
fn referrers() -> impl Iterator<Item = EntityKind> {
    EntityKind::all()
        .iter()
        .copied()
        .filter(|kind| kind.is_attachable)
}

/// A file as what bears it shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    #[schema(value_type = Uuid)]
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// The media type found in its bytes.
    pub mime: String,
    pub size_bytes: u64,
}

/// Something that bears a file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Place {
    /// The number of the noun.
    pub kind: u8,
    /// The entity's sixteen bytes.
    pub id: Vec<u8>,
    pub title: String,
}

/// What became of an attaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// It is attached now.
    Done,
    /// It was before.
    Already,
    /// As many as may be are attached.
    Full,
}

/// A column for the row of an entity under the alias `n`: whether it bears a file.
pub fn flag(kind: EntityKind) -> String {
    let number = kind.number;
    format!(
        "EXISTS (SELECT 1 FROM attachments a WHERE a.owner_id = n.owner_id \
         AND a.kind = {number} AND a.entity_id = n.id)"
    )
}

/// A condition on `{column}` that holds for files that are attached to an entity.
pub fn condition(
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    column: &str,
) -> (String, [Value; 3]) {
    let sql = format!(
        " AND {column} IN (SELECT a.file_id FROM attachments a \
         WHERE a.owner_id = ? AND a.kind = ? AND a.entity_id = ?)"
    );
    let values = [owner.into(), kind.number.into(), entity.as_slice().into()];
    (sql, values)
}

type Row = (Vec<u8>, FileId, String, String, u64);

/// What some entities of a noun bear, files in the trash left out; in the order of attaching.
pub async fn of(
    db: &Db,
    owner: UserId,
    kind: EntityKind,
    entities: impl IntoIterator<Item = [u8; 16]>,
) -> Result<HashMap<[u8; 16], Vec<Attachment>>, DbError> {
    let mut found = Vec::new();
    for (query, values) in queries(owner, kind, entities) {
        found.extend(db.list::<Row>(&query, values).await?);
    }
    Ok(sorted(found))
}

/// The same for one entity, within a transaction.
pub async fn of_one(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
) -> Result<Vec<Attachment>, DbError> {
    let mut found = Vec::new();
    for (query, values) in queries(owner, kind, [*entity]) {
        found.extend(tx.list::<Row>(&query, values).await?);
    }
    Ok(sorted(found).remove(entity).unwrap_or_default())
}

fn queries(
    owner: UserId,
    kind: EntityKind,
    entities: impl IntoIterator<Item = [u8; 16]>,
) -> Vec<(Query, Vec<Value>)> {
    let ids = entities.into_iter().map(|id| Value::Bytes(id.to_vec()));
    let query = |(marks, ids): (String, Vec<Value>)| {
        let sql = format!(
            "SELECT a.entity_id, f.id, f.name, f.mime, f.size_bytes FROM attachments a \
             JOIN files f ON f.owner_id = a.owner_id AND f.id = a.file_id AND f.shelf = 0 \
             WHERE a.owner_id = ? AND a.kind = ? AND a.entity_id IN ({marks}) \
             ORDER BY a.created_at, a.file_id"
        );
        let values = [vec![owner.into(), kind.number.into()], ids].concat();
        (Query::assembled("attachments.of", sql), values)
    };
    in_clause(ids).into_iter().map(query).collect()
}

fn sorted(rows: Vec<Row>) -> HashMap<[u8; 16], Vec<Attachment>> {
    let mut all: HashMap<[u8; 16], Vec<Attachment>> = HashMap::new();
    for (entity, id, name, mime, size_bytes) in rows {
        if let Ok(entity) = entity.try_into() {
            all.entry(entity).or_default().push(Attachment {
                id,
                name,
                mime,
                size_bytes,
            });
        }
    }
    all
}

/// Locks a file that is to be attached, before what bears it is locked; whether it lies in the
/// trash. `None`: there is no such file.
pub async fn lock_file(tx: &Tx, owner: UserId, file: FileId) -> Result<Option<bool>, DbError> {
    const LOCK: Query = Query::new(
        "attachments.lock_file",
        "SELECT shelf FROM files WHERE owner_id = ? AND id = ? AND shelf < 3 FOR UPDATE",
    );
    let row: Option<(u8,)> = tx.first(&LOCK, (owner, file)).await?;
    Ok(row.map(|(shelf,)| shelf > 0))
}

/// Attaches a file. The caller holds the locks of both.
pub async fn attach(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    file: FileId,
) -> Result<Attached, DbError> {
    const COUNT: Query = Query::new(
        "attachments.count",
        "SELECT COUNT(*), COUNT(IF(file_id = ?, 1, NULL)) FROM attachments \
         WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    const ATTACH: Query = Query::new(
        "attachments.attach",
        "INSERT INTO attachments (owner_id, kind, entity_id, file_id, created_at) \
         VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6))",
    );
    let values = (file, owner, kind.number, entity.as_slice());
    match tx.first::<(u64, u64)>(&COUNT, values).await? {
        Some((_, 1..)) => return Ok(Attached::Already),
        Some((MAX.., _)) => return Ok(Attached::Full),
        _ => {}
    }
    let values = (owner, kind.number, entity.as_slice(), file);
    tx.exec(&ATTACH, values).await?;
    Ok(Attached::Done)
}

/// Takes a file off; whether it was attached.
pub async fn detach(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    file: FileId,
) -> Result<bool, DbError> {
    const DETACH: Query = Query::new(
        "attachments.detach",
        "DELETE FROM attachments \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND file_id = ?",
    );
    let values = (owner, kind.number, entity.as_slice(), file);
    Ok(tx.exec(&DETACH, values).await?.affected > 0)
}

/// Takes all files off an entity that is deleted for good.
pub async fn remove_entity(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    const REMOVE: Query = Query::new(
        "attachments.remove_entity",
        "DELETE FROM attachments WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    tx.exec(&REMOVE, (owner, kind.number, entity.as_slice()))
        .await?;
    Ok(())
}

/// Takes a file that is deleted for good off everything.
pub async fn remove_file(tx: &Tx, owner: UserId, file: FileId) -> Result<(), DbError> {
    const REMOVE: Query = Query::new(
        "attachments.remove_file",
        "DELETE FROM attachments WHERE owner_id = ? AND file_id = ?",
    );
    tx.exec(&REMOVE, (owner, file)).await?;
    Ok(())
}

/// Raises the version of everything that bears one of some files, because it shows them; the
/// changes to be recorded with those of the files.
pub async fn touch(tx: &Tx, owner: UserId, files: &[FileId]) -> Result<Vec<NewChange>, DbError> {
    let mut changes = Vec::new();
    for kind in referrers() {
        for (id, version) in raise(tx, owner, kind, files).await? {
            changes.extend(id.try_into().ok().map(|entity| NewChange {
                kind,
                entity,
                op: Op::Update,
                version,
            }));
        }
    }
    Ok(changes)
}

/// The bearers of one noun, locked in the order of their ids, with their new versions.
async fn raise(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    files: &[FileId],
) -> Result<Vec<(Vec<u8>, u64)>, DbError> {
    let (table, kind) = (kind.table, kind.number);
    let mut raised: Vec<(Vec<u8>, u64)> = Vec::new();
    for (marks, files) in in_clause(files.iter().copied()) {
        let sql = format!(
            "SELECT n.id, GREATEST(n.version, n.max_version) + 1 FROM {table} n \
             WHERE n.owner_id = ? AND n.shelf < 3 AND n.id IN \
               (SELECT a.entity_id FROM attachments a \
                WHERE a.owner_id = ? AND a.kind = {kind} AND a.file_id IN ({marks})) \
             ORDER BY n.id FOR UPDATE"
        );
        let values = [vec![owner.into(), owner.into()], files].concat();
        let query = Query::assembled("attachments.bearers", sql);
        raised.extend(tx.list(&query, values).await?);
    }
    raised.sort();
    raised.dedup();
    for (marks, ids) in in_clause(raised.iter().map(|(id, _)| id.as_slice())) {
        let sql = format!(
            "UPDATE {table} SET version = GREATEST(version, max_version) + 1 \
             WHERE owner_id = ? AND id IN ({marks})"
        );
        let values = [vec![owner.into()], ids].concat();
        let query = Query::assembled("attachments.raise", sql);
        tx.exec(&query, values).await?;
    }
    Ok(raised)
}

/// What bears a file, the trash left out, in the order of noun and id, after one of them.
pub async fn places(
    db: &Db,
    owner: UserId,
    file: FileId,
    after: Option<(u8, [u8; 16])>,
    limit: u32,
) -> Result<Vec<Place>, DbError> {
    let (after, after_id) = after.unwrap_or_default();
    let mut found = Vec::new();
    for kind in referrers() {
        let (table, kind) = (kind.table, kind.number);
        if kind < after {
            continue;
        }
        let from = if kind == after { after_id } else { [0; 16] };
        let sql = format!(
            "SELECT a.kind, n.id, n.title FROM attachments a \
             JOIN {table} n ON n.owner_id = a.owner_id AND n.id = a.entity_id AND n.shelf < 2 \
             WHERE a.owner_id = ? AND a.file_id = ? AND a.kind = {kind} AND n.id > ? \
             ORDER BY n.id LIMIT ?"
        );
        let query = Query::assembled("attachments.places", sql);
        let values = (owner, file, from.as_slice(), limit);
        found.extend(db.list::<Place>(&query, values).await?);
    }
    found.truncate(limit as usize);
    Ok(found)
}
