//! Many at once on the same file and the same note: whatever the order, what is stored fits together.

use axum::http::Method;
use serde_json::{Value, json};

use super::tools::{bytes_of, content, plant, text, used};
use crate::harness::{TestApp, together};

#[tokio::test]
async fn whatever_happens_at_once_notes_and_files_fit_together() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    let ann = app.user("ann").await;
    let others = ann.at(&instances[1]);
    let mut notes = Vec::new();
    for n in 0..3 {
        notes.push(ann.write(&format!("Note {n}"), "text").await.id);
    }
    let file = plant(app, &ann, "a.txt", b"words").await;
    let path = format!("files/{file}");
    let mut calls = Vec::new();
    for n in 0..8 {
        let who = [&ann, &others][n % 2];
        let note = &notes[n % 3];
        let attached = format!("notes/{note}/attachments/{file}");
        calls.push(who.put(&attached));
        calls.push(who.patch(&path).json(json!({ "name": format!("{n}.txt") })));
        calls.push(
            who.patch(&path)
                .json(json!({ "tags": [format!("t{}", n % 2)] })),
        );
        calls.push(who.delete(&path));
        calls.push(who.post(&format!("{path}/restore")));
        calls.push(
            who.patch(&format!("notes/{note}"))
                .header("if-match", "*")
                .json(json!({ "body": format!("{n}") })),
        );
        if n % 3 == 0 {
            calls.push(who.delete(&attached));
        }
    }
    for reply in together(calls).await {
        // What was in the trash at that moment could not be attached.
        assert!([200, 204, 409].contains(&reply.status()), "{reply:?}");
    }
    ann.post(&format!("{path}/restore"))
        .await
        .expect_status(200);
    let now: Value = ann.get(&path).await.ok();
    let used_in: Value = ann.get(&format!("{path}/attachments?limit=200")).await.ok();
    let used_in: Vec<String> = used_in["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "id"))
        .collect();
    for note in &notes {
        let read: Value = ann.get(&format!("notes/{note}")).await.ok();
        let bears = read["attachments"].as_array().unwrap();
        assert_eq!(!bears.is_empty(), used_in.contains(note), "{read}");
        assert!(
            bears.iter().all(|one| one["name"] == now["name"]),
            "{read} {now}"
        );
        let sql = "SELECT MAX(version) FROM changes WHERE entity_id = ?";
        let last: Vec<(u64,)> = app.database().rows(sql, (bytes_of(note),)).await;
        assert_eq!(read["version"], last[0].0);
    }
}

#[tokio::test]
async fn deleting_many_copies_at_once_gives_all_room_back_and_spares_what_is_left() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    let ann = app.user("ann").await;
    let others = ann.at(&instances[1]);
    let mut files = Vec::new();
    for n in 0..9 {
        files.push(plant(app, &ann, &format!("{n}.txt"), b"the same").await);
    }
    for file in &files[1..] {
        ann.delete(&format!("files/{file}")).await.no_content();
    }
    let calls = files[1..].iter().flat_map(|file| {
        let path = format!("files/{file}?permanent=true");
        [ann.delete(&path), others.call(Method::DELETE, &path)]
    });
    for reply in together(calls).await {
        reply.no_content();
    }
    assert_eq!(used(app, &ann).await, 8);
    assert_eq!(content(&others, &files[0]).await.bytes(), &b"the same"[..]);
    ann.delete(&format!("files/{}", files[0]))
        .await
        .no_content();
    ann.delete(&format!("files/{}?permanent=true", files[0]))
        .await
        .no_content();
    let left = "SELECT COUNT(*) FROM blobs WHERE state < 2";
    assert_eq!(app.database().count(left).await, 0);
    assert_eq!(used(app, &ann).await, 0);
}
