//! Saves with `base_version`: what they must name, in which order faults are told, what becomes of
//! everything that is not text.

use serde_json::{Value, json};

use super::common::{current, history, past, save, save_body, text_at, three_lines};
use crate::harness::{Doc, DocumentKind, TestApp, id, together};

async fn a_save_on_the_present_version_is_stored<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let reply = save::<D>(&ann, &made.id, 1, json!({ (D::BODY): "two" })).await;
    let saved: Value = reply.ok();
    assert_eq!(saved["merge"], "none");
    assert_eq!(saved["version"], 2);
    assert_eq!(saved[D::BODY], "two");
    assert_eq!(saved["title"], "Title");
    assert_eq!(saved.get("conflict"), None);
    assert_eq!(reply.header("etag"), "\"v2\"");
    let now: Value = ann.get(&format!("{}/{}", D::PATH, made.id)).await.ok();
    for (field, value) in now.as_object().unwrap() {
        assert_eq!(saved[field], *value, "the whole note is answered");
    }
}

async fn a_put_with_a_base_is_stored_like_a_patch<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let whole = json!({ "title": "T", (D::BODY): "two", "base_version": 1 });
    let saved: Value = ann.put(&path).json(whole).await.ok();
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&json!("none"), &json!(2))
    );
    let whole = json!({ "title": "T", (D::BODY): "three" });
    let saved: Value = ann.put(&path).if_match(2).json(whole).await.ok();
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&json!("none"), &json!(3))
    );
}

async fn a_save_without_any_base_is_refused_before_its_fields_are_looked_at<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    for body in [
        json!({ "title": "x", (D::BODY): "y" }),
        json!({ "title": 7, (D::BODY): "y" }),
        json!({ "title": "x".repeat(201), (D::BODY): "y", "unknown": 1 }),
        json!({ "title": "x", (D::BODY): "y", "base_version": null }),
        json!({ "title": "x", (D::BODY): "y", "save_id": id() }),
        json!({}),
    ] {
        for call in [ann.put(&path), ann.patch(&path)] {
            let reply = call.json(&body).await;
            reply.problem(428, "precondition_required");
        }
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn not_found_comes_before_stale_before_invalid<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let before = ann.fetch::<D>(&made.id).await;
    let wrong = json!({ "title": 7, "base_version": 1 });
    let nobody = format!("{}/{}", D::PATH, id());
    ann.patch(&nobody)
        .json(&wrong)
        .await
        .problem(404, "not_found");
    let whole = json!({ "title": "x", (D::BODY): "y", "base_version": 9 });
    ann.put(&nobody)
        .json(&whole)
        .await
        .problem(404, "not_found");
    let bob = app.user("bob").await;
    let path = format!("{}/{}", D::PATH, made.id);
    bob.patch(&path)
        .json(&wrong)
        .await
        .problem(404, "not_found");
    bob.put(&path).json(&whole).await.problem(404, "not_found");
    let reply = ann.patch(&path).if_match(1).json(&wrong).await;
    reply.problem(412, "stale");
    let reply = ann.patch(&path).json(&wrong).await;
    reply.problem(422, "invalid").field("title", "invalid_type");
    assert_eq!(ann.fetch::<D>(&made.id).await, before);
}

