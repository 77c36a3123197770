//! Tags of all nouns: a dictionary per owner, and which entity bears which tag. Each noun keeps
//! the names in its own row as well (`tags`), so that a list needs no second question; renaming,
//! merging and deleting rewrite those rows in the same transaction.

use std::collections::BTreeSet;

use mysql_async::Value;
use mysql_async::prelude::FromRow;

use crate::domain::id::{TagId, UserId};
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Rows, Tx, in_clause};
use crate::services::changes::{self, NewChange, Op};
use crate::services::entity_kind::EntityKind;

/// A tag itself, as an entity of the change feed.
pub const KIND: EntityKind = EntityKind::new(12, "tag", "tags");

pub const OWNED: [OwnedTable; 2] = [OwnedTable::new("tagged"), OwnedTable::new("tags")];

/// Most entities one renaming, merging or deleting rewrites.
pub const MAX_REWRITTEN: usize = 20_000;

/// Pairs that one statement removes.
const PAIRS: usize = 64;

/// A tag of an owner.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Tag {
    pub id: TagId,
    /// The name as its owner writes it.
    pub name: String,
}

/// A tag with what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TagRow {
    pub id: TagId,
    pub name: String,
    /// The form it is sorted by.
    pub name_norm: Vec<u8>,
    /// When it was first used.
    pub created_at: Timestamp,
    /// Notes that bear it and are not in the trash.
    pub notes: u64,
    /// Tasks that bear it and are not in the trash.
    pub tasks: u64,
    /// Files that bear it and are not in the trash.
    pub files: u64,
}

/// What became of a change of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retagged {
    /// The tag as it is now, or the one it went into.
    Done(TagRow),
    /// It is gone.
    Removed,
    /// Not there, or not the owner's.
    Missing,
    /// The one it should go into is not there.
    NoTarget,
    /// It should go into itself.
    SameTag,
    /// Another tag has this name.
    NameTaken,
    /// More entities bear it than one request may rewrite.
    TooMany,
}

/// The tags with these names; those that are not there yet are made. They are locked against
/// renaming and deleting until the transaction ends.
pub async fn resolve(tx: &Tx, owner: UserId, names: &[TagName]) -> Result<Vec<Tag>, DbError> {
    const INSERT: Rows = Rows {
        name: "tags.insert",
        head: "INSERT INTO tags (owner_id, id, name, name_norm, created_at)",
        row: "(?, ?, ?, ?, UTC_TIMESTAMP(6))",
        tail: "ON DUPLICATE KEY UPDATE owner_id = VALUES(owner_id)",
    };
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = by_names(tx, owner, names).await?;
    if found.len() == names.len() {
        return Ok(found);
    }
    // What another transaction is just making is waited for here and found afterwards.
    let known: BTreeSet<String> = found.iter().map(|tag| tag::norm(&tag.name)).collect();
    let missing = names.iter().filter(|name| !known.contains(name.norm()));
    let rows = missing.map(|name| -> [Value; 4] {
        [
            owner.into(),
            TagId::new().into(),
            name.as_str().into(),
            name.norm().as_bytes().into(),
        ]
    });
    tx.write_rows(&INSERT, rows).await?;
    by_names(tx, owner, names).await
}

/// Those of the names that are tags already, locked like those of `resolve`.
pub async fn existing(tx: &Tx, owner: UserId, names: &[TagName]) -> Result<Vec<Tag>, DbError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    by_names(tx, owner, names).await
}

async fn by_names(tx: &Tx, owner: UserId, names: &[TagName]) -> Result<Vec<Tag>, DbError> {
    let mut found = Vec::with_capacity(names.len());
    for (marks, norms) in in_clause(names.iter().map(|name| name.norm().as_bytes())) {
        let sql = format!(
            "SELECT id, name FROM tags WHERE owner_id = ? AND name_norm IN ({marks}) \
             LOCK IN SHARE MODE"
        );
        let values = [vec![owner.into()], norms].concat();
        let query = Query::assembled("tags.by_names", sql);
        found.extend(tx.list(&query, values).await?);
    }
    Ok(found)
}

