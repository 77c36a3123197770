//! Saves that cannot be stored: each is refused with the field's name, and nothing is changed by it,
//! also when it was to be merged.

use serde_json::{Value, json};

use super::common::{current, history, past, save, three_lines};
use crate::harness::{Actor, Doc, DocumentKind, TestApp};

const MIB: usize = 1024 * 1024;

/// A note at version 2, and its state.
async fn stored<D: DocumentKind>(ann: &Actor) -> Doc<D> {
    let made = three_lines::<D>(ann).await;
    ann.fetch::<D>(&made.id).await
}

async fn what_cannot_be_stored_is_named_and_changes_nothing<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let names: Vec<String> = (0..10_000).map(|n| format!("tag {n}")).collect();
    for (fields, field, code) in [
        (
            json!({ (D::BODY): "a\u{0}b" }),
            D::BODY,
            "invalid_character",
        ),
        (
            json!({ (D::BODY): "x".repeat(MIB + 1) }),
            D::BODY,
            "too_long",
        ),
        (
            json!({ (D::BODY): "é".repeat(MIB / 2 + 1) }),
            D::BODY,
            "too_long",
        ),
        (json!({ (D::BODY): null }), D::BODY, "invalid_type"),
        (json!({ (D::BODY): ["a"] }), D::BODY, "invalid_type"),
        (json!({ "title": "a\u{0}b" }), "title", "invalid_character"),
        (json!({ "title": "a\nb" }), "title", "invalid_character"),
        (json!({ "title": "😀".repeat(201) }), "title", "too_long"),
        (json!({ "title": null }), "title", "invalid_type"),
        (json!({ "tags": names }), "tags", "too_many"),
        (
            json!({ "tags": ["ok", "a\u{0}b"] }),
            "tags[1]",
            "invalid_character",
        ),
        (json!({ "tags": ["x".repeat(51)] }), "tags[0]", "too_long"),
        (json!({ "tags": "a" }), "tags", "invalid_type"),
        (json!({ "tags": [7] }), "tags[0]", "invalid_type"),
        (json!({ "tags": null }), "tags", "invalid_type"),
        (
            json!({ (D::CONTAINER_ID): "7" }),
            D::CONTAINER_ID,
            "invalid_type",
        ),
        (
            json!({ (D::CONTAINER_ID): 7 }),
            D::CONTAINER_ID,
            "invalid_type",
        ),
        (json!({ (D::PIN): "1" }), D::PIN, "invalid_type"),
        (json!({ "version": 7 }), "version", "unknown_field"),
        (json!({ "merge": "none" }), "merge", "unknown_field"),
    ] {
        for base in [1, 2] {
            let reply = save::<D>(&ann, &before.id, base, fields.clone()).await;
            reply.problem(422, "invalid").field(field, code);
        }
    }
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
    assert_eq!(
        history::<D>(&ann, &before.id).await,
        [current(2, "edit"), past(1, "edit")]
    );
    let tags: Value = ann.get("tags").await.ok();
    assert_eq!(tags["items"], json!([]), "no tag was made on the way");
}

async fn a_put_that_cannot_be_stored_names_all_that_is_wrong<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let path = format!("{}/{}", D::PATH, before.id);
    let whole = json!({
        "title": "x".repeat(201), (D::BODY): "\u{0}", "tags": [""], "base_version": 0,
    });
    let reply = ann.put(&path).json(whole).await;
    assert_eq!(
        reply.problem(422, "invalid").fields(),
        [
            "base_version: out_of_range",
            "title: too_long",
            &format!("{}: invalid_character", D::BODY),
            "tags[0]: required",
        ]
    );
    let reply = ann
        .put(&path)
        .json(json!({ (D::BODY): "x", "base_version": 2 }))
        .await;
    reply.problem(422, "invalid").field("title", "required");
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
}

