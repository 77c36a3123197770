//! Taking a batch back: what is as the batch left it goes back, what somebody changed since stays,
//! and nothing but the one thing that the batch did is touched.

use serde_json::{Value, json};

use super::tools::{
    assert_whole, batch, note_with, notebook, seen, tag_id, tags_of, text, undo, undone,
};
use crate::harness::{Actor, id, together};

async fn done(actor: &Actor, action: &str, ids: &[String], more: Value) -> String {
    let done: Value = batch(actor, action, ids, &more).await.ok();
    text(&done, "id")
}

async fn notes(actor: &Actor, count: usize, fields: Value) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(note_with(actor, fields.clone()).await);
    }
    ids
}

async fn change(actor: &Actor, id: &str, change: Value) {
    let call = actor.patch(&format!("notes/{id}"));
    let reply = call.header("if-match", "*").json(change).await;
    reply.expect_status(200);
}

#[tokio::test]
async fn what_was_changed_by_hand_since_is_left_alone() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (from, to) = (
        notebook(&ann, "From", None).await,
        notebook(&ann, "To", None).await,
    );
    let ids = notes(&ann, 3, json!({ "notebook_id": from })).await;
    let moved = done(&ann, "move", &ids, json!({ "notebook_id": to })).await;
    change(&ann, &ids[0], json!({ "notebook_id": null })).await;
    change(
        &ann,
        &ids[1],
        json!({ "body": "edited", "title": "Edited", "pinned": true }),
    )
    .await;
    assert_eq!(undone(&undo(&ann, &moved).await), (2, 1));
    assert_eq!(seen(&ann, &ids[0]).await["notebook_id"], Value::Null);
    let edited = seen(&ann, &ids[1]).await;
    assert_eq!(
        (&edited["body"], &edited["title"], &edited["pinned"]),
        (&json!("edited"), &json!("Edited"), &json!(true))
    );
    assert_eq!(edited["notebook_id"], json!(from));

    let tagged = done(&ann, "tag", &ids, json!({ "tags": ["a", "b"] })).await;
    change(&ann, &ids[0], json!({ "tags": ["b", "own"] })).await;
    change(&ann, &ids[1], json!({ "tags": [] })).await;
    assert_eq!(undone(&undo(&ann, &tagged).await), (2, 1));
    assert_eq!(tags_of(&ann, &ids[0]).await, ["own"]);
    assert!(tags_of(&ann, &ids[2]).await.is_empty());

    let archived = done(&ann, "archive", &ids, json!({})).await;
    change(&ann, &ids[0], json!({ "archived": false })).await;
    ann.delete(&format!("notes/{}", ids[1])).await.no_content();
    ann.delete(&format!("notes/{}?permanent=true", ids[1]))
        .await
        .no_content();
    assert_eq!(undone(&undo(&ann, &archived).await), (1, 2));
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_note_whose_old_notebook_is_gone_stays_where_it_is() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (from, to) = (
        notebook(&ann, "From", None).await,
        notebook(&ann, "To", None).await,
    );
    let ids = notes(&ann, 2, json!({ "notebook_id": from })).await;
    let moved = done(&ann, "move", &ids, json!({ "notebook_id": to })).await;
    ann.delete(&format!("notebooks/{from}")).await.no_content();
    assert_eq!(undone(&undo(&ann, &moved).await), (0, 2));
    assert_eq!(seen(&ann, &ids[0]).await["notebook_id"], json!(to));
    assert_whole(&app).await;
}

