//! Conditional requests: nobody's change is overwritten unseen, and nothing is sent twice.

use serde_json::{Value, json};

use crate::harness::{Actor, Doc, DocumentKind, TestApp, id, note, together};

/// A note of Ann's at version 2, and its path.
async fn edited_once<D: DocumentKind>(ann: &Actor) -> (Doc<D>, String) {
    let made = ann.create::<D>("First", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let call = ann.patch(&path).if_match(1).json(note("Second"));
    (call.await.ok(), path)
}

fn whole<D: DocumentKind>() -> Value {
    json!({ "title": "Third", (D::BODY): "three" })
}

async fn a_change_must_say_what_it_is_based_on<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (before, path) = edited_once::<D>(&ann).await;
    let reply = ann.put(&path).json(whole::<D>()).await;
    reply.problem(428, "precondition_required");
    let reply = ann.patch(&path).json(whole::<D>()).await;
    reply.problem(428, "precondition_required");
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
}

async fn a_change_based_on_an_older_version_is_refused_with_the_present_one<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (before, path) = edited_once::<D>(&ann).await;
    for call in [ann.put(&path), ann.patch(&path)] {
        let reply = call.if_match(1).json(whole::<D>()).await;
        let problem = reply.problem(412, "stale");
        let current: Doc<D> = serde_json::from_value(problem.0["current"].clone()).unwrap();
        assert_eq!(current, before);
    }
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
}

async fn a_change_based_on_a_version_yet_to_come_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let reply = ann.put(&path).if_match(3).json(whole::<D>()).await;
    reply.problem(412, "stale");
}

async fn the_tag_may_be_weakened_on_its_way<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for tag in ["W/\"v2\"", "\"v2-gzip\"", "\"other\", \"v2\""] {
        let (_, path) = edited_once::<D>(&ann).await;
        let call = ann.put(&path).header("if-match", tag);
        let changed: Doc<D> = call.json(whole::<D>()).await.ok();
        assert_eq!(changed.version, 3, "{tag}");
    }
}

async fn a_star_matches_whatever_is_there<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let call = ann.put(&path).header("if-match", "*");
    let changed: Doc<D> = call.json(whole::<D>()).await.ok();
    assert_eq!(changed.version, 3);
}

async fn a_tag_that_is_not_ours_matches_nothing<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let call = ann.put(&path).header("if-match", "\"abc\"");
    let reply = call.json(whole::<D>()).await;
    reply.problem(412, "stale");
}

async fn what_is_no_tag_is_named<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    for tag in ["2", "v2", "\"v2"] {
        let call = ann.put(&path).header("if-match", tag);
        let reply = call.json(whole::<D>()).await;
        reply
            .problem(422, "invalid")
            .field("If-Match", "invalid_header");
    }
}

async fn the_same_put_again_is_done_already<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let first: Doc<D> = ann.put(&path).if_match(2).json(whole::<D>()).await.ok();
    let again: Doc<D> = ann.put(&path).if_match(2).json(whole::<D>()).await.ok();
    assert_eq!(again, first);
    assert_eq!(ann.fetch::<D>(&first.id).await.version, 3);
}

async fn an_older_put_that_comes_back_does_not_win_over_a_newer_one<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let _: Doc<D> = ann.put(&path).if_match(2).json(whole::<D>()).await.ok();
    let newer = json!({ "title": "Fourth", (D::BODY): "four" });
    let newest: Doc<D> = ann.put(&path).if_match(3).json(newer).await.ok();
    let reply = ann.put(&path).if_match(2).json(whole::<D>()).await;
    reply.problem(412, "stale");
    assert_eq!(ann.fetch::<D>(&newest.id).await, newest);
}

async fn of_twenty_changes_of_one_version_at_once_one_wins<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("Start", "").await;
    let path = format!("{}/{}", D::PATH, made.id);
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
    let won: Doc<D> = winners[0].ok();
    for reply in replies.iter().filter(|reply| reply.status() != 200) {
        reply.problem(412, "stale");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, won);
}

