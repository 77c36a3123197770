//! The words of tus 1.0, each as the specification has them.

use axum::http::Method;
use serde_json::Value;

use super::{BYTES, CHUNK, append, begin, begun, content, offset, pattern, speaks, tus, used};
use crate::harness::{Actor, Reply, TestApp, id};

/// `HEAD` of an upload.
async fn head(actor: &Actor, path: &str) -> Reply {
    tus(actor.call(Method::HEAD, path)).await
}

#[tokio::test]
async fn a_file_comes_in_pieces_at_any_instance() {
    let apps = TestApp::instances(2).await;
    let ann = apps[0].user("ann").await;
    let bytes = pattern(2 * CHUNK + 700, 1);
    let path = begun(&ann, bytes.len(), "größe.bin").await;
    assert_eq!(used(&ann).await, bytes.len() as u64, "room is reserved");
    let mut place = 0;
    let pieces = [1, 699_999, CHUNK, 400_000, usize::MAX];
    for (round, piece) in pieces.into_iter().enumerate() {
        let end = bytes.len().min(place + piece.min(bytes.len()));
        let at = ann.at(&apps[round % 2]);
        let reply = append(&at, &path, place, &bytes[place..end]).await;
        speaks(&reply, 204);
        assert_eq!(reply.header("upload-offset"), end.to_string());
        assert_eq!(offset(&ann.at(&apps[(round + 1) % 2]), &path).await, end);
        place = end;
    }
    assert_eq!(place, bytes.len());
    assert!(content(apps[0].database(), &path).await == bytes);
    assert_eq!(used(&ann).await, bytes.len() as u64, "the room is in use");
    let left = "SELECT COUNT(*) FROM uploads";
    assert_eq!(apps[0].database().count(left).await, 0);
    let told: Value = ann.get("changes?since=0").await.ok();
    assert_eq!(told["items"][0]["kind"], "file", "{told}");
}

#[tokio::test]
async fn options_tells_what_is_spoken_and_every_answer_names_the_version() {
    let app = TestApp::start_with(&[("SATCHEL_FILES_MAX_BYTES", "5000")]).await;
    let asked = app.anon().call(Method::OPTIONS, "uploads").await;
    asked.no_content();
    assert_eq!(asked.header("tus-version"), "1.0.0");
    assert_eq!(asked.header("tus-max-size"), "5000");
    assert_eq!(asked.header("tus-checksum-algorithm"), "sha1,sha256");
    let extensions = "creation,creation-with-upload,checksum,termination,expiration";
    assert_eq!(asked.header("tus-extension"), extensions);

    let ann = app.user("ann").await;
    for version in [None, Some("0.2.2")] {
        let call = ann.post("uploads").header("upload-length", "5");
        let reply = match version {
            Some(version) => call.header("tus-resumable", version).await,
            None => call.await,
        };
        reply.problem(412, "tus_version");
        assert_eq!(reply.header("tus-version"), "1.0.0");
        assert_eq!(reply.header("tus-resumable"), "1.0.0");
    }
    let nobody = tus(app.anon().post("uploads")).await;
    nobody.problem(401, "unauthorized");
    assert_eq!(nobody.header("tus-resumable"), "1.0.0");
}

