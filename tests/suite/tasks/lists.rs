//! Lists of tasks: made, renamed, and deleted without losing a task.

use serde_json::{Value, json};

use super::{assert_whole, list, seen, task, text, titles, undo};
use crate::harness::{Actor, TestApp, id};

async fn names(actor: &Actor) -> Vec<String> {
    let page: Value = actor.get("task-lists").await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| text(item, "name")).collect()
}

#[tokio::test]
async fn lists_are_made_renamed_and_listed_by_name() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    assert!(names(&ann).await.is_empty(), "the inbox is no list");
    let work = list(&ann, "work").await;
    list(&ann, "Home").await;
    list(&bob, "Bob's").await;
    assert_eq!(names(&ann).await, ["Home", "work"]);
    task(&ann, json!({ "list_id": work })).await;
    task(&ann, json!({ "list_id": work, "status": "done" })).await;
    let path = format!("task-lists/{work}");
    let read: Value = ann.get(&path).await.ok();
    assert_eq!((&read["tasks"], &read["version"]), (&json!(1), &json!(1)));
    let renamed: Value = ann
        .patch(&path)
        .json(json!({ "name": "Arbeit" }))
        .await
        .ok();
    assert_eq!(
        (&renamed["name"], &renamed["version"]),
        (&json!("Arbeit"), &json!(2))
    );
    let same: Value = ann
        .patch(&path)
        .json(json!({ "name": "Arbeit" }))
        .await
        .ok();
    assert_eq!(same, renamed);
    let late = ann.patch(&path).if_match(1).json(json!({ "name": "Late" }));
    late.await.problem(412, "stale");
    let page: Value = ann.get("task-lists?limit=1").await.ok();
    let next = format!("task-lists?limit=1&cursor={}", text(&page, "next_cursor"));
    let page: Value = ann.get(&next).await.ok();
    assert_eq!(page["items"][0]["name"], "Home");
    for (new, err) in [
        (json!({}), "name: required"),
        (json!({ "name": "" }), "name: required"),
        (json!({ "name": " a" }), "name: invalid_character"),
        (json!({ "name": "x".repeat(101) }), "name: too_long"),
        (json!({ "name": "a", "color": 1 }), "color: unknown_field"),
    ] {
        let reply = ann.post("task-lists").json(new).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err]);
    }
    let taken = json!({ "id": work, "name": "Again" });
    for actor in [&ann, &bob] {
        let reply = actor.post("task-lists").json(taken.clone()).await;
        reply.problem(409, "id_taken");
    }
    bob.get(&path).await.problem(404, "not_found");
    bob.delete(&path).await.problem(404, "not_found");
    let heard: Value = ann.get("changes").await.ok();
    assert_eq!(heard["items"][0]["kind"], "task_list");
}

#[tokio::test]
async fn a_list_that_is_deleted_says_what_becomes_of_its_tasks() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for fate in ["keep", "trash"] {
        let place = list(&ann, fate).await;
        let path = format!("task-lists/{place}");
        let one = task(&ann, json!({ "title": "one", "list_id": place })).await;
        task(&ann, json!({ "title": "part", "parent_id": one })).await;
        task(&ann, json!({ "title": "two", "list_id": place })).await;
        let inside = format!("list={place}");
        ann.delete(&path).await.problem(409, "list_not_empty");
        assert_eq!(titles(&ann, &inside).await, ["one", "part", "two"]);
        let reply = ann.delete(&format!("{path}?tasks={fate}")).await;
        let batch = reply.header("x-batch-id").to_owned();
        ann.get(&path).await.problem(404, "not_found");
        ann.delete(&path).await.no_content();
        let left = if fate == "keep" {
            vec!["one", "two", "part"]
        } else {
            vec![]
        };
        assert_eq!(titles(&ann, "list=none").await, left, "{fate}");
        assert_eq!(titles(&ann, "trashed=true").await.len(), 3 - left.len());
        let reply = ann.post("tasks").json(json!({ "list_id": place })).await;
        reply.problem(422, "invalid").field("list_id", "not_found");
        assert_whole(&app).await;
        assert_eq!(undo(&ann, &batch).await, (4, 0), "{fate}");
        assert_eq!(
            titles(&ann, &inside).await,
            ["one", "part", "two"],
            "{fate}"
        );
        let page: Value = ann.get(&format!("tasks?parent={one}")).await.ok();
        assert_eq!(page["items"][0]["title"], "part");
        assert_whole(&app).await;
    }
}

#[tokio::test]
async fn what_comes_back_without_its_list_comes_into_the_inbox() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let one = task(&ann, json!({ "title": "one", "list_id": place })).await;
    ann.delete(&format!("tasks/{one}")).await.expect_status(204);
    ann.delete(&format!("task-lists/{place}"))
        .await
        .expect_status(204);
    let back: Value = ann.post(&format!("tasks/{one}/restore")).await.ok();
    assert_eq!(back["list_id"], Value::Null);
    assert_eq!(seen(&ann, &one).await, back);
    ann.delete(&format!("task-lists/{}", id()))
        .await
        .problem(404, "not_found");
    assert_whole(&app).await;
}
