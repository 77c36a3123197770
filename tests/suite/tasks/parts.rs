//! Parts of tasks: one level deep, in the list of their task, and on its way into the trash and out.

use serde_json::{Value, json};

use super::{assert_whole, change, drag, list, seen, task, text, titles, undo};
use crate::harness::{TestApp, id};

#[tokio::test]
async fn a_part_lies_where_its_task_lies() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (place, other) = (list(&ann, "Place").await, list(&ann, "Other").await);
    let whole = task(&ann, json!({ "title": "whole", "list_id": place })).await;
    let new = json!({ "title": "one", "parent_id": whole, "list_id": other });
    let one = task(&ann, new).await;
    assert_eq!(seen(&ann, &one).await["list_id"], json!(place));
    let two = task(&ann, json!({ "title": "two" })).await;
    change(&ann, &two, json!({ "parent_id": whole }))
        .await
        .expect_status(200);
    assert_eq!(seen(&ann, &two).await["list_id"], json!(place));
    change(&ann, &two, json!({ "list_id": other }))
        .await
        .expect_status(200);
    assert_eq!(seen(&ann, &two).await["list_id"], json!(place));
    assert_eq!(
        titles(&ann, &format!("parent={whole}")).await,
        ["one", "two"]
    );
    assert_eq!(titles(&ann, "parent=none").await, ["whole"]);

    // They go with it, whichever way it goes.
    change(&ann, &whole, json!({ "list_id": other }))
        .await
        .expect_status(200);
    let in_list = async |list: &str| titles(&ann, &format!("list={list}")).await;
    assert_eq!(in_list(&other).await, ["whole", "one", "two"]);
    assert_whole(&app).await;
    let reply = drag(&ann, &whole, json!({ "list_id": place })).await;
    let batch = reply.header("x-batch-id").to_owned();
    assert_eq!(in_list(&place).await, ["whole", "one", "two"]);
    assert_eq!(undo(&ann, &batch).await, (3, 0));
    assert_eq!(in_list(&other).await, ["whole", "one", "two"]);
    assert_eq!(seen(&ann, &one).await["parent_id"], json!(whole));
    let body = json!({ "kind": "task", "ids": [whole], "action": "move", "list_id": null });
    let done: Value = ann.post("batch").json(body).await.ok();
    assert_eq!(done["count"], 3);
    assert_eq!(in_list("none").await, ["whole", "one", "two"]);
    assert_eq!(undo(&ann, &text(&done, "id")).await, (3, 0));
    assert_whole(&app).await;

    // A part that is dragged to another list is a task of its own there.
    drag(&ann, &one, json!({ "list_id": place }))
        .await
        .expect_status(200);
    assert_eq!(seen(&ann, &one).await["parent_id"], Value::Null);
    assert_whole(&app).await;
}

