//! `Idempotency-Key`: a creation that is repeated is done once and answered the same way.

use serde_json::{Value, json};

use crate::harness::{Actor, Call, Doc, DocPage, DocumentKind, Reply, TestApp, id, note, together};

fn create<D: DocumentKind>(actor: &Actor, key: &str, title: &str) -> Call {
    let call = actor.post(D::PATH).header("idempotency-key", key);
    call.json(note(title))
}

async fn count<D: DocumentKind>(actor: &Actor) -> usize {
    let page: DocPage<D> = actor.get(&D::path("?limit=200")).await.ok();
    page.items.len()
}

#[track_caller]
fn assert_same(one: &Reply, other: &Reply) {
    assert_eq!(one.status(), other.status());
    assert_eq!(one.bytes(), other.bytes());
    for name in ["location", "etag", "content-type"] {
        assert_eq!(one.header(name), other.header(name));
    }
}

async fn a_repeated_creation_gets_the_first_answer_again<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let first = create::<D>(&ann, "key", "Title").await;
    let _: Doc<D> = first.created();
    let again = create::<D>(&ann, "key", "Title").await;
    assert_same(&first, &again);
    assert_eq!(count::<D>(&ann).await, 1);
}

async fn twenty_creations_at_once_over_three_instances_make_one_note<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    // Several rounds, because the collisions that matter are a matter of luck.
    for round in 1..=8 {
        let key = format!("key {round}");
        let calls = (0..20).map(|n| create::<D>(&ann.at(&instances[n % 3]), &key, "Title"));
        let replies = together(calls).await;
        for reply in &replies {
            let _: Doc<D> = reply.created();
            assert_same(&replies[0], reply);
        }
        assert_eq!(count::<D>(&ann).await, round);
    }
}

async fn a_key_that_comes_back_with_another_body_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let _: Doc<D> = create::<D>(&ann, "key", "Title").await.created();
    let reply = create::<D>(&ann, "key", "Other").await;
    reply
        .problem(422, "invalid")
        .field("Idempotency-Key", "idempotency_key_reused");
    assert_eq!(count::<D>(&ann).await, 1);
}

async fn the_same_key_of_another_user_stands_for_itself<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let anns: Doc<D> = create::<D>(&ann, "key", "Title").await.created();
    let bobs: Doc<D> = create::<D>(&bob, "key", "Title").await.created();
    assert_ne!(anns.id, bobs.id);
    assert_eq!(bob.fetch::<D>(&bobs.id).await, bobs);
    let again: Doc<D> = create::<D>(&ann, "key", "Title").await.created();
    assert_eq!(again, anns);
}

async fn another_key_makes_another_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for key in ["a", "A", "a ", "b"] {
        let _: Doc<D> = create::<D>(&ann, key, "Title").await.created();
    }
    // A client cannot send a space at the end of a value, so `a ` is `a` again.
    assert!(matches!(count::<D>(&ann).await, 3 | 4));
}

async fn the_first_answer_comes_back_even_when_the_note_was_changed_or_deleted<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let first = create::<D>(&ann, "key", "Title").await;
    let made: Doc<D> = first.created();
    let path = format!("{}/{}", D::PATH, made.id);
    let _: Doc<D> = ann.patch(&path).if_match(1).json(note("New")).await.ok();
    assert_same(&first, &create::<D>(&ann, "key", "Title").await);
    ann.delete(&path).await.no_content();
    assert_same(&first, &create::<D>(&ann, "key", "Title").await);
    assert_eq!(count::<D>(&ann).await, 0);
}

async fn a_refused_creation_does_not_use_up_its_key<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let call = ann.post(D::PATH).header("idempotency-key", "key");
    let reply = call.json(json!({ "title": "a".repeat(201) })).await;
    reply.problem(422, "invalid");
    let _: Doc<D> = create::<D>(&ann, "key", "Title").await.created();
}

async fn a_creation_with_an_id_in_use_does_not_use_up_its_key<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let taken = id();
    let body = json!({ "id": taken, "title": "First" });
    let _: Doc<D> = ann.post(D::PATH).json(&body).await.created();
    let call = ann.post(D::PATH).header("idempotency-key", "key");
    call.json(&body).await.problem(409, "id_taken");
    let _: Doc<D> = create::<D>(&ann, "key", "Second").await.created();
}

async fn a_chosen_id_and_a_key_go_together<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let body = json!({ "id": id(), "title": "Mine" });
    let call = || ann.post(D::PATH).header("idempotency-key", "key");
    let first = call().json(&body).await;
    let _: Doc<D> = first.created();
    assert_same(&first, &call().json(&body).await);
}

async fn after_a_day_a_key_is_new_again<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let first: Doc<D> = create::<D>(&ann, "key", "Title").await.created();
    let life = "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(6), expires_at) FROM idempotency_keys";
    let minutes = app.database().count(life).await;
    assert!((1_430..=1_440).contains(&minutes), "{minutes}");
    let sql = "UPDATE idempotency_keys SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND";
    app.database().exec(sql, ()).await;
    let second: Doc<D> = create::<D>(&ann, "key", "Other").await.created();
    assert_ne!(first.id, second.id);
}

async fn a_key_that_is_none_is_named<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let long = "k".repeat(256);
    for key in ["", " ", "\u{e4}", &long] {
        let reply = create::<D>(&ann, key, "Title").await;
        reply
            .problem(422, "invalid")
            .field("Idempotency-Key", "invalid_header");
    }
    let twice = create::<D>(&ann, "one", "Title").header("idempotency-key", "two");
    twice.await.problem(422, "invalid");
    let _: Doc<D> = create::<D>(&ann, &"k".repeat(255), "Title").await.created();
    assert_eq!(count::<D>(&ann).await, 1);
}

async fn no_answer_under_auth_is_kept_for_a_key<D: DocumentKind>() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let login = || {
        let call = app.anon().post("auth/login?transport=body");
        let call = call.header("idempotency-key", "key");
        call.json(json!({ "login": "ann", "password": crate::harness::DEFAULT_PASSWORD }))
    };
    let (one, other): (Value, Value) = (login().await.ok(), login().await.ok());
    assert_ne!(one["refresh_token"], other["refresh_token"]);
    let kept = "SELECT COUNT(*) FROM idempotency_keys";
    assert_eq!(app.database().count(kept).await, 0);
}

document_suite! {
    one_thread: [a_repeated_creation_gets_the_first_answer_again, a_key_that_comes_back_with_another_body_is_refused, the_same_key_of_another_user_stands_for_itself, another_key_makes_another_note, the_first_answer_comes_back_even_when_the_note_was_changed_or_deleted, a_refused_creation_does_not_use_up_its_key, a_creation_with_an_id_in_use_does_not_use_up_its_key, a_chosen_id_and_a_key_go_together, after_a_day_a_key_is_new_again, a_key_that_is_none_is_named, no_answer_under_auth_is_kept_for_a_key],
    two_threads: [twenty_creations_at_once_over_three_instances_make_one_note],
}
