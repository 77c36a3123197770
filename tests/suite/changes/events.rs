//! `GET events`: what happens is told while it happens, once and in its order, on every instance,
//! and whoever was away goes on where they were.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Stream, commit, owner, write};
use crate::harness::TestApp;

#[tokio::test]
async fn a_stream_says_where_it_stands_and_then_what_happens() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&app.state, owner(&ann), 2).await;
    let (mut stream, hello) = Stream::open(ann.get("events")).await;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(stream.headers[name], value);
    }
    assert_eq!((hello.id.as_str(), hello.retry.as_str()), ("2", "2000"));
    assert_eq!(hello.data, json!({ "last_seq": 2 }));
    write(&app.state, owner(&ann), 1).await;
    let event = stream.event().await;
    assert_eq!(event.seq(), 3);
    let listed: Value = ann.get("changes?since=2").await.ok();
    assert_eq!(event.data, listed["items"][0]);
    write(&app.state, owner(&ann), 450).await;
    assert_eq!(stream.seqs(450).await, (4..=453).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_line_shows_that_it_is_good() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (mut stream, _) = Stream::open(ann.get("events")).await;
    let beat = stream.next().await.unwrap();
    assert_eq!((beat.name.as_str(), beat.comment.as_str()), ("", "♥"));
}

#[tokio::test]
async fn another_instance_hears_it_through_redis() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let there = ann.at(&instances[1]);
    let (mut stream, _) = Stream::open(there.get("events")).await;
    for seq in 1..=5 {
        write(&instances[0].state, owner(&ann), 1).await;
        assert_eq!(stream.event().await.seq(), seq);
    }
}

#[tokio::test]
async fn without_redis_another_instance_hears_it_a_little_later() {
    let with = TestApp::start().await;
    let without = with.sibling(&[("SATCHEL_REDIS_URL", "")]);
    let ann = with.user("ann").await;
    let (mut here, _) = Stream::open(ann.get("events")).await;
    let (mut there, _) = Stream::open(ann.at(&without).get("events")).await;
    write(&with.state, owner(&ann), 1).await;
    assert_eq!(there.event().await.seq(), 1);
    assert_eq!(here.event().await.seq(), 1);
    // What was never announced, because its writer died, is found as well.
    commit(&without.state, owner(&ann), 1).await;
    assert_eq!(there.event().await.seq(), 2);
    assert_eq!(here.event().await.seq(), 2);
}

#[tokio::test]
async fn whoever_is_told_of_a_change_reads_it_even_if_its_writer_died() {
    let with = TestApp::start().await;
    let ann = with.user("ann").await;
    let made = ann.write("before", "").await;
    let (mut stream, hello) = Stream::open(ann.get("events")).await;
    let next = hello.data["last_seq"].as_u64().unwrap() + 1;
    let _: crate::harness::Page = ann.get("notes").await.ok();
    let sql = "UPDATE notes SET title = 'after'";
    with.database().exec(sql, ()).await;
    // It rang for another reason, and the change came along unannounced.
    commit(&with.state, owner(&ann), 1).await;
    with.state
        .cache
        .notifier()
        .notify_local(&satchel::services::page_cache::epoch::topic(owner(&ann)));
    assert_eq!(stream.event().await.seq(), next);
    let page: crate::harness::Page = ann.get("notes").await.ok();
    assert_eq!(page.titles(), ["after"], "{}", made.id);
}

