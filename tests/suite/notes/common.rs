//! What the tests of saving and of the history share, whatever noun they are run over.

use serde_json::{Value, json};

use crate::harness::{Actor, Call, Note};

/// A change of some fields that was based on a version.
pub(super) fn save(who: &Actor, id: &str, base: u64, fields: Value) -> Call {
    let mut body = fields;
    body["base_version"] = json!(base);
    who.patch(&format!("notes/{id}")).json(body)
}

/// A save of a body alone; the answer as it came.
pub(super) async fn save_body(who: &Actor, id: &str, base: u64, body: &str) -> Value {
    save(who, id, base, json!({ "body": body })).await.ok()
}

/// The history: number, reason and title, the newest first.
pub(super) async fn history(who: &Actor, id: &str) -> Vec<(u64, String, bool)> {
    let page: Value = who
        .get(&format!("notes/{id}/revisions?limit=200"))
        .await
        .ok();
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().unwrap();
    let row = |item: &Value| {
        let reason = item["reason"].as_str().unwrap().to_owned();
        (
            item["version"].as_u64().unwrap(),
            reason,
            item["current"].as_bool().unwrap(),
        )
    };
    items.iter().map(row).collect()
}

/// The numbers and reasons of a history, as `3 edit, 2 conflict`.
pub(super) async fn told(who: &Actor, id: &str) -> String {
    let rows = history(who, id).await;
    let rows = rows.iter().map(|(version, reason, current)| {
        let mark = if *current { "*" } else { "" };
        format!("{version} {reason}{mark}")
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// The body of one revision.
pub(super) async fn text_at(who: &Actor, id: &str, version: u64) -> String {
    let revision: Value = who
        .get(&format!("notes/{id}/revisions/{version}"))
        .await
        .ok();
    assert_eq!(revision["version"], version);
    revision["body"].as_str().unwrap().to_owned()
}

/// A note that has come to version 2 by a change of its second line, and the text of the first
/// version: `one`, `two`, `three`.
pub(super) async fn three_lines(who: &Actor) -> Note {
    let made = who.write("Lines", "one\ntwo\nthree").await;
    save_body(who, &made.id, 1, "one\nTWO\nthree").await;
    made
}
