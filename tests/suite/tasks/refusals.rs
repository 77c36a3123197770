//! Requests about tasks that are not understood: each fault names its field, nothing is done.

use serde_json::{Value, json};

use super::{change, seen, task, titles};
use crate::harness::{TestApp, id};

#[tokio::test]
async fn a_task_that_is_not_understood_names_its_fields() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let note: Value = bob.post("notes").json(json!({})).await.created();
    let own = task(&ann, json!({ "title": "own" })).await;
    for (fields, err) in [
        (json!({ "title": "x".repeat(201) }), "title: too_long"),
        (json!({ "title": "a\nb" }), "title: invalid_character"),
        (
            json!({ "description": "a\u{0}b" }),
            "description: invalid_character",
        ),
        (json!({ "status": "later" }), "status: invalid_value"),
        (json!({ "priority": 5 }), "priority: out_of_range"),
        (json!({ "priority": -1 }), "priority: invalid_type"),
        (json!({ "tags": ["a", ""] }), "tags[1]: required"),
        (json!({ "list_id": id() }), "list_id: not_found"),
        (json!({ "list_id": "x" }), "list_id: invalid_type"),
        (json!({ "note_id": id() }), "note_id: not_found"),
        (json!({ "note_id": note["id"] }), "note_id: not_found"),
        (json!({ "body": "x" }), "body: unknown_field"),
        (json!({ "position": "a0" }), "position: unknown_field"),
    ] {
        let reply = ann.post("tasks").json(fields.clone()).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err], "{fields}");
        let reply = change(&ann, &own, fields.clone()).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err], "{fields}");
    }
    assert_eq!(titles(&ann, "").await, ["own"]);
    assert_eq!(seen(&ann, &own).await["version"], 1);
    let tags: Value = ann.get("tags").await.ok();
    assert_eq!(tags["items"], json!([]));
}

#[tokio::test]
async fn a_list_that_is_not_understood_names_its_parameters() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    for n in 0..3 {
        task(&ann, json!({ "title": n.to_string() })).await;
    }
    for (query, err) in [
        ("list=x", "list: invalid_uuid"),
        ("parent=x", "parent: invalid_uuid"),
        ("priority=5", "priority: out_of_range"),
        ("limit=0", "limit: out_of_range"),
        ("limit=201", "limit: out_of_range"),
        ("sort=title", "sort: invalid_value"),
        ("status=gone", "status: invalid_value"),
        ("smart=week", "smart: invalid_value"),
        ("tag=", "tag: required"),
        ("archived=true", "archived: unknown_field"),
        ("cursor=x", "cursor: invalid_cursor"),
    ] {
        let reply = ann.get(&format!("tasks?{query}")).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err], "{query}");
    }
    let page: Value = ann.get("tasks?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    for (actor, query) in [(&bob, "limit=1"), (&ann, "sort=due"), (&ann, "status=open")] {
        let reply = actor.get(&format!("tasks?{query}&cursor={cursor}")).await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    let reply = ann.get("tasks?status=open&limit=1").await;
    assert!(reply.header("link").contains("status=open"), "{reply:?}");
    let etag = reply.header("etag").to_owned();
    let again = ann.get("tasks?status=open&limit=1");
    again.header("if-none-match", &etag).await.not_modified();
}
