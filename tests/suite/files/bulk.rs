//! Many files at once, and back: into the trash and out, tags on and off, all or none.

use serde_json::{Value, json};

use super::tools::{names, plant, seen, text};
use crate::harness::{Actor, Call, TestApp, id};

fn batch(actor: &Actor, action: &str, ids: &[String], more: &Value) -> Call {
    let mut body = json!({ "kind": "file", "ids": ids, "action": action });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    actor.post("batch").json(body)
}

async fn undo(actor: &Actor, done: &Value) -> (u64, u64) {
    let path = format!("batches/{}/undo", text(done, "id"));
    let undone: Value = actor.post(&path).await.ok();
    (
        undone["undone"].as_u64().unwrap(),
        undone["skipped"].as_u64().unwrap(),
    )
}

async fn three() -> (TestApp, Actor, Vec<String>) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut ids = Vec::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        ids.push(plant(&app, &ann, name, name.as_bytes()).await);
    }
    (app, ann, ids)
}

#[tokio::test]
async fn files_go_into_the_trash_together_and_come_back_together() {
    let (_app, ann, ids) = three().await;
    ann.delete(&format!("files/{}", ids[2])).await.no_content();
    let done: Value = batch(&ann, "delete", &ids, &json!({})).await.ok();
    assert_eq!((&done["kind"], &done["count"]), (&json!("file"), &json!(2)));
    let versions: Vec<&Value> = done["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["version"])
        .collect();
    assert_eq!(versions, [2, 2, 2]);
    assert_eq!(names(&ann, "trashed=true&sort=name").await.len(), 3);
    assert_eq!(undo(&ann, &done).await, (2, 0));
    assert_eq!(names(&ann, "sort=name").await, ["a.txt", "b.txt"]);
    let back: Value = batch(&ann, "restore", &ids[2..], &json!({})).await.ok();
    assert_eq!(back["count"], 1);
    assert_eq!(names(&ann, "sort=name").await, ["a.txt", "b.txt", "c.txt"]);
}

#[tokio::test]
async fn one_file_that_was_thrown_away_is_taken_back_by_its_batch() {
    let (_app, ann, ids) = three().await;
    let reply = ann.delete(&format!("files/{}", ids[0])).await;
    let id = reply.header("x-batch-id").to_owned();
    assert_eq!(undo(&ann, &json!({ "id": id })).await, (1, 0));
    assert_eq!(names(&ann, "sort=name").await, ["a.txt", "b.txt", "c.txt"]);
    let list: Value = ann.get("batches").await.ok();
    assert_eq!(
        (&list["items"][0]["kind"], &list["items"][0]["action"]),
        (&json!("file"), &json!("delete"))
    );
}

#[tokio::test]
async fn tags_are_put_on_many_and_only_what_was_put_on_is_taken_back() {
    let (_app, ann, ids) = three().await;
    let own = json!({ "tags": ["work"] });
    ann.patch(&format!("files/{}", ids[0]))
        .json(&own)
        .await
        .expect_status(200);
    let done: Value = batch(&ann, "tag", &ids, &own).await.ok();
    assert_eq!(done["count"], 2);
    assert_eq!(names(&ann, "tag=work").await.len(), 3);
    assert_eq!(undo(&ann, &done).await, (2, 0));
    assert_eq!(names(&ann, "tag=work").await, ["a.txt"]);
    let done: Value = batch(&ann, "untag", &ids, &own).await.ok();
    assert_eq!(done["count"], 1);
    assert_eq!(seen(&ann, &ids[0]).await["tags"], json!([]));
    assert_eq!(undo(&ann, &done).await, (1, 0));
    assert_eq!(seen(&ann, &ids[0]).await["tags"], json!(["work"]));
}

#[tokio::test]
async fn a_batch_is_done_to_all_or_to_none() {
    let (app, ann, mut ids) = three().await;
    let bob = app.user("bob").await;
    ids.push(plant(&app, &bob, "bobs.txt", b"words").await);
    ids.push(id());
    ids.push(ann.write("A note", "").await.id);
    let reply = batch(&ann, "delete", &ids, &json!({})).await;
    let fields = reply.problem(422, "invalid").fields();
    assert_eq!(
        fields,
        [
            "ids[3]: not_found",
            "ids[4]: not_found",
            "ids[5]: not_found"
        ]
    );
    assert_eq!(names(&ann, "").await.len(), 3);
    for action in ["pin", "archive"] {
        let reply = batch(&ann, action, &ids[..1], &json!({})).await;
        reply.problem(422, "invalid").field("action", "not_allowed");
    }
    let more = json!({ "notebook_id": null });
    let reply = batch(&ann, "move", &ids[..1], &more).await;
    reply.problem(422, "invalid").field("action", "not_allowed");
    let notes = json!({ "kind": "note", "ids": ids[..1], "action": "delete" });
    let reply = ann.post("batch").json(notes).await;
    reply.problem(422, "invalid").field("ids[0]", "not_found");
}

#[tokio::test]
async fn notes_hear_of_their_files_whatever_way_these_go() {
    let (_app, ann, ids) = three().await;
    let note = ann.write("A note", "").await.id;
    for id in &ids {
        ann.put(&format!("notes/{note}/attachments/{id}"))
            .await
            .no_content();
    }
    let attached = async || {
        let read: Value = ann.get(&format!("notes/{note}")).await.ok();
        let files = read["attachments"].as_array().unwrap().len();
        (read["version"].as_u64().unwrap(), files)
    };
    assert_eq!(attached().await, (4, 3));
    let done: Value = batch(&ann, "delete", &ids[..2], &json!({})).await.ok();
    assert_eq!(attached().await, (5, 1));
    undo(&ann, &done).await;
    assert_eq!(attached().await, (6, 3));
    let tag = json!({ "tags": ["a"] });
    batch(&ann, "tag", &ids, &tag).await.expect_status(200);
    assert_eq!(attached().await, (6, 3));
}
