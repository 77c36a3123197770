//! Many at once: what fits the quota gets in and nothing else, and no two requests ever mix their
//! bytes.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::files::uploads::form::form;
use crate::files::uploads::{
    BYTES, CHUNK, append, begin, begun, content, offset, pattern, tus, used,
};
use crate::harness::{Actor, Call, TestApp, together};
use crate::platform::support::until;

/// Uploads at once.
const CROWD: usize = 50;

/// A body that is fed by the test, and the request that carries it.
fn fed(actor: &Actor, path: &str, offset: usize) -> (mpsc::UnboundedSender<Bytes>, Call) {
    let (feed, mut fed) = mpsc::unbounded_channel();
    let stream = stream::poll_fn(move |context| {
        let next = fed.poll_recv(context);
        next.map(|bytes| bytes.map(Ok::<Bytes, Infallible>))
    });
    let call = append(actor, path, offset, b"").stream(Body::from_stream(stream));
    (feed, call)
}

#[tokio::test]
async fn fifty_uploads_at_once_get_in_as_far_as_the_quota_goes() {
    let size = 1000;
    let quota = (CROWD * size - 1).to_string();
    let app = TestApp::start_with(&[("SATCHEL_FILES_QUOTA_BYTES", &quota)]).await;
    let ann = app.user("ann").await;
    let bytes: Vec<Vec<u8>> = (0..50).map(|n| pattern(size, n)).collect();
    let calls = bytes.iter().map(|bytes| {
        let call = begin(&ann, size, &[]).header("content-type", BYTES);
        call.body(bytes.clone())
    });
    let replies = together(calls).await;
    let (inside, outside): (Vec<_>, Vec<_>) =
        replies.iter().partition(|reply| reply.status() == 201);
    assert_eq!((inside.len(), outside.len()), (CROWD - 1, 1));
    let refused = outside[0].problem(507, "quota_exceeded");
    let detail = refused.0["detail"].as_str().unwrap();
    assert!(detail.contains(&quota), "{detail}");
    let files = app.database().count("SELECT COUNT(*) FROM files").await;
    assert_eq!(files, CROWD as i64 - 1);
    assert_eq!(used(&ann).await, ((CROWD - 1) * size) as u64);
    for (reply, bytes) in replies.iter().zip(&bytes) {
        if reply.status() == 201 {
            assert!(content(app.database(), reply.header("location")).await == *bytes);
        }
    }
}

