//! What the tests of notebooks, tags and batches share: short ways to make and undo things, and
//! what must hold in the tables whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Actor, Call, DocumentKind, Reply, Tasks, TestApp};

/// The text under a name.
#[track_caller]
pub(crate) fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}

/// A notebook at the top, or below another one; its id.
pub(crate) async fn notebook<D: DocumentKind>(
    actor: &Actor,
    name: &str,
    parent: Option<&str>,
) -> String {
    let mut new = json!({ "name": name });
    if let Some(parent) = parent {
        new["parent_id"] = json!(parent);
    }
    let made: Value = actor.post(D::CONTAINERS).json(new).await.created();
    text(&made, "id")
}

/// A note with more than a title; its id.
pub(crate) async fn note_with<D: DocumentKind>(actor: &Actor, mut fields: Value) -> String {
    if fields.get("title").is_none() {
        fields["title"] = json!("A note");
    }
    let made: Value = actor.post(D::PATH).json(fields).await.created();
    text(&made, "id")
}

/// A note as it is now, with every field.
pub(crate) async fn seen<D: DocumentKind>(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("{}/{id}", D::PATH)).await.ok()
}

/// The tags of a note.
pub(crate) async fn tags_of<D: DocumentKind>(actor: &Actor, id: &str) -> Vec<String> {
    strings(&seen::<D>(actor, id).await["tags"])
}

/// A list of texts.
pub(crate) fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// The titles of a list of notes.
pub(crate) async fn titles<D: DocumentKind>(actor: &Actor, query: &str) -> Vec<String> {
    let page: Value = actor.get(&format!("{}?{query}", D::PATH)).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| text(item, "title")).collect()
}

/// The names of everything in a list, over all of its pages.
pub(crate) async fn all_names(actor: &Actor, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page: Value = actor.get(&next).await.ok();
        let items = page["items"].as_array().unwrap().iter();
        names.extend(items.map(|item| text(item, "name")));
        let Some(cursor) = page["next_cursor"].as_str() else {
            return names;
        };
        let sign = if path.contains('?') { '&' } else { '?' };
        next = format!("{path}{sign}cursor={cursor}");
    }
}

/// The id of a tag by its name.
pub(crate) async fn tag_id(actor: &Actor, name: &str) -> String {
    let page: Value = actor.get("tags?limit=200").await.ok();
    let items = page["items"].as_array().unwrap();
    let tag = items.iter().find(|item| item["name"] == name);
    text(
        tag.unwrap_or_else(|| panic!("no tag {name} in {page}")),
        "id",
    )
}

/// One thing done to many notes; `more` has what the action needs besides.
pub(crate) fn batch<D: DocumentKind>(
    actor: &Actor,
    action: &str,
    ids: &[String],
    more: &Value,
) -> Call {
    let mut body = json!({ "kind": D::WORD, "ids": ids, "action": action });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    actor.post("batch").json(body)
}

/// Sets `PIN` of many documents.
pub(crate) fn batch_pin<D: DocumentKind>(actor: &Actor, ids: &[String], on: bool) -> Call {
    let (action, fields) = D::pin_action(on);
    batch::<D>(actor, action, ids, &fields)
}

/// Sets `ARCHIVE` of many documents.
pub(crate) fn batch_archive<D: DocumentKind>(actor: &Actor, ids: &[String], on: bool) -> Call {
    let (action, fields) = D::archive_action(on);
    batch::<D>(actor, action, ids, &fields)
}

/// Takes a batch back.
pub(crate) fn undo(actor: &Actor, id: &str) -> Call {
    actor.post(&format!("batches/{id}/undo"))
}

/// Takes a batch back; how many things were put back, and how many left alone.
#[track_caller]
pub(crate) fn undone(reply: &Reply) -> (u64, u64) {
    let done: Value = reply.ok();
    assert!(done["undone_at"].is_string(), "{done}");
    (
        done["undone"].as_u64().unwrap(),
        done["skipped"].as_u64().unwrap(),
    )
}

/// Notes that are written into the tables at once, where hundreds are needed.
pub(crate) async fn many_notes<D: DocumentKind>(
    app: &TestApp,
    owner: &str,
    count: usize,
) -> Vec<String> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let owner: Uuid = owner.parse().unwrap();
    let bytes = |id: &Uuid| id.as_bytes().to_vec();
    let mut conn = app.database().connect().await;
    for piece in ids.chunks(250) {
        let rows = |row: &str| vec![row; piece.len()].join(", ");
        let notes = rows("(?, ?, CONCAT('n', RAND()), '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))");
        let table = D::TABLE;
        let sql = format!(
            "INSERT INTO {table} (owner_id, id, title, excerpt, created_at, updated_at) \
             VALUES {notes}"
        );
        let pairs = || piece.iter().flat_map(|id| [bytes(&owner), bytes(id)]);
        let values: Vec<mysql_async::Value> = pairs().map(Into::into).collect();
        conn.exec_drop(sql, values).await.unwrap();
        let kind = D::NUMBER;
        let texts = rows(&format!(
            "(?, {kind}, ?, 1, 't', 'b', 'edit', UTC_TIMESTAMP(6), 0)"
        ));
        let sql = format!(
            "INSERT INTO revisions (owner_id, kind, entity_id, version, title, body, reason, \
               created_at, parent_version) VALUES {texts}"
        );
        let values: Vec<mysql_async::Value> = pairs().map(Into::into).collect();
        conn.exec_drop(sql, values).await.unwrap();
    }
    if D::NUMBER == Tasks::NUMBER {
        // Each has a place, and none ends with a zero.
        let sql = "UPDATE tasks SET position = CONCAT('a0', HEX(id), '1') WHERE position IS NULL";
        conn.query_drop(sql).await.unwrap();
    }
    conn.disconnect().await.unwrap();
    ids.iter().map(Uuid::to_string).collect()
}

