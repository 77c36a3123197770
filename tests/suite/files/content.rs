//! The bytes of files: whole and in parts, exactly; shown or kept; any name; and never wrong ones.

use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::tools::{bytes_of, content, long_bytes, plant};
use crate::harness::{Actor, TestApp};

const CHUNK: usize = 1 << 20;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

async fn start() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    (app, ann)
}

/// Writes into the stored bytes of a file, as a broken disk would.
async fn damage(app: &TestApp, file: &str, sql: &str) {
    let sql = format!(
        "UPDATE blob_chunks c JOIN files f ON f.owner_id = c.owner_id AND f.blob_id = c.blob_id \
         SET {sql} AND f.id = ?"
    );
    assert_eq!(app.database().exec(&sql, (bytes_of(file),)).await, 1);
}

fn damages(app: &TestApp) -> u64 {
    let text = app.state.metrics.render();
    let line = text
        .lines()
        .find(|line| line.starts_with("storage_damaged_total "));
    let line = line.unwrap_or_else(|| panic!("no storage_damaged_total in {text}"));
    line.split(' ').next_back().unwrap().parse().unwrap()
}

#[tokio::test]
async fn all_bytes_come_as_they_are_with_everything_a_client_needs() {
    let (app, ann) = start().await;
    let bytes = long_bytes(2, 700_001);
    let file = plant(&app, &ann, "big.bin", &bytes).await;
    let reply = content(&ann, &file).await;
    reply.expect_status(200);
    assert!(reply.bytes()[..] == bytes[..]);
    assert_eq!(reply.header("content-length"), bytes.len().to_string());
    assert_eq!(reply.header("accept-ranges"), "bytes");
    assert_eq!(reply.header("cache-control"), "private, no-cache");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    let policy = reply.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );
    let read: Value = ann.get(&format!("files/{file}")).await.ok();
    let digest = read["sha256"].as_str().unwrap();
    assert_eq!(reply.header("etag"), format!("\"{digest}\""));
    let head = ann.call(Method::HEAD, &format!("files/{file}/content"));
    let head = head.header("range", "bytes=0-1").await;
    head.expect_status(200);
    assert!(head.bytes().is_empty());
    assert_eq!(head.header("content-length"), bytes.len().to_string());
}

#[tokio::test]
async fn every_range_is_exact_over_the_borders_of_chunks() {
    let (app, ann) = start().await;
    let bytes = long_bytes(2, 777);
    let (size, last) = (bytes.len(), bytes.len() - 1);
    let path = format!(
        "files/{}/content",
        plant(&app, &ann, "big.bin", &bytes).await
    );
    let borders = [
        (0, 0),
        (0, last),
        (CHUNK - 1, CHUNK - 1),
        (CHUNK - 1, CHUNK),
        (CHUNK, CHUNK),
        (CHUNK, 2 * CHUNK - 1),
        (5, 2 * CHUNK + 5),
        (2 * CHUNK, last),
        (last, last),
        (1, CHUNK + 1),
    ];
    for (from, to) in borders {
        let reply = ann
            .get(&path)
            .header("range", &format!("bytes={from}-{to}"))
            .await;
        reply.expect_status(206);
        assert_eq!(
            reply.header("content-range"),
            format!("bytes {from}-{to}/{size}")
        );
        assert_eq!(reply.header("content-length"), (to - from + 1).to_string());
        assert!(reply.bytes()[..] == bytes[from..=to], "{from}-{to}");
    }
    for (range, from) in [("bytes=-777", 2 * CHUNK), ("bytes=-99999999", 0)] {
        let reply = ann.get(&path).header("range", range).await;
        reply.expect_status(206);
        assert!(reply.bytes()[..] == bytes[from..], "{range}");
    }
    let reply = ann.get(&path).header("range", "bytes=0-1,5-6").await;
    reply.expect_status(200);
    assert!(reply.bytes()[..] == bytes[..]);
}

