//! Whole files in one form.

use serde_json::Value;

use super::{CHUNK, content, pattern, used};
use crate::harness::{Actor, Call, TestApp};

/// A form with these parts: name, file name, bytes.
pub(super) fn form(actor: &Actor, parts: &[(&str, Option<&str>, &[u8])]) -> Call {
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
        assert!(content(&app, &path).await == bytes, "round {round}");
    }
    assert_eq!(used(&ann).await, (3 * CHUNK + 10) as u64);
}
