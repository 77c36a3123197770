//! Files that notes bear: attached, shown, taken off; what a change of the file is to its notes.

use serde_json::{Value, json};

use super::tools::{bytes_of, names, plant, text};
use crate::harness::{Actor, TestApp, id, together};

async fn start() -> (TestApp, Actor, String, String) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = ann.write("A note", "one\ntwo\nthree").await.id;
    let file = plant(&app, &ann, "a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await;
    (app, ann, note, file)
}

fn path(note: &str, file: &str) -> String {
    format!("notes/{note}/attachments/{file}")
}

async fn attach(ann: &Actor, note: &str, file: &str) {
    ann.put(&path(note, file)).await.no_content();
}

async fn read(ann: &Actor, note: &str) -> Value {
    ann.get(&format!("notes/{note}")).await.ok()
}

/// The names of a note's files, as the note and as every list shows them.
async fn shown(ann: &Actor, note: &str) -> Vec<String> {
    let files = read(ann, note).await["attachments"].clone();
    for query in [
        "",
        "?sort=title",
        "?q=note",
        "?archived=true",
        "?trashed=true",
    ] {
        let page: Value = ann.get(&format!("notes{query}")).await.ok();
        let items = page["items"].as_array().unwrap();
        for item in items.iter().filter(|item| item["id"] == note) {
            assert_eq!(item["attachments"], files, "{query}");
        }
    }
    let files = files.as_array().unwrap().iter();
    files.map(|file| text(file, "name")).collect()
}

#[tokio::test]
async fn a_note_bears_files_and_shows_them_everywhere() {
    let (app, ann, note, file) = start().await;
    let before = read(&ann, &note).await;
    assert_eq!(before["attachments"], json!([]));
    attach(&ann, &note, &file).await;
    let after = read(&ann, &note).await;
    let wanted = json!([{ "id": file, "name": "a.png", "mime": "image/png", "size_bytes": 16 }]);
    assert_eq!(after["attachments"], wanted);
    assert_eq!(
        (&after["version"], &after["updated_at"]),
        (&json!(2), &before["updated_at"])
    );
    // Once is enough.
    attach(&ann, &note, &file).await;
    assert_eq!(read(&ann, &note).await, after);
    let other = plant(&app, &ann, "b.txt", b"words").await;
    attach(&ann, &note, &other).await;
    assert_eq!(shown(&ann, &note).await, ["a.png", "b.txt"]);
    let attached = format!("attached_to=note:{note}&sort=name");
    assert_eq!(names(&ann, &attached).await, ["a.png", "b.txt"]);
    ann.delete(&path(&note, &file)).await.no_content();
    ann.delete(&path(&note, &file)).await.no_content();
    assert_eq!(shown(&ann, &note).await, ["b.txt"]);
    assert_eq!(names(&ann, &attached).await, ["b.txt"]);
    assert_eq!(read(&ann, &note).await["version"], 4);
    let sql = "SELECT COUNT(*) FROM changes WHERE kind = 1 AND op = 'update'";
    assert_eq!(app.database().count(sql).await, 3);
    assert_eq!(names(&ann, "sort=name").await, ["a.png", "b.txt"]);
}

#[tokio::test]
async fn a_file_says_where_it_is_used() {
    let (app, ann, note, file) = start().await;
    let mut notes = vec![note];
    for n in 0..4 {
        notes.push(ann.write(&format!("Note {n}"), "").await.id);
    }
    for note in &notes {
        attach(&ann, note, &file).await;
    }
    ann.delete(&format!("notes/{}", notes[1]))
        .await
        .no_content();
    let used = format!("files/{file}/attachments");
    let whole: Value = ann.get(&used).await.ok();
    let items = whole["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    assert_eq!(
        items[0],
        json!({ "kind": "note", "id": notes[0], "title": "A note" })
    );
    let mut found = Vec::new();
    let mut next = Some(format!("{used}?limit=3"));
    while let Some(path) = next {
        let page: Value = ann.get(&path).await.ok();
        found.extend(page["items"].as_array().unwrap().clone());
        next = page["next_cursor"]
            .as_str()
            .map(|cursor| format!("{used}?limit=3&cursor={cursor}"));
    }
    assert_eq!(json!(found), whole["items"]);
    let unused = plant(&app, &ann, "b.txt", b"words").await;
    let page: Value = ann.get(&format!("files/{unused}/attachments")).await.ok();
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
async fn what_a_note_shows_of_a_file_is_never_older_than_the_file() {
    let (_app, ann, note, file) = start().await;
    attach(&ann, &note, &file).await;
    let known = ann
        .get(&format!("notes/{note}"))
        .await
        .header("etag")
        .to_owned();
    let seen = async |known: &str| {
        let reply = ann
            .get(&format!("notes/{note}"))
            .header("if-none-match", known)
            .await;
        reply.expect_status(200);
        reply.header("etag").to_owned()
    };
    let name = json!({ "name": "other.png" });
    ann.patch(&format!("files/{file}"))
        .json(name)
        .await
        .expect_status(200);
    let known = seen(&known).await;
    assert_eq!(shown(&ann, &note).await, ["other.png"]);
    ann.delete(&format!("files/{file}")).await.no_content();
    let known = seen(&known).await;
    assert!(shown(&ann, &note).await.is_empty());
    ann.post(&format!("files/{file}/restore"))
        .await
        .expect_status(200);
    let known = seen(&known).await;
    assert_eq!(shown(&ann, &note).await, ["other.png"]);
    ann.delete(&format!("files/{file}")).await.no_content();
    seen(&known).await;
    let forever = format!("files/{file}?permanent=true");
    ann.delete(&forever).await.no_content();
    assert!(shown(&ann, &note).await.is_empty());
    ann.put(&path(&note, &file)).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_save_of_a_text_that_was_begun_before_is_no_conflict() {
    let (_app, ann, note, file) = start().await;
    attach(&ann, &note, &file).await;
    let saves = format!("notes/{note}");
    let change = json!({ "base_version": 1, "save_id": id(), "body": "one\nTWO\nthree" });
    let saved: Value = ann.patch(&saves).json(&change).await.ok();
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&json!("clean"), &json!(3))
    );
    assert_eq!(saved["attachments"][0]["id"], file);
    let again: Value = ann.patch(&saves).json(&change).await.ok();
    assert_eq!(again, saved);
    // And attaching after it leaves the text as it is.
    ann.delete(&path(&note, &file)).await.no_content();
    let read = read(&ann, &note).await;
    assert_eq!(
        (&read["body"], &read["version"]),
        (&json!("one\nTWO\nthree"), &json!(4))
    );
}