#[tokio::test]
async fn a_beginning_says_where_to_go_on() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let chosen = id();
    let reply = begin(&ann, 9, &[("filename", "a.txt"), ("id", &chosen)]).await;
    speaks(&reply, 201);
    assert_eq!(
        reply.header("location"),
        format!("/api/v1/uploads/{chosen}")
    );
    assert!(
        reply.header("upload-expires").ends_with(" GMT"),
        "{reply:?}"
    );
    let path = reply.header("location");
    let there = head(&ann, path).await;
    speaks(&there, 200);
    assert_eq!(there.header("upload-offset"), "0");
    assert_eq!(there.header("upload-length"), "9");
    assert!(
        there
            .header("upload-metadata")
            .starts_with("filename YS50eHQ=,id ")
    );
    assert_eq!(there.header("cache-control"), "no-store");
    begin(&ann, 9, &[("id", &chosen)])
        .await
        .problem(409, "id_taken");

    append(&ann, path, 0, b"some text").await.no_content();
    begin(&ann, 9, &[("id", &chosen)])
        .await
        .problem(409, "id_taken");
    let bob = app.user("bob").await;
    begin(&bob, 9, &[("id", &chosen)])
        .await
        .problem(409, "id_taken");
    assert_eq!(used(&bob).await, 0, "a refusal reserves nothing");
    // The client that missed the last answer asks, or sends nothing once more.
    assert_eq!(offset(&ann, path).await, 9);
    append(&ann, path, 9, b"").await.no_content();
    append(&ann, path, 0, b"some text")
        .await
        .problem(409, "offset_mismatch");
    tus(ann.delete(path)).await.problem(409, "upload_finished");
    head(&bob, path).await.expect_status(404);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_name() {
    let app = TestApp::start_with(&[("SATCHEL_FILES_MAX_BYTES", "5000")]).await;
    let ann = app.user("ann").await;
    let create = || tus(ann.post("uploads"));
    create().await.problem(400, "invalid_header");
    for length in ["-1", "1.5", "x", "99999999999999999999"] {
        let reply = create().header("upload-length", length).await;
        reply.problem(400, "invalid_header");
    }
    let wild = create()
        .header("upload-length", "5")
        .header("upload-metadata", "a *");
    wild.await.problem(400, "invalid_header");
    let id_is_none = begin(&ann, 5, &[("id", "five")]).await;
    id_is_none
        .problem(422, "invalid")
        .field("id", "invalid_type");
    begin(&ann, 5001, &[]).await.problem(413, "file_too_large");

    let path = begun(&ann, 5, "a").await;
    let send = || {
        tus(ann.patch(&path))
            .header("upload-offset", "0")
            .body("12")
    };
    send().await.problem(415, "unsupported_media_type");
    let typed = send().header("content-type", "text/plain").await;
    typed.problem(415, "unsupported_media_type");
    let nowhere = tus(ann.patch(&path))
        .header("content-type", BYTES)
        .body("12");
    nowhere.await.problem(400, "invalid_header");
    append(&ann, &path, 1, b"12")
        .await
        .problem(409, "offset_mismatch");
    append(&ann, &path, 0, b"123456")
        .await
        .problem(413, "upload_too_long");
    assert_eq!(offset(&ann, &path).await, 0);
    let other = format!("/api/v1/uploads/{}", id());
    append(&ann, &other, 0, b"12")
        .await
        .problem(404, "not_found");
    tus(ann.delete(&other)).await.problem(404, "not_found");
    assert_eq!(used(&ann).await, 5);
}

#[tokio::test]
async fn the_first_bytes_may_come_with_the_beginning() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let with = |length, body: &'static [u8]| {
        let call = begin(&ann, length, &[]).header("content-type", BYTES);
        call.body(body)
    };
    let part = with(9, b"some").await;
    speaks(&part, 201);
    assert_eq!(part.header("upload-offset"), "4");
    let path = part.header("location");
    append(&ann, path, 4, b" text").await.no_content();
    assert_eq!(content(app.database(), path).await, b"some text");
    let whole = with(4, b"that").await;
    assert_eq!(whole.header("upload-offset"), "4");
    assert_eq!(
        content(app.database(), whole.header("location")).await,
        b"that"
    );
    with(2, b"that").await.problem(413, "upload_too_long");
}

#[tokio::test]
async fn a_file_of_no_bytes_is_a_file() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = begun(&ann, 0, "empty").await;
    assert_eq!(offset(&ann, &path).await, 0);
    assert_eq!(content(app.database(), &path).await, b"");
}

#[tokio::test]
async fn a_checksum_moves_the_offset_or_keeps_nothing() {
    const OF_HELLO: &str = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = begun(&ann, 22, "a").await;
    let send = |offset, bytes: &'static [u8], sum| {
        append(&ann, &path, offset, bytes).header("upload-checksum", sum)
    };
    send(0, b"hello world", OF_HELLO).await.no_content();
    let wrong = send(11, b"hello worle", OF_HELLO).await;
    wrong.problem(460, "checksum_mismatch");
    assert_eq!(offset(&ann, &path).await, 11);
    send(11, b"x", "md5 YQ==")
        .await
        .problem(400, "invalid_header");
    let right = "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";
    send(11, b"hello world", right).await.no_content();
    assert_eq!(
        content(app.database(), &path).await,
        b"hello worldhello world"
    );
}

#[tokio::test]
async fn chunks_stored_ahead_of_a_wrong_checksum_leave_no_trace() {
    use base64::Engine as _;
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let bytes = pattern(3 * CHUNK, 7);
    let path = begun(&ann, bytes.len(), "a").await;
    append(&ann, &path, 0, &bytes[..1000]).await.no_content();
    let sum = |bytes: &[u8]| {
        let digest = satchel::platform::crypto::sha256(bytes);
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        format!("sha256 {digest}")
    };
    let wrong = pattern(2 * CHUNK, 8);
    let call = append(&ann, &path, 1000, &wrong).header("upload-checksum", &sum(b"other"));
    call.await.problem(460, "checksum_mismatch");
    assert_eq!(offset(&ann, &path).await, 1000);
    // One that ends on the border of a chunk, one that does not.
    for (from, to) in [(1000, 2 * CHUNK), (2 * CHUNK, 3 * CHUNK)] {
        let piece = &bytes[from..to];
        let call = append(&ann, &path, from, piece).header("upload-checksum", &sum(piece));
        call.await.no_content();
        assert_eq!(offset(&ann, &path).await, to);
    }
    assert!(content(app.database(), &path).await == bytes);
}

