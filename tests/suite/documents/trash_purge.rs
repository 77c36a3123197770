//! The trash is emptied by a job: when it is time, for good, and never what was taken out of it.

use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::tools::{
    assert_whole, batch, batch_pin, many_notes, note_with, notebook, seen, text, titles, undo,
};
use crate::harness::{Actor, DocumentKind, TestApp};
use crate::platform::support::until;

async fn thrown<D: DocumentKind>(actor: &Actor, title: &str) -> String {
    let new = json!({ "title": title, (D::BODY): "words of it", "tags": ["a"] });
    let id = note_with::<D>(actor, new).await;
    actor
        .delete(&format!("{}/{id}", D::PATH))
        .await
        .no_content();
    id
}

fn bytes(id: &str) -> Vec<u8> {
    let id: Uuid = id.parse().unwrap();
    id.as_bytes().to_vec()
}

/// As if it lay in the trash for so many minutes.
async fn age<D: DocumentKind>(app: &TestApp, id: &str, minutes: i64) {
    let table = D::TABLE;
    let sql = format!(
        "UPDATE {table} SET deleted_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE WHERE id = ?"
    );
    assert_eq!(app.database().exec(&sql, (minutes, bytes(id))).await, 1);
}

const MONTH: i64 = 30 * 24 * 60;

async fn the_trash_says_when_it_drops_a_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let id = thrown::<D>(&ann, "Thrown").await;
    let table = D::TABLE;
    let sql = format!("UPDATE {table} SET deleted_at = '2026-01-31 10:20:30.123456'");
    app.database().exec(&sql, ()).await;
    app.flush_redis().await;
    let note = seen::<D>(&ann, &id).await;
    assert_eq!(text(&note, "deleted_at"), "2026-01-31T10:20:30.123456Z");
    assert_eq!(text(&note, "purge_at"), "2026-03-02T10:20:30.123456Z");
    let page: Value = ann.get(&D::path("?trashed=true")).await.ok();
    assert_eq!(page["items"][0]["purge_at"], note["purge_at"]);
    let back: Value = ann.post(&format!("{}/{id}/restore", D::PATH)).await.ok();
    assert_eq!(back["purge_at"], Value::Null);
}

async fn after_thirty_days_nothing_of_a_note_is_left_but_its_id<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let (app, ann) = (&instances[0], instances[0].user("ann").await);
    let other = ann.at(&instances[1]);
    let (old, young) = (
        thrown::<D>(&ann, "Old").await,
        thrown::<D>(&ann, "Young").await,
    );
    let restored = thrown::<D>(&ann, "Restored").await;
    for id in [&old, &restored] {
        age::<D>(app, id, MONTH + 1).await;
    }
    age::<D>(app, &young, MONTH - 1).await;
    let kept: Value = ann
        .post(&format!("{}/{restored}/restore", D::PATH))
        .await
        .ok();
    assert_eq!(titles::<D>(&other, "trashed=true").await.len(), 2);
    app.run_job(D::PURGE_TRASH_JOB, 4).await;
    assert_eq!(
        titles::<D>(&other, "trashed=true").await,
        ["Young"],
        "not from the cache"
    );
    other
        .get(&format!("{}/{old}", D::PATH))
        .await
        .problem(404, "not_found");
    assert_eq!(seen::<D>(&ann, &restored).await, kept);
    for table in ["revisions", "postings", "tagged"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE entity_id = ?");
        let rows: Vec<(i64,)> = app.database().rows(&sql, (bytes(&old),)).await;
        assert_eq!(rows[0].0, 0, "{table}");
        let rows: Vec<(i64,)> = app.database().rows(&sql, (bytes(&young),)).await;
        assert!(rows[0].0 > 0, "{table}");
    }
    let empty = D::PURGED_ROW;
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE shelf = 3 AND title = '' AND excerpt = '' AND tags = '' \
           AND {empty}",
        D::TABLE
    );
    assert_eq!(app.database().count(&sql).await, 1);
    let sql = "SELECT op FROM changes WHERE entity_id = ? ORDER BY seq DESC LIMIT 1";
    let rows: Vec<(String,)> = app.database().rows(sql, (bytes(&old),)).await;
    assert_eq!(rows[0].0, "delete");
    ann.delete(&format!("{}/{old}", D::PATH)).await.no_content();
    assert_whole::<D>(app).await;
}