/// What must hold whatever happened: no note lies in a notebook that is gone, the tree is a tree,
/// rows and dictionary agree about tags, the sequence has no gap, every batch that a change names
/// can be asked for.
pub(crate) async fn assert_whole<D: DocumentKind>(app: &TestApp) {
    for (what, sql) in [
        (
            "notes in notebooks that are gone",
            "SELECT COUNT(*) FROM notes n LEFT JOIN notebooks b ON b.owner_id = n.owner_id \
               AND b.id = n.notebook_id AND b.deleted_at IS NULL \
             WHERE n.shelf < 2 AND n.notebook_id IS NOT NULL AND b.id IS NULL",
        ),
        (
            "sequences with gaps",
            "SELECT COUNT(*) FROM change_heads h WHERE h.floor = 0 AND h.seq <> \
               (SELECT COUNT(*) FROM changes c WHERE c.owner_id = h.owner_id)",
        ),
        (
            "numbers that were never given out",
            "SELECT COUNT(*) FROM changes c LEFT JOIN change_heads h \
               ON h.owner_id = c.owner_id AND h.seq >= c.seq WHERE h.seq IS NULL",
        ),
        (
            "changes of batches that are not there",
            "SELECT COUNT(*) FROM changes c LEFT JOIN batches b \
               ON b.owner_id = c.owner_id AND b.id = c.batch_id \
             WHERE c.batch_id IS NOT NULL AND b.id IS NULL",
        ),
    ] {
        assert_eq!(app.database().count(sql).await, 0, "{what}");
    }
    let (table, kind) = (D::TABLE, D::NUMBER);
    let sql = format!(
        "SELECT COUNT(*) FROM {table} n JOIN revisions r ON r.owner_id = n.owner_id \
           AND r.kind = {kind} AND r.entity_id = n.id \
         WHERE r.version > GREATEST(n.version, n.max_version)"
    );
    assert_eq!(
        app.database().count(&sql).await,
        0,
        "versions below one in use"
    );
    if D::NUMBER == Tasks::NUMBER {
        crate::tasks::assert_whole(app).await;
    }
    the_tree_is_a_tree(app).await;
    tags_agree::<D>(app).await;
}

async fn the_tree_is_a_tree(app: &TestApp) {
    let sql = "SELECT id, parent_id FROM notebooks WHERE deleted_at IS NULL";
    let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = app.database().rows(sql, ()).await;
    let tree: BTreeMap<Vec<u8>, Option<Vec<u8>>> = rows.into_iter().collect();
    for id in tree.keys() {
        let mut depth = 1;
        let mut at = id;
        while let Some(parent) = &tree[at] {
            assert!(tree.contains_key(parent), "a notebook lies in none");
            depth += 1;
            assert!(depth <= 8, "a notebook lies too deep or in itself");
            at = parent;
        }
    }
}

async fn tags_agree<D: DocumentKind>(app: &TestApp) {
    type Names = BTreeMap<Vec<u8>, BTreeSet<String>>;
    let (table, kind) = (D::TABLE, D::NUMBER);
    let sql = format!("SELECT id, tags FROM {table} WHERE shelf < 3");
    let rows: Vec<(Vec<u8>, String)> = app.database().rows(&sql, ()).await;
    let mut shown = Names::new();
    for (id, tags) in rows {
        let names: Vec<&str> = tags.split('\n').filter(|name| !name.is_empty()).collect();
        let set: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(set.len(), names.len(), "a tag stands twice in {tags:?}");
        assert!(set.len() <= 100, "{} tags", set.len());
        if !set.is_empty() {
            shown.insert(id, set);
        }
    }
    let sql = format!(
        "SELECT g.entity_id, t.name FROM tagged g LEFT JOIN tags t \
           ON t.owner_id = g.owner_id AND t.id = g.tag_id WHERE g.kind = {kind}"
    );
    let rows: Vec<(Vec<u8>, Option<String>)> = app.database().rows(&sql, ()).await;
    let mut known = Names::new();
    for (id, name) in rows {
        let name = name.expect("a note bears a tag that is gone");
        known.entry(id).or_default().insert(name);
    }
    assert_eq!(shown, known, "rows show other tags than the notes bear");
}