/// The names of tags, sorted, as rows keep them.
pub fn names(tags: &[Tag]) -> Vec<String> {
    let mut names: Vec<String> = tags.iter().map(|tag| tag.name.clone()).collect();
    tag::sort(&mut names);
    names
}

/// Makes these the tags of an entity, and no others.
pub async fn assign(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    tags: &[Tag],
) -> Result<(), DbError> {
    const HAS: Query = Query::new(
        "tags.of_entity",
        "SELECT tag_id FROM tagged WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    let place = (owner, kind.number, entity.as_slice());
    let has: Vec<(TagId,)> = tx.list(&HAS, place).await?;
    let has: BTreeSet<[u8; 16]> = has.iter().map(|(id,)| *id.as_bytes()).collect();
    let wants: BTreeSet<[u8; 16]> = tags.iter().map(|tag| *tag.id.as_bytes()).collect();
    let gone: Vec<([u8; 16], [u8; 16])> = has.difference(&wants).map(|id| (*id, *entity)).collect();
    let come: Vec<([u8; 16], [u8; 16])> = wants.difference(&has).map(|id| (*id, *entity)).collect();
    remove_pairs(tx, owner, kind, &gone).await?;
    add_pairs(tx, owner, kind, &come).await
}

/// Puts tags on entities: pairs of tag and entity; pairs that are there stay.
pub async fn add_pairs(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    pairs: &[([u8; 16], [u8; 16])],
) -> Result<(), DbError> {
    const ADD: Rows = Rows {
        name: "tags.add",
        head: "INSERT IGNORE INTO tagged (owner_id, tag_id, kind, entity_id)",
        row: "(?, ?, ?, ?)",
        tail: "",
    };
    let rows = pairs.iter().map(|(tag, entity)| -> [Value; 4] {
        [
            owner.into(),
            tag.as_slice().into(),
            kind.number.into(),
            entity.as_slice().into(),
        ]
    });
    tx.write_rows(&ADD, rows).await
}

/// Takes tags off entities: pairs of tag and entity.
pub async fn remove_pairs(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    pairs: &[([u8; 16], [u8; 16])],
) -> Result<(), DbError> {
    for piece in pairs.chunks(PAIRS) {
        let rows = vec!["(tag_id = ? AND entity_id = ?)"; piece.len()].join(" OR ");
        let sql = format!("DELETE FROM tagged WHERE owner_id = ? AND kind = ? AND ({rows})");
        let mut values: Vec<Value> = vec![owner.into(), kind.number.into()];
        for (tag, entity) in piece {
            values.extend([Value::from(tag.as_slice()), entity.as_slice().into()]);
        }
        tx.exec(&Query::assembled("tags.remove_pairs", sql), values)
            .await?;
    }
    Ok(())
}

/// A condition on `{column}` that holds for entities that bear a tag; with its values.
pub fn condition(
    owner: UserId,
    kind: EntityKind,
    column: &str,
    name: &TagName,
) -> (String, [Value; 3]) {
    let sql = format!(
        " AND {column} IN (SELECT g.entity_id FROM tags t JOIN tagged g \
         ON g.owner_id = t.owner_id AND g.tag_id = t.id AND g.kind = ? \
         WHERE t.owner_id = ? AND t.name_norm = ?)"
    );
    let norm = Value::Bytes(name.norm().as_bytes().to_vec());
    (sql, [kind.number.into(), owner.into(), norm])
}

const ROW: &str = "SELECT t.id, t.name, t.name_norm, t.created_at, \
     (SELECT COUNT(*) FROM tagged g JOIN notes n ON n.owner_id = g.owner_id \
        AND n.id = g.entity_id AND n.shelf < 2 \
      WHERE g.owner_id = t.owner_id AND g.tag_id = t.id AND g.kind = 1) AS notes, \
     (SELECT COUNT(*) FROM tagged g JOIN tasks n ON n.owner_id = g.owner_id \
        AND n.id = g.entity_id AND n.shelf < 2 \
      WHERE g.owner_id = t.owner_id AND g.tag_id = t.id AND g.kind = 2) AS tasks, \
     (SELECT COUNT(*) FROM tagged g JOIN files n ON n.owner_id = g.owner_id \
        AND n.id = g.entity_id AND n.shelf < 2 \
      WHERE g.owner_id = t.owner_id AND g.tag_id = t.id AND g.kind = 3) AS files \
     FROM tags t";

/// The owner's tags after a name, in the order of their names.
pub async fn list(db: &Db, owner: UserId, after: &str, limit: u32) -> Result<Vec<TagRow>, DbError> {
    let sql =
        format!("{ROW} WHERE t.owner_id = ? AND t.name_norm > ? ORDER BY t.name_norm LIMIT ?");
    let after = Value::Bytes(after.as_bytes().to_vec());
    let query = Query::assembled("tags.list", sql);
    db.list(&query, (owner, after, limit)).await
}

async fn row(tx: &Tx, owner: UserId, id: TagId) -> Result<Option<TagRow>, DbError> {
    let sql = format!("{ROW} WHERE t.owner_id = ? AND t.id = ?");
    tx.first(&Query::assembled("tags.row", sql), (owner, id))
        .await
}

/// Renames a tag on everything that bears it.
pub async fn rename(
    tx: &Tx,
    owner: UserId,
    id: TagId,
    name: &TagName,
) -> Result<Retagged, DbError> {
    const RENAME: Query = Query::new(
        "tags.rename",
        "UPDATE tags SET name = ?, name_norm = ? WHERE owner_id = ? AND id = ?",
    );
    let (tags, bearers) = lock(tx, owner, &[id]).await?;
    let Some(tag) = tags.first() else {
        return Ok(Retagged::Missing);
    };
    let same_name = by_names(tx, owner, std::slice::from_ref(name)).await?;
    if same_name.iter().any(|other| other.id != id) {
        return Ok(Retagged::NameTaken);
    }
    if tag.name != name.as_str() {
        if is_too_much(&bearers) {
            return Ok(Retagged::TooMany);
        }
        let norm = Value::Bytes(name.norm().as_bytes().to_vec());
        tx.exec(&RENAME, (name.as_str(), norm, owner, id)).await?;
        let names = [line(&tag.name), line(name.as_str())];
        rewrite(tx, owner, (id, &bearers), "REPLACE(tags, ?, ?)", &names).await?;
        note_change(tx, owner, id, Op::Update).await?;
    }
    done(tx, owner, id).await
}

/// Puts everything that bears one tag under another one; the first is gone.
pub async fn merge(tx: &Tx, owner: UserId, from: TagId, into: TagId) -> Result<Retagged, DbError> {
    const MOVE: Query = Query::new(
        "tags.move",
        "INSERT IGNORE INTO tagged (owner_id, tag_id, kind, entity_id) \
         SELECT owner_id, ?, kind, entity_id FROM tagged WHERE owner_id = ? AND tag_id = ?",
    );
    let (tags, bearers) = lock(tx, owner, &[from, into]).await?;
    let named = |id| {
        tags.iter()
            .find(|tag| tag.id == id)
            .map(|tag| line(&tag.name))
    };
    let (old, new) = match (named(from), named(into)) {
        (None, _) => return Ok(Retagged::Missing),
        (Some(_), None) => return Ok(Retagged::NoTarget),
        (Some(old), Some(new)) => (old, new),
    };
    if from == into {
        return Ok(Retagged::SameTag);
    }
    if is_too_much(&bearers) {
        return Ok(Retagged::TooMany);
    }
    let values = [new.clone(), "\n".to_owned(), old, new];
    let expression = "REPLACE(REPLACE(tags, ?, ?), ?, ?)";
    rewrite(tx, owner, (from, &bearers), expression, &values).await?;
    tx.exec(&MOVE, (into, owner, from)).await?;
    forget(tx, owner, from).await?;
    done(tx, owner, into).await
}

/// Takes a tag off everything that bears it; it is gone.
pub async fn remove(tx: &Tx, owner: UserId, id: TagId) -> Result<Retagged, DbError> {
    let (tags, bearers) = lock(tx, owner, &[id]).await?;
    let Some(tag) = tags.first() else {
        return Ok(Retagged::Missing);
    };
    if is_too_much(&bearers) {
        return Ok(Retagged::TooMany);
    }
    let values = [line(&tag.name), "\n".to_owned()];
    rewrite(tx, owner, (id, &bearers), "REPLACE(tags, ?, ?)", &values).await?;
    forget(tx, owner, id).await?;
    Ok(Retagged::Removed)
}

fn is_too_much(bearers: &[Bearers]) -> bool {
    bearers.iter().map(|of| of.ids.len()).sum::<usize>() > MAX_REWRITTEN
}

/// A name with the line feeds around it that it has in a row.
fn line(name: &str) -> String {
    format!("\n{name}\n")
}

async fn done(tx: &Tx, owner: UserId, id: TagId) -> Result<Retagged, DbError> {
    let row = row(tx, owner, id).await?;
    Ok(row.map_or(Retagged::Missing, Retagged::Done))
}

/// Locks some tags, those that are there, in the order of their ids, so that two opposite mergers
/// do not wait for each other; and the rows of what bears the first of the given.
async fn lock(tx: &Tx, owner: UserId, ids: &[TagId]) -> Result<(Vec<Tag>, Vec<Bearers>), DbError> {
    // Asked twice: before the tag is locked, because whoever saves locks his note before its tags,
    // and after it for those that came in between.
    lock_bearers(tx, owner, ids[0]).await?;
    let mut tags = Vec::new();
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql = format!(
            "SELECT id, name FROM tags WHERE owner_id = ? AND id IN ({marks}) \
             ORDER BY id FOR UPDATE"
        );
        let values = [vec![owner.into()], ids].concat();
        tags.extend(
            tx.list::<Tag>(&Query::assembled("tags.lock", sql), values)
                .await?,
        );
    }
    let bearers = match tags.is_empty() {
        true => Vec::new(),
        false => lock_bearers(tx, owner, ids[0]).await?,
    };
    Ok((tags, bearers))
}

