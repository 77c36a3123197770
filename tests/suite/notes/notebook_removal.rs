//! Deleting notebooks: nobody's notes are lost by it, and all of it can be taken back, whatever was
//! done in between.

use serde_json::{Value, json};

use crate::documents::tools::{
    all_names, assert_whole, batch, many_notes, note_with, notebook, seen, text, titles, undo,
    undone,
};
use crate::harness::{Actor, Call, Notes, Reply, TestApp, id, together};

fn remove(actor: &Actor, id: &str, fate: &str) -> Call {
    actor.delete(&format!("notebooks/{id}{fate}"))
}

#[track_caller]
fn batch_of(reply: &Reply) -> String {
    reply.no_content();
    reply.header("x-batch-id").to_owned()
}

async fn parent_of(actor: &Actor, id: &str) -> Value {
    let notebook: Value = actor.get(&format!("notebooks/{id}")).await.ok();
    notebook["parent_id"].clone()
}

async fn place_of(actor: &Actor, note: &str) -> Value {
    seen::<Notes>(actor, note).await["notebook_id"].clone()
}

/// Top ⊃ Middle ⊃ Low with a note in each, one of the middle's archived, one in the trash.
struct Tree {
    top: String,
    middle: String,
    low: String,
    notes: [String; 3],
    archived: String,
    trashed: String,
}

async fn tree(actor: &Actor) -> Tree {
    let top = notebook::<Notes>(actor, "Top", None).await;
    let middle = notebook::<Notes>(actor, "Middle", Some(&top)).await;
    let low = notebook::<Notes>(actor, "Low", Some(&middle)).await;
    let inside = async |title: &str, place: &str, archived: bool| {
        let note = json!({ "title": title, "notebook_id": place, "archived": archived });
        note_with::<Notes>(actor, note).await
    };
    let notes = [
        inside("top", &top, false).await,
        inside("middle", &middle, false).await,
        inside("low", &low, false).await,
    ];
    let archived = inside("archived", &middle, true).await;
    let trashed = inside("trashed", &middle, false).await;
    actor.delete(&format!("notes/{trashed}")).await.no_content();
    Tree {
        top,
        middle,
        low,
        notes,
        archived,
        trashed,
    }
}

#[tokio::test]
async fn what_holds_something_is_not_deleted_without_a_word_about_it() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let all = tree(&ann).await;
    for id in [&all.top, &all.middle, &all.low] {
        remove(&ann, id, "")
            .await
            .problem(409, "notebook_not_empty");
    }
    let reply = remove(&ann, &all.low, "?notes=burn").await;
    assert_eq!(reply.problem(422, "invalid").fields().len(), 1);
    assert_eq!(all_names(&ann, "notebooks").await.len(), 3);
    let empty = notebook::<Notes>(&ann, "Empty", None).await;
    let deleted = batch_of(&remove(&ann, &empty, "").await);
    ann.get(&format!("notebooks/{empty}"))
        .await
        .problem(404, "not_found");
    for fate in ["", "?notes=keep", "?notes=trash"] {
        let again = remove(&ann, &empty, fate).await;
        again.no_content();
        assert!(again.headers("x-batch-id").is_empty(), "nothing to undo");
    }
    remove(&ann, &id(), "").await.problem(404, "not_found");
    assert_eq!(undone(&undo(&ann, &deleted).await), (1, 0));
    assert_eq!(all_names(&ann, "notebooks").await.len(), 4);
}

#[tokio::test]
async fn kept_notes_and_notebooks_go_one_level_up_and_come_back() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let all = tree(&ann).await;
    let deleted = batch_of(&remove(&ann, &all.middle, "?notes=keep").await);
    assert_eq!(parent_of(&ann, &all.low).await, json!(all.top));
    for note in [&all.notes[1], &all.archived] {
        assert_eq!(place_of(&ann, note).await, json!(all.top));
    }
    assert_eq!(place_of(&ann, &all.notes[2]).await, json!(all.low));
    assert_whole::<Notes>(&app).await;
    assert_eq!(undone(&undo(&ann, &deleted).await), (4, 0));
    assert_eq!(parent_of(&ann, &all.middle).await, json!(all.top));
    assert_eq!(parent_of(&ann, &all.low).await, json!(all.middle));
    for note in [&all.notes[1], &all.archived] {
        assert_eq!(place_of(&ann, note).await, json!(all.middle));
    }
    undo(&ann, &deleted).await.problem(409, "already_undone");
    let top = batch_of(&remove(&ann, &all.top, "?notes=keep").await);
    assert_eq!(place_of(&ann, &all.notes[0]).await, Value::Null);
    assert_eq!(parent_of(&ann, &all.middle).await, Value::Null);
    assert_eq!(undone(&undo(&ann, &top).await), (3, 0));
    assert_whole::<Notes>(&app).await;
}

