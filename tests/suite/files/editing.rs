//! Renaming and tagging: what a name may be, what a change does to version, type and search, and
//! whose files they are.

use serde_json::{Value, json};

use super::tools::{names, plant, seen, text};
use crate::harness::{TestApp, id};

#[tokio::test]
async fn a_file_is_read_with_its_tag_and_nothing_of_its_place() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    let reply = ann.get(&path).await;
    let read: Value = reply.ok();
    assert_eq!(reply.header("etag"), "\"v1\"");
    let fields: Vec<&String> = read.as_object().unwrap().keys().collect();
    let wanted = [
        "created_at",
        "deleted_at",
        "family",
        "id",
        "mime",
        "name",
        "purge_at",
        "sha256",
        "size_bytes",
        "tags",
        "updated_at",
        "version",
    ];
    assert_eq!(fields, wanted);
    assert_eq!(read["mime"], "text/plain");
    assert_eq!(read["family"], "text");
    assert_eq!(read["size_bytes"], 5);
    let digest = "3dfe5e4d15e44ca3e1a0f6a6d5a3eec6a9ef2f6c4f1f1b27d2b5b84e7a9f6d0e";
    assert_eq!(text(&read, "sha256").len(), digest.len());
    ann.get(&path)
        .header("if-none-match", "\"v1\"")
        .await
        .not_modified();
}

#[tokio::test]
async fn a_new_name_is_found_and_the_old_one_is_not() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "first_draft.txt", b"words").await;
    let path = format!("files/{file}");
    let change = json!({ "name": " final-version.md " });
    let reply = ann.patch(&path).if_match(1).json(&change).await;
    let renamed: Value = reply.ok();
    assert_eq!(reply.header("etag"), "\"v2\"");
    assert_eq!(renamed["name"], "final-version.md");
    assert_eq!(renamed["mime"], "text/markdown");
    assert_eq!(seen(&ann, &file).await, renamed);
    assert_eq!(names(&ann, "q=version").await, ["final-version.md"]);
    assert!(names(&ann, "q=draft").await.is_empty());
    // The answer was lost and the request came again.
    let again: Value = ann.patch(&path).if_match(1).json(&change).await.ok();
    assert_eq!(again, renamed);
    let same: Value = ann.patch(&path).json(json!({})).await.ok();
    assert_eq!(same["version"], 2);
}

#[tokio::test]
async fn a_stale_change_is_refused_with_the_file_as_it_is() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    ann.patch(&path)
        .json(json!({ "name": "b.txt" }))
        .await
        .expect_status(200);
    let change = json!({ "name": "c.txt" });
    let reply = ann.patch(&path).if_match(1).json(&change).await;
    let problem = reply.problem(412, "stale");
    assert_eq!(problem.0["current"]["name"], "b.txt");
    ann.patch(&path)
        .if_match(1)
        .text("{")
        .await
        .problem(412, "stale");
    ann.patch(&path)
        .text("{")
        .await
        .problem(400, "malformed_json");
    let nothing = format!("files/{}", id());
    ann.patch(&nothing)
        .text("{")
        .await
        .problem(404, "not_found");
    ann.patch(&nothing)
        .if_match(1)
        .json(&change)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_name_that_is_a_path_or_a_trick_is_refused() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    let long = "x".repeat(256);
    for (name, code) in [
        ("", "required"),
        ("  ", "required"),
        ("../a", "invalid_character"),
        ("a\\b", "invalid_character"),
        ("..", "invalid_character"),
        ("a\nb", "invalid_character"),
        ("gpj.\u{202E}exe", "invalid_character"),
        (&long, "too_long"),
    ] {
        let reply = ann.patch(&path).json(json!({ "name": name })).await;
        reply.problem(422, "invalid").field("name", code);
    }
    for (change, field, code) in [
        (json!({ "name": null }), "name", "invalid_type"),
        (json!({ "size_bytes": 3 }), "size_bytes", "unknown_field"),
        (json!({ "tags": [""] }), "tags[0]", "required"),
    ] {
        let reply = ann.patch(&path).json(change).await;
        reply.problem(422, "invalid").field(field, code);
    }
    assert_eq!(seen(&ann, &file).await["version"], 1);
}

