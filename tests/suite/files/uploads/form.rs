//! Whole files in one form.

use serde_json::Value;

use super::{CHUNK, content, pattern, used};
use crate::harness::{Actor, Call, TestApp};

/// A form with these parts: name, file name, bytes.
pub(in crate::files::uploads) fn form(
    actor: &Actor,
    parts: &[(&str, Option<&str>, &[u8])],
) -> Call {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let head =
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let kind = "multipart/form-data; boundary=edge";
    actor.post("files").header("content-type", kind).body(body)
}

#[tokio::test]
async fn a_whole_file_comes_in_one_form() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (round, length) in [0, 1, CHUNK, 2 * CHUNK + 9].into_iter().enumerate() {
        let bytes = pattern(length, 1);
        let reply = form(&ann, &[("file", Some("../a.txt"), &bytes)]).await;
        let file: Value = reply.created();
        let path = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
        assert_eq!(reply.header("location"), path);
        assert_eq!(
            (&file["name"], &file["size_bytes"]),
            (&"a.txt".into(), &length.into())
        );
        assert!(
            content(app.database(), &path).await == bytes,
            "round {round}"
        );
    }
    assert_eq!(used(&ann).await, (3 * CHUNK + 10) as u64);
}

#[tokio::test]
async fn what_is_no_form_with_one_file_is_refused_and_leaves_nothing() {
    let settings = [("SATCHEL_FILES_FORM_MAX_BYTES", "2000000")];
    let app = TestApp::start_with(&settings).await;
    let ann = app.user("ann").await;
    let json = ann.post("files").json(serde_json::json!({})).await;
    json.problem(415, "unsupported_media_type");
    form(&ann, &[])
        .await
        .problem(422, "invalid")
        .field("file", "required");
    let named = form(&ann, &[("colour", None, b"blue")]).await;
    named
        .problem(422, "invalid")
        .field("colour", "unknown_field");
    let id = form(&ann, &[("id", None, b"five"), ("file", None, b"5")]).await;
    id.problem(422, "invalid").field("id", "invalid_type");
    let file = |name| (name, Some("a"), &b"text"[..]);
    let two = form(&ann, &[file("file"), file("file")]).await;
    two.problem(422, "invalid").field("file", "unknown_field");
    let large = pattern(2_000_001, 1);
    let large = form(&ann, &[("file", Some("a"), &large)]).await;
    large.problem(413, "file_too_large");
    let kind = "multipart/form-data; boundary=edge";
    let head = "--edge\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nsome";
    let cut = ann
        .post("files")
        .header("content-type", kind)
        .body(head)
        .await;
    cut.problem(400, "unreadable_body");
    assert_eq!(used(&ann).await, 0);
    let database = app.database();
    for sql in [
        "SELECT COUNT(*) FROM uploads",
        "SELECT COUNT(*) FROM files",
        "SELECT COUNT(*) FROM blobs WHERE state <> 2",
    ] {
        assert_eq!(database.count(sql).await, 0, "{sql}");
    }
}

#[tokio::test]
async fn a_form_may_choose_the_id_and_be_sent_again() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let id = crate::harness::id();
    let send = |text: &'static [u8], key: &str| {
        let parts = [("id", None, id.as_bytes()), ("file", Some("a"), text)];
        form(&ann, &parts).header("idempotency-key", key)
    };
    let first: Value = send(b"text", "k1").await.created();
    assert_eq!(first["id"], id.as_str());
    let again: Value = send(b"text", "k1").await.created();
    assert_eq!(again, first);
    let other = send(b"words", "k1").await.problem(422, "invalid");
    other.field("Idempotency-Key", "idempotency_key_reused");
    send(b"text", "k2").await.problem(409, "id_taken");
    assert_eq!(used(&ann).await, 4, "only one of them counts");
    let left = app.database().count("SELECT COUNT(*) FROM uploads");
    assert_eq!(left.await, 0);
}