#[tokio::test]
async fn parts_go_into_the_trash_with_their_task_and_come_back_with_it() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let whole = task(&ann, json!({ "title": "whole" })).await;
    let mut parts = Vec::new();
    for title in ["a", "b", "c"] {
        parts.push(task(&ann, json!({ "title": title, "parent_id": whole })).await);
    }
    ann.delete(&format!("tasks/{}", parts[0]))
        .await
        .no_content();
    let reply = ann.delete(&format!("tasks/{whole}")).await;
    let batch = reply.header("x-batch-id").to_owned();
    assert!(titles(&ann, "").await.is_empty());
    assert_eq!(undo(&ann, &batch).await, (3, 0));
    assert_eq!(titles(&ann, "").await, ["whole", "b", "c"]);
    ann.delete(&format!("tasks/{whole}"))
        .await
        .expect_status(204);
    let path = format!("tasks/{whole}/restore");
    ann.post(&path).await.expect_status(200);
    assert_eq!(titles(&ann, "").await, ["whole", "b", "c"]);
    assert_eq!(seen(&ann, &parts[1]).await["parent_id"], json!(whole));
    assert_whole(&app).await;

    // What comes back without its task is one of its own.
    ann.delete(&format!("tasks/{whole}"))
        .await
        .expect_status(204);
    let path = format!("tasks/{}/restore", parts[2]);
    let alone: Value = ann.post(&path).await.ok();
    assert_eq!(alone["parent_id"], Value::Null);
    assert_whole(&app).await;
    let path = format!("tasks/{whole}?permanent=true");
    ann.delete(&path).await.no_content();
    let back: Value = ann.post(&format!("tasks/{}/restore", parts[1])).await.ok();
    assert_eq!(back["parent_id"], Value::Null);
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_part_has_no_parts_and_its_task_is_there() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let whole = task(&ann, json!({ "title": "whole" })).await;
    let part = task(&ann, json!({ "parent_id": whole })).await;
    let single = task(&ann, json!({})).await;
    let bobs = task(&bob, json!({})).await;
    let trashed = task(&ann, json!({})).await;
    ann.delete(&format!("tasks/{trashed}"))
        .await
        .expect_status(204);
    for (parent, err) in [
        (&part, "parent_id: too_deep"),
        (&bobs, "parent_id: not_found"),
        (&trashed, "parent_id: not_found"),
        (&id(), "parent_id: not_found"),
    ] {
        let new = json!({ "parent_id": parent });
        let reply = ann.post("tasks").json(new.clone()).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err]);
        let reply = change(&ann, &single, new).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err]);
    }
    let reply = change(&ann, &single, json!({ "parent_id": single })).await;
    reply.problem(422, "invalid").field("parent_id", "cycle");
    let reply = change(&ann, &whole, json!({ "parent_id": single })).await;
    reply.problem(422, "invalid").field("parent_id", "too_deep");
    change(&ann, &part, json!({ "parent_id": null }))
        .await
        .expect_status(200);
    change(&ann, &whole, json!({ "parent_id": single }))
        .await
        .expect_status(200);
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_list_tells_how_the_parts_of_its_tasks_are() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let whole = task(&ann, json!({ "title": "whole" })).await;
    task(&bob, json!({ "title": "whole" })).await;
    let counts = async || -> Vec<(String, Value)> {
        let page: Value = ann.get("tasks?sort=created").await.ok();
        let items = page["items"].as_array().unwrap().iter();
        let told = items.map(|item| (text(item, "title"), item["subtasks"].clone()));
        told.collect()
    };
    let of_whole = async |open: u32, total: u32| {
        let told = counts().await;
        let whole = told.iter().find(|(title, _)| title == "whole").unwrap();
        assert_eq!(whole.1, json!({ "open": open, "total": total }));
        let none = json!({ "open": 0, "total": 0 });
        let parts = told.iter().filter(|(title, _)| title != "whole");
        assert!(parts.clone().all(|part| part.1 == none), "{told:?}");
        assert_eq!(parts.count(), total as usize);
    };
    of_whole(0, 0).await;
    let mut parts = Vec::new();
    for title in ["a", "b", "c"] {
        parts.push(task(&ann, json!({ "title": title, "parent_id": whole })).await);
    }
    of_whole(3, 3).await;
    let done = json!({ "status": "done" });
    change(&ann, &parts[0], done).await.expect_status(200);
    of_whole(2, 3).await;
    let path = format!("tasks/{}", parts[1]);
    let removed = ann.delete(&path).await;
    of_whole(1, 2).await;
    undo(&ann, removed.header("x-batch-id")).await;
    of_whole(2, 3).await;
    let alone = json!({ "parent_id": null });
    change(&ann, &parts[2], alone).await.expect_status(200);
    let told = counts().await;
    assert_eq!(told.len(), 4);
    let of = |title: &str| told.iter().find(|one| one.0 == title).unwrap().1.clone();
    assert_eq!(of("whole"), json!({ "open": 1, "total": 2 }));
}

#[tokio::test]
async fn a_task_of_many_parts_goes_anywhere_in_a_few_trips() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let whole = task(&ann, json!({ "title": "whole" })).await;
    let mut parts = Vec::new();
    for _ in 0..60 {
        parts.push(task(&ann, json!({ "parent_id": whole })).await);
    }
    let mut most = 0;
    let mut batch = async |ids: &[String], action: &str| {
        let mut body = json!({ "kind": "task", "ids": ids, "action": action });
        if action == "move" {
            body["list_id"] = json!(place);
        }
        let before = app.state.db.round_trips();
        let done: Value = ann.post("batch").json(body).await.ok();
        most = most.max(app.state.db.round_trips() - before);
        let before = app.state.db.round_trips();
        let back = undo(&ann, &text(&done, "id")).await;
        most = most.max(app.state.db.round_trips() - before);
        assert_eq!(back.1, 0, "{action}");
        back.0
    };
    let one = [whole.clone()];
    assert_eq!(batch(&one, "move").await, 61);
    assert_eq!(batch(&one, "delete").await, 61);
    // The task stays in use: whether it does is asked once.
    assert_eq!(batch(&parts, "delete").await, 60);
    assert!(most < 30, "{most} trips");
    assert_whole(&app).await;
}