#[tokio::test]
async fn a_range_behind_the_end_is_refused_with_the_size() {
    let (app, ann) = start().await;
    let path = format!(
        "files/{}/content",
        plant(&app, &ann, "a.txt", b"words").await
    );
    for range in ["bytes=5-", "bytes=5-9", "bytes=-0"] {
        let reply = ann.get(&path).header("range", range).await;
        reply.problem(416, "range_not_satisfiable");
        assert_eq!(reply.header("content-range"), "bytes */5");
    }
    let empty = format!("files/{}/content", plant(&app, &ann, "empty", b"").await);
    let reply = ann.get(&empty).await;
    reply.expect_status(200);
    assert_eq!(reply.header("content-length"), "0");
    assert!(reply.bytes().is_empty());
    let reply = ann.get(&empty).header("range", "bytes=0-").await;
    reply.problem(416, "range_not_satisfiable");
    assert_eq!(reply.header("content-range"), "bytes */0");
}

#[tokio::test]
async fn conditions_are_kept() {
    let (app, ann) = start().await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}/content");
    let tag = content(&ann, &file).await.header("etag").to_owned();
    let known = ann.get(&path).header("if-none-match", &tag).await;
    known.not_modified();
    assert_eq!(known.header("etag"), tag);
    let other = ann.get(&path).header("if-none-match", "\"other\"").await;
    other.expect_status(200);
    let ranged = |condition: &str| {
        let call = ann.get(&path).header("range", "bytes=1-2");
        call.header("if-range", condition)
    };
    let part = ranged(&tag).await;
    part.expect_status(206);
    assert_eq!(part.bytes(), &b"or"[..]);
    for condition in [
        "\"other\"",
        &format!("W/{tag}"),
        "Sat, 21 Nov 2026 10:00:00 GMT",
    ] {
        let whole = ranged(condition).await;
        whole.expect_status(200);
        assert_eq!(whole.bytes(), &b"words"[..], "{condition}");
    }
    // A new name leaves the bytes as they are.
    let change = json!({ "name": "b.txt" });
    ann.patch(&format!("files/{file}"))
        .json(change)
        .await
        .expect_status(200);
    ann.get(&path)
        .header("if-none-match", &tag)
        .await
        .not_modified();
}

#[tokio::test]
async fn what_could_run_is_served_inert_and_what_cannot_is_shown() {
    let (app, ann) = start().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let pdf = b"%PDF-1.7 /JS (app.alert(1))";
    let inert = "application/octet-stream";
    let text = "text/plain; charset=utf-8";
    for (name, bytes, kind, word) in [
        (
            "a.html",
            &b"<!DOCTYPE html><script>alert(1)</script>"[..],
            inert,
            "attachment",
        ),
        (
            "a.png",
            b"<html><script>alert(1)</script>",
            inert,
            "attachment",
        ),
        ("a.svg", svg, inert, "attachment"),
        ("a.txt", svg, inert, "attachment"),
        ("a.xml", b"<?xml version=\"1.0\"?><a/>", inert, "attachment"),
        ("a.js", b"alert(1)", inert, "attachment"),
        ("a.css", b"a{}", inert, "attachment"),
        ("a.pdf", pdf, "application/pdf", "attachment"),
        (
            "a.zip",
            b"PK\x03\x04\x14\0\0\0",
            "application/zip",
            "attachment",
        ),
        ("a.md", b"<script>alert(1)</script>", text, "inline"),
        ("a.json", b"{}", text, "inline"),
        ("words.txt", b"words", text, "inline"),
        ("picture.html", PNG, "image/png", "inline"),
        (
            "sound.mp3",
            b"ID3\x03\0\0\0\0\0\0\xff\xfb",
            "audio/mpeg",
            "inline",
        ),
    ] {
        let file = plant(&app, &ann, name, bytes).await;
        let reply = content(&ann, &file).await;
        reply.expect_status(200);
        assert_eq!(reply.header("content-type"), kind, "{name}");
        let disposition = reply.header("content-disposition");
        assert!(
            disposition.starts_with(&format!("{word}; ")),
            "{name}: {disposition}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("sandbox; default-src 'none'"),
            "{policy}"
        );
        let kept = ann.get(&format!("files/{file}/content?download=1")).await;
        let disposition = kept.header("content-disposition");
        assert!(
            disposition.starts_with("attachment; "),
            "{name}: {disposition}"
        );
        assert_eq!(kept.bytes(), bytes);
    }
}

