//! The client's id of a save: however often a save is sent, it is done once and answered alike.

use serde_json::{Value, json};

use super::common::{current, history, past, save, save_body, text_at, three_lines};
use crate::harness::{Doc, DocumentKind, Reply, TestApp, id, together};

/// The second reply is the first one again.
#[track_caller]
fn assert_again(first: &Reply, again: &Reply) {
    let (first_value, again_value): (Value, Value) = (first.ok(), again.ok());
    assert_eq!(again_value, first_value);
    assert_eq!(again.bytes(), first.bytes(), "byte by byte");
    assert_eq!(again.header("etag"), first.header("etag"));
}

async fn a_save_sent_again_is_answered_again_also_after_later_ones<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let new =
        json!({ "title": "Ä \"1\"", (D::BODY): "one", "tags": ["b", "A"], (D::PIN): D::pin(true) });
    let made: Doc<D> = ann.post(D::PATH).json(new).await.created();
    let fields = json!({ "title": "Ä \"2\"", (D::BODY): "- [ ] zwei 😀\r\n", "save_id": id() });
    let send = |who| save::<D>(who, &made.id, 1, fields.clone());
    let first = send(&ann).await;
    let saved: Value = first.ok();
    assert_eq!(saved["version"], 2);
    assert_again(&first, &send(&ann).await);
    save_body::<D>(&ann, &made.id, 2, "later").await;
    let bare = json!({ "tags": ["c"], (D::ARCHIVE): D::archive(true), (D::PIN): D::pin(false) });
    let _: Value = save::<D>(&ann, &made.id, 3, bare).await.ok();
    let path = format!("{}/{}", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    assert_again(&first, &send(&ann).await);
    assert_again(&first, &send(&ann.at(&instances[1])).await);
    let note = ann.fetch::<D>(&made.id).await;
    assert_eq!(note.body.as_deref(), Some("later"));
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        vec![current(3, "edit"), past(2, "edit"), past(1, "edit")]
    );
}

async fn a_merged_save_sent_again_is_not_merged_again<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let fields = json!({ (D::BODY): "one\ntwo\nthree\nfour", "save_id": id() });
    let first = save::<D>(&ann, &made.id, 1, fields.clone()).await;
    let saved: Value = first.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved[D::BODY], "one\nTWO\nthree\nfour");
    assert_again(&first, &save::<D>(&ann, &made.id, 1, fields.clone()).await);
    let version = saved["version"].as_u64().unwrap();
    save_body::<D>(&ann, &made.id, version, "all new").await;
    assert_again(&first, &save::<D>(&ann, &made.id, 1, fields).await);
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [
            current(5, "edit"),
            past(4, "merged"),
            past(3, "merge"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
}

async fn a_conflict_sent_again_is_kept_once<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let fields = json!({ "title": "Mine", (D::BODY): "one\n2\nthree", "save_id": id() });
    let first = save::<D>(&ann, &made.id, 1, fields.clone()).await;
    let saved: Value = first.ok();
    assert_eq!(saved["merge"], "conflict");
    assert_again(&first, &save::<D>(&ann, &made.id, 1, fields.clone()).await);
    save_body::<D>(&ann, &made.id, 2, "later").await;
    assert_again(&first, &save::<D>(&ann, &made.id, 1, fields).await);
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [
            current(4, "edit"),
            past(3, "conflict"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
}

async fn a_save_behind_if_match_is_answered_again_too<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let whole = json!({ "title": "Title", (D::BODY): "two", "save_id": id() });
    let first = ann.put(&path).if_match(1).json(&whole).await;
    let saved: Value = first.ok();
    assert_eq!(saved["version"], 2);
    save_body::<D>(&ann, &made.id, 2, "later").await;
    let again = ann.put(&path).if_match(1).json(&whole).await;
    assert_again(&first, &again);
    assert_eq!(
        ann.fetch::<D>(&made.id).await.body.as_deref(),
        Some("later")
    );
}

async fn twenty_equal_saves_at_once_are_one<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = three_lines::<D>(&ann).await;
    for (base, body, expected) in [
        (
            2,
            "one\nTWO\nTHREE",
            vec![current(3, "edit"), past(2, "edit"), past(1, "edit")],
        ),
        (
            1,
            "ONE\ntwo\nthree",
            vec![
                past(5, "merged"),
                current(4, "merge"),
                past(3, "edit"),
                past(2, "edit"),
                past(1, "edit"),
            ],
        ),
    ] {
        let fields = json!({ (D::BODY): body, "save_id": id() });
        let calls = (0..20).map(|n| {
            let who = ann.at(&instances[n % 3]);
            save::<D>(&who, &made.id, base, fields.clone())
        });
        let replies = together(calls).await;
        for reply in &replies {
            assert_again(&replies[0], reply);
        }
        assert_eq!(history::<D>(&ann, &made.id).await, expected);
    }
    // Twenty equal losers are one loser.
    let fields = json!({ (D::BODY): "uno\ntwo\nthree", "save_id": id() });
    let calls = (0..20).map(|n| {
        let who = ann.at(&instances[n % 3]);
        save::<D>(&who, &made.id, 1, fields.clone())
    });
    let replies = together(calls).await;
    let first: Value = replies[0].ok();
    assert_eq!(first["merge"], "conflict");
    for reply in &replies {
        assert_again(&replies[0], reply);
    }
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [
            past(6, "conflict"),
            past(5, "merged"),
            current(4, "merge"),
            past(3, "edit"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
}

async fn one_id_for_twenty_notes_at_once_changes_one_of_them<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    for _ in 0..3 {
        let mut notes = Vec::new();
        for n in 0..8 {
            notes.push(ann.create::<D>(&format!("{n}"), "one").await);
        }
        let save_id = id();
        let calls = notes.iter().enumerate().map(|(n, note)| {
            let who = ann.at(&instances[n % 3]);
            save::<D>(
                &who,
                &note.id,
                1,
                json!({ (D::BODY): "two", "save_id": save_id }),
            )
        });
        let replies = together(calls).await;
        let won = replies.iter().filter(|reply| reply.status() == 200).count();
        assert_eq!(won, 1, "{replies:?}");
        for (note, reply) in notes.iter().zip(&replies) {
            if reply.status() == 200 {
                continue;
            }
            reply
                .problem(422, "invalid")
                .field("save_id", "save_id_reused");
            assert_eq!(ann.fetch::<D>(&note.id).await, *note);
        }
    }
}

async fn an_id_that_stands_for_another_save_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let other = ann.create::<D>("Other", "one").await;
    let save_id = id();
    let fields = json!({ (D::BODY): "two", "save_id": save_id });
    let first = save::<D>(&ann, &made.id, 1, fields.clone()).await;
    let _: Value = first.ok();
    let before = (
        ann.fetch::<D>(&made.id).await,
        ann.fetch::<D>(&other.id).await,
    );
    for (note, base, changed) in [
        (&made, 1, json!({ (D::BODY): "three" })),
        (&made, 1, json!({ (D::BODY): "two", "title": "Title" })),
        (
            &made,
            1,
            json!({ (D::BODY): "two", (D::PIN): D::pin(false) }),
        ),
        (&made, 1, json!({ (D::BODY): "two", "tags": [] })),
        (
            &made,
            1,
            json!({ (D::BODY): "two", (D::CONTAINER_ID): null }),
        ),
        (
            &made,
            1,
            json!({ (D::BODY): "two", (D::CONTAINER_ID): id() }),
        ),
        (&made, 1, json!({})),
        (&made, 2, json!({ (D::BODY): "two" })),
        (&made, 99, json!({ (D::BODY): "two" })),
        (&other, 1, json!({ (D::BODY): "two" })),
    ] {
        let mut fields = changed;
        fields["save_id"] = json!(save_id);
        let reply = save::<D>(&ann, &note.id, base, fields.clone()).await;
        assert_eq!(reply.status(), 422, "{fields} is another save");
        reply
            .problem(422, "invalid")
            .field("save_id", "save_id_reused");
    }
    let after = (
        ann.fetch::<D>(&made.id).await,
        ann.fetch::<D>(&other.id).await,
    );
    assert_eq!(after, before);
    assert_again(&first, &save::<D>(&ann, &made.id, 1, fields).await);
}

