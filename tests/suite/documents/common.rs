//! Helpers of the tests of saving and of the history.

use serde_json::{Value, json};

use crate::harness::{Actor, Call, Doc, DocumentKind};

/// A change of some fields that was based on a version.
pub(crate) fn save<D: DocumentKind>(who: &Actor, id: &str, base: u64, fields: Value) -> Call {
    let mut body = fields;
    body["base_version"] = json!(base);
    who.patch(&format!("{}/{id}", D::PATH)).json(body)
}

/// A save of a body alone; the answer as it came.
pub(crate) async fn save_body<D: DocumentKind>(
    who: &Actor,
    id: &str,
    base: u64,
    body: &str,
) -> Value {
    save::<D>(who, id, base, json!({ (D::BODY): body }))
        .await
        .ok()
}

/// A row of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevisionRow {
    pub(crate) version: u64,
    pub(crate) reason: String,
    pub(crate) current: bool,
}

/// The row of the current text.
pub(crate) fn current(version: u64, reason: &str) -> RevisionRow {
    RevisionRow {
        current: true,
        ..past(version, reason)
    }
}

/// The row of a text that is not the current one.
pub(crate) fn past(version: u64, reason: &str) -> RevisionRow {
    RevisionRow {
        version,
        reason: reason.to_owned(),
        current: false,
    }
}

/// The history, the newest first.
pub(crate) async fn history<D: DocumentKind>(who: &Actor, id: &str) -> Vec<RevisionRow> {
    let page: Value = who
        .get(&format!("{}/{id}/revisions?limit=200", D::PATH))
        .await
        .ok();
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().unwrap();
    let row = |item: &Value| RevisionRow {
        version: item["version"].as_u64().unwrap(),
        reason: item["reason"].as_str().unwrap().to_owned(),
        current: item["current"].as_bool().unwrap(),
    };
    items.iter().map(row).collect()
}

/// The body of one revision.
pub(crate) async fn text_at<D: DocumentKind>(who: &Actor, id: &str, version: u64) -> String {
    let revision: Value = who
        .get(&format!("{}/{id}/revisions/{version}", D::PATH))
        .await
        .ok();
    assert_eq!(revision["version"], version);
    revision["body"].as_str().unwrap().to_owned()
}

/// A note that has come to version 2 by a change of its second line, and the text of the first
/// version: `one`, `two`, `three`.
pub(crate) async fn three_lines<D: DocumentKind>(who: &Actor) -> Doc<D> {
    let made = who.create::<D>("Lines", "one\ntwo\nthree").await;
    save_body::<D>(who, &made.id, 1, "one\nTWO\nthree").await;
    made
}