#[tokio::test]
async fn a_stream_that_is_cut_again_and_again_misses_nothing_and_repeats_nothing() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let user = owner(&ann);
    let (first, hello) = Stream::open(ann.get("events")).await;
    drop(first);
    let mut writers = JoinSet::new();
    for number in 0..6_usize {
        let app = instances[number % 3].state.clone();
        writers.spawn(async move {
            for round in 0..20 {
                write(&app, user, 1 + (number + round) % 4).await;
            }
        });
    }
    let total: usize = (0..6)
        .flat_map(|number| (0..20).map(move |round| 1 + (number + round) % 4))
        .sum();
    let mut last: u64 = hello.id.parse().unwrap();
    let (mut seen, mut hellos) = (Vec::new(), Vec::new());
    for turn in 0.. {
        let there = ann.at(&instances[turn % 3]);
        let id = last.to_string();
        let call = there.get("events?since=0").header("last-event-id", &id);
        let (mut stream, hello) = Stream::open(call).await;
        hellos.push((hello.id, id));
        for _ in 0..=(turn * 7) % 40 {
            if seen.len() == total {
                break;
            }
            last = stream.event().await.seq();
            seen.push(last);
        }
        if seen.len() == total {
            break;
        }
    }
    // A fault is only named now: a writer in the middle of its transaction would hold the end up.
    writers.join_all().await;
    assert_eq!(seen, (1..=total as u64).collect::<Vec<_>>());
    for (hello, asked) in hellos {
        assert_eq!(hello, asked, "nothing is seen by the hello alone");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_finds_everything_when_it_does() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (mut slow, _) = Stream::open(ann.get("events")).await;
    let (mut quick, _) = Stream::open(ann.get("events")).await;
    for round in 0..10 {
        write(&app.state, owner(&ann), 100).await;
        let wanted: Vec<u64> = (round * 100 + 1..=round * 100 + 100).collect();
        assert_eq!(quick.seqs(100).await, wanted);
    }
    assert_eq!(slow.seqs(1000).await, (1..=1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_hears_of_others() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (mut stream, _) = Stream::open(bob.get("events")).await;
    write(&app.state, owner(&ann), 3).await;
    write(&app.state, owner(&bob), 1).await;
    let event = stream.event().await;
    assert_eq!(event.seq(), 1);
    let bobs: Value = bob.get("changes").await.ok();
    assert_eq!(event.data, bobs["items"][0]);
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_to_begin_again() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&app.state, owner(&ann), 9).await;
    let sql = "UPDATE change_heads SET floor = 5";
    app.database().exec(sql, ()).await;
    app.database()
        .exec("DELETE FROM changes WHERE seq <= 5", ())
        .await;
    // The last one was given out before the database was set back.
    for id in ["0", "4", "10"] {
        let call = ann.get("events").header("last-event-id", id);
        let (mut stream, hello) = Stream::open(call).await;
        assert_eq!(hello.id, id, "cut off here, it is told again");
        let reset = stream.event().await;
        assert_eq!((reset.name.as_str(), reset.id.as_str()), ("reset", "9"));
        assert_eq!(reset.data, json!({ "last_seq": 9 }));
    }
    let (mut stream, _) = Stream::open(ann.get("events?since=5")).await;
    assert_eq!(stream.seqs(4).await, [6, 7, 8, 9]);
    // Purged between the beginning and the reading: a number is missing.
    let call = ann.get("events?since=5");
    let mut stream = Stream::try_open(call).await;
    app.database()
        .exec("DELETE FROM changes WHERE seq <= 7", ())
        .await;
    assert_eq!(stream.event().await.name, "hello");
    assert_eq!(stream.event().await.name, "reset");
    write(&app.state, owner(&ann), 1).await;
    assert_eq!(stream.event().await.seq(), 10);
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_skipped() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&app.state, owner(&ann), 3).await;
    let sql = "UPDATE changes SET kind = 200 WHERE seq = 2";
    app.database().exec(sql, ()).await;
    let (mut stream, _) = Stream::open(ann.get("events?since=0")).await;
    assert_eq!(stream.seqs(2).await, [1, 3]);
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for id in ["x", "-1", "+1", "1.5", "18446744073709551616"] {
        let reply = ann.get("events").header("last-event-id", id).await;
        let problem = reply.problem(422, "invalid");
        problem.field("Last-Event-ID", "invalid_header");
    }
    let reply = ann.get("events?since=x").await;
    let problem = reply.problem(422, "invalid");
    problem.field("since", "invalid_type");
    let (_, hello) = Stream::open(ann.get("events").header("last-event-id", "")).await;
    assert_eq!(hello.id, "0");
}