#[tokio::test]
async fn an_upload_given_up_leaves_nothing_but_a_dead_blob() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = begun(&ann, 5000, "a").await;
    append(&ann, &path, 0, b"some").await.no_content();
    speaks(&tus(ann.delete(&path)).await, 204);
    head(&ann, &path).await.expect_status(404);
    append(&ann, &path, 4, b"text")
        .await
        .problem(404, "not_found");
    tus(ann.delete(&path)).await.problem(404, "not_found");
    assert_eq!(used(&ann).await, 0);
    let blobs = app
        .database()
        .count("SELECT COUNT(*) FROM blobs WHERE state <> 2");
    assert_eq!(blobs.await, 0);
}

#[tokio::test]
async fn an_upload_that_waited_too_long_is_given_up_and_one_that_is_whole_becomes_a_file() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (late, whole) = (begun(&ann, 50, "a").await, begun(&ann, 4, "b").await);
    append(&ann, &late, 0, b"some").await.no_content();
    // As if the instance had died between the last byte and the file.
    append(&ann, &whole, 0, b"som").await.no_content();
    let twin = begun(&ann, 3, "c").await;
    append(&ann, &twin, 0, b"som").await.no_content();
    let database = app.database();
    database
        .exec("UPDATE uploads SET length = 3 WHERE name = 'b'", ())
        .await;
    database
        .exec(
            "UPDATE uploads SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND",
            (),
        )
        .await;
    let broken = begun(&ann, 6, "broken").await;
    append(&ann, &broken, 0, b"broke").await.no_content();
    database
        .exec(
            "UPDATE uploads SET length = 5, hash_state = 'x', \
               expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE name = 'broken'",
            (),
        )
        .await;
    append(&ann, &late, 4, b"text")
        .await
        .problem(410, "upload_expired");
    head(&ann, &late).await.expect_status(410);
    let ended = app.call_job("uploads.expire").await;
    assert_eq!(ended.unwrap(), 3);
    head(&ann, &broken).await.expect_status(404);
    head(&ann, &late).await.expect_status(404);
    assert_eq!(content(app.database(), &whole).await, b"som");
    assert_eq!(used(&ann).await, 3 + 3);
    let blobs = "SELECT COUNT(*) FROM blobs WHERE state = 1";
    assert_eq!(
        database.count(blobs).await,
        1,
        "the same bytes lie there once"
    );
}

#[tokio::test]
async fn whoever_asks_after_a_whole_upload_makes_its_file() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for ask in ["HEAD", "PATCH"] {
        let path = begun(&ann, 4, ask).await;
        append(&ann, &path, 0, b"som").await.no_content();
        let sql = "UPDATE uploads SET length = 3 WHERE name = ?";
        assert_eq!(app.database().exec(sql, (ask,)).await, 1);
        match ask {
            "HEAD" => assert_eq!(offset(&ann, &path).await, 3),
            _ => append(&ann, &path, 3, b"").await.no_content(),
        }
        assert_eq!(content(app.database(), &path).await, b"som");
    }
}

#[tokio::test]
async fn a_key_that_only_reads_cannot_send() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let key = async |scopes: &[&str]| {
        let new = serde_json::json!({ "name": scopes.join(" "), "scopes": scopes });
        let key: Value = ann.post("me/api-keys").json(new).await.created();
        ann.with_token(Some(key["key"].as_str().unwrap()))
    };
    let (reads, writes) = (key(&["read"]).await, key(&["read", "write"]).await);
    begin(&reads, 4, &[])
        .await
        .problem(403, "insufficient_scope");
    let path = begun(&writes, 4, "a").await;
    append(&reads, &path, 0, b"that")
        .await
        .problem(403, "insufficient_scope");
    assert_eq!(offset(&reads, &path).await, 0);
    append(&writes, &path, 0, b"that").await.no_content();
    assert_eq!(content(app.database(), &path).await, b"that");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_speak_tus() {
    let origin = "https://app.example.org";
    let app = TestApp::start_with(&[("SATCHEL_CORS_ORIGINS", origin)]).await;
    let asked = app.anon().call(Method::OPTIONS, "uploads").await;
    asked.no_content();
    assert_eq!(
        asked.header("tus-version"),
        "1.0.0",
        "no preflight: tus answers"
    );
    let preflight = app
        .anon()
        .call(Method::OPTIONS, "uploads")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .await;
    assert_eq!(preflight.header("access-control-allow-origin"), origin);
    let allowed = preflight.header("access-control-allow-headers");
    for name in [
        "tus-resumable",
        "upload-length",
        "upload-offset",
        "upload-metadata",
    ] {
        assert!(allowed.contains(name), "{name} in {allowed}");
    }
    let ann = app.user("ann").await;
    let reply = begin(&ann, 3, &[]).header("origin", origin).await;
    let exposed = reply.header("access-control-expose-headers");
    for name in [
        "location",
        "upload-offset",
        "tus-resumable",
        "upload-expires",
    ] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
}