async fn a_base_is_a_whole_number_from_one<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    for base in [
        "\"1\"",
        "1.5",
        "-1",
        "[]",
        "[1]",
        "{}",
        "true",
        "18446744073709551616",
        "1e0",
    ] {
        let text = format!(r#"{{"{}":"two","base_version":{base}}}"#, D::BODY);
        let reply = ann.patch(&path).text(text).await;
        reply
            .problem(422, "invalid")
            .field("base_version", "invalid_type");
    }
    let reply = save::<D>(&ann, &made.id, 0, json!({ (D::BODY): "two" })).await;
    reply
        .problem(422, "invalid")
        .field("base_version", "out_of_range");
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn a_base_that_does_not_exist_yet_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    for base in [2, 1000, u64::MAX] {
        let reply = save::<D>(&ann, &made.id, base, json!({ (D::BODY): "two" })).await;
        reply
            .problem(422, "invalid")
            .field("base_version", "unknown_version");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
    assert_eq!(history::<D>(&ann, &made.id).await, [current(1, "edit")]);
}

async fn with_both_conditions_both_must_hold<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let call = save::<D>(&ann, &made.id, 1, json!({ (D::BODY): "one\ntwo\n3" }));
    call.if_match(1).await.problem(412, "stale");
    let call = save::<D>(&ann, &made.id, 3, json!({ (D::BODY): "one\ntwo\n3" }));
    call.if_match(2)
        .await
        .problem(422, "invalid")
        .field("base_version", "unknown_version");
    let call = save::<D>(&ann, &made.id, 1, json!({ (D::BODY): "one\ntwo\n3" }));
    let saved: Value = call.if_match(2).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved[D::BODY], "one\nTWO\n3");
}

async fn a_save_that_changes_nothing_makes_no_version<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    for fields in [
        json!({}),
        json!({ (D::BODY): "one" }),
        json!({ "tags": [] }),
    ] {
        let saved: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
        assert_eq!(
            (&saved["version"], &saved["merge"]),
            (&json!(1), &json!("none"))
        );
    }
    assert_eq!(history::<D>(&ann, &made.id).await, [current(1, "edit")]);
}

async fn what_is_no_text_is_saved_from_an_older_base_too<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let fields = json!({ (D::PIN): D::pin(true), "tags": ["b", "A"] });
    let saved: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["version"], 3);
    assert_eq!(saved[D::BODY], "one\nTWO\nthree");
    assert_eq!(saved["tags"], json!(["A", "b"]));
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [current(2, "edit"), past(1, "edit")]
    );
    // Version 3 brought no text: it is the text of version 2.
    let saved = save_body::<D>(&ann, &made.id, 3, "one\nTWO\n3").await;
    assert_eq!(
        (&saved["version"], &saved["merge"]),
        (&json!(4), &json!("none"))
    );
    let saved = save_body::<D>(&ann, &made.id, 3, "1\nTWO\nthree").await;
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved[D::BODY], "1\nTWO\n3");
    assert_eq!(saved[D::PIN], D::pin(true));
}

async fn notebook_and_tags_come_along_with_a_merged_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let new = json!({ "name": "Work" });
    let notebook: Value = ann.post(D::CONTAINERS).json(new).await.created();
    let fields = json!({
        (D::BODY): "one\ntwo\n3", (D::CONTAINER_ID): notebook["id"], "tags": ["x"], (D::ARCHIVE): D::archive(true),
    });
    let saved: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved[D::BODY], "one\nTWO\n3");
    assert_eq!(saved[D::CONTAINER_ID], notebook["id"]);
    assert_eq!(saved["tags"], json!(["x"]));
    assert_eq!(saved[D::ARCHIVE], D::archive(true));
    let again: Value = ann.get(&format!("{}/{}", D::PATH, made.id)).await.ok();
    assert_eq!(again[D::CONTAINER_ID], notebook["id"]);
    assert_eq!(again["tags"], json!(["x"]));
}

async fn an_unknown_notebook_refuses_the_whole_save<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let before = ann.fetch::<D>(&made.id).await;
    let save_id = id();
    for base in [1, 2] {
        let fields = json!({ (D::BODY): "new", (D::CONTAINER_ID): id(), "save_id": save_id });
        let reply = save::<D>(&ann, &made.id, base, fields).await;
        reply
            .problem(422, "invalid")
            .field(D::CONTAINER_ID, "not_found");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, before);
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [current(2, "edit"), past(1, "edit")]
    );
    // What was refused was not done, so its id is not used up.
    let fields = json!({ (D::BODY): "new", "save_id": save_id });
    let saved: Value = save::<D>(&ann, &made.id, 2, fields).await.ok();
    assert_eq!(saved[D::BODY], "new");
}