#[tokio::test]
async fn a_note_bears_a_hundred_files_and_no_more() {
    let (app, ann, note, file) = start().await;
    let sql = "INSERT INTO attachments (owner_id, kind, entity_id, file_id, created_at) \
               SELECT ?, 1, ?, LEFT(UNHEX(SHA2(seq.n, 256)), 16), UTC_TIMESTAMP(6) FROM \
               (SELECT a.n * 10 + b.n AS n FROM \
                 (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
                  SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) a, \
                 (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
                  SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) b) seq \
               WHERE seq.n < 98";
    let values = (bytes_of(&ann.id), bytes_of(&note));
    assert_eq!(app.database().exec(sql, values).await, 98);
    let mut calls = vec![ann.put(&path(&note, &file))];
    for n in 0..4 {
        let file = plant(&app, &ann, &format!("{n}.txt"), b"words").await;
        calls.push(ann.put(&path(&note, &file)));
    }
    let mut statuses: Vec<u16> = together(calls).await.iter().map(|r| r.status()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 204, 409, 409, 409]);
    let late = plant(&app, &ann, "late.txt", b"words").await;
    ann.put(&path(&note, &late))
        .await
        .problem(409, "attachments_full");
}

#[tokio::test]
async fn what_is_not_there_or_not_yours_is_not_attached() {
    let (app, ann, note, file) = start().await;
    let bob = app.user("bob").await;
    let (bobs_note, bobs_file) = (
        bob.write("Bob's", "").await.id,
        plant(&app, &bob, "bobs.txt", b"words").await,
    );
    for (who, note, file) in [
        (&ann, &note, &bobs_file),
        (&ann, &bobs_note, &file),
        (&ann, &bobs_note, &bobs_file),
        (&bob, &note, &file),
        (&bob, &note, &bobs_file),
        (&bob, &bobs_note, &file),
        (&ann, &id(), &file),
        (&ann, &note, &id()),
        (&ann, &note, &"none".to_owned()),
    ] {
        who.put(&path(note, file)).await.problem(404, "not_found");
        who.delete(&path(note, file))
            .await
            .problem(404, "not_found");
    }
    assert_eq!(
        app.database()
            .count("SELECT COUNT(*) FROM attachments")
            .await,
        0
    );
    attach(&ann, &note, &file).await;
    assert!(
        names(&bob, &format!("attached_to=note:{note}"))
            .await
            .is_empty()
    );
    bob.get(&format!("files/{file}/attachments"))
        .await
        .problem(404, "not_found");
    ann.delete(&format!("files/{file}")).await.no_content();
    ann.put(&path(&note, &file))
        .await
        .problem(409, "file_in_trash");
    ann.delete(&path(&note, &file)).await.no_content();
    assert_eq!(
        app.database()
            .count("SELECT COUNT(*) FROM attachments")
            .await,
        0
    );
}

#[tokio::test]
async fn a_note_that_is_deleted_for_good_lets_go_of_its_files() {
    let (app, ann, note, file) = start().await;
    attach(&ann, &note, &file).await;
    ann.delete(&format!("notes/{note}")).await.no_content();
    assert_eq!(shown(&ann, &note).await, ["a.png"]);
    let forever = format!("notes/{note}?permanent=true");
    ann.delete(&forever).await.no_content();
    assert_eq!(
        app.database()
            .count("SELECT COUNT(*) FROM attachments")
            .await,
        0
    );
    assert_eq!(names(&ann, "").await, ["a.png"]);
}

#[tokio::test]
async fn a_list_asks_once_more_for_all_files_of_its_notes_and_not_at_all_without_any() {
    let (app, ann, note, file) = start().await;
    for n in 0..5 {
        ann.write(&format!("n{n}"), "").await;
    }
    let cost = async |path: &str| {
        ann.get(path).await.expect_status(200);
        let before = app.state.db.round_trips();
        ann.get(path).await.expect_status(200);
        app.state.db.round_trips() - before
    };
    // A search looks first what it finds, and is never cached.
    assert_eq!(cost("notes?q=n").await, 2);
    assert_eq!(cost(&format!("notes/{note}")).await, 1);
    let page: Value = ann.get("notes").await.ok();
    for item in page["items"].as_array().unwrap() {
        attach(&ann, &text(item, "id"), &file).await;
    }
    assert_eq!(cost("notes?q=n").await, 3);
    assert_eq!(cost(&format!("notes/{note}")).await, 2);
}
