//! How the server answers every shape of a list of tasks, with a hundred thousand of them: by an
//! index that begins with the owner, and where a list may be long in the order of that index, so
//! that a page costs a page. Rows that were read are counted, not time.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use satchel::domain::id::{NoteId, TaskId, TaskListId};
use satchel::domain::tag::TagName;
use satchel::features::tasks::{Named, list_shapes};
use serde_json::json;

use crate::harness::{Actor, TestApp};
use crate::tasks::{list, task};

/// Rows that a page of fifty may look at where its order is that of the index: itself, what is
/// attached to it, and twice its parts, of which one task has fifty.
const PAGE_READS: i64 = 500;

/// A hundred thousand tasks: a tenth in one list, twenty in another, half of them done, two thirds due some time
/// around now, twenty of the highest priority, one in fifty in the trash; a hundred under one tag.
async fn fill(app: &TestApp, ann: &Actor, places: [&str; 2], parent: &str) {
    let digits = |name: &str| {
        let rows = (1..10).map(|n| format!(" UNION ALL SELECT {n}"));
        format!("(SELECT 0 AS n{}) {name}", rows.collect::<String>())
    };
    let tables = ["a", "b", "c", "d", "e"].map(digits).join(", ");
    let numbers =
        format!("SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n FROM {tables}");
    let hex = |id: &str| id.replace('-', "");
    let (owner, parent) = (hex(&ann.id), hex(parent));
    let [place, short] = places.map(hex);
    let due = "UTC_TIMESTAMP() + INTERVAL (n * 7 % 2000 - 1000) HOUR";
    let sql = format!(
        "INSERT INTO tasks (owner_id, id, title, excerpt, list_id, status, done, priority, due_at, \
           due_key, completed_at, position, parent_id, shelf, deleted_at, created_at, updated_at) \
         SELECT UNHEX('{owner}'), UNHEX(LPAD(HEX(n + 1000), 32, '0')), CONCAT('t', n), '', \
           IF(n % 10 = 0, UNHEX('{place}'), \
             IF(n % 5000 = 7, UNHEX('{short}'), REPEAT('\\0', 16))), LEAST(n % 4, 2), n % 4 >= 2, \
           IF(n % 5000 = 9, 4, FLOOR(n / 40) % 4), IF(n % 3 = 0, NULL, {due}), IF(n % 3 = 0, '9999-12-31', {due}), \
           IF(n % 4 >= 2, UTC_TIMESTAMP() - INTERVAL n SECOND, NULL), LPAD(n, 8, '0'), \
           IF(n % 2000 = 1, UNHEX('{parent}'), NULL), IF(n % 50 = 0, 2, 0), \
           IF(n % 50 = 0, UTC_TIMESTAMP(), NULL), UTC_TIMESTAMP() - INTERVAL n SECOND, \
           UTC_TIMESTAMP() - INTERVAL n * 3 % 100000 SECOND FROM ({numbers}) numbers"
    );
    app.database().exec(&sql, ()).await;
    let sql = "INSERT INTO tagged (owner_id, tag_id, kind, entity_id) \
               SELECT t.owner_id, g.id, 2, t.id FROM tags g JOIN tasks t \
                 ON t.owner_id = g.owner_id AND t.position LIKE '%00'";
    app.database().exec(sql, ()).await;
    let mut conn = app.database().connect().await;
    let tables = "tasks, tags, tagged";
    let _: Vec<Row> = conn.query(format!("ANALYZE TABLE {tables}")).await.unwrap();
    conn.disconnect().await.unwrap();
}

/// Table, key and the rest of each line of a plan.
async fn plan(conn: &mut Conn, sql: &str, values: Vec<Value>) -> Vec<[String; 4]> {
    let explain = format!("EXPLAIN FORMAT=TRADITIONAL {sql}");
    let rows: Vec<Row> = conn.exec(explain, values).await.unwrap();
    let text = |row: &Row, name: &str| -> String {
        let value: Option<Option<String>> = row.get(name);
        value.flatten().unwrap_or_default()
    };
    rows.iter()
        .map(|row| ["table", "type", "key", "Extra"].map(|name| text(row, name)))
        .collect()
}

/// Rows that the server looks at to answer.
async fn reads(conn: &mut Conn, sql: &str, values: Vec<Value>) -> i64 {
    conn.query_drop("FLUSH STATUS").await.unwrap();
    let _: Vec<Row> = conn.exec(sql, values).await.unwrap();
    let status: Vec<(String, i64)> = conn
        .query("SHOW SESSION STATUS LIKE 'Handler_read%'")
        .await
        .unwrap();
    status.iter().map(|(_, count)| count).sum()
}

/// Whether a list may be long, and is therefore read in its order.
fn is_long(name: &str) -> bool {
    let parts: Vec<&str> = name.split('|').collect();
    matches!(
        (parts[0], parts[1], parts[2]),
        ("plain" | "list" | "inbox", _, "Position")
            | ("plain", _, "Due" | "Priority")
            | ("plain", "None", "Updated" | "Created" | "Completed")
            | ("trashed", "None", "Position" | "Updated")
            | ("today" | "upcoming" | "overdue", "None", "Due")
            | ("finished", "None", "Completed")
    )
}

#[tokio::test]
async fn both_databases_every_list_of_a_hundred_thousand_tasks_is_a_range_of_an_index() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let short = list(&ann, "Short").await;
    let parent = task(&ann, json!({ "title": "whole", "tags": ["tag"] })).await;
    fill(&app, &ann, [&place, &short], &parent).await;
    let named = Named {
        list: place.parse::<TaskListId>().unwrap(),
        short: short.parse::<TaskListId>().unwrap(),
        rare: 4,
        parent: parent.parse::<TaskId>().unwrap(),
        note: NoteId::new(),
        tag: TagName::parse("tag", "tag").unwrap(),
        now: app.state.clock.now(),
        zone: "Europe/Berlin".to_owned(),
    };
    let mut conn = app.database().connect().await;
    let mut errors = Vec::new();
    let shapes = list_shapes(ann.id.parse().unwrap(), &named);
    assert_eq!(shapes.len(), 16 * 4 * 6 * 2);
    for (name, query, values) in shapes {
        let steps = plan(&mut conn, query.sql(), values.clone()).await;
        let by_owner = |[table, kind, key, _]: &[String; 4]| {
            let mut keys = key.split('|');
            let own = |key: &str| key == "PRIMARY" || key.starts_with("ix_tasks_owner_");
            table != "n" || (kind != "ALL" && kind != "index" && keys.all(own))
        };
        let sorted = steps.iter().any(|step| step[3].contains("filesort"));
        if !steps.iter().all(by_owner) || (sorted && is_long(&name)) {
            errors.push(format!("{name}: {steps:?}"));
        }
        let sparse = name.starts_with("short|") || name.starts_with("rare|");
        if sparse || is_long(&name) {
            let count = reads(&mut conn, query.sql(), values).await;
            if count > PAGE_READS {
                errors.push(format!("{name}: {count} rows are read, {steps:?}"));
            }
        }
    }
    conn.disconnect().await.unwrap();
    assert!(errors.is_empty(), "{errors:#?}");
}