#[tokio::test]
async fn fifty_forms_at_once_get_in_as_far_as_the_quota_goes() {
    let size = 1000;
    let quota = (CROWD * size - 1).to_string();
    let app = TestApp::start_with(&[("SATCHEL_FILES_QUOTA_BYTES", &quota)]).await;
    let ann = app.user("ann").await;
    // The same bytes from all: they lie there once and count each time.
    let bytes = pattern(size, 1);
    let calls = (0..CROWD).map(|_| form(&ann, &[("file", Some("a"), &bytes)]));
    let replies = together(calls).await;
    let inside = replies.iter().filter(|reply| reply.status() == 201).count();
    let refused = replies.iter().filter(|reply| reply.status() == 507).count();
    assert_eq!((inside, refused), (CROWD - 1, 1));
    assert_eq!(used(&ann).await, ((CROWD - 1) * size) as u64);
    let database = app.database();
    let whole = database.count("SELECT COUNT(*) FROM blobs WHERE state = 1");
    assert_eq!(whole.await, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM uploads").await, 0);
    let space: Value = ann.get("me/storage").await.ok();
    assert_eq!(space["quota_bytes"].to_string(), quota);
}

#[tokio::test]
async fn of_many_requests_at_one_place_the_latest_writes_and_no_bytes_mix() {
    const ROUNDS: usize = 5;
    let apps = TestApp::instances(3).await;
    let ann = apps[0].user("ann").await;
    let length = 3 * CHUNK + 77;
    let texts = [vec![b'a'; length], vec![b'b'; length], vec![b'c'; length]];
    for round in 0..ROUNDS {
        let path = begun(&ann, length, "mixed").await;
        // Each position is written by exactly one request; which letters stand where tells whose.
        let mut place = 0;
        let mut letters = Vec::new();
        while place < length {
            let calls = texts.iter().zip(&apps).map(|(text, app)| {
                let end = length.min(place + CHUNK / 2 + round * 40_000);
                append(&ann.at(app), &path, place, &text[place..end])
            });
            let replies = together(calls).await;
            let now = offset(&ann, &path).await;
            for reply in &replies {
                match reply.status() {
                    204 | 409 => {}
                    _ => panic!("{reply:?}"),
                }
            }
            let winners = replies.iter().filter(|reply| reply.status() == 204);
            assert!(now > place || winners.count() == 0, "an answer was a lie");
            letters.push(place..now);
            place = now;
        }
        let whole = content(apps[0].database(), &path).await;
        assert_eq!(whole.len(), length);
        // Within what one chunk of one request wrote there is one letter; a request that was
        // overtaken may have written the chunks before.
        for stretch in letters {
            let mut at = stretch.start;
            while at < stretch.end {
                let border = stretch.end.min((at / CHUNK + 1) * CHUNK);
                let piece = &whole[at..border];
                assert!(piece.iter().all(|b| *b == piece[0]), "mixed at {at}");
                at = border;
            }
        }
    }
}

#[tokio::test]
async fn a_later_request_takes_over_and_the_earlier_one_is_told() {
    let apps = TestApp::instances(2).await;
    let ann = apps[0].user("ann").await;
    let bytes = pattern(2 * CHUNK, 3);
    let path = begun(&ann, bytes.len(), "a").await;
    let (feed, call) = fed(&ann, &path, 0);
    let stalled = apps[0].state.background.spawn(call.into_future());
    feed.send(bytes[..CHUNK].to_vec().into()).unwrap();
    until("the first chunk is stored", async || {
        (offset(&ann, &path).await == CHUNK).then_some(())
    })
    .await;
    feed.send(b"these come to nothing".as_slice().into())
        .unwrap();
    let rest = append(&ann.at(&apps[1]), &path, CHUNK, &bytes[CHUNK..]).await;
    rest.no_content();
    drop(feed);
    let told = stalled.await.unwrap();
    told.problem(409, "upload_taken_over");
    assert!(content(apps[0].database(), &path).await == bytes);

    let path = begun(&ann, bytes.len(), "a").await;
    let (feed, call) = fed(&ann, &path, 0);
    let stalled = apps[0].state.background.spawn(call.into_future());
    feed.send(bytes[..CHUNK].to_vec().into()).unwrap();
    until("the first chunk is stored", async || {
        (offset(&ann, &path).await == CHUNK).then_some(())
    })
    .await;
    feed.send(b"nor do these".as_slice().into()).unwrap();
    let next = append(&ann.at(&apps[1]), &path, CHUNK, &bytes[CHUNK..CHUNK + 9]);
    next.await.no_content();
    drop(feed);
    stalled.await.unwrap().problem(409, "upload_taken_over");
    let rest = append(&ann, &path, CHUNK + 9, &bytes[CHUNK + 9..]).await;
    rest.no_content();
    assert!(content(apps[0].database(), &path).await == bytes);
}

#[tokio::test]
async fn giving_up_while_bytes_come_leaves_nothing_reserved() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = begun(&ann, 2 * CHUNK, "a").await;
    let (feed, call) = fed(&ann, &path, 0);
    let sending = app.state.background.spawn(call.into_future());
    feed.send(vec![1; CHUNK].into()).unwrap();
    until("the first chunk is stored", async || {
        (offset(&ann, &path).await == CHUNK).then_some(())
    })
    .await;
    tus(ann.delete(&path)).await.no_content();
    feed.send(vec![1; CHUNK].into()).unwrap();
    drop(feed);
    sending.await.unwrap().problem(404, "not_found");
    assert_eq!(used(&ann).await, 0);
    let alive = "SELECT COUNT(*) FROM blobs WHERE state <> 2";
    assert_eq!(app.database().count(alive).await, 0);
    tus(ann.call(Method::HEAD, &path)).await.expect_status(404);
}

#[tokio::test]
async fn a_sign_in_that_ends_takes_its_uploads_with_it() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = begun(&ann, 2 * CHUNK, "a").await;
    let (feed, call) = fed(&ann, &path, 0);
    let sending = app.state.background.spawn(call.into_future());
    feed.send(vec![1; CHUNK].into()).unwrap();
    until("the first chunk is stored", async || {
        (offset(&ann, &path).await == CHUNK).then_some(())
    })
    .await;
    ann.post("auth/logout").await.no_content();
    feed.send(vec![1; CHUNK].into()).unwrap();
    drop(feed);
    sending.await.unwrap().problem(401, "invalid_token");
    let again = app
        .anon()
        .sign_in("ann", crate::harness::DEFAULT_PASSWORD)
        .await;
    assert_eq!(offset(&again, &path).await, CHUNK);
}

#[tokio::test]
async fn what_came_before_a_line_was_cut_is_kept() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let bytes = pattern(CHUNK + 5000, 4);
    let path = begun(&ann, bytes.len(), "a").await;
    let pieces: Vec<Result<Bytes, std::io::Error>> = vec![
        Ok(bytes[..CHUNK + 100].to_vec().into()),
        Err(std::io::ErrorKind::ConnectionReset.into()),
    ];
    let cut = append(&ann, &path, 0, b"").stream(Body::from_stream(stream::iter(pieces)));
    cut.await.problem(400, "unreadable_body");
    assert_eq!(offset(&ann, &path).await, CHUNK + 100);
    let rest = append(&ann, &path, CHUNK + 100, &bytes[CHUNK + 100..]);
    rest.await.no_content();
    assert!(content(app.database(), &path).await == bytes);
}
