//! Saves with `base_version`: what they must name, in which order faults are told, what becomes of
//! everything that is not text.

use serde_json::{Value, json};

use super::{save, save_body, text_at, three_lines, told};
use crate::harness::{Note, id, together};

#[tokio::test]
async fn a_save_on_the_present_version_is_stored() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let reply = save(&ann, &made.id, 1, json!({ "body": "two" })).await;
    let saved: Value = reply.ok();
    assert_eq!(saved["merge"], "none");
    assert_eq!(saved["version"], 2);
    assert_eq!(saved["body"], "two");
    assert_eq!(saved["title"], "Title");
    assert_eq!(saved.get("conflict"), None);
    assert_eq!(reply.header("etag"), "\"v2\"");
    let now: Value = ann.get(&format!("notes/{}", made.id)).await.ok();
    for (field, value) in now.as_object().unwrap() {
        assert_eq!(saved[field], *value, "the whole note is answered");
    }
}

#[tokio::test]
async fn a_put_with_a_base_is_stored_like_a_patch() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
    let whole = json!({ "title": "T", "body": "two", "base_version": 1 });
    let saved: Value = ann.put(&path).json(whole).await.ok();
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&json!("none"), &json!(2))
    );
    let whole = json!({ "title": "T", "body": "three" });
    let saved: Value = ann.put(&path).if_match(2).json(whole).await.ok();
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&json!("none"), &json!(3))
    );
}

#[tokio::test]
async fn a_save_without_any_base_is_refused_before_its_fields_are_looked_at() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
    for body in [
        json!({ "title": "x", "body": "y" }),
        json!({ "title": 7, "body": "y" }),
        json!({ "title": "x".repeat(201), "body": "y", "unknown": 1 }),
        json!({ "title": "x", "body": "y", "base_version": null }),
        json!({ "title": "x", "body": "y", "save_id": id() }),
        json!({}),
    ] {
        for call in [ann.put(&path), ann.patch(&path)] {
            let reply = call.json(&body).await;
            reply.problem(428, "precondition_required");
        }
    }
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn not_found_comes_before_stale_before_invalid() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let before = ann.read(&made.id).await;
    let wrong = json!({ "title": 7, "base_version": 1 });
    let nobody = format!("notes/{}", id());
    ann.patch(&nobody)
        .json(&wrong)
        .await
        .problem(404, "not_found");
    let whole = json!({ "title": "x", "body": "y", "base_version": 9 });
    ann.put(&nobody)
        .json(&whole)
        .await
        .problem(404, "not_found");
    let bob = app.user("bob").await;
    let path = format!("notes/{}", made.id);
    bob.patch(&path)
        .json(&wrong)
        .await
        .problem(404, "not_found");
    bob.put(&path).json(&whole).await.problem(404, "not_found");
    let reply = ann.patch(&path).if_match(1).json(&wrong).await;
    reply.problem(412, "stale");
    let reply = ann.patch(&path).json(&wrong).await;
    reply.problem(422, "invalid").field("title", "invalid_type");
    assert_eq!(ann.read(&made.id).await, before);
}

#[tokio::test]
async fn a_base_is_a_whole_number_from_one() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
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
        let text = format!(r#"{{"body":"two","base_version":{base}}}"#);
        let reply = ann.patch(&path).text(text).await;
        reply
            .problem(422, "invalid")
            .field("base_version", "invalid_type");
    }
    let reply = save(&ann, &made.id, 0, json!({ "body": "two" })).await;
    reply
        .problem(422, "invalid")
        .field("base_version", "out_of_range");
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn a_base_that_does_not_exist_yet_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    for base in [2, 1000, u64::MAX] {
        let reply = save(&ann, &made.id, base, json!({ "body": "two" })).await;
        reply
            .problem(422, "invalid")
            .field("base_version", "unknown_version");
    }
    assert_eq!(ann.read(&made.id).await, made);
    assert_eq!(told(&ann, &made.id).await, "1 edit*");
}

#[tokio::test]
async fn with_both_conditions_both_must_hold() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let call = save(&ann, &made.id, 1, json!({ "body": "one\ntwo\n3" }));
    call.if_match(1).await.problem(412, "stale");
    let call = save(&ann, &made.id, 3, json!({ "body": "one\ntwo\n3" }));
    call.if_match(2)
        .await
        .problem(422, "invalid")
        .field("base_version", "unknown_version");
    let call = save(&ann, &made.id, 1, json!({ "body": "one\ntwo\n3" }));
    let saved: Value = call.if_match(2).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["body"], "one\nTWO\n3");
}

#[tokio::test]
async fn a_save_that_changes_nothing_makes_no_version() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    for fields in [json!({}), json!({ "body": "one" }), json!({ "tags": [] })] {
        let saved: Value = save(&ann, &made.id, 1, fields).await.ok();
        assert_eq!(
            (&saved["version"], &saved["merge"]),
            (&json!(1), &json!("none"))
        );
    }
    assert_eq!(told(&ann, &made.id).await, "1 edit*");
}

