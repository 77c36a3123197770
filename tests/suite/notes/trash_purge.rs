//! The trash is emptied by a job: when it is time, for good, and never what was taken out of it.

use mysql_async::prelude::Queryable;
use satchel::app::jobs;
use satchel::features::{notes, tasks};
use satchel::platform::mail::Mailer;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::tools::{assert_whole, batch, note_with, notebook, seen, text, titles, undo};
use crate::harness::{Actor, Noun, TestApp};
use crate::platform::support::until;

/// Runs one kind of job until it has nothing left to do.
async fn run(app: &TestApp, kind: &'static str) {
    let kind = match (app.noun, kind) {
        (Noun::Task, "notes.purge_trash") => "tasks.purge_trash",
        (Noun::Task, "notebooks.purge") => "task_lists.purge",
        (_, kind) => kind,
    };
    satchel::services::jobs::queue::ensure_periodic(&app.state.db, kind)
        .await
        .unwrap();
    for _ in 0..4 {
        let sql = "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) WHERE kind = ?";
        app.database().exec(sql, (kind,)).await;
        assert!(jobs::run_due(&app.state, &Mailer::Off, "a test").await);
    }
    let failed = "SELECT COUNT(*) FROM jobs WHERE last_error <> ''";
    assert_eq!(app.database().count(failed).await, 0);
}

async fn thrown(actor: &Actor, title: &str) -> String {
    let new = json!({ "title": title, "body": "words of it", "tags": ["a"] });
    let id = note_with(actor, new).await;
    actor.delete(&format!("notes/{id}")).await.no_content();
    id
}

fn bytes(id: &str) -> Vec<u8> {
    let id: Uuid = id.parse().unwrap();
    id.as_bytes().to_vec()
}

/// As if it lay in the trash for so many minutes.
async fn age(app: &TestApp, id: &str, minutes: i64) {
    let table = app.noun.table();
    let sql = format!(
        "UPDATE {table} SET deleted_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE WHERE id = ?"
    );
    assert_eq!(app.database().exec(&sql, (minutes, bytes(id))).await, 1);
}

const MONTH: i64 = 30 * 24 * 60;

#[tokio::test]
async fn the_trash_says_when_it_drops_a_note() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let id = thrown(&ann, "Thrown").await;
    let table = app.noun.table();
    let sql = format!("UPDATE {table} SET deleted_at = '2026-01-31 10:20:30.123456'");
    app.database().exec(&sql, ()).await;
    app.flush_redis().await;
    let note = seen(&ann, &id).await;
    assert_eq!(text(&note, "deleted_at"), "2026-01-31T10:20:30.123456Z");
    assert_eq!(text(&note, "purge_at"), "2026-03-02T10:20:30.123456Z");
    let page: Value = ann.get("notes?trashed=true").await.ok();
    assert_eq!(page["items"][0]["purge_at"], note["purge_at"]);
    let back: Value = ann.post(&format!("notes/{id}/restore")).await.ok();
    assert_eq!(back["purge_at"], Value::Null);
}