#[tokio::test]
async fn any_name_is_one_well_formed_header() {
    let (app, ann) = start().await;
    let long = "x".repeat(4096);
    for (name, wanted) in [
        ("../../etc/passwd", "filename=\"passwd\"".to_owned()),
        (
            "\"; filename=x",
            "filename=\"_; filename=x\"; filename*=UTF-8''%22%3B%20filename%3Dx".to_owned(),
        ),
        (
            "a\r\nSet-Cookie: x=1",
            "filename=\"aSet-Cookie_ x=1\"; filename*=UTF-8''aSet-Cookie%3A%20x%3D1".to_owned(),
        ),
        (&long, format!("filename=\"{}\"", "x".repeat(255))),
        ("gpj.\u{202E}exe", "filename=\"gpj.exe\"".to_owned()),
        ("CON", "filename=\"CON\"".to_owned()),
        (
            "größe €.txt",
            "filename=\"gr__e _.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E2%82%AC.txt".to_owned(),
        ),
    ] {
        let file = plant(&app, &ann, name, b"words").await;
        let reply = content(&ann, &file).await;
        let disposition = reply.header("content-disposition");
        assert_eq!(disposition, format!("inline; {wanted}"));
        assert!(reply.headers("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn a_damaged_first_chunk_is_a_fault_and_an_alarm_and_never_wrong_bytes() {
    let (app, ann) = start().await;
    for sql in [
        "c.data = CONCAT('X', SUBSTRING(c.data, 2)) WHERE c.n = 0",
        "c.data = LEFT(c.data, 100) WHERE c.n = 0",
        "c.data = NULL WHERE c.n = 0",
        "c.n = 7 WHERE c.n = 0",
    ] {
        let file = plant(&app, &ann, "big.bin", &long_bytes(1, sql.len())).await;
        damage(&app, &file, sql).await;
        let before = damages(&app);
        let path = format!("files/{file}/content");
        for range in ["bytes=0-", "bytes=10-20", "bytes=0-1048580"] {
            let reply = ann.get(&path).header("range", range).await;
            reply.problem(500, "internal");
            assert!(reply.headers("content-disposition").is_empty());
        }
        content(&ann, &file).await.problem(500, "internal");
        assert!(damages(&app) >= before + 4, "{sql}");
    }
}

#[tokio::test]
async fn a_later_damaged_chunk_cuts_the_answer_before_a_wrong_byte() {
    let (app, ann) = start().await;
    let bytes = long_bytes(2, 100);
    let file = plant(&app, &ann, "big.bin", &bytes).await;
    let sql = "c.data = CONCAT('X', SUBSTRING(c.data, 2)) WHERE c.n = 1";
    damage(&app, &file, sql).await;
    let path = format!("files/{file}/content");
    let before = damages(&app);
    let mut body = ann.get(&path).open().await.into_body();
    let mut came = Vec::new();
    let err = loop {
        match body.frame().await.expect("the answer breaks off") {
            Ok(frame) => came.extend_from_slice(frame.data_ref().unwrap()),
            Err(err) => break err,
        }
    };
    assert!(came == bytes[..CHUNK], "{err}");
    assert!(damages(&app) > before);
    // What is not damaged is still given.
    let reply = ann.get(&path).header("range", "bytes=2097152-").await;
    assert!(reply.bytes()[..] == bytes[2 * CHUNK..]);
}

#[tokio::test]
async fn chunks_that_are_right_one_by_one_but_not_together_do_not_all_leave() {
    let (app, ann) = start().await;
    let file = plant(&app, &ann, "big.bin", &long_bytes(1, 100)).await;
    let sql =
        "c.data = REPEAT('a', 100), c.sha256 = UNHEX(SHA2(REPEAT('a', 100), 256)) WHERE c.n = 1";
    damage(&app, &file, sql).await;
    let path = format!("files/{file}/content");
    let mut body = ann.get(&path).open().await.into_body();
    let mut count = 0;
    let err = loop {
        match body.frame().await.expect("the answer breaks off") {
            Ok(frame) => count += frame.data_ref().unwrap().len(),
            Err(err) => break err,
        }
    };
    assert_eq!(count, CHUNK, "{err}");
}
