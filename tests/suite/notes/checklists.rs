//! The boxes of a note's task list items, as each answer counts them.

use serde_json::{Value, json};

use crate::documents::common::{save, save_body};
use crate::harness::{Actor, Notes, TestApp};

/// The count in the note, in its list, and in an answer: one and the same.
async fn counted(who: &Actor, answer: &Value) -> (u64, u64) {
    let id = answer["id"].as_str().unwrap();
    let note: Value = who.get(&format!("notes/{id}")).await.ok();
    let page: Value = who.get("notes").await.ok();
    let items = page["items"].as_array().unwrap();
    let listed = items.iter().find(|item| item["id"] == id).unwrap();
    assert_eq!(answer["checklist"], note["checklist"]);
    assert_eq!(answer["checklist"], listed["checklist"]);
    let count = |field: &str| answer["checklist"][field].as_u64().unwrap();
    (count("open"), count("total"))
}

#[tokio::test]
async fn boxes_are_counted_in_whatever_way_a_text_comes_about() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let body = "- [ ] a\n- [x] b\n\ntext\n\n- [ ] c";
    let new = json!({ "title": "- [ ] no item", "body": body });
    let made: Value = ann.post("notes").json(new).await.created();
    assert_eq!(counted(&ann, &made).await, (2, 3));
    let id = made["id"].as_str().unwrap();
    let ticked = body.replace("[ ] a", "[X] a");
    let saved = save_body::<Notes>(&ann, id, 1, &ticked).await;
    assert_eq!(counted(&ann, &saved).await, (1, 3));
    // Another writer ticks and adds others.
    let theirs = body.replace("- [ ] c", "- [x] c\n- [ ] d");
    let merged = save_body::<Notes>(&ann, id, 1, &theirs).await;
    assert_eq!(merged["merge"], "clean");
    assert_eq!(counted(&ann, &merged).await, (1, 4));
    // A loser does not count.
    let lost = save_body::<Notes>(&ann, id, 1, "nothing").await;
    assert_eq!(lost["merge"], "conflict");
    assert_eq!(counted(&ann, &lost).await, (1, 4));
    let bare: Value = save::<Notes>(&ann, id, 1, json!({ "pinned": true }))
        .await
        .ok();
    assert_eq!(counted(&ann, &bare).await, (1, 4));
    let path = format!("notes/{id}/revisions/1/restore");
    let back: Value = ann.post(&path).await.ok();
    assert_eq!(counted(&ann, &back).await, (2, 3));
    let version = back["version"].as_u64().unwrap();
    let emptied = save_body::<Notes>(&ann, id, version, "").await;
    assert_eq!(counted(&ann, &emptied).await, (0, 0));
}

#[tokio::test]
async fn only_what_markdown_takes_for_a_box_is_one() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (body, open, total) in [
        ("- [ ] a", 1, 1),
        ("* [ ] a\n+ [x] b\n1. [ ] c\n2) [X] d", 2, 4),
        ("- [ ] a\n  - [ ] b\n    - [x] c", 2, 3),
        ("> - [ ] quoted", 1, 1),
        ("- [ ] a\r\n- [x] b\r\n", 1, 2),
        ("```\n- [ ] code\n```", 0, 0),
        ("    - [ ] code", 0, 0),
        ("[ ] a", 0, 0),
        ("- [] a\n- [y] b\n- [  ] c\n- \\[ ] d", 0, 0),
        ("- `[ ]` a", 0, 0),
        ("- [ ] 😀\n- [x] é", 1, 2),
        ("<!--\n- [ ] hidden\n-->", 0, 0),
    ] {
        let new = json!({ "body": body });
        let made: Value = ann.post("notes").json(new).await.created();
        assert_eq!(counted(&ann, &made).await, (open, total), "{body:?}");
    }
}

#[tokio::test]
async fn a_text_of_nothing_but_boxes_is_counted_too() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let body = "- [ ] x\n".repeat(1024 * 1024 / 8);
    let new = json!({ "body": body });
    let made: Value = ann.post("notes").json(new).await.created();
    assert_eq!(counted(&ann, &made).await, (131_072, 131_072));
    let deep = format!("{}- [ ] x", "> ".repeat(100_000));
    let new = json!({ "body": deep });
    let made: Value = ann.post("notes").json(new).await.created();
    assert!(made["checklist"]["total"].as_u64().unwrap() <= 1);
}
