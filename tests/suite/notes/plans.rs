//! How the server answers every shape of a list: by an index that begins with the owner, never by
//! a look at the texts, and sorted by the index itself wherever a list may be long. The name says
//! `both_databases`: `cargo test both_databases` asks a MySQL as well.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use satchel::domain::id::{NotebookId, UserId};
use satchel::features::notes::list_shapes;
use serde_json::json;

use crate::documents::tools::{batch, many_notes, notebook};
use crate::harness::{Actor, Notes, TestApp};

/// Notes of the one whose lists are looked at.
const NOTES: usize = 4000;

/// One line of a plan.
#[derive(Debug)]
struct Step {
    table: String,
    kind: String,
    key: String,
    extra: String,
}

async fn plan(conn: &mut Conn, sql: &str, values: Vec<mysql_async::Value>) -> Vec<Step> {
    let rows: Vec<Row> = conn
        .exec(format!("EXPLAIN FORMAT=TRADITIONAL {sql}"), values)
        .await
        .unwrap();
    let text = |row: &Row, name: &str| -> String {
        let value: Option<Option<String>> = row.get(name);
        value.flatten().unwrap_or_default()
    };
    rows.iter()
        .map(|row| Step {
            table: text(row, "table"),
            kind: text(row, "type"),
            key: text(row, "key"),
            extra: text(row, "Extra"),
        })
        .collect()
}

/// Four thousand notes of Ann on all shelves, a tenth of them in one notebook, a tenth pinned, a
/// twentieth under one tag; a thousand of Bob.
async fn filled(app: &TestApp) -> (Actor, String) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let ids = many_notes::<Notes>(app, &ann.id, NOTES).await;
    many_notes::<Notes>(app, &bob.id, 1000).await;
    let place = notebook::<Notes>(&ann, "Place", None).await;
    let work = [
        ("move", json!({ "notebook_id": place }), 0..400),
        ("pin", json!({}), 200..600),
        ("tag", json!({ "tags": ["tag"] }), 300..500),
        ("archive", json!({}), 3000..3500),
        ("delete", json!({}), 3500..4000),
    ];
    for (action, more, range) in work {
        let reply = batch::<Notes>(&ann, action, &ids[range], &more).await;
        reply.expect_status(200);
    }
    for other in 0..10 {
        let more = json!({ "tags": [format!("other {other}")] });
        let range = other * 300..other * 300 + 300;
        let reply = batch::<Notes>(&ann, "tag", &ids[range], &more).await;
        reply.expect_status(200);
    }
    let sql = "UPDATE notes SET updated_at = updated_at - INTERVAL RAND() * 100000 SECOND, \
               created_at = updated_at";
    app.database().exec(sql, ()).await;
    let mut conn = app.database().connect().await;
    let tables = "notes, tags, tagged, revisions";
    let _: Vec<Row> = conn.query(format!("ANALYZE TABLE {tables}")).await.unwrap();
    conn.disconnect().await.unwrap();
    (ann, place)
}

#[tokio::test]
async fn both_databases_every_list_is_read_by_an_index_of_its_owner() {
    let app = TestApp::start().await;
    let (ann, place) = filled(&app).await;
    let (owner, place): (UserId, NotebookId) = (ann.id.parse().unwrap(), place.parse().unwrap());
    let mut conn = app.database().connect().await;
    let mut sorted = Vec::new();
    let mut errors = Vec::new();
    let shapes = list_shapes(owner, place, "tag");
    assert_eq!(shapes.len(), 324);
    for (name, query, values) in shapes {
        let steps = plan(&mut conn, query.sql(), values).await;
        let notes = steps.iter().find(|step| step.table == "n");
        let notes = notes.unwrap_or_else(|| panic!("{name}: {steps:?}"));
        let mut keys = notes.key.split('|');
        let by_owner = keys.all(|key| key == "PRIMARY" || key.starts_with("ix_notes_owner_"));
        let texts = steps.iter().any(|step| step.table == "r");
        let by_tag = steps
            .iter()
            .all(|step| step.table != "g" || step.key == "PRIMARY");
        if !by_owner || !by_tag || texts || notes.kind == "ALL" {
            errors.push(format!("{name}: {steps:?}"));
        }
        if steps.iter().any(|step| step.extra.contains("filesort")) {
            sorted.push(format!("{name}: {steps:?}"));
        }
    }
    conn.disconnect().await.unwrap();
    assert!(errors.is_empty(), "{errors:#?}");
    // What is filtered by nothing but its shelf may be long and is read in its order; so are a
    // notebook and the pinned notes in the usual order. What is left has its page of the decisions.
    let long = |name: &&String| {
        let usual = name.contains("|Updated|") && name.contains("|None||");
        name.starts_with("plain") || usual
    };
    let long: Vec<&String> = sorted.iter().filter(long).collect();
    assert!(long.is_empty(), "{long:#?}");
}