async fn the_id_of_another_user_is_another_id<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (hers, his) = (
        ann.create::<D>("A", "one").await,
        bob.create::<D>("B", "one").await,
    );
    let fields = json!({ (D::BODY): "two", "save_id": id() });
    let _: Value = save::<D>(&ann, &hers.id, 1, fields.clone()).await.ok();
    let saved: Value = save::<D>(&bob, &his.id, 1, fields.clone()).await.ok();
    assert_eq!(saved["title"], "B");
    assert_eq!(saved["version"], 2);
    let reply = save::<D>(&bob, &hers.id, 1, fields).await;
    reply.problem(404, "not_found");
}

async fn an_id_is_a_uuid<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    for wrong in [json!("7"), json!(7), json!(null), json!(""), json!([])] {
        let fields = json!({ (D::BODY): "two", "save_id": wrong });
        let reply = save::<D>(&ann, &made.id, 1, fields).await;
        let problem = reply.problem(422, "invalid");
        let fields = problem.fields();
        assert_eq!(fields.len(), 1, "{wrong}");
        assert!(fields[0].starts_with("save_id: "), "{wrong}: {fields:?}");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn a_repeated_save_whose_text_was_removed_meanwhile_loses_nothing<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let edit = json!({ (D::BODY): "two", "save_id": id() });
    let _: Value = save::<D>(&ann, &made.id, 1, edit.clone()).await.ok();
    save_body::<D>(&ann, &made.id, 2, "three").await;
    let lost = json!({ (D::BODY): "my own two", "save_id": id() });
    let conflict: Value = save::<D>(&ann, &made.id, 1, lost.clone()).await.ok();
    let loser = conflict["conflict"]["version"].as_u64().unwrap();
    assert_eq!(text_at::<D>(&ann, &made.id, loser).await, "my own two");
    for version in [2, loser] {
        let path = format!("{}/{}/revisions/{version}", D::PATH, made.id);
        ann.delete(&path).await.no_content();
    }
    // An editor that takes the answer over must not end up with an empty text.
    let again: Value = save::<D>(&ann, &made.id, 1, edit).await.ok();
    assert_eq!(again[D::BODY], "three");
    assert_eq!(again["version"], 3);
    let again: Value = save::<D>(&ann, &made.id, 1, lost).await.ok();
    assert_eq!(again[D::BODY], "three");
    assert_ne!(again["conflict"]["body"], "");
    assert_eq!(
        ann.fetch::<D>(&made.id).await.body.as_deref(),
        Some("three")
    );
}

document_suite! {
    one_thread: [a_save_sent_again_is_answered_again_also_after_later_ones, a_merged_save_sent_again_is_not_merged_again, a_conflict_sent_again_is_kept_once, a_save_behind_if_match_is_answered_again_too, an_id_that_stands_for_another_save_is_refused, the_id_of_another_user_is_another_id, an_id_is_a_uuid, a_repeated_save_whose_text_was_removed_meanwhile_loses_nothing],
    two_threads: [twenty_equal_saves_at_once_are_one, one_id_for_twenty_notes_at_once_changes_one_of_them],
}
