//! Saved views: lists under a name, in an order of their own.

use serde_json::{Value, json};

use super::text;
use crate::harness::{Actor, TestApp, id, together};

async fn view(actor: &Actor, new: Value) -> String {
    let made: Value = actor.post("views").json(new).await.created();
    text(&made, "id")
}

async fn names(actor: &Actor) -> Vec<String> {
    let page: Value = actor.get("views").await.ok();
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| text(item, "name")).collect()
}

#[tokio::test]
async fn views_are_saved_changed_ordered_and_removed() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let new = json!({
        "name": "Board", "kind": "tasks", "query": "status=open&sort=priority", "layout": "board",
    });
    let board = view(&ann, new).await;
    view(&ann, json!({ "name": "Pinned", "kind": "notes" })).await;
    view(&bob, json!({ "name": "Bob's", "kind": "files" })).await;
    assert_eq!(names(&ann).await, ["Board", "Pinned"]);
    let path = format!("views/{board}");
    let read: Value = ann.get(&path).await.ok();
    assert_eq!(read["query"], "status=open&sort=priority");
    assert_eq!(
        (&read["layout"], &read["position"]),
        (&json!("board"), &json!(0))
    );
    let changed: Value = ann
        .patch(&path)
        .json(json!({ "name": "Mine", "position": 7 }))
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Mine"), &json!(2))
    );
    assert_eq!(names(&ann).await, ["Pinned", "Mine"]);
    let late = ann.patch(&path).if_match(1).json(json!({ "name": "Late" }));
    late.await.problem(412, "stale");
    bob.get(&path).await.problem(404, "not_found");
    bob.patch(&path)
        .json(json!({ "name": "Stolen" }))
        .await
        .problem(404, "not_found");
    bob.delete(&path).await.no_content();
    assert_eq!(names(&ann).await, ["Pinned", "Mine"]);
    for _ in 0..2 {
        ann.delete(&path).await.no_content();
    }
    assert_eq!(names(&ann).await, ["Pinned"]);
    ann.get(&path).await.problem(404, "not_found");
    let heard: Value = ann.get("changes").await.ok();
    let ops: Vec<&str> = heard["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["op"].as_str().unwrap())
        .collect();
    assert_eq!(ops, ["create", "create", "update", "delete"]);
}

#[tokio::test]
async fn a_view_that_is_not_understood_names_its_fields() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (new, err) in [
        (json!({ "kind": "tasks" }), "name: required"),
        (json!({ "name": "a" }), "kind: required"),
        (
            json!({ "name": "a", "kind": "mails" }),
            "kind: invalid_value",
        ),
        (json!({ "name": "", "kind": "tasks" }), "name: required"),
        (
            json!({ "name": "a", "kind": "tasks", "query": "x".repeat(2001) }),
            "query: too_long",
        ),
        (
            json!({ "name": "a", "kind": "tasks", "layout": "a\nb" }),
            "layout: invalid_character",
        ),
        (
            json!({ "name": "a", "kind": "tasks", "position": -1 }),
            "position: invalid_type",
        ),
    ] {
        let reply = ann.post("views").json(new).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err]);
    }
    let own = id();
    let new = json!({ "id": own, "name": "a", "kind": "tasks" });
    ann.post("views").json(new.clone()).await.expect_status(201);
    ann.post("views").json(new).await.problem(409, "id_taken");
}

#[tokio::test]
async fn an_account_has_a_hundred_views() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let sql = "INSERT INTO views (owner_id, id, name, kind, query, layout, position, created_at, \
                 updated_at) SELECT u.id, RANDOM_BYTES(16), 'v', 'tasks', '', '', 1, \
                 UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM users u";
    for _ in 0..97 {
        app.database().exec(sql, ()).await;
    }
    let new = || {
        ann.post("views")
            .json(json!({ "name": "a", "kind": "tasks" }))
    };
    let replies = together((0..6).map(|_| new())).await;
    let made = replies.iter().filter(|reply| reply.status() == 201);
    assert_eq!(made.count(), 3);
    new().await.problem(409, "too_many_views");
}
