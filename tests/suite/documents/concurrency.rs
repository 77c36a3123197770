//! Everything at once: writers, renamers, mergers and undoers on two instances, and afterwards
//! tables that agree with each other. A refusal is an answer; a fault of the server is none.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::tools::{assert_whole, batch, note_with, tags_of, text, undo};
use crate::harness::{Actor, DocumentKind, Reply, TestApp};

const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "Delta"];
const ROUNDS: usize = 25;

#[track_caller]
fn answered(reply: &Reply) {
    assert!(reply.status() < 500, "{reply:?}");
}

/// Three who rename, merge and delete the same four tags at once may be told to come again.
#[track_caller]
fn answered_or_later(reply: &Reply) {
    if reply.status() == 503 {
        reply.header("retry-after");
    } else {
        answered(reply);
    }
}

/// The ids of all tags there are just now.
async fn tags(actor: &Actor) -> Vec<String> {
    let page: Value = actor.get("tags").await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|tag| text(tag, "id")).collect()
}

async fn save<D: DocumentKind>(actor: Actor, note: String, shift: usize) {
    for round in 0..ROUNDS {
        let names: Vec<&str> = (0..=round % 3)
            .map(|n| NAMES[(round + n + shift) % 4])
            .collect();
        let call = actor.patch(&format!("{}/{note}", D::PATH));
        let change = json!({ "tags": names, (D::BODY): format!("{round} {shift}") });
        answered(&call.header("if-match", "*").json(change).await);
    }
}

async fn rename(actor: Actor, shift: usize) {
    for round in 0..ROUNDS {
        let ids = tags(&actor).await;
        let Some(id) = ids.get((round + shift) % ids.len().max(1)) else {
            continue;
        };
        let name = format!("{}{}", NAMES[(round + shift) % 4], ["", "!"][round % 2]);
        let call = actor.patch(&format!("tags/{id}"));
        answered_or_later(&call.json(json!({ "name": name })).await);
    }
}

async fn merge_and_delete(actor: Actor) {
    for round in 0..ROUNDS {
        let ids = tags(&actor).await;
        if ids.len() < 2 {
            continue;
        }
        let (one, other) = (&ids[round % ids.len()], &ids[(round + 1) % ids.len()]);
        if round % 3 == 0 {
            answered_or_later(&actor.delete(&format!("tags/{one}")).await);
        } else {
            let call = actor.post(&format!("tags/{one}/merge"));
            answered_or_later(&call.json(json!({ "into": other })).await);
        }
    }
}

async fn batches<D: DocumentKind>(actor: Actor, notes: Vec<String>) {
    for round in 0..ROUNDS {
        let action = ["tag", "untag"][round % 2];
        let more = json!({ "tags": [NAMES[round % 4], NAMES[(round / 2) % 4]] });
        let reply = batch::<D>(&actor, action, &notes, &more).await;
        answered(&reply);
        if reply.status() == 200 {
            let done: Value = reply.ok();
            answered(&undo(&actor, &text(&done, "id")).await);
        }
    }
}

async fn rows_and_tags_agree_after_a_storm<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    let mut notes = Vec::new();
    for name in NAMES {
        notes.push(note_with::<D>(&ann, json!({ "tags": [name] })).await);
    }
    let mut storm = JoinSet::new();
    for (shift, note) in notes.iter().enumerate().take(3) {
        storm.spawn(save::<D>(other.clone(), note.clone(), shift));
    }
    storm.spawn(rename(ann.clone(), 0));
    storm.spawn(rename(other.clone(), 2));
    storm.spawn(merge_and_delete(ann.clone()));
    storm.spawn(batches::<D>(other.clone(), notes.clone()));
    storm.join_all().await;
    assert_whole::<D>(&instances[0]).await;
}

async fn new_tags_that_many_notes_bring_at_once_are_made_once<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    for round in 0..6 {
        let calls = (0..10).map(|n| {
            let spelled = if n % 2 == 0 { "Tag" } else { "TAG" };
            let names: Vec<String> = (0..4)
                .map(|place| format!("{spelled} {round} {}", (n + place) % 5))
                .collect();
            let new = json!({ "title": "a", "tags": names });
            ann.at(&instances[n % 2]).post(D::PATH).json(new)
        });
        for reply in crate::harness::together(calls).await {
            let _: Value = reply.created();
        }
    }
    let sql = "SELECT COUNT(*) FROM tags";
    assert_eq!(instances[0].database().count(sql).await, 30);
    assert_whole::<D>(&instances[0]).await;
}

async fn a_note_that_loses_a_tag_while_it_is_renamed_leaves_no_gap<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut notes = Vec::new();
    for _ in 0..6 {
        notes.push(note_with::<D>(&ann, json!({ "tags": ["old", "other"] })).await);
    }
    let tag = super::tools::tag_id(&ann, "old").await;
    for round in 0..10 {
        let path = format!("tags/{tag}");
        let new = json!({ "name": format!("name {round}") });
        let mut calls = vec![ann.patch(&path).json(new)];
        for note in &notes {
            let call = ann
                .patch(&format!("{}/{note}", D::PATH))
                .header("if-match", "*");
            calls.push(call.json(json!({ "tags": ["other"] })));
        }
        for reply in crate::harness::together(calls).await {
            answered(&reply);
        }
        assert_whole::<D>(&app).await;
        let names = json!({ "tags": [format!("name {round}")] });
        let reply = batch::<D>(&ann, "tag", &notes, &names).await;
        reply.expect_status(200);
    }
    assert_eq!(tags_of::<D>(&ann, &notes[0]).await, ["name 9", "other"]);
}

document_suite! {
    one_thread: [],
    two_threads: [rows_and_tags_agree_after_a_storm, new_tags_that_many_notes_bring_at_once_are_made_once, a_note_that_loses_a_tag_while_it_is_renamed_leaves_no_gap],
}
