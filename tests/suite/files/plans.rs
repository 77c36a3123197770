//! How the server answers every shape of a list of files: by an index that begins with the owner,
//! and sorted by that index wherever a list may be long. The name says `both_databases`: `cargo test
//! both_databases` asks a MySQL as well.

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use satchel::domain::id::UserId;
use satchel::features::files::list_shapes;
use serde_json::json;
use uuid::Uuid;

use super::tools::bytes_of;
use crate::harness::{Actor, TestApp};

async fn filled(app: &TestApp) -> (Actor, Uuid) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let note = ann.write("A note", "").await.id;
    let mut conn = app.database().connect().await;
    for (owner, count) in [(&ann, 4000), (&bob, 1000)] {
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        for piece in ids.chunks(250) {
            let row = "(?, ?, ?, CONCAT('n', RAND()), 'image/png', FLOOR(RAND() * 7), \
                       FLOOR(RAND() * 1000000), '', IF(RAND() < 0.2, 2, 0), \
                       UTC_TIMESTAMP(6) - INTERVAL RAND() * 100000 SECOND, \
                       UTC_TIMESTAMP(6) - INTERVAL RAND() * 100000 SECOND)";
            let rows = vec![row; piece.len()].join(", ");
            let sql = format!(
                "INSERT INTO files (owner_id, id, blob_id, name, mime, family, size_bytes, sha256, \
                 shelf, created_at, updated_at) VALUES {rows}"
            );
            let values = piece.iter().flat_map(|id| {
                let id = Value::Bytes(id.as_bytes().to_vec());
                [Value::Bytes(bytes_of(&owner.id)), id.clone(), id]
            });
            let values: Vec<Value> = values.collect();
            conn.exec_drop(sql, values).await.unwrap();
        }
    }
    let tag = json!({ "title": "A note", "tags": ["tag", "other"] });
    ann.post("notes").json(tag).await.expect_status(201);
    for sql in [
        "INSERT INTO tagged (owner_id, tag_id, kind, entity_id) \
         SELECT f.owner_id, t.id, 3, f.id FROM files f JOIN tags t ON t.owner_id = f.owner_id \
         WHERE t.name = 'tag' AND f.family = 1 LIMIT 200",
        "INSERT INTO tagged (owner_id, tag_id, kind, entity_id) \
         SELECT f.owner_id, t.id, 3, f.id FROM files f JOIN tags t ON t.owner_id = f.owner_id \
         WHERE t.name = 'other'",
        "INSERT INTO attachments (owner_id, kind, entity_id, file_id, created_at) \
         SELECT f.owner_id, 1, n.id, f.id, UTC_TIMESTAMP(6) FROM files f \
         JOIN notes n ON n.owner_id = f.owner_id WHERE n.excerpt = '' AND f.family = 2 LIMIT 100",
    ] {
        conn.query_drop(sql).await.unwrap();
    }
    let sql = "ANALYZE TABLE files, tags, tagged, attachments";
    let _: Vec<Row> = conn.query(sql).await.unwrap();
    conn.disconnect().await.unwrap();
    (ann, note.parse().unwrap())
}

#[tokio::test]
async fn both_databases_every_list_of_files_is_read_by_an_index_of_its_owner() {
    let app = TestApp::start().await;
    let (ann, note) = filled(&app).await;
    let owner: UserId = ann.id.parse().unwrap();
    let mut conn = app.database().connect().await;
    let (mut errors, mut sorted) = (Vec::new(), Vec::new());
    let shapes = list_shapes(owner, note, "tag");
    assert_eq!(shapes.len(), 128);
    for (name, query, values) in shapes {
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL {}", query.sql());
        let rows: Vec<Row> = conn.exec(sql, values).await.unwrap();
        let text = |row: &Row, column: &str| -> String {
            let value: Option<Option<String>> = row.get(column);
            value.flatten().unwrap_or_default()
        };
        let files = rows.iter().find(|row| text(row, "table") == "n");
        let files = files.unwrap_or_else(|| panic!("{name}: {rows:?}"));
        let key = text(files, "key");
        let by_owner = key
            .split('|')
            .all(|key| key == "PRIMARY" || key.starts_with("ix_files_owner_"));
        let few = ["a", "g"];
        let by_few = rows
            .iter()
            .filter(|row| few.contains(&text(row, "table").as_str()))
            .all(|row| {
                ["PRIMARY", "ix_attachments_owner_file"].contains(&text(row, "key").as_str())
            });
        if !by_owner || !by_few || text(files, "type") == "ALL" {
            errors.push(format!("{name}: {rows:?}"));
        }
        let is_sorted = rows
            .iter()
            .any(|row| text(row, "Extra").contains("filesort"));
        if is_sorted && name.starts_with("ranged") {
            sorted.push(format!("{name}: {rows:?}"));
        }
    }
    conn.disconnect().await.unwrap();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(sorted.is_empty(), "{sorted:#?}");
}