#[tokio::test]
async fn tags_come_back_in_the_spelling_they_have_now() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let ids = notes(&ann, 2, json!({ "tags": ["home", "stays"] })).await;
    let off = done(&ann, "untag", &ids, json!({ "tags": ["home"] })).await;
    let tag = tag_id(&ann, "home").await;
    let call = ann.patch(&format!("tags/{tag}"));
    call.json(json!({ "name": "HOME" }))
        .await
        .expect_status(200);
    change(&ann, &ids[1], json!({ "tags": ["stays", "home"] })).await;
    assert_eq!(undone(&undo(&ann, &off).await), (1, 1));
    for id in &ids {
        assert_eq!(tags_of(&ann, id).await, ["HOME", "stays"]);
    }
    assert_whole(&app).await;
    assert_eq!(super::tools::titles(&ann, "tag=home").await.len(), 2);

    let on = done(&ann, "tag", &ids, json!({ "tags": ["new"] })).await;
    let tag = tag_id(&ann, "new").await;
    let call = ann.patch(&format!("tags/{tag}"));
    call.json(json!({ "name": "New" })).await.expect_status(200);
    assert_eq!(undone(&undo(&ann, &on).await), (2, 0));
    assert_eq!(tags_of(&ann, &ids[0]).await, ["HOME", "stays"]);

    let off = done(&ann, "untag", &ids, json!({ "tags": ["stays"] })).await;
    let tag = tag_id(&ann, "stays").await;
    ann.delete(&format!("tags/{tag}")).await.no_content();
    assert_eq!(undone(&undo(&ann, &off).await), (2, 0));
    assert_eq!(tags_of(&ann, &ids[0]).await, ["HOME", "stays"]);
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_single_deletion_is_taken_back_by_its_batch() {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = note_with(&ann, json!({ "body": "text", "tags": ["a"] })).await;
    let before = seen(&ann, &own).await;
    let path = format!("notes/{own}");
    let reply = ann.delete(&path).await;
    reply.no_content();
    let batch = reply.header("x-batch-id").to_owned();
    let again = ann.delete(&path).await;
    assert!(again.headers("x-batch-id").is_empty(), "nothing was done");
    undo(&bob, &batch).await.problem(404, "not_found");
    undo(&ann, &id()).await.problem(404, "not_found");
    assert_eq!(undone(&undo(&ann, &batch).await), (1, 0));
    let mut after = seen(&ann, &own).await;
    assert_eq!(after["version"], 3);
    after["version"] = json!(1);
    assert_eq!(after, before);
    undo(&ann, &batch).await.problem(409, "already_undone");
    ann.delete(&path).await.no_content();
    let _: Value = ann.post(&format!("{path}/restore")).await.ok();
    assert_whole(&app).await;
}

#[tokio::test]
async fn a_batch_is_taken_back_once_and_within_a_week() {
    let instances = super::instances(2).await;
    let (app, ann) = (&instances[0], instances[0].user("ann").await);
    let ids = notes(&ann, 5, json!({})).await;
    for _ in 0..6 {
        let batch = done(&ann, "delete", &ids, json!({})).await;
        let calls = (0..6).map(|n| undo(&ann.at(&instances[n % 2]), &batch));
        let replies = together(calls).await;
        let won = replies.iter().filter(|reply| reply.status() == 200);
        assert_eq!(won.count(), 1);
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            reply.problem(409, "already_undone");
        }
    }
    let batch = done(&ann, "pin", &ids, json!({})).await;
    let age = "UPDATE batches SET created_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE \
               ORDER BY id DESC LIMIT 1";
    let week = 7 * 24 * 60;
    app.database().exec(age, (week + 1,)).await;
    undo(&ann, &batch).await.problem(404, "not_found");
    assert_eq!(seen(&ann, &ids[0]).await["pinned"], true);
    app.database().exec(age, (week - 1,)).await;
    assert_eq!(undone(&undo(&ann, &batch).await), (5, 0));
    assert_whole(app).await;
}

#[tokio::test]
async fn what_an_undo_does_stands_in_the_sequence_under_its_batch() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let ids = notes(&ann, 2, json!({})).await;
    let batch = done(&ann, "delete", &ids, json!({})).await;
    undo(&ann, &batch).await.expect_status(200);
    let sql = "SELECT op, version FROM changes WHERE batch_id = ? ORDER BY seq";
    let batch: uuid::Uuid = batch.parse().unwrap();
    let rows: Vec<(String, u64)> = app.database().rows(sql, (batch.as_bytes().to_vec(),)).await;
    let wanted = [("trash", 2), ("trash", 2), ("restore", 3), ("restore", 3)];
    let wanted = wanted.map(|(op, version)| (op.to_owned(), version));
    assert_eq!(rows, wanted);
    assert_whole(&app).await;
}