async fn not_found_comes_before_all_that_is_wrong_with_a_change<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = format!("{}/{}", D::PATH, id());
    for call in [ann.put(&path), ann.patch(&path)] {
        let reply = call.json(json!({ "title": 7, "x": 1 })).await;
        reply.problem(404, "not_found");
    }
}

async fn a_missing_or_stale_base_comes_before_wrong_fields<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let wrong = json!({ "title": 7 });
    let reply = ann.patch(&path).json(&wrong).await;
    reply.problem(428, "precondition_required");
    let reply = ann.patch(&path).if_match(1).json(&wrong).await;
    reply.problem(412, "stale");
    let reply = ann.patch(&path).if_match(2).json(&wrong).await;
    reply.problem(422, "invalid").field("title", "invalid_type");
}

async fn a_note_the_client_has_is_not_sent_again<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (known, path) = edited_once::<D>(&ann).await;
    let reply = ann.get(&path).await;
    let _: Doc<D> = reply.ok();
    assert_eq!(reply.header("etag"), "\"v2\"");
    for tag in ["\"v2\"", "W/\"v2\"", "\"v1\", \"v2\"", "*"] {
        let reply = ann.get(&path).header("if-none-match", tag).await;
        reply.not_modified();
        assert_eq!(reply.header("etag"), "\"v2\"");
        assert_eq!(reply.header("cache-control"), "private, no-cache");
    }
    for tag in ["\"v1\"", "\"abc\"", "v2"] {
        let reply = ann.get(&path).header("if-none-match", tag).await;
        assert_eq!(reply.ok::<Doc<D>>(), known, "{tag}");
    }
}

async fn a_list_the_client_has_is_not_sent_again_until_something_changes<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = edited_once::<D>(&ann).await;
    let reply = ann.get(D::PATH).await;
    let tag = reply.header("etag").to_owned();
    let reply = ann.get(D::PATH).header("if-none-match", &tag).await;
    reply.not_modified();
    assert_eq!(reply.header("cache-control"), "private, no-cache");
    let _: Doc<D> = ann.put(&path).if_match(2).json(whole::<D>()).await.ok();
    let reply = ann.get(D::PATH).header("if-none-match", &tag).await;
    let _: Value = reply.ok();
    assert_ne!(reply.header("etag"), tag);
}

async fn changes_of_twenty_notes_with_the_same_words_at_once_are_all_kept<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let mut notes = Vec::new();
    for n in 0..20 {
        notes.push(ann.create::<D>(&format!("n{n}"), "alpha beta gamma").await);
    }
    let texts = ["delta gamma beta", "alpha", "beta alpha delta", ""];
    for (version, text) in (1..).zip(texts) {
        let calls = notes
            .iter()
            .zip(instances.iter().cycle())
            .map(|(note, app)| {
                let call = ann.at(app).patch(&format!("{}/{}", D::PATH, note.id));
                call.if_match(version).json(json!({ (D::BODY): text }))
            });
        for reply in together(calls).await {
            let changed: Doc<D> = reply.ok();
            assert_eq!(changed.body.as_deref(), Some(text));
        }
    }
}

document_suite! {
    one_thread: [a_change_must_say_what_it_is_based_on, a_change_based_on_an_older_version_is_refused_with_the_present_one, a_change_based_on_a_version_yet_to_come_is_refused, the_tag_may_be_weakened_on_its_way, a_star_matches_whatever_is_there, a_tag_that_is_not_ours_matches_nothing, what_is_no_tag_is_named, the_same_put_again_is_done_already, an_older_put_that_comes_back_does_not_win_over_a_newer_one, not_found_comes_before_all_that_is_wrong_with_a_change, a_missing_or_stale_base_comes_before_wrong_fields, a_note_the_client_has_is_not_sent_again, a_list_the_client_has_is_not_sent_again_until_something_changes],
    two_threads: [of_twenty_changes_of_one_version_at_once_one_wins, changes_of_twenty_notes_with_the_same_words_at_once_are_all_kept],
}