#[tokio::test]
async fn what_is_no_text_is_saved_from_an_older_base_too() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let fields = json!({ "pinned": true, "tags": ["b", "A"] });
    let saved: Value = save(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["version"], 3);
    assert_eq!(saved["body"], "one\nTWO\nthree");
    assert_eq!(saved["tags"], json!(["A", "b"]));
    assert_eq!(told(&ann, &made.id).await, "2 edit*, 1 edit");
    // Version 3 brought no text: it is the text of version 2.
    let saved = save_body(&ann, &made.id, 3, "one\nTWO\n3").await;
    assert_eq!(
        (&saved["version"], &saved["merge"]),
        (&json!(4), &json!("none"))
    );
    let saved = save_body(&ann, &made.id, 3, "1\nTWO\nthree").await;
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["body"], "1\nTWO\n3");
    assert_eq!(saved["pinned"], true);
}

#[tokio::test]
async fn notebook_and_tags_come_along_with_a_merged_text() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let new = json!({ "name": "Work" });
    let notebook: Value = ann.post("notebooks").json(new).await.created();
    let fields = json!({
        "body": "one\ntwo\n3", "notebook_id": notebook["id"], "tags": ["x"], "archived": true,
    });
    let saved: Value = save(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["body"], "one\nTWO\n3");
    assert_eq!(saved["notebook_id"], notebook["id"]);
    assert_eq!(saved["tags"], json!(["x"]));
    assert_eq!(saved["archived"], true);
    let again: Value = ann.get(&format!("notes/{}", made.id)).await.ok();
    assert_eq!(again["notebook_id"], notebook["id"]);
    assert_eq!(again["tags"], json!(["x"]));
}

#[tokio::test]
async fn an_unknown_notebook_refuses_the_whole_save() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let before = ann.read(&made.id).await;
    let save_id = id();
    for base in [1, 2] {
        let fields = json!({ "body": "new", "notebook_id": id(), "save_id": save_id });
        let reply = save(&ann, &made.id, base, fields).await;
        reply
            .problem(422, "invalid")
            .field("notebook_id", "not_found");
    }
    assert_eq!(ann.read(&made.id).await, before);
    assert_eq!(told(&ann, &made.id).await, "2 edit*, 1 edit");
    // What was refused was not done, so its id is not used up.
    let fields = json!({ "body": "new", "save_id": save_id });
    let saved: Value = save(&ann, &made.id, 2, fields).await.ok();
    assert_eq!(saved["body"], "new");
}

#[tokio::test]
async fn a_conflict_leaves_the_tags_as_they_are() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "T", "body": "one", "tags": ["kept"] });
    let made: Note = ann.post("notes").json(new).await.created();
    save_body(&ann, &made.id, 1, "two").await;
    let fields = json!({ "body": "three", "tags": ["came"], "pinned": true });
    let saved: Value = save(&ann, &made.id, 1, fields).await.ok();
    assert_eq!(saved["merge"], "conflict");
    assert_eq!(saved["version"], 2);
    assert_eq!(saved["tags"], json!(["kept"]));
    assert_eq!(saved["pinned"], false);
    let note: Value = ann.get(&format!("notes/{}", made.id)).await.ok();
    assert_eq!(note["tags"], json!(["kept"]));
    let titles = async |tag: &str| {
        let page: Value = ann.get(&format!("notes?tag={tag}")).await.ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((titles("kept").await, titles("came").await), (1, 0));
    let tags: Value = ann.get("tags").await.ok();
    for tag in tags["items"].as_array().unwrap() {
        let notes = u64::from(tag["name"] == "kept");
        assert_eq!(tag["notes"], notes, "{tag}");
    }
}

#[tokio::test]
async fn a_note_in_the_trash_is_saved_where_it_is() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = three_lines(&ann).await;
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    // Somebody who had it open goes on writing, and nothing of that is lost.
    let saved = save_body(&ann, &made.id, 1, "one\ntwo\n3").await;
    assert_eq!(saved["merge"], "clean");
    assert_eq!(saved["body"], "one\nTWO\n3");
    assert!(saved["deleted_at"].is_string());
    let lost = save_body(&ann, &made.id, 1, "one\n2\nthree").await;
    assert_eq!(lost["merge"], "conflict");
    let kept = lost["conflict"]["version"].as_u64().unwrap();
    assert_eq!(text_at(&ann, &made.id, kept).await, "one\n2\nthree");
    let restored: Note = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(restored.body.as_deref(), Some("one\nTWO\n3"));
    assert!(restored.version > kept);
}

#[tokio::test]
async fn a_note_that_is_gone_for_good_takes_no_save() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
    let fields = json!({ "body": "two", "save_id": id() });
    let _: Value = save(&ann, &made.id, 1, fields.clone()).await.ok();
    ann.delete(&path).await.no_content();
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    for base in [1, 2, 9] {
        let reply = save(&ann, &made.id, base, fields.clone()).await;
        reply.problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saves_and_a_deletion_for_good_at_once_all_end_well() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.write("Title", "one").await;
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    let mut calls = vec![ann.delete(&format!("{path}?permanent=true"))];
    for n in 0..10 {
        let who = ann.at(&instances[n % 2]);
        calls.push(save(&who, &made.id, 1, json!({ "body": format!("{n}") })));
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
