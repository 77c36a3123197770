//! One thing done to many tasks, and taken back.

use serde_json::{Value, json};

use super::{assert_whole, change, drag, list, seen, task, text, titles, undo};
use crate::harness::{Actor, Call, TestApp, id};

fn batch(actor: &Actor, action: &str, ids: &[String], more: &Value) -> Call {
    let mut body = json!({ "kind": "task", "ids": ids, "action": action });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    actor.post("batch").json(body)
}

/// The fields a batch may change, of each task.
async fn states(actor: &Actor, ids: &[String]) -> Vec<Value> {
    let mut states = Vec::new();
    for id in ids {
        let task = seen(actor, id).await;
        let fields = [
            "list_id",
            "tags",
            "status",
            "completed_at",
            "priority",
            "due_at",
            "due_is_date",
            "position",
        ];
        let mut state: Vec<Value> = fields.iter().map(|field| task[field].clone()).collect();
        state.push(json!(task["deleted_at"].is_string()));
        states.push(state.into());
    }
    states
}

#[tokio::test]
async fn every_action_is_done_to_all_tasks_and_taken_back() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(task(&ann, json!({ "title": format!("t{n}") })).await);
    }
    for (action, more) in [
        ("move", json!({ "list_id": place })),
        ("move", json!({ "list_id": null })),
        ("status", json!({ "status": "done" })),
        ("status", json!({ "status": "doing" })),
        ("priority", json!({ "priority": 4 })),
        (
            "due",
            json!({ "due_at": "2026-12-24T00:00:00Z", "due_is_date": true }),
        ),
        ("due", json!({ "due_at": "2026-12-24T18:30:00+01:00" })),
        ("due", json!({ "due_at": null })),
        ("tag", json!({ "tags": ["a", "B"] })),
        ("untag", json!({ "tags": ["b", "unknown"] })),
        ("delete", json!({})),
        ("restore", json!({})),
    ] {
        let before = states(&ann, &ids).await;
        let done: Value = batch(&ann, action, &ids, &more).await.ok();
        assert_eq!(
            (&done["kind"], &done["action"], &done["count"]),
            (&json!("task"), &json!(action), &json!(4))
        );
        for (item, id) in done["items"].as_array().unwrap().iter().zip(&ids) {
            assert_eq!(item["id"], json!(id), "in the order of the request");
            assert_eq!(item["version"], seen(&ann, id).await["version"]);
        }
        assert_whole(&app).await;
        let after = states(&ann, &ids).await;
        assert!(
            before.iter().zip(&after).all(|(one, other)| one != other),
            "{action}"
        );
        let again: Value = batch(&ann, action, &ids, &more).await.ok();
        assert_eq!(again["count"], 0, "{action} was done before");
        assert_eq!(undo(&ann, &text(&done, "id")).await, (4, 0), "{action}");
        assert_eq!(states(&ann, &ids).await, before, "{action}");
        let _: Value = batch(&ann, action, &ids, &more).await.ok();
    }
    assert_eq!(
        titles(&ann, "").await,
        ["t0", "t1", "t2", "t3"],
        "in their order"
    );
    assert_whole(&app).await;
}

#[tokio::test]
async fn what_was_changed_by_hand_since_is_left_alone() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let ids = [task(&ann, json!({})).await, task(&ann, json!({})).await];
    for (action, more, by_hand) in [
        (
            "move",
            json!({ "list_id": place }),
            json!({ "list_id": null }),
        ),
        (
            "status",
            json!({ "status": "done" }),
            json!({ "status": "doing" }),
        ),
        (
            "priority",
            json!({ "priority": 3 }),
            json!({ "priority": 1 }),
        ),
        (
            "due",
            json!({ "due_at": "2026-12-24T00:00:00Z", "due_is_date": true }),
            json!({ "due_is_date": false }),
        ),
    ] {
        let done: Value = batch(&ann, action, &ids, &more).await.ok();
        change(&ann, &ids[0], by_hand).await.expect_status(200);
        let kept = states(&ann, &ids[..1]).await;
        assert_eq!(undo(&ann, &text(&done, "id")).await, (1, 1), "{action}");
        assert_eq!(states(&ann, &ids[..1]).await, kept, "{action}");
        assert_whole(&app).await;
    }
    // Where a list is gone nothing can go back to.
    let done: Value = batch(&ann, "move", &ids, &json!({ "list_id": place }))
        .await
        .ok();
    undo(&ann, &text(&done, "id")).await;
    let there: Value = batch(&ann, "move", &ids, &json!({ "list_id": place }))
        .await
        .ok();
    assert_eq!(there["count"], 2);
    let back: Value = batch(&ann, "move", &ids, &json!({ "list_id": null }))
        .await
        .ok();
    ann.delete(&format!("task-lists/{place}"))
        .await
        .expect_status(204);
    assert_eq!(undo(&ann, &text(&back, "id")).await, (0, 2));
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_batch_that_is_not_understood_names_its_fields() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let ids = [task(&ann, json!({})).await];
    let bobs = list(&bob, "Bob's").await;
    for (action, more, err) in [
        ("move", json!({}), "list_id: required"),
        ("move", json!({ "list_id": id() }), "list_id: not_found"),
        ("move", json!({ "list_id": bobs }), "list_id: not_found"),
        ("status", json!({}), "status: required"),
        (
            "status",
            json!({ "status": "gone" }),
            "status: invalid_value",
        ),
        ("priority", json!({}), "priority: required"),
        (
            "priority",
            json!({ "priority": 5 }),
            "priority: out_of_range",
        ),
        ("due", json!({}), "due_at: required"),
        (
            "due",
            json!({ "due_at": "2026-12-24T18:00:00Z", "due_is_date": true }),
            "due_at: not_a_date",
        ),
        ("pin", json!({}), "action: not_allowed"),
        (
            "delete",
            json!({ "due_is_date": true }),
            "due_is_date: not_allowed",
        ),
        (
            "tag",
            json!({ "tags": ["a"], "priority": 1 }),
            "priority: not_allowed",
        ),
    ] {
        let reply = batch(&ann, action, &ids, &more).await;
        let problem = reply.problem(422, "invalid");
        assert_eq!(problem.fields(), [err], "{action} {more}");
    }
    let note: Value = ann.post("notes").json(json!({})).await.created();
    let mixed = [ids[0].clone(), text(&note, "id")];
    let reply = batch(&ann, "delete", &mixed, &json!({})).await;
    reply.problem(422, "invalid").field("ids[1]", "not_found");
    assert_eq!(seen(&ann, &ids[0]).await["version"], 1);
}