#[tokio::test]
async fn a_whole_branch_goes_into_the_trash_and_comes_back_in_its_order() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    let all = tree(&ann).await;
    assert_eq!(
        titles::<Notes>(&other, "sort=title").await,
        ["low", "middle", "top"]
    );
    let deleted = batch_of(&remove(&ann, &all.top, "?notes=trash").await);
    assert!(titles::<Notes>(&other, "").await.is_empty());
    assert!(titles::<Notes>(&other, "archived=true").await.is_empty());
    assert_eq!(titles::<Notes>(&other, "trashed=true").await.len(), 5);
    assert!(all_names(&other, "notebooks").await.is_empty());
    let batches: Value = ann.get("batches").await.ok();
    let last = &batches["items"][0];
    assert_eq!(
        (&last["id"], &last["kind"], &last["action"], &last["count"]),
        (
            &json!(deleted),
            &json!("notebook"),
            &json!("delete"),
            &json!(7)
        )
    );
    assert_eq!(undone(&undo(&ann, &deleted).await), (7, 0));
    assert_eq!(
        titles::<Notes>(&other, "sort=title").await,
        ["low", "middle", "top"]
    );
    assert_eq!(titles::<Notes>(&other, "archived=true").await, ["archived"]);
    assert_eq!(titles::<Notes>(&other, "trashed=true").await, ["trashed"]);
    assert_eq!(parent_of(&ann, &all.middle).await, json!(all.top));
    assert_eq!(parent_of(&ann, &all.low).await, json!(all.middle));
    for (note, place) in all.notes.iter().zip([&all.top, &all.middle, &all.low]) {
        assert_eq!(place_of(&ann, note).await, json!(place));
    }
    assert_whole::<Notes>(&instances[0]).await;
}

#[tokio::test]
async fn an_undo_leaves_alone_what_was_changed_since() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let all = tree(&ann).await;
    let elsewhere = notebook::<Notes>(&ann, "Elsewhere", None).await;
    let deleted = batch_of(&remove(&ann, &all.middle, "?notes=trash").await);
    // One is taken out by hand, one is moved in the trash, one is gone for good.
    let back: Value = ann
        .post(&format!("notes/{}/restore", all.notes[1]))
        .await
        .ok();
    assert_eq!(back["notebook_id"], Value::Null, "its notebook is gone");
    let path = format!("notes/{}", all.notes[2]);
    let call = ann.patch(&path).header("if-match", "*");
    let change = json!({ "notebook_id": elsewhere, "body": "edited in the trash" });
    call.json(change).await.expect_status(200);
    let path = format!("notes/{}?permanent=true", all.archived);
    ann.delete(&path).await.no_content();
    assert_eq!(undone(&undo(&ann, &deleted).await), (3, 2));
    assert_eq!(place_of(&ann, &all.notes[1]).await, Value::Null);
    let moved = seen::<Notes>(&ann, &all.notes[2]).await;
    assert_eq!(moved["notebook_id"], json!(elsewhere));
    assert_eq!(moved["body"], "edited in the trash");
    assert_eq!(moved["deleted_at"], Value::Null);
    assert!(seen::<Notes>(&ann, &all.trashed).await["deleted_at"].is_string());

    let deleted = batch_of(&remove(&ann, &all.middle, "?notes=keep").await);
    let path = format!("notebooks/{}", all.low);
    let call = ann.patch(&path).json(json!({ "parent_id": elsewhere }));
    call.await.expect_status(200);
    remove(&ann, &all.top, "?notes=keep").await.no_content();
    assert_eq!(undone(&undo(&ann, &deleted).await), (1, 1));
    assert_eq!(parent_of(&ann, &all.middle).await, Value::Null);
    assert_eq!(parent_of(&ann, &all.low).await, json!(elsewhere));
    assert_whole::<Notes>(&app).await;
}

