//! The client's id of a save: however often a save is sent, it is done once and answered alike.

use serde_json::{Value, json};

use super::{save, save_body, text_at, three_lines, told};
use crate::harness::{Note, Reply, id, together};

/// The second reply is the first one again.
#[track_caller]
fn assert_again(first: &Reply, again: &Reply) {
    let (first_value, again_value): (Value, Value) = (first.ok(), again.ok());
    assert_eq!(again_value, first_value);
    assert_eq!(again.bytes(), first.bytes(), "byte by byte");
    assert_eq!(again.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn a_save_sent_again_is_answered_again_also_after_later_ones() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let new = json!({ "title": "Ä \"1\"", "body": "one", "tags": ["b", "A"], "pinned": true });
    let made: Note = ann.post("notes").json(new).await.created();
    let fields = json!({ "title": "Ä \"2\"", "body": "- [ ] zwei 😀\r\n", "save_id": id() });
    let send = |who| save(who, &made.id, 1, fields.clone());
    let first = send(&ann).await;
    let saved: Value = first.ok();
    assert_eq!(saved["version"], 2);
    assert_again(&first, &send(&ann).await);
    save_body(&ann, &made.id, 2, "later").await;
    let bare = json!({ "tags": ["c"], "archived": true, "pinned": false });
    let _: Value = save(&ann, &made.id, 3, bare).await.ok();
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    assert_again(&first, &send(&ann).await);
    assert_again(&first, &send(&ann.at(&instances[1])).await);
    let note = ann.read(&made.id).await;
    assert_eq!(note.body.as_deref(), Some("later"));
    assert_eq!(told(&ann, &made.id).await, "3 edit*, 2 edit, 1 edit");
}

#[tokio::test]
async fn a_merged_save_sent_again_is_not_merged_again() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let fields = json!({ "body": "one\ntwo\nthree\nfour", "save_id": id() });
    let first = save(&ann, &made.id, 1, fields.clone()).await;
    let saved: Value = first.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["body"], "one\nTWO\nthree\nfour");
    assert_again(&first, &save(&ann, &made.id, 1, fields.clone()).await);
    let version = saved["version"].as_u64().unwrap();
    save_body(&ann, &made.id, version, "all new").await;
    assert_again(&first, &save(&ann, &made.id, 1, fields).await);
    assert_eq!(
        told(&ann, &made.id).await,
        "5 edit*, 4 merged, 3 merge, 2 edit, 1 edit"
    );
}

#[tokio::test]
async fn a_conflict_sent_again_is_kept_once() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let fields = json!({ "title": "Mine", "body": "one\n2\nthree", "save_id": id() });
    let first = save(&ann, &made.id, 1, fields.clone()).await;
    let saved: Value = first.ok();
    assert_eq!(saved["merge"], "conflict");
    assert_again(&first, &save(&ann, &made.id, 1, fields.clone()).await);
    save_body(&ann, &made.id, 2, "later").await;
    assert_again(&first, &save(&ann, &made.id, 1, fields).await);
    assert_eq!(
        told(&ann, &made.id).await,
        "4 edit*, 3 conflict, 2 edit, 1 edit"
    );
}

