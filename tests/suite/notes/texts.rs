//! Titles and bodies: kept verbatim, limited by code points and bytes, cut into excerpts.

use serde_json::json;

use crate::harness::{Note, Reply, TestApp};

const MIB: usize = 1024 * 1024;

/// What a note is made of, sent as the given JSON text.
async fn create(app: &TestApp, text: String) -> Reply {
    app.user("ann").await.post("notes").text(text).await
}

#[tokio::test]
async fn texts_are_kept_verbatim() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let texts = [
        "  spaces before and after  ",
        "tabs\tand\r\nevery\nkind\rof line end\n\n",
        "\u{1f9d1}\u{200d}\u{1f680} \u{202e}right to left",
        "cafe\u{301} is not caf\u{e9}",
        "<script>alert(1)</script> & \"quotes\" 'n' \\ back",
        "\u{feff}a mark at the start, \u{fffd} and \u{10ffff}",
        "control \u{1} \u{1b}[31m \u{7f}",
    ];
    for text in texts {
        let made = ann.write("Title", text).await;
        assert_eq!(made.body.as_deref(), Some(text));
        assert_eq!(ann.read(&made.id).await.body.as_deref(), Some(text));
    }
}

#[tokio::test]
async fn a_title_keeps_its_spaces_and_signs() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for title in [
        "  a  ",
        "\u{1f9d1}\u{200d}\u{1f680}",
        "cafe\u{301}",
        "%_\\'\"",
    ] {
        let made = ann.write(title, "").await;
        assert_eq!(ann.read(&made.id).await.title, title);
    }
}

#[tokio::test]
async fn a_title_has_at_most_200_code_points_whatever_their_bytes() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for sign in ["a", "é", "\u{1f600}"] {
        let longest = sign.repeat(200);
        let made = ann.write(&longest, "").await;
        assert_eq!(ann.read(&made.id).await.title, longest);
        let reply = ann.post("notes").json(json!({ "title": sign.repeat(201) }));
        reply
            .await
            .problem(422, "invalid")
            .field("title", "too_long");
    }
}

#[tokio::test]
async fn a_title_is_one_line_without_control_characters() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for title in ["a\nb", "a\0b", "a\u{7f}", "\u{85}"] {
        let reply = ann.post("notes").json(json!({ "title": title })).await;
        reply
            .problem(422, "invalid")
            .field("title", "invalid_character");
    }
}

#[tokio::test]
async fn a_body_cannot_hold_nul() {
    let app = super::start().await;
    let reply = create(&app, r#"{"body":"a\u0000b"}"#.to_owned()).await;
    reply
        .problem(422, "invalid")
        .field("body", "invalid_character");
}

#[tokio::test]
async fn lone_surrogates_are_no_text() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for text in [
        r#"{"body":"\ud83d"}"#,
        r#"{"title":"\ude00"}"#,
        r#"{"body":"\ud83da"}"#,
    ] {
        let reply = ann.post("notes").text(text).await;
        reply.problem(400, "malformed_json");
    }
    let pair = r#"{"body":"\ud83d\ude00"}"#;
    let made: Note = ann.post("notes").text(pair).await.created();
    assert_eq!(made.body.as_deref(), Some("\u{1f600}"));
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_are_no_text() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let reply = ann
        .post("notes")
        .text(&b"{\"body\":\"\xff\xfe\"}"[..])
        .await;
    reply.problem(400, "malformed_json");
}

#[tokio::test]
async fn a_body_of_one_mib_is_kept() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let longest = "ä".repeat(MIB / 2);
    let made = ann.write("Long", &longest).await;
    assert!(ann.read(&made.id).await.body.as_deref() == Some(longest.as_str()));
}

#[tokio::test]
async fn a_body_of_one_mib_of_many_words_is_kept() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let mut text: String = (0..160_000).map(|n| format!("w{n:05} ")).collect();
    text.truncate(MIB);
    let made = ann.write("Words", &text).await;
    assert!(ann.read(&made.id).await.body.as_deref() == Some(text.as_str()));
}

#[tokio::test]
async fn a_body_of_one_mib_is_kept_even_when_every_sign_is_an_escape() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let escaped = format!(r#"{{"body":"{}"}}"#, r"\u0041".repeat(MIB));
    let made: Note = ann.post("notes").text(escaped).await.created();
    assert!(made.body.as_deref() == Some("A".repeat(MIB).as_str()));
}

#[tokio::test]
async fn a_body_of_one_byte_more_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let too_long = json!({ "body": format!("{}a", "ä".repeat(MIB / 2)) });
    let reply = ann.post("notes").json(&too_long).await;
    reply.problem(422, "invalid").field("body", "too_long");
    let made = ann.write("a", "b").await;
    let call = ann.patch(&format!("notes/{}", made.id)).if_match(1);
    let reply = call.json(&too_long).await;
    reply.problem(422, "invalid").field("body", "too_long");
}

#[tokio::test]
async fn an_excerpt_is_short_one_line_and_follows_the_body() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("", &"word \n\n".repeat(500)).await;
    assert!(made.excerpt.chars().count() <= 200);
    assert!(!made.excerpt.contains('\n'), "{}", made.excerpt);
    let path = format!("notes/{}", made.id);
    let call = ann.patch(&path).if_match(1);
    let changed: Note = call.json(json!({ "body": "# Other" })).await.ok();
    assert_eq!(changed.excerpt, "Other");
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let both = json!({ "title": "a".repeat(201), "body": "\0" });
    let reply = ann.post("notes").json(both).await;
    assert_eq!(
        reply.problem(422, "invalid").fields(),
        ["title: too_long", "body: invalid_character"]
    );
}