#[tokio::test]
async fn tags_are_shared_with_notes() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "both", "tags": ["Home"] });
    let one = task(&ann, new.clone()).await;
    let note: Value = ann.post("notes").json(new).await.created();
    let page: Value = ann.get("tags").await.ok();
    let tag = &page["items"][0];
    assert_eq!((&tag["notes"], &tag["tasks"]), (&json!(1), &json!(1)));
    let path = format!("tags/{}", text(tag, "id"));
    let renamed = ann.patch(&path).json(json!({ "name": "House" })).await;
    renamed.expect_status(200);
    let path = format!("notes/{}", text(&note, "id"));
    for seen in [seen(&ann, &one).await, ann.get(&path).await.ok()] {
        assert_eq!(
            (&seen["tags"], &seen["version"]),
            (&json!(["House"]), &json!(2))
        );
    }
    assert_eq!(titles(&ann, "tag=house").await, ["both"]);
    assert_whole(&app).await;
}

#[tokio::test]
async fn what_comes_back_finds_a_place_beside_what_took_its_own() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(task(&ann, json!({ "title": format!("t{n}") })).await);
    }
    let done: Value = batch(&ann, "move", &ids, &json!({ "list_id": place }))
        .await
        .ok();
    // The inbox begins anew, with places that were theirs.
    for n in 0..2 {
        task(&ann, json!({ "title": format!("new {n}") })).await;
    }
    assert_eq!(undo(&ann, &text(&done, "id")).await, (4, 0));
    assert_whole(&app).await;
    let now = titles(&ann, "list=none").await;
    let old: Vec<&String> = now.iter().filter(|title| title.starts_with('t')).collect();
    assert_eq!(old, ["t0", "t1", "t2", "t3"], "in their order");
    assert_eq!(now.len(), 6);
}

#[tokio::test]
async fn a_change_of_its_place_or_tags_alone_is_no_edit_of_a_task() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let first = task(&ann, json!({})).await;
    let ids = [task(&ann, json!({})).await];
    let edited = async || text(&seen(&ann, &ids[0]).await, "updated_at");
    for (action, fields, by_hand, is_edit) in [
        (
            "priority",
            json!({ "priority": 1 }),
            json!({ "priority": 2 }),
            true,
        ),
        (
            "status",
            json!({ "status": "doing" }),
            json!({ "status": "done" }),
            true,
        ),
        (
            "move",
            json!({ "list_id": place }),
            json!({ "list_id": null }),
            true,
        ),
        (
            "tag",
            json!({ "tags": ["a"] }),
            json!({ "tags": ["b"] }),
            false,
        ),
        ("delete", json!({}), json!({}), false),
    ] {
        let before = edited().await;
        batch(&ann, action, &ids, &fields).await.expect_status(200);
        let between = edited().await;
        assert_eq!(between != before, is_edit, "{action}");
        if action != "delete" {
            change(&ann, &ids[0], by_hand).await.expect_status(200);
            assert_eq!(edited().await != between, is_edit, "{action} by hand");
        }
    }
    let path = format!("tasks/{}/restore", ids[0]);
    let back: Value = ann.post(&path).await.ok();
    let above: Value = drag(&ann, &ids[0], json!({ "before": first })).await.ok();
    assert_ne!(above["position"], back["position"]);
    assert_eq!(above["updated_at"], back["updated_at"]);
}