async fn a_text_that_is_no_json_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let path = format!("{}/{}", D::PATH, before.id);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let maps = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    for text in [
        format!(r#"{{"base_version":2,"{}":"\ud800"}}"#, D::BODY),
        format!(r#"{{"base_version":2,"{}":"\udc00\ud800"}}"#, D::BODY),
        r#"{"base_version":2,"title":"a\ud83d"}"#.to_owned(),
        format!(r#"{{"base_version":2,"{}":"a"}} "#, D::BODY) + "x",
        format!(r#"{{"base_version":2,"{}":"a""#, D::BODY),
        format!(r#"{{"base_version":2,"{}":{deep}}}"#, D::BODY),
        format!(r#"{{"base_version":2,"else":{deep}}}"#),
        format!(r#"{{"base_version":2,"tags":{maps}}}"#),
        format!(r#"{{"base_version":{deep},"{}":"a"}}"#, D::BODY),
    ] {
        let reply = ann.patch(&path).text(text.clone()).await;
        let start: String = text.chars().take(60).collect();
        let status = reply.status();
        // Too deep for its field is told before too deep at all.
        assert!(matches!(status, 400 | 422), "{start}: {reply:?}");
        let code = if status == 400 {
            "malformed_json"
        } else {
            "invalid"
        };
        let problem = reply.problem(status, code);
        assert!(
            problem.fields().iter().all(|field| !field.starts_with(':')),
            "{start}"
        );
    }
    // Bytes that are no UTF-8.
    let mut bytes = format!(r#"{{"base_version":2,"{}":"a"}}"#, D::BODY).into_bytes();
    let place = bytes.iter().rposition(|byte| *byte == b'a').unwrap();
    bytes[place] = 0xff;
    let reply = ann.patch(&path).text(bytes).await;
    reply.problem(400, "malformed_json");
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
    assert_eq!(
        history::<D>(&ann, &before.id).await,
        [current(2, "edit"), past(1, "edit")]
    );
}

async fn a_lone_surrogate_is_refused_in_each_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let path = format!("{}/{}", D::PATH, before.id);
    for field in ["title", D::BODY, "save_id"] {
        let text = format!(r#"{{"base_version":2,"{field}":"\ud800"}}"#);
        let reply = ann.patch(&path).if_match(2).text(text.clone()).await;
        reply.problem(400, "malformed_json");
        let reply = ann.patch(&path).text(text).await;
        reply.problem(400, "malformed_json");
    }
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
}

async fn a_body_that_cannot_be_read_is_not_said_to_lack_its_base<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let path = format!("{}/{}", D::PATH, before.id);
    let huge = json!({ "base_version": 2, (D::BODY): "x".repeat(8 * MIB) });
    let reply = ann.patch(&path).json(huge).await;
    assert_eq!(reply.status(), 413, "{reply:?}");
    let text = json!({ "base_version": 2, (D::BODY): "x" }).to_string();
    let reply = ann.patch(&path).body(text.clone()).await;
    assert_eq!(reply.status(), 415, "{reply:?}");
    let twice = format!(r#"{{"base_version":2,"{}":"x","base_version":2}}"#, D::BODY);
    let reply = ann.patch(&path).text(twice).await;
    reply
        .problem(422, "invalid")
        .field("base_version", "duplicate_field");
    // The note comes first all the same.
    let nobody = format!("{}/{}", D::PATH, crate::harness::id());
    ann.patch(&nobody)
        .body(text)
        .await
        .problem(404, "not_found");
    assert_eq!(ann.fetch::<D>(&before.id).await, before);
}

async fn the_longest_that_is_allowed_is_stored<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before = stored::<D>(&ann).await;
    let names: Vec<String> = (0..100)
        .map(|n| format!("{n:0>3}{}", "😀".repeat(47)))
        .collect();
    let fields = json!({
        "title": "😀".repeat(200), (D::BODY): "😀".repeat(MIB / 4), "tags": names,
        "save_id": crate::harness::id(),
    });
    let first = save::<D>(&ann, &before.id, 2, fields.clone()).await;
    let saved: Value = first.ok();
    assert_eq!(saved["tags"], json!(names));
    assert_eq!(saved[D::BODY].as_str().unwrap().len(), MIB);
    let again = save::<D>(&ann, &before.id, 2, fields).await;
    assert!(again.bytes() == first.bytes());
    let note: Value = ann.get(&format!("{}/{}", D::PATH, before.id)).await.ok();
    assert_eq!(note["title"], saved["title"]);
    assert_eq!(note["tags"], saved["tags"]);
}

document_suite! {
    one_thread: [what_cannot_be_stored_is_named_and_changes_nothing, a_put_that_cannot_be_stored_names_all_that_is_wrong, a_text_that_is_no_json_is_refused, a_lone_surrogate_is_refused_in_each_text, a_body_that_cannot_be_read_is_not_said_to_lack_its_base, the_longest_that_is_allowed_is_stored],
    two_threads: [],
}