#[tokio::test]
async fn after_thirty_days_nothing_of_a_note_is_left_but_its_id() {
    let instances = super::instances(2).await;
    let (app, ann) = (&instances[0], instances[0].user("ann").await);
    let other = ann.at(&instances[1]);
    let (old, young) = (thrown(&ann, "Old").await, thrown(&ann, "Young").await);
    let restored = thrown(&ann, "Restored").await;
    for id in [&old, &restored] {
        age(app, id, MONTH + 1).await;
    }
    age(app, &young, MONTH - 1).await;
    let kept: Value = ann.post(&format!("notes/{restored}/restore")).await.ok();
    assert_eq!(titles(&other, "trashed=true").await.len(), 2);
    run(app, "notes.purge_trash").await;
    assert_eq!(
        titles(&other, "trashed=true").await,
        ["Young"],
        "not from the cache"
    );
    other
        .get(&format!("notes/{old}"))
        .await
        .problem(404, "not_found");
    assert_eq!(seen(&ann, &restored).await, kept);
    for table in ["revisions", "postings", "tagged"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE entity_id = ?");
        let rows: Vec<(i64,)> = app.database().rows(&sql, (bytes(&old),)).await;
        assert_eq!(rows[0].0, 0, "{table}");
        let rows: Vec<(i64,)> = app.database().rows(&sql, (bytes(&young),)).await;
        assert!(rows[0].0 > 0, "{table}");
    }
    let empty = match app.noun {
        Noun::Note => "notebook_id IS NULL",
        Noun::Task => "position IS NULL AND parent_id IS NULL AND note_id IS NULL",
    };
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE shelf = 3 AND title = '' AND excerpt = '' AND tags = '' \
           AND {empty}",
        app.noun.table()
    );
    assert_eq!(app.database().count(&sql).await, 1);
    let sql = "SELECT op FROM changes WHERE entity_id = ? ORDER BY seq DESC LIMIT 1";
    let rows: Vec<(String,)> = app.database().rows(sql, (bytes(&old),)).await;
    assert_eq!(rows[0].0, "delete");
    ann.delete(&format!("notes/{old}")).await.no_content();
    assert_whole(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_thrown_away_anew_while_the_job_came_to_it_stays_its_month() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let id = thrown(&ann, "Anew").await;
    age(&app, &id, MONTH + 1).await;
    // Somebody takes it out and throws it away again; the job has seen it as due before.
    let mut conn = app.database().connect().await;
    conn.query_drop("START TRANSACTION").await.unwrap();
    let table = app.noun.table();
    let sql = format!("SELECT id FROM {table} WHERE id = ? FOR UPDATE");
    conn.exec_drop(&sql, (bytes(&id),)).await.unwrap();
    let state = app.state.clone();
    let before = state.db.round_trips();
    let mut job = JoinSet::new();
    let noun = app.noun;
    job.spawn(async move {
        match noun {
            Noun::Note => notes::purge_trash(&state.db, &state.cache).await,
            Noun::Task => tasks::purge_trash(&state.db, &state.cache).await,
        }
    });
    until("the job waits for the lock", async || {
        // The look for what is due, the start of a transaction, the look under its lock.
        (app.state.db.round_trips() >= before + 3).then_some(())
    })
    .await;
    let sql = format!("UPDATE {table} SET deleted_at = UTC_TIMESTAMP(6) WHERE id = ?");
    conn.exec_drop(&sql, (bytes(&id),)).await.unwrap();
    conn.query_drop("COMMIT").await.unwrap();
    job.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(text(&seen(&ann, &id).await, "title"), "Anew");
    conn.disconnect().await.unwrap();
}

#[tokio::test]
async fn more_than_one_step_of_the_job_empties_a_large_trash() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let ids = super::tools::many_notes(&app, &ann.id, 230).await;
    batch(&ann, "delete", &ids, &json!({}))
        .await
        .expect_status(200);
    let table = app.noun.table();
    let sql = format!("UPDATE {table} SET deleted_at = deleted_at - INTERVAL 31 DAY");
    app.database().exec(&sql, ()).await;
    run(&app, "notes.purge_trash").await;
    let left = format!("SELECT COUNT(*) FROM {table} WHERE shelf < 3");
    assert_eq!(app.database().count(&left).await, 0);
    assert_eq!(
        app.database().count("SELECT COUNT(*) FROM revisions").await,
        0
    );
    assert_whole(&app).await;
}

#[tokio::test]
async fn deleted_notebooks_and_batches_are_forgotten_in_their_time() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (old, young) = (
        notebook(&ann, "Old", None).await,
        notebook(&ann, "Young", None).await,
    );
    let stays = notebook(&ann, "Stays", None).await;
    for id in [&old, &young] {
        ann.delete(&format!("notebooks/{id}")).await.no_content();
    }
    let places = app.noun.places();
    let sql = format!(
        "UPDATE {places} SET deleted_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE WHERE id = ?"
    );
    app.database().exec(&sql, (MONTH + 1, bytes(&old))).await;
    app.database().exec(&sql, (MONTH - 1, bytes(&young))).await;
    run(&app, "notebooks.purge").await;
    let sql = format!("SELECT id FROM {places}");
    let rows: Vec<(Vec<u8>,)> = app.database().rows(&sql, ()).await;
    let mut left: Vec<Vec<u8>> = rows.into_iter().map(|row| row.0).collect();
    let mut wanted = vec![bytes(&young), bytes(&stays)];
    left.sort();
    wanted.sort();
    assert_eq!(left, wanted);

    let note = [note_with(&ann, json!({})).await];
    let sql = "UPDATE batches SET created_at = UTC_TIMESTAMP(6) - INTERVAL ? DAY";
    app.database().exec(sql, (8,)).await;
    let done: Value = batch(&ann, "pin", &note, &json!({})).await.ok();
    run(&app, "batches.purge").await;
    for table in ["batches", "batch_items"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(app.database().count(&sql).await, 1, "{table}");
    }
    undo(&ann, &text(&done, "id")).await.expect_status(200);
}