#[tokio::test]
async fn a_branch_that_would_come_back_too_deep_comes_back_at_the_top() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let parent = notebook::<Notes>(&ann, "Parent", None).await;
    let branch = notebook::<Notes>(&ann, "Branch", Some(&parent)).await;
    let below = notebook::<Notes>(&ann, "Below", Some(&branch)).await;
    let inside = note_with::<Notes>(&ann, json!({ "notebook_id": below })).await;
    let deleted = batch_of(&remove(&ann, &branch, "?notes=trash").await);
    let mut at = None;
    for level in 0..6 {
        at = Some(notebook::<Notes>(&ann, &format!("{level}"), at.as_deref()).await);
    }
    let path = format!("notebooks/{parent}");
    let moved: Value = ann.patch(&path).json(json!({ "parent_id": at })).await.ok();
    assert_eq!(moved["parent_id"], json!(at));
    assert_eq!(undone(&undo(&ann, &deleted).await), (3, 0));
    assert_whole::<Notes>(&app).await;
    assert_eq!(parent_of(&ann, &below).await, json!(branch));
    assert_eq!(parent_of(&ann, &branch).await, Value::Null);
    assert_eq!(place_of(&ann, &inside).await, json!(below));
}

#[tokio::test]
async fn a_restored_note_whose_notebook_is_gone_lies_in_none() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = notebook::<Notes>(&ann, "Own", None).await;
    let stays = notebook::<Notes>(&ann, "Stays", None).await;
    let mut ids = Vec::new();
    for place in [&own, &own, &own, &stays] {
        let id = note_with::<Notes>(&ann, json!({ "notebook_id": place })).await;
        ann.delete(&format!("notes/{id}")).await.no_content();
        ids.push(id);
    }
    remove(&ann, &own, "").await.no_content();
    let back: Value = ann.post(&format!("notes/{}/restore", ids[0])).await.ok();
    assert_eq!(back["notebook_id"], Value::Null);
    batch::<Notes>(&ann, "restore", &ids[1..], &json!({}))
        .await
        .expect_status(200);
    assert_eq!(place_of(&ann, &ids[1]).await, Value::Null);
    assert_eq!(place_of(&ann, &ids[3]).await, json!(stays));
    assert_whole::<Notes>(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_note_comes_into_a_notebook_while_it_is_deleted() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    for round in 0..15 {
        let own = notebook::<Notes>(&ann, &format!("{round}"), None).await;
        let loose = note_with::<Notes>(&ann, json!({})).await;
        let batched = note_with::<Notes>(&ann, json!({})).await;
        let trashed = note_with::<Notes>(&ann, json!({ "notebook_id": own })).await;
        ann.delete(&format!("notes/{trashed}")).await.no_content();
        let fate = ["?notes=keep", "?notes=trash"][round % 2];
        let into = json!({ "notebook_id": own });
        let calls = [
            other
                .post("notes")
                .json(json!({ "title": "new", "notebook_id": own })),
            other
                .patch(&format!("notes/{loose}"))
                .if_match(1)
                .json(&into),
            remove(&ann, &own, fate),
            batch::<Notes>(&other, "move", &[batched], &into),
            other.post(&format!("notes/{trashed}/restore")),
            other
                .post("notebooks")
                .json(json!({ "name": "below", "parent_id": own })),
        ];
        for reply in together(calls).await {
            assert!([200, 201, 204, 422].contains(&reply.status()), "{reply:?}");
        }
        assert_whole::<Notes>(&instances[0]).await;
    }
}

#[tokio::test]
async fn a_large_notebook_comes_back_as_well() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = notebook::<Notes>(&ann, "Own", None).await;
    let ids = many_notes::<Notes>(&app, &ann.id, 1200).await;
    for piece in ids.chunks(500) {
        let reply = batch::<Notes>(&ann, "move", piece, &json!({ "notebook_id": own })).await;
        reply.expect_status(200);
    }
    let deleted = batch_of(&remove(&ann, &own, "?notes=keep").await);
    assert_eq!(place_of(&ann, &ids[7]).await, Value::Null);
    let before = app.state.db.round_trips();
    assert_eq!(undone(&undo(&ann, &deleted).await), (1201, 0));
    let trips = app.state.db.round_trips() - before;
    assert!(trips < 100, "{trips} round trips for 1,200 notes");
    assert_eq!(
        text(&seen::<Notes>(&ann, &ids[1199]).await, "notebook_id"),
        own
    );
    assert_whole::<Notes>(&app).await;
}