#[tokio::test]
async fn tags_are_put_on_and_taken_off_and_filter_the_list() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    plant(&app, &ann, "b.txt", b"others").await;
    let path = format!("files/{file}");
    let before = seen(&ann, &file).await;
    let change = json!({ "tags": ["work", "Home"] });
    let tagged: Value = ann.patch(&path).json(change).await.ok();
    assert_eq!(tagged["tags"], json!(["Home", "work"]));
    assert_eq!(tagged["version"], 2);
    assert_eq!(tagged["updated_at"], before["updated_at"]);
    assert_eq!(names(&ann, "tag=WORK").await, ["a.txt"]);
    let change = json!({ "tags": ["home"] });
    let less: Value = ann.patch(&path).json(change).await.ok();
    assert_eq!(less["tags"], json!(["Home"]));
    assert!(names(&ann, "tag=work").await.is_empty());
    assert_eq!(names(&ann, "tag=home").await, ["a.txt"]);
    // Notes with the same tag are not files.
    let note = json!({ "title": "A note", "tags": ["home"] });
    ann.post("notes").json(note).await.expect_status(201);
    assert_eq!(names(&ann, "tag=home").await, ["a.txt"]);
}

#[tokio::test]
async fn a_file_of_another_user_is_not_found_anywhere() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let file = plant(&app, &ann, "anns.txt", b"secret").await;
    let path = format!("files/{file}");
    let change = json!({ "name": "bobs.txt" });
    let calls = [
        bob.get(&path),
        bob.get(&path).header("if-none-match", "\"v1\""),
        bob.patch(&path).json(&change),
        bob.patch(&path).if_match(1).json(&change),
        bob.delete(&path),
        bob.delete(&format!("{path}?permanent=true")),
        bob.post(&format!("{path}/restore")),
        bob.get(&format!("{path}/content")),
        bob.get(&format!("{path}/content"))
            .header("range", "bytes=0-1"),
        bob.post(&format!("{path}/link")),
        bob.get(&format!("{path}/attachments")),
    ];
    for call in calls {
        call.await.problem(404, "not_found");
    }
    assert!(names(&bob, "").await.is_empty());
    assert!(names(&bob, "q=anns").await.is_empty());
    let kept = seen(&ann, &file).await;
    assert_eq!(
        (&kept["name"], &kept["version"]),
        (&json!("anns.txt"), &json!(1))
    );
}

#[tokio::test]
async fn a_tag_is_renamed_merged_and_deleted_on_files_and_notes_alike() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words").await;
    let own = json!({ "tags": ["work", "home"] });
    ann.patch(&format!("files/{file}"))
        .json(&own)
        .await
        .expect_status(200);
    let note = json!({ "title": "A note", "tags": ["work"] });
    let note: Value = ann.post("notes").json(note).await.created();
    let note = format!("notes/{}", text(&note, "id"));
    let tag = async |name: &str| {
        let page: Value = ann.get("tags").await.ok();
        let items = page["items"].as_array().unwrap();
        let tag = items.iter().find(|item| item["name"] == name);
        text(tag.unwrap(), "id")
    };
    let work = tag("work").await;
    let renamed = ann
        .patch(&format!("tags/{work}"))
        .json(json!({ "name": "office" }));
    renamed.await.expect_status(200);
    assert_eq!(seen(&ann, &file).await["tags"], json!(["home", "office"]));
    assert_eq!(seen(&ann, &file).await["version"], 3);
    let read: Value = ann.get(&note).await.ok();
    assert_eq!(read["tags"], json!(["office"]));
    assert_eq!(names(&ann, "tag=office").await, ["a.txt"]);
    let body = json!({ "into": tag("home").await });
    let merged = ann.post(&format!("tags/{work}/merge")).json(body);
    merged.await.expect_status(200);
    assert_eq!(seen(&ann, &file).await["tags"], json!(["home"]));
    assert_eq!(names(&ann, "tag=home").await, ["a.txt"]);
    let path = format!("tags/{}", tag("home").await);
    ann.delete(&path).await.no_content();
    assert_eq!(seen(&ann, &file).await["tags"], json!([]));
    let sql = "SELECT COUNT(*) FROM changes WHERE kind = 3 AND op = 'update'";
    assert_eq!(app.database().count(sql).await, 4);
}
