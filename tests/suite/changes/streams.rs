//! How long a stream may live and how many there may be: it ends with the right to read, and its
//! place is free again when it has.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use satchel::platform::clock::Clock;
use serde_json::{Value, json};

use super::{Stream, owner, write};
use crate::harness::{Actor, TestApp};
use crate::platform::support::until;

/// The same sign-in with a token that ends in so many seconds.
fn with_seconds_left(app: &TestApp, actor: &Actor, left: i64) -> Actor {
    let tokens = &app.state.tokens;
    let claims = tokens.verify(actor.token.as_deref().unwrap()).unwrap();
    let life = i64::try_from(satchel::platform::auth::jwt::LIFE_S).unwrap();
    let then = app.state.clock.now().micros() - (life - left) * 1_000_000;
    let clock = Clock::Manual(Arc::new(AtomicI64::new(then)));
    let token = tokens.sign(claims.sub, claims.sid, &clock).unwrap();
    actor.with_token(Some(&token))
}

async fn key(actor: &Actor) -> (String, Actor) {
    let body = json!({ "name": "a program", "scopes": ["read"] });
    let made: Value = actor.post("me/api-keys").json(body).await.created();
    let word = |name: &str| made[name].as_str().unwrap().to_owned();
    (word("id"), actor.with_token(Some(&word("key"))))
}

#[tokio::test]
async fn a_stream_ends_when_its_sign_in_does_and_the_others_go_on() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let kept = ann.sign_in("ann", crate::harness::DEFAULT_PASSWORD).await;
    let (here, _) = Stream::open(ann.get("events")).await;
    let (there, _) = Stream::open(ann.at(&instances[1]).get("events")).await;
    let (mut other, _) = Stream::open(kept.get("events")).await;
    ann.post("auth/logout").await.no_content();
    here.ends().await;
    there.ends().await;
    write(&instances[0].state, owner(&ann), 1).await;
    assert_eq!(other.event().await.seq(), 1);
    kept.post("auth/logout-all").await.no_content();
    other.ends().await;
}

#[tokio::test]
async fn without_redis_a_sign_out_elsewhere_ends_a_stream_before_it_says_more() {
    let one = TestApp::start_with(&[("SATCHEL_REDIS_URL", "")]).await;
    let other = one.sibling(&[]);
    let ann = one.user("ann").await;
    let (stream, _) = Stream::open(ann.get("events")).await;
    ann.at(&other).post("auth/logout").await.no_content();
    write(&one.state, owner(&ann), 1).await;
    stream.ends().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let brief = with_seconds_left(&app, &ann, 2);
    let (mut stream, _) = Stream::open(brief.get("events")).await;
    write(&app.state, owner(&ann), 1).await;
    assert_eq!(stream.event().await.seq(), 1);
    stream.ends().await;
}

#[tokio::test]
async fn a_stream_of_a_key_ends_when_the_key_is_removed() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (id, program) = key(&ann).await;
    let (mut stream, _) = Stream::open(program.get("events")).await;
    write(&app.state, owner(&ann), 1).await;
    assert_eq!(stream.event().await.seq(), 1);
    ann.delete(&format!("me/api-keys/{id}")).await.no_content();
    stream.ends().await;
}

#[tokio::test]
async fn streams_end_when_the_instance_is_being_stopped() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (stream, _) = Stream::open(ann.get("events")).await;
    app.state.draining.cancel();
    stream.ends().await;
    Stream::try_open(ann.get("events")).await.ends().await;
}

#[tokio::test]
async fn the_seventh_stream_of_a_user_is_one_too_many_on_its_instance() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(Stream::open(ann.get("events")).await.0);
    }
    let reply = ann.get("events").await;
    reply.problem(429, "too_many_streams");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
    Stream::open(bob.get("events")).await;
    Stream::open(ann.at(&instances[1]).get("events")).await;
    write(&app.state, owner(&ann), 1).await;
    for stream in &mut streams {
        assert_eq!(stream.event().await.seq(), 1);
    }
    streams.pop();
    let (mut again, _) = Stream::open(ann.get("events")).await;
    drop(streams);
    write(&app.state, owner(&ann), 1).await;
    assert_eq!(again.event().await.seq(), 2);
}

#[tokio::test]
async fn an_instance_has_so_many_streams_and_no_more() {
    let app = TestApp::start_with(&[("SATCHEL_HTTP_MAX_STREAMS", "2")]).await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (one, _) = Stream::open(ann.get("events")).await;
    let (_other, _) = Stream::open(bob.get("events")).await;
    let reply = ann.get("events").await;
    reply.problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    drop(one);
    Stream::open(bob.get("events")).await;
}

#[tokio::test]
async fn a_watch_goes_with_its_last_stream_and_comes_again() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let tasks = || app.state.background.len();
    for round in 1..=3 {
        let (mut stream, _) = Stream::open(ann.get("events")).await;
        write(&app.state, owner(&ann), 1).await;
        assert_eq!(stream.event().await.seq(), round);
        drop(stream);
        // The notifier's task remains.
        until("the watch ends", async || (tasks() == 1).then_some(())).await;
    }
}

#[tokio::test]
async fn streams_cost_no_quota() {
    let settings = [
        ("SATCHEL_API_LIMITS", "on"),
        ("SATCHEL_LIMIT_USER", "3/3600"),
    ];
    let app = TestApp::start_with(&settings).await;
    let ann = app.user("ann").await;
    let (mut stream, _) = Stream::open(ann.get("events")).await;
    for seq in 1..=10 {
        write(&app.state, owner(&ann), 1).await;
        assert_eq!(stream.event().await.seq(), seq);
    }
    let _: Value = ann.get("changes").await.ok();
}
