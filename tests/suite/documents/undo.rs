//! Taking a batch back: what is as the batch left it goes back, what somebody changed since stays,
//! and nothing but the one thing that the batch did is touched.

use serde_json::{Value, json};

use super::tools::{
    assert_whole, batch, note_with, notebook, seen, tag_id, tags_of, text, titles, undo, undone,
};
use crate::harness::{Actor, DocumentKind, TestApp, id, together};

async fn done<D: DocumentKind>(actor: &Actor, action: &str, ids: &[String], more: Value) -> String {
    let done: Value = batch::<D>(actor, action, ids, &more).await.ok();
    text(&done, "id")
}

async fn notes<D: DocumentKind>(actor: &Actor, count: usize, fields: Value) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(note_with::<D>(actor, fields.clone()).await);
    }
    ids
}

async fn change<D: DocumentKind>(actor: &Actor, id: &str, change: Value) {
    let call = actor.patch(&format!("{}/{id}", D::PATH));
    let reply = call.header("if-match", "*").json(change).await;
    reply.expect_status(200);
}

async fn what_was_changed_by_hand_since_is_left_alone<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (from, to) = (
        notebook::<D>(&ann, "From", None).await,
        notebook::<D>(&ann, "To", None).await,
    );
    let ids = notes::<D>(&ann, 3, json!({ (D::CONTAINER_ID): from })).await;
    let moved = done::<D>(&ann, "move", &ids, json!({ (D::CONTAINER_ID): to })).await;
    change::<D>(&ann, &ids[0], json!({ (D::CONTAINER_ID): null })).await;
    change::<D>(
        &ann,
        &ids[1],
        json!({ (D::BODY): "edited", "title": "Edited", (D::PIN): D::pin(true) }),
    )
    .await;
    assert_eq!(undone(&undo(&ann, &moved).await), (2, 1));
    assert_eq!(seen::<D>(&ann, &ids[0]).await[D::CONTAINER_ID], Value::Null);
    let edited = seen::<D>(&ann, &ids[1]).await;
    assert_eq!(
        (&edited[D::BODY], &edited["title"], &edited[D::PIN]),
        (&json!("edited"), &json!("Edited"), &D::pin(true))
    );
    assert_eq!(edited[D::CONTAINER_ID], json!(from));

    let tagged = done::<D>(&ann, "tag", &ids, json!({ "tags": ["a", "b"] })).await;
    change::<D>(&ann, &ids[0], json!({ "tags": ["b", "own"] })).await;
    change::<D>(&ann, &ids[1], json!({ "tags": [] })).await;
    assert_eq!(undone(&undo(&ann, &tagged).await), (2, 1));
    assert_eq!(tags_of::<D>(&ann, &ids[0]).await, ["own"]);
    assert!(tags_of::<D>(&ann, &ids[2]).await.is_empty());

    let (action, fields) = D::archive_action(true);
    let archived = done::<D>(&ann, action, &ids, fields).await;
    change::<D>(&ann, &ids[0], json!({ (D::ARCHIVE): D::archive(false) })).await;
    ann.delete(&format!("{}/{}", D::PATH, ids[1]))
        .await
        .no_content();
    ann.delete(&format!("{}/{}?permanent=true", D::PATH, ids[1]))
        .await
        .no_content();
    assert_eq!(undone(&undo(&ann, &archived).await), (1, 2));
    assert_whole::<D>(&app).await;
}

async fn a_note_whose_old_notebook_is_gone_stays_where_it_is<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (from, to) = (
        notebook::<D>(&ann, "From", None).await,
        notebook::<D>(&ann, "To", None).await,
    );
    let ids = notes::<D>(&ann, 2, json!({ (D::CONTAINER_ID): from })).await;
    let moved = done::<D>(&ann, "move", &ids, json!({ (D::CONTAINER_ID): to })).await;
    ann.delete(&format!("{}/{from}", D::CONTAINERS))
        .await
        .no_content();
    assert_eq!(undone(&undo(&ann, &moved).await), (0, 2));
    assert_eq!(seen::<D>(&ann, &ids[0]).await[D::CONTAINER_ID], json!(to));
    assert_whole::<D>(&app).await;
}

