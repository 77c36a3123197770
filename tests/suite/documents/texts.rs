//! Titles and bodies: kept verbatim, limited by code points and bytes, cut into excerpts.

use serde_json::json;

use crate::harness::{Doc, DocumentKind, Reply, TestApp};

const MIB: usize = 1024 * 1024;

/// What a note is made of, sent as the given JSON text.
async fn create<D: DocumentKind>(app: &TestApp, text: String) -> Reply {
    app.user("ann").await.post(D::PATH).text(text).await
}

async fn texts_are_kept_verbatim<D: DocumentKind>() {
    let app = TestApp::start().await;
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
        let made = ann.create::<D>("Title", text).await;
        assert_eq!(made.body.as_deref(), Some(text));
        assert_eq!(ann.fetch::<D>(&made.id).await.body.as_deref(), Some(text));
    }
}

async fn a_title_keeps_its_spaces_and_signs<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in [
        "  a  ",
        "\u{1f9d1}\u{200d}\u{1f680}",
        "cafe\u{301}",
        "%_\\'\"",
    ] {
        let made = ann.create::<D>(title, "").await;
        assert_eq!(ann.fetch::<D>(&made.id).await.title, title);
    }
}

async fn a_title_has_at_most_200_code_points_whatever_their_bytes<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for sign in ["a", "é", "\u{1f600}"] {
        let longest = sign.repeat(200);
        let made = ann.create::<D>(&longest, "").await;
        assert_eq!(ann.fetch::<D>(&made.id).await.title, longest);
        let reply = ann.post(D::PATH).json(json!({ "title": sign.repeat(201) }));
        reply
            .await
            .problem(422, "invalid")
            .field("title", "too_long");
    }
}

async fn a_title_is_one_line_without_control_characters<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in ["a\nb", "a\0b", "a\u{7f}", "\u{85}"] {
        let reply = ann.post(D::PATH).json(json!({ "title": title })).await;
        reply
            .problem(422, "invalid")
            .field("title", "invalid_character");
    }
}

async fn a_body_cannot_hold_nul<D: DocumentKind>() {
    let app = TestApp::start().await;
    let reply = create::<D>(&app, format!(r#"{{"{}":"a\u0000b"}}"#, D::BODY)).await;
    reply
        .problem(422, "invalid")
        .field(D::BODY, "invalid_character");
}

async fn lone_surrogates_are_no_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for text in [
        format!(r#"{{"{}":"\ud83d"}}"#, D::BODY),
        r#"{"title":"\ude00"}"#.to_owned(),
        format!(r#"{{"{}":"\ud83da"}}"#, D::BODY),
    ] {
        let reply = ann.post(D::PATH).text(text).await;
        reply.problem(400, "malformed_json");
    }
    let pair = format!(r#"{{"{}":"\ud83d\ude00"}}"#, D::BODY);
    let made: Doc<D> = ann.post(D::PATH).text(pair).await.created();
    assert_eq!(made.body.as_deref(), Some("\u{1f600}"));
}

async fn bytes_that_are_no_utf_8_are_no_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = ann
        .post(D::PATH)
        .text([b"{\"".as_slice(), D::BODY.as_bytes(), b"\":\"\xff\xfe\"}"].concat())
        .await;
    reply.problem(400, "malformed_json");
}

async fn a_body_of_one_mib_is_kept<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let longest = "ä".repeat(MIB / 2);
    let made = ann.create::<D>("Long", &longest).await;
    assert!(ann.fetch::<D>(&made.id).await.body.as_deref() == Some(longest.as_str()));
}

async fn a_body_of_one_mib_of_many_words_is_kept<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut text: String = (0..160_000).map(|n| format!("w{n:05} ")).collect();
    text.truncate(MIB);
    let made = ann.create::<D>("Words", &text).await;
    assert!(ann.fetch::<D>(&made.id).await.body.as_deref() == Some(text.as_str()));
}

async fn a_body_of_one_mib_is_kept_even_when_every_sign_is_an_escape<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let escaped = format!(r#"{{"{}":"{}"}}"#, D::BODY, r"\u0041".repeat(MIB));
    let made: Doc<D> = ann.post(D::PATH).text(escaped).await.created();
    assert!(made.body.as_deref() == Some("A".repeat(MIB).as_str()));
}

async fn a_body_of_one_byte_more_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let too_long = json!({ (D::BODY): format!("{}a", "ä".repeat(MIB / 2)) });
    let reply = ann.post(D::PATH).json(&too_long).await;
    reply.problem(422, "invalid").field(D::BODY, "too_long");
    let made = ann.create::<D>("a", "b").await;
    let call = ann.patch(&format!("{}/{}", D::PATH, made.id)).if_match(1);
    let reply = call.json(&too_long).await;
    reply.problem(422, "invalid").field(D::BODY, "too_long");
}

async fn an_excerpt_is_short_one_line_and_follows_the_body<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("", &"word \n\n".repeat(500)).await;
    assert!(made.excerpt.chars().count() <= 200);
    assert!(!made.excerpt.contains('\n'), "{}", made.excerpt);
    let path = format!("{}/{}", D::PATH, made.id);
    let call = ann.patch(&path).if_match(1);
    let changed: Doc<D> = call.json(json!({ (D::BODY): "# Other" })).await.ok();
    assert_eq!(changed.excerpt, "Other");
}

async fn all_wrong_fields_are_named_at_once<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let both = json!({ "title": "a".repeat(201), (D::BODY): "\0" });
    let reply = ann.post(D::PATH).json(both).await;
    assert_eq!(
        reply.problem(422, "invalid").fields(),
        [
            "title: too_long".to_owned(),
            format!("{}: invalid_character", D::BODY)
        ]
    );
}

document_suite! {
    one_thread: [texts_are_kept_verbatim, a_title_keeps_its_spaces_and_signs, a_title_has_at_most_200_code_points_whatever_their_bytes, a_title_is_one_line_without_control_characters, a_body_cannot_hold_nul, lone_surrogates_are_no_text, bytes_that_are_no_utf_8_are_no_text, a_body_of_one_mib_is_kept, a_body_of_one_mib_of_many_words_is_kept, a_body_of_one_mib_is_kept_even_when_every_sign_is_an_escape, a_body_of_one_byte_more_is_refused, an_excerpt_is_short_one_line_and_follows_the_body, all_wrong_fields_are_named_at_once],
    two_threads: [],
}