#[tokio::test]
async fn a_save_behind_if_match_is_answered_again_too() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
    let whole = json!({ "title": "Title", "body": "two", "save_id": id() });
    let first = ann.put(&path).if_match(1).json(&whole).await;
    let saved: Value = first.ok();
    assert_eq!(saved["version"], 2);
    save_body(&ann, &made.id, 2, "later").await;
    let again = ann.put(&path).if_match(1).json(&whole).await;
    assert_again(&first, &again);
    assert_eq!(ann.read(&made.id).await.body.as_deref(), Some("later"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_equal_saves_at_once_are_one() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = three_lines(&ann).await;
    for (base, body, told_after) in [
        (2, "one\nTWO\nTHREE", "3 edit*, 2 edit, 1 edit"),
        (
            1,
            "ONE\ntwo\nthree",
            "5 merged, 4 merge*, 3 edit, 2 edit, 1 edit",
        ),
    ] {
        let fields = json!({ "body": body, "save_id": id() });
        let calls = (0..20).map(|n| {
            let who = ann.at(&instances[n % 3]);
            save(&who, &made.id, base, fields.clone())
        });
        let replies = together(calls).await;
        for reply in &replies {
            assert_again(&replies[0], reply);
        }
        assert_eq!(told(&ann, &made.id).await, told_after);
    }
    // Twenty equal losers are one loser.
    let fields = json!({ "body": "uno\ntwo\nthree", "save_id": id() });
    let calls = (0..20).map(|n| {
        let who = ann.at(&instances[n % 3]);
        save(&who, &made.id, 1, fields.clone())
    });
    let replies = together(calls).await;
    let first: Value = replies[0].ok();
    assert_eq!(first["merge"], "conflict");
    for reply in &replies {
        assert_again(&replies[0], reply);
    }
    assert_eq!(
        told(&ann, &made.id).await,
        "6 conflict, 5 merged, 4 merge*, 3 edit, 2 edit, 1 edit"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_for_twenty_notes_at_once_changes_one_of_them() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    for _ in 0..3 {
        let mut notes = Vec::new();
        for n in 0..8 {
            notes.push(ann.write(&format!("{n}"), "one").await);
        }
        let save_id = id();
        let calls = notes.iter().enumerate().map(|(n, note)| {
            let who = ann.at(&instances[n % 3]);
            save(
                &who,
                &note.id,
                1,
                json!({ "body": "two", "save_id": save_id }),
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
            assert_eq!(ann.read(&note.id).await, *note);
        }
    }
}

#[tokio::test]
async fn an_id_that_stands_for_another_save_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let other = ann.write("Other", "one").await;
    let save_id = id();
    let fields = json!({ "body": "two", "save_id": save_id });
    let first = save(&ann, &made.id, 1, fields.clone()).await;
    let _: Value = first.ok();
    let before = (ann.read(&made.id).await, ann.read(&other.id).await);
    for (note, base, changed) in [
        (&made, 1, json!({ "body": "three" })),
        (&made, 1, json!({ "body": "two", "title": "Title" })),
        (&made, 1, json!({ "body": "two", "pinned": false })),
        (&made, 1, json!({ "body": "two", "tags": [] })),
        (&made, 1, json!({ "body": "two", "notebook_id": null })),
        (&made, 1, json!({ "body": "two", "notebook_id": id() })),
        (&made, 1, json!({})),
        (&made, 2, json!({ "body": "two" })),
        (&made, 99, json!({ "body": "two" })),
        (&other, 1, json!({ "body": "two" })),
    ] {
        let mut fields = changed;
        fields["save_id"] = json!(save_id);
        let reply = save(&ann, &note.id, base, fields.clone()).await;
        assert_eq!(reply.status(), 422, "{fields} is another save");
        reply
            .problem(422, "invalid")
            .field("save_id", "save_id_reused");
    }
    let after = (ann.read(&made.id).await, ann.read(&other.id).await);
    assert_eq!(after, before);
    assert_again(&first, &save(&ann, &made.id, 1, fields).await);
}

#[tokio::test]
async fn the_id_of_another_user_is_another_id() {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (hers, his) = (ann.write("A", "one").await, bob.write("B", "one").await);
    let fields = json!({ "body": "two", "save_id": id() });
    let _: Value = save(&ann, &hers.id, 1, fields.clone()).await.ok();
    let saved: Value = save(&bob, &his.id, 1, fields.clone()).await.ok();
    assert_eq!(saved["title"], "B");
    assert_eq!(saved["version"], 2);
    let reply = save(&bob, &hers.id, 1, fields).await;
    reply.problem(404, "not_found");
}

#[tokio::test]
async fn an_id_is_a_uuid() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    for wrong in [json!("7"), json!(7), json!(null), json!(""), json!([])] {
        let fields = json!({ "body": "two", "save_id": wrong });
        let reply = save(&ann, &made.id, 1, fields).await;
        let problem = reply.problem(422, "invalid");
        let fields = problem.fields();
        assert_eq!(fields.len(), 1, "{wrong}");
        assert!(fields[0].starts_with("save_id: "), "{wrong}: {fields:?}");
    }
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn a_repeated_save_whose_text_was_removed_meanwhile_loses_nothing() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let edit = json!({ "body": "two", "save_id": id() });
    let _: Value = save(&ann, &made.id, 1, edit.clone()).await.ok();
    save_body(&ann, &made.id, 2, "three").await;
    let lost = json!({ "body": "my own two", "save_id": id() });
    let conflict: Value = save(&ann, &made.id, 1, lost.clone()).await.ok();
    let loser = conflict["conflict"]["version"].as_u64().unwrap();
    assert_eq!(text_at(&ann, &made.id, loser).await, "my own two");
    for version in [2, loser] {
        let path = format!("notes/{}/revisions/{version}", made.id);
        ann.delete(&path).await.no_content();
    }
    // An editor that takes the answer over must not end up with an empty text.
    let again: Value = save(&ann, &made.id, 1, edit).await.ok();
    assert_eq!(again["body"], "three");
    assert_eq!(again["version"], 3);
    let again: Value = save(&ann, &made.id, 1, lost).await.ok();
    assert_eq!(again["body"], "three");
    assert_ne!(again["conflict"]["body"], "");
    assert_eq!(ann.read(&made.id).await.body.as_deref(), Some("three"));
}