async fn tags_come_back_in_the_spelling_they_have_now<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = notes::<D>(&ann, 2, json!({ "tags": ["home", "stays"] })).await;
    let off = done::<D>(&ann, "untag", &ids, json!({ "tags": ["home"] })).await;
    let tag = tag_id(&ann, "home").await;
    let call = ann.patch(&format!("tags/{tag}"));
    call.json(json!({ "name": "HOME" }))
        .await
        .expect_status(200);
    change::<D>(&ann, &ids[1], json!({ "tags": ["stays", "home"] })).await;
    assert_eq!(undone(&undo(&ann, &off).await), (1, 1));
    for id in &ids {
        assert_eq!(tags_of::<D>(&ann, id).await, ["HOME", "stays"]);
    }
    assert_whole::<D>(&app).await;
    assert_eq!(titles::<D>(&ann, "tag=home").await.len(), 2);

    let on = done::<D>(&ann, "tag", &ids, json!({ "tags": ["new"] })).await;
    let tag = tag_id(&ann, "new").await;
    let call = ann.patch(&format!("tags/{tag}"));
    call.json(json!({ "name": "New" })).await.expect_status(200);
    assert_eq!(undone(&undo(&ann, &on).await), (2, 0));
    assert_eq!(tags_of::<D>(&ann, &ids[0]).await, ["HOME", "stays"]);

    let off = done::<D>(&ann, "untag", &ids, json!({ "tags": ["stays"] })).await;
    let tag = tag_id(&ann, "stays").await;
    ann.delete(&format!("tags/{tag}")).await.no_content();
    assert_eq!(undone(&undo(&ann, &off).await), (2, 0));
    assert_eq!(tags_of::<D>(&ann, &ids[0]).await, ["HOME", "stays"]);
    assert_whole::<D>(&app).await;
}

async fn a_single_deletion_is_taken_back_by_its_batch<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = note_with::<D>(&ann, json!({ (D::BODY): "text", "tags": ["a"] })).await;
    let before = seen::<D>(&ann, &own).await;
    let path = format!("{}/{own}", D::PATH);
    let reply = ann.delete(&path).await;
    reply.no_content();
    let batch = reply.header("x-batch-id").to_owned();
    let again = ann.delete(&path).await;
    assert!(again.headers("x-batch-id").is_empty(), "nothing was done");
    undo(&bob, &batch).await.problem(404, "not_found");
    undo(&ann, &id()).await.problem(404, "not_found");
    assert_eq!(undone(&undo(&ann, &batch).await), (1, 0));
    let mut after = seen::<D>(&ann, &own).await;
    assert_eq!(after["version"], 3);
    after["version"] = json!(1);
    assert_eq!(after, before);
    undo(&ann, &batch).await.problem(409, "already_undone");
    ann.delete(&path).await.no_content();
    let _: Value = ann.post(&format!("{path}/restore")).await.ok();
    assert_whole::<D>(&app).await;
}

async fn a_batch_is_taken_back_once_and_within_a_week<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let (app, ann) = (&instances[0], instances[0].user("ann").await);
    let ids = notes::<D>(&ann, 5, json!({})).await;
    for _ in 0..6 {
        let batch = done::<D>(&ann, "delete", &ids, json!({})).await;
        let calls = (0..6).map(|n| undo(&ann.at(&instances[n % 2]), &batch));
        let replies = together(calls).await;
        let won = replies.iter().filter(|reply| reply.status() == 200);
        assert_eq!(won.count(), 1);
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            reply.problem(409, "already_undone");
        }
    }
    let (action, fields) = D::pin_action(true);
    let batch = done::<D>(&ann, action, &ids, fields).await;
    let age = "UPDATE batches SET created_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE \
               ORDER BY id DESC LIMIT 1";
    let week = 7 * 24 * 60;
    app.database().exec(age, (week + 1,)).await;
    undo(&ann, &batch).await.problem(404, "not_found");
    assert_eq!(seen::<D>(&ann, &ids[0]).await[D::PIN], D::pin(true));
    app.database().exec(age, (week - 1,)).await;
    assert_eq!(undone(&undo(&ann, &batch).await), (5, 0));
    assert_whole::<D>(app).await;
}

async fn what_an_undo_does_stands_in_the_sequence_under_its_batch<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = notes::<D>(&ann, 2, json!({})).await;
    let batch = done::<D>(&ann, "delete", &ids, json!({})).await;
    undo(&ann, &batch).await.expect_status(200);
    let sql = "SELECT op, version FROM changes WHERE batch_id = ? ORDER BY seq";
    let batch: uuid::Uuid = batch.parse().unwrap();
    let rows: Vec<(String, u64)> = app.database().rows(sql, (batch.as_bytes().to_vec(),)).await;
    let wanted = [("trash", 2), ("trash", 2), ("restore", 3), ("restore", 3)];
    let wanted = wanted.map(|(op, version)| (op.to_owned(), version));
    assert_eq!(rows, wanted);
    assert_whole::<D>(&app).await;
}

document_suite! {
    one_thread: [what_was_changed_by_hand_since_is_left_alone, a_note_whose_old_notebook_is_gone_stays_where_it_is, tags_come_back_in_the_spelling_they_have_now, a_single_deletion_is_taken_back_by_its_batch, a_batch_is_taken_back_once_and_within_a_week, what_an_undo_does_stands_in_the_sequence_under_its_batch],
    two_threads: [],
}