/// What bears a tag, of one noun.
struct Bearers {
    kind: EntityKind,
    table: &'static str,
    ids: Vec<Vec<u8>>,
}

/// Locks the rows of what bears a tag, noun by noun in the order of their ids: at most one more of
/// each than may be rewritten. The pairs themselves are not locked: whoever takes a tag off holds
/// his row and would wait for them.
async fn lock_bearers(tx: &Tx, owner: UserId, id: TagId) -> Result<Vec<Bearers>, DbError> {
    const KINDS: Query = Query::new(
        "tags.kinds",
        "SELECT DISTINCT kind FROM tagged WHERE owner_id = ? AND tag_id = ? ORDER BY kind",
    );
    let mut bearers = Vec::new();
    for (kind,) in tx.list::<(u8,)>(&KINDS, (owner, id)).await? {
        let Some(kind) = EntityKind::from_number(kind).filter(|kind| kind.is_tagged) else {
            continue;
        };
        let table = kind.table;
        let sql = format!(
            "SELECT n.id FROM {table} n WHERE n.owner_id = ? AND n.id IN \
               (SELECT g.entity_id FROM tagged g \
                WHERE g.owner_id = ? AND g.tag_id = ? AND g.kind = ?) \
             ORDER BY n.id LIMIT ? FOR UPDATE"
        );
        let query = Query::assembled("tags.lock_bearers", sql);
        let values = (owner, owner, id, kind.number, MAX_REWRITTEN + 1);
        let rows: Vec<(Vec<u8>,)> = tx.list(&query, values).await?;
        let ids = rows.into_iter().map(|(id,)| id).collect();
        bearers.push(Bearers { kind, table, ids });
    }
    Ok(bearers)
}