async fn a_conflict_leaves_the_tags_as_they_are<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "T", (D::BODY): "one", "tags": ["kept"] });
    let made: Doc<D> = ann.post(D::PATH).json(new).await.created();
    save_body::<D>(&ann, &made.id, 1, "two").await;
    let fields = json!({ (D::BODY): "three", "tags": ["came"], (D::PIN): D::pin(true) });
    let saved: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "conflict");
    assert_eq!(saved["version"], 2);
    assert_eq!(saved["tags"], json!(["kept"]));
    assert_eq!(saved[D::PIN], D::pin(false));
    let note: Value = ann.get(&format!("{}/{}", D::PATH, made.id)).await.ok();
    assert_eq!(note["tags"], json!(["kept"]));
    let titles = async |tag: &str| {
        let page: Value = ann.get(&format!("{}?tag={tag}", D::PATH)).await.ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((titles("kept").await, titles("came").await), (1, 0));
    let tags: Value = ann.get("tags").await.ok();
    for tag in tags["items"].as_array().unwrap() {
        let notes = u64::from(tag["name"] == "kept");
        assert_eq!(tag[D::PATH], notes, "{tag}");
    }
}

async fn a_note_in_the_trash_is_saved_where_it_is<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let path = format!("{}/{}", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    // Somebody who had it open goes on writing, and nothing of that is lost.
    let saved = save_body::<D>(&ann, &made.id, 1, "one\ntwo\n3").await;
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved[D::BODY], "one\nTWO\n3");
    assert!(saved["deleted_at"].is_string());
    let lost = save_body::<D>(&ann, &made.id, 1, "one\n2\nthree").await;
    assert_eq!(lost["merge"], "conflict");
    let kept = lost["conflict"]["version"].as_u64().unwrap();
    assert_eq!(text_at::<D>(&ann, &made.id, kept).await, "one\n2\nthree");
    let restored: Doc<D> = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(restored.body.as_deref(), Some("one\nTWO\n3"));
    assert!(restored.version > kept);
}

async fn a_note_that_is_gone_for_good_takes_no_save<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let fields = json!({ (D::BODY): "two", "save_id": id() });
    let _: Value = save::<D>(&ann, &made.id, 1, fields.clone()).await.ok();
    ann.delete(&path).await.no_content();
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    for base in [1, 2, 9] {
        let reply = save::<D>(&ann, &made.id, base, fields.clone()).await;
        reply.problem(404, "not_found");
    }
}

async fn saves_and_a_deletion_for_good_at_once_all_end_well<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("Title", "one").await;
    let path = format!("{}/{}", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    let mut calls = vec![ann.delete(&format!("{path}?permanent=true"))];
    for n in 0..10 {
        let who = ann.at(&instances[n % 2]);
        calls.push(save::<D>(
            &who,
            &made.id,
            1,
            json!({ (D::BODY): format!("{n}") }),
        ));
    }
    let replies = together(calls).await;
    replies[0].no_content();
    for reply in &replies[1..] {
        assert!(matches!(reply.status(), 200 | 404 | 422), "{reply:?}");
    }
    ann.get(&path).await.problem(404, "not_found");
    let left = "SELECT COUNT(*) FROM revisions";
    assert_eq!(instances[0].database().count(left).await, 0);
}

document_suite! {
    one_thread: [a_save_on_the_present_version_is_stored, a_put_with_a_base_is_stored_like_a_patch, a_save_without_any_base_is_refused_before_its_fields_are_looked_at, not_found_comes_before_stale_before_invalid, a_base_is_a_whole_number_from_one, a_base_that_does_not_exist_yet_is_refused, with_both_conditions_both_must_hold, a_save_that_changes_nothing_makes_no_version, what_is_no_text_is_saved_from_an_older_base_too, notebook_and_tags_come_along_with_a_merged_text, an_unknown_notebook_refuses_the_whole_save, a_conflict_leaves_the_tags_as_they_are, a_note_in_the_trash_is_saved_where_it_is, a_note_that_is_gone_for_good_takes_no_save],
    two_threads: [saves_and_a_deletion_for_good_at_once_all_end_well],
}
