//! Conditional requests: nobody's change is overwritten unseen, and nothing is sent twice.

use serde_json::{Value, json};

use crate::harness::{Actor, Note, id, note, together};

/// A note of Ann's at version 2, and its path.
async fn edited_once(ann: &Actor) -> (Note, String) {
    let made = ann.write("First", "one").await;
    let path = format!("notes/{}", made.id);
    let call = ann.patch(&path).if_match(1).json(note("Second"));
    (call.await.ok(), path)
}

fn whole() -> Value {
    json!({ "title": "Third", "body": "three" })
}

#[tokio::test]
async fn a_change_must_say_what_it_is_based_on() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (before, path) = edited_once(&ann).await;
    let reply = ann.put(&path).json(whole()).await;
    reply.problem(428, "precondition_required");
    let reply = ann.patch(&path).json(whole()).await;
    reply.problem(428, "precondition_required");
    assert_eq!(ann.read(&before.id).await, before);
}

#[tokio::test]
async fn a_change_based_on_an_older_version_is_refused_with_the_present_one() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (before, path) = edited_once(&ann).await;
    for call in [ann.put(&path), ann.patch(&path)] {
        let reply = call.if_match(1).json(whole()).await;
        let problem = reply.problem(412, "stale");
        let current: Note = serde_json::from_value(problem.0["current"].clone()).unwrap();
        assert_eq!(current, before);
    }
    assert_eq!(ann.read(&before.id).await, before);
}

#[tokio::test]
async fn a_change_based_on_a_version_yet_to_come_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let reply = ann.put(&path).if_match(3).json(whole()).await;
    reply.problem(412, "stale");
}

#[tokio::test]
async fn the_tag_may_be_weakened_on_its_way() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for tag in ["W/\"v2\"", "\"v2-gzip\"", "\"other\", \"v2\""] {
        let (_, path) = edited_once(&ann).await;
        let call = ann.put(&path).header("if-match", tag);
        let changed: Note = call.json(whole()).await.ok();
        assert_eq!(changed.version, 3, "{tag}");
    }
}

#[tokio::test]
async fn a_star_matches_whatever_is_there() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let call = ann.put(&path).header("if-match", "*");
    let changed: Note = call.json(whole()).await.ok();
    assert_eq!(changed.version, 3);
}

#[tokio::test]
async fn a_tag_that_is_not_ours_matches_nothing() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let call = ann.put(&path).header("if-match", "\"abc\"");
    let reply = call.json(whole()).await;
    reply.problem(412, "stale");
}

#[tokio::test]
async fn what_is_no_tag_is_named() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    for tag in ["2", "v2", "\"v2"] {
        let call = ann.put(&path).header("if-match", tag);
        let reply = call.json(whole()).await;
        reply
            .problem(422, "invalid")
            .field("If-Match", "invalid_header");
    }
}

#[tokio::test]
async fn the_same_put_again_is_done_already() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let first: Note = ann.put(&path).if_match(2).json(whole()).await.ok();
    let again: Note = ann.put(&path).if_match(2).json(whole()).await.ok();
    assert_eq!(again, first);
    assert_eq!(ann.read(&first.id).await.version, 3);
}

#[tokio::test]
async fn an_older_put_that_comes_back_does_not_win_over_a_newer_one() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let _: Note = ann.put(&path).if_match(2).json(whole()).await.ok();
    let newer = json!({ "title": "Fourth", "body": "four" });
    let newest: Note = ann.put(&path).if_match(3).json(newer).await.ok();
    let reply = ann.put(&path).if_match(2).json(whole()).await;
    reply.problem(412, "stale");
    assert_eq!(ann.read(&newest.id).await, newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_changes_of_one_version_at_once_one_wins() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = ann.write("Start", "").await;
    let path = format!("notes/{}", made.id);
    let calls = (0..20).map(|n| {
        let call = ann.at(&instances[n % 3]).patch(&path).if_match(1);
        call.json(note(&format!("Change {n}")))
    });
    let replies = together(calls).await;
    let winners: Vec<_> = replies
        .iter()
        .filter(|reply| reply.status() == 200)
        .collect();
    assert_eq!(winners.len(), 1);
    let won: Note = winners[0].ok();
    for reply in replies.iter().filter(|reply| reply.status() != 200) {
        reply.problem(412, "stale");
    }
    assert_eq!(ann.read(&made.id).await, won);
}

#[tokio::test]
async fn not_found_comes_before_all_that_is_wrong_with_a_change() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let path = format!("notes/{}", id());
    for call in [ann.put(&path), ann.patch(&path)] {
        let reply = call.json(json!({ "title": 7, "x": 1 })).await;
        reply.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_missing_or_stale_base_comes_before_wrong_fields() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let wrong = json!({ "title": 7 });
    let reply = ann.patch(&path).json(&wrong).await;
    reply.problem(428, "precondition_required");
    let reply = ann.patch(&path).if_match(1).json(&wrong).await;
    reply.problem(412, "stale");
    let reply = ann.patch(&path).if_match(2).json(&wrong).await;
    reply.problem(422, "invalid").field("title", "invalid_type");
}

#[tokio::test]
async fn a_note_the_client_has_is_not_sent_again() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (known, path) = edited_once(&ann).await;
    let reply = ann.get(&path).await;
    let _: Note = reply.ok();
    assert_eq!(reply.header("etag"), "\"v2\"");
    for tag in ["\"v2\"", "W/\"v2\"", "\"v1\", \"v2\"", "*"] {
        let reply = ann.get(&path).header("if-none-match", tag).await;
        reply.not_modified();
        assert_eq!(reply.header("etag"), "\"v2\"");
        assert_eq!(reply.header("cache-control"), "private, no-cache");
    }
    for tag in ["\"v1\"", "\"abc\"", "v2"] {
        let reply = ann.get(&path).header("if-none-match", tag).await;
        assert_eq!(reply.ok::<Note>(), known, "{tag}");
    }
}

#[tokio::test]
async fn a_list_the_client_has_is_not_sent_again_until_something_changes() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once(&ann).await;
    let reply = ann.get("notes").await;
    let tag = reply.header("etag").to_owned();
    let reply = ann.get("notes").header("if-none-match", &tag).await;
    reply.not_modified();
    assert_eq!(reply.header("cache-control"), "private, no-cache");
    let _: Note = ann.put(&path).if_match(2).json(whole()).await.ok();
    let reply = ann.get("notes").header("if-none-match", &tag).await;
    let _: Value = reply.ok();
    assert_ne!(reply.header("etag"), tag);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_twenty_notes_with_the_same_words_at_once_are_all_kept() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    let mut notes = Vec::new();
    for n in 0..20 {
        notes.push(ann.write(&format!("n{n}"), "alpha beta gamma").await);
    }
    let texts = ["delta gamma beta", "alpha", "beta alpha delta", ""];
    for (version, text) in (1..).zip(texts) {
        let calls = notes
            .iter()
            .zip(instances.iter().cycle())
            .map(|(note, app)| {
                let call = ann.at(app).patch(&format!("notes/{}", note.id));
                call.if_match(version).json(json!({ "body": text }))
            });
        for reply in together(calls).await {
            let changed: Note = reply.ok();
            assert_eq!(changed.body.as_deref(), Some(text));
        }
    }
}