/// Rewrites the names in the rows of everything that bears a tag, and writes the changes.
async fn rewrite(
    tx: &Tx,
    owner: UserId,
    (id, bearers): (TagId, &[Bearers]),
    expression: &str,
    names: &[String],
) -> Result<(), DbError> {
    for Bearers { kind, table, ids } in bearers {
        for (marks, ids) in in_clause(ids) {
            let sql = format!(
                "UPDATE {table} SET tags = {expression}, \
                   version = GREATEST(version, max_version) + 1 \
                 WHERE owner_id = ? AND id IN ({marks})"
            );
            let names = names.iter().map(|name| Value::from(name.as_str()));
            let values: Vec<Value> = names.chain([owner.into()]).chain(ids).collect();
            tx.exec(&Query::assembled("tags.rewrite", sql), values)
                .await?;
        }
        note_changes(tx, owner, id, (*kind, table)).await?;
    }
    Ok(())
}

/// Writes that the rows of one noun which bear a tag were changed.
async fn note_changes(
    tx: &Tx,
    owner: UserId,
    id: TagId,
    (kind, table): (EntityKind, &str),
) -> Result<(), DbError> {
    let from = format!(
        "FROM tagged g JOIN {table} n ON n.owner_id = g.owner_id AND n.id = g.entity_id \
         WHERE g.owner_id = ? AND g.tag_id = ? AND g.kind = ?"
    );
    // Counted now that the rows are locked: one that lost the tag while we waited for it was
    // rewritten, but is not among those that bear it.
    let query = Query::assembled("tags.bearers", format!("SELECT COUNT(*) {from}"));
    let row: Option<(u64,)> = tx.first(&query, (owner, id, kind.number)).await?;
    let count = row.map_or(0, |(count,)| count);
    if count > 0 {
        let first = changes::reserve(tx, owner, count).await? - count;
        let sql = format!(
            "INSERT INTO changes (owner_id, seq, kind, entity_id, op, version, at) \
             SELECT g.owner_id, ? + ROW_NUMBER() OVER (ORDER BY g.entity_id), g.kind, \
               g.entity_id, 'update', n.version, UTC_TIMESTAMP(6) {from}"
        );
        let query = Query::assembled("tags.changes", sql);
        tx.exec(&query, (first, owner, id, kind.number)).await?;
    }
    Ok(())
}

async fn forget(tx: &Tx, owner: UserId, id: TagId) -> Result<(), DbError> {
    const PAIRS: Query = Query::new(
        "tags.remove_all_pairs",
        "DELETE FROM tagged WHERE owner_id = ? AND tag_id = ?",
    );
    const TAG: Query = Query::new(
        "tags.remove",
        "DELETE FROM tags WHERE owner_id = ? AND id = ?",
    );
    tx.exec(&PAIRS, (owner, id)).await?;
    tx.exec(&TAG, (owner, id)).await?;
    note_change(tx, owner, id, Op::Delete).await
}

async fn note_change(tx: &Tx, owner: UserId, id: TagId, op: Op) -> Result<(), DbError> {
    let change = NewChange {
        kind: KIND,
        entity: *id.as_bytes(),
        op,
        version: 0,
    };
    changes::record(tx, owner, &[change], None).await
}

/// Takes all tags off an entity that is deleted for good.
pub async fn remove_all(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    const REMOVE: Query = Query::new(
        "tags.remove_entity",
        "DELETE FROM tagged WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    tx.exec(&REMOVE, (owner, kind.number, entity.as_slice()))
        .await?;
    Ok(())
}
