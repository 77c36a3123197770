//! The trash of files: in and out, for good, emptied by its job; room and bytes that are given back.

use serde_json::Value;

use super::tools::{bytes_of, content, names, plant, seen, used};
use crate::harness::{Actor, TestApp};

async fn age(app: &TestApp, id: &str, days: i64) {
    let sql = "UPDATE files SET deleted_at = UTC_TIMESTAMP(6) - INTERVAL ? DAY WHERE id = ?";
    assert_eq!(app.database().exec(sql, (days, bytes_of(id))).await, 1);
}

async fn remove_for_good(ann: &Actor, id: &str) {
    ann.delete(&format!("files/{id}")).await.no_content();
    let forever = format!("files/{id}?permanent=true");
    ann.delete(&forever).await.no_content();
}

/// Blobs that are whole.
async fn blobs(app: &TestApp) -> i64 {
    let sql = "SELECT COUNT(*) FROM blobs WHERE state = 1";
    app.database().count(sql).await
}

#[tokio::test]
async fn a_file_goes_into_the_trash_is_still_read_and_comes_back() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    let reply = ann.delete(&path).await;
    reply.no_content();
    assert_eq!(reply.header("x-batch-id").len(), 36);
    let again = ann.delete(&path).await;
    again.no_content();
    assert!(again.headers("x-batch-id").is_empty());
    let gone = seen(&ann, &file).await;
    assert_eq!(gone["version"], 2);
    assert!(gone["deleted_at"].is_string() && gone["purge_at"].is_string());
    assert!(names(&ann, "").await.is_empty());
    assert_eq!(content(&ann, &file).await.bytes(), &b"words"[..]);
    let back: Value = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(
        (&back["version"], &back["purge_at"]),
        (&3.into(), &Value::Null)
    );
    let same: Value = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(same, back);
    assert_eq!(names(&ann, "").await, ["a.txt"]);
}

#[tokio::test]
async fn only_what_is_in_the_trash_is_deleted_for_good_and_then_nothing_is_left() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    let change = serde_json::json!({ "tags": ["a"] });
    ann.patch(&path).json(change).await.expect_status(200);
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.problem(409, "not_in_trash");
    remove_for_good(&ann, &file).await;
    for call in [
        ann.get(&path),
        ann.get(&format!("{path}/content")),
        ann.post(&format!("{path}/restore")),
        ann.post(&format!("{path}/link")),
    ] {
        call.await.problem(404, "not_found");
    }
    for path in [&path, &forever] {
        ann.delete(path).await.no_content();
    }
    assert!(names(&ann, "trashed=true").await.is_empty());
    for table in ["postings", "tagged"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE kind = 3");
        assert_eq!(app.database().count(&sql).await, 0, "{table}");
    }
    assert_eq!((used(&app, &ann).await, blobs(&app).await), (0, 0));
}

#[tokio::test]
async fn two_files_of_the_same_bytes_share_them_and_count_twice() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let one = plant(&app, &ann, "one.txt", b"the same words").await;
    let other = plant(&app, &ann, "other.txt", b"the same words").await;
    let bobs = plant(&app, &bob, "bobs.txt", b"the same words").await;
    assert_eq!((used(&app, &ann).await, blobs(&app).await), (28, 2));
    remove_for_good(&ann, &one).await;
    assert_eq!((used(&app, &ann).await, blobs(&app).await), (14, 2));
    assert_eq!(content(&ann, &other).await.bytes(), &b"the same words"[..]);
    remove_for_good(&ann, &other).await;
    assert_eq!((used(&app, &ann).await, blobs(&app).await), (0, 1));
    assert_eq!(content(&bob, &bobs).await.bytes(), &b"the same words"[..]);
    // What is dead is not used again.
    let anew = plant(&app, &ann, "anew.txt", b"the same words").await;
    assert_eq!(content(&ann, &anew).await.bytes(), &b"the same words"[..]);
}

#[tokio::test]
async fn the_trash_is_emptied_after_thirty_days_and_forgotten_after_thirty_more() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let old = plant(&app, &ann, "old.txt", b"old").await;
    let young = plant(&app, &ann, "young.txt", b"young").await;
    let restored = plant(&app, &ann, "restored.txt", b"restored").await;
    for id in [&old, &young, &restored] {
        ann.delete(&format!("files/{id}")).await.no_content();
    }
    for (id, days) in [(&old, 31), (&young, 29), (&restored, 31)] {
        age(&app, id, days).await;
    }
    ann.post(&format!("files/{restored}/restore"))
        .await
        .expect_status(200);
    app.run_job("files.purge_trash", 4).await;
    assert_eq!(names(&ann, "trashed=true").await, ["young.txt"]);
    assert_eq!(names(&ann, "").await, ["restored.txt"]);
    assert_eq!(used(&app, &ann).await, 13);
    ann.delete(&format!("files/{old}")).await.no_content();
    age(&app, &old, 31).await;
    app.run_job("files.purge_tombstones", 4).await;
    let reply = ann.delete(&format!("files/{old}")).await;
    reply.problem(404, "not_found");
    assert_eq!(names(&ann, "trashed=true").await, ["young.txt"]);
}