async fn what_was_thrown_away_anew_while_the_job_came_to_it_stays_its_month<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let id = thrown::<D>(&ann, "Anew").await;
    age::<D>(&app, &id, MONTH + 1).await;
    // Somebody takes it out and throws it away again; the job has seen it as due before.
    let mut conn = app.database().connect().await;
    conn.query_drop("START TRANSACTION").await.unwrap();
    let table = D::TABLE;
    let sql = format!("SELECT id FROM {table} WHERE id = ? FOR UPDATE");
    conn.exec_drop(&sql, (bytes(&id),)).await.unwrap();
    let before = app.state.db.round_trips();
    let mut job = JoinSet::new();
    let worker = app.clone();
    job.spawn(async move { worker.call_job(D::PURGE_TRASH_JOB).await });
    until("the job waits for the lock", async || {
        // The look for what is due, the start of a transaction, the look under its lock.
        (app.state.db.round_trips() >= before + 3).then_some(())
    })
    .await;
    let sql = format!("UPDATE {table} SET deleted_at = UTC_TIMESTAMP(6) WHERE id = ?");
    conn.exec_drop(&sql, (bytes(&id),)).await.unwrap();
    conn.query_drop("COMMIT").await.unwrap();
    job.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(text(&seen::<D>(&ann, &id).await, "title"), "Anew");
    conn.disconnect().await.unwrap();
}

async fn more_than_one_step_of_the_job_empties_a_large_trash<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = many_notes::<D>(&app, &ann.id, 230).await;
    batch::<D>(&ann, "delete", &ids, &json!({}))
        .await
        .expect_status(200);
    let table = D::TABLE;
    let sql = format!("UPDATE {table} SET deleted_at = deleted_at - INTERVAL 31 DAY");
    app.database().exec(&sql, ()).await;
    app.run_job(D::PURGE_TRASH_JOB, 4).await;
    let left = format!("SELECT COUNT(*) FROM {table} WHERE shelf < 3");
    assert_eq!(app.database().count(&left).await, 0);
    assert_eq!(
        app.database().count("SELECT COUNT(*) FROM revisions").await,
        0
    );
    assert_whole::<D>(&app).await;
}

async fn deleted_notebooks_and_batches_are_forgotten_in_their_time<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (old, young) = (
        notebook::<D>(&ann, "Old", None).await,
        notebook::<D>(&ann, "Young", None).await,
    );
    let stays = notebook::<D>(&ann, "Stays", None).await;
    for id in [&old, &young] {
        ann.delete(&format!("{}/{id}", D::CONTAINERS))
            .await
            .no_content();
    }
    let places = D::CONTAINER_TABLE;
    let sql = format!(
        "UPDATE {places} SET deleted_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE WHERE id = ?"
    );
    app.database().exec(&sql, (MONTH + 1, bytes(&old))).await;
    app.database().exec(&sql, (MONTH - 1, bytes(&young))).await;
    app.run_job(D::PURGE_CONTAINERS_JOB, 4).await;
    let sql = format!("SELECT id FROM {places}");
    let rows: Vec<(Vec<u8>,)> = app.database().rows(&sql, ()).await;
    let mut left: Vec<Vec<u8>> = rows.into_iter().map(|row| row.0).collect();
    let mut wanted = vec![bytes(&young), bytes(&stays)];
    left.sort();
    wanted.sort();
    assert_eq!(left, wanted);

    let note = [note_with::<D>(&ann, json!({})).await];
    let sql = "UPDATE batches SET created_at = UTC_TIMESTAMP(6) - INTERVAL ? DAY";
    app.database().exec(sql, (8,)).await;
    let done: Value = batch_pin::<D>(&ann, &note, true).await.ok();
    app.run_job("batches.purge", 4).await;
    for table in ["batches", "batch_items"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(app.database().count(&sql).await, 1, "{table}");
    }
    undo(&ann, &text(&done, "id")).await.expect_status(200);
}

document_suite! {
    one_thread: [the_trash_says_when_it_drops_a_note, after_thirty_days_nothing_of_a_note_is_left_but_its_id, more_than_one_step_of_the_job_empties_a_large_trash, deleted_notebooks_and_batches_are_forgotten_in_their_time],
    two_threads: [what_was_thrown_away_anew_while_the_job_came_to_it_stays_its_month],
}
