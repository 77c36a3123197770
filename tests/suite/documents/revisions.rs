//! The history of a note: listed, read, compared, taken back, removed; nobody else's.

use serde_json::{Value, json};

use super::common::{current, history, past, save, save_body, text_at, three_lines};
use crate::harness::{Actor, Doc, DocumentKind, Notes, TestApp, id};

/// A note with so many versions, the bodies being `text 1` and so on.
async fn versions<D: DocumentKind>(who: &Actor, count: u64) -> String {
    let made = who.create::<D>("Title", "text 1").await;
    for n in 2..=count {
        save_body::<D>(who, &made.id, n - 1, &format!("text {n}")).await;
    }
    made.id
}

/// Takes a revision back.
async fn take_back<D: DocumentKind>(who: &Actor, id: &str, version: u64) -> Doc<D> {
    let path = format!("{}/{id}/revisions/{version}/restore", D::PATH);
    who.post(&path).await.ok()
}

async fn the_history_is_listed_newest_first_page_by_page<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = versions::<D>(&ann, 5).await;
    let first = format!("{}/{note}/revisions?limit=2", D::PATH);
    let mut path = first.clone();
    let mut seen = Vec::new();
    loop {
        let page: Value = ann.get(&path).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        for item in items {
            assert_eq!(item["reason"], "edit");
            assert_eq!(item["title"], "Title");
            assert_eq!(item["size_bytes"], 6);
            assert_eq!(item.get(D::BODY), None, "a list carries no texts");
            assert_eq!(item["current"], item["version"] == 5);
            assert!(item["created_at"].is_string());
            seen.push(item["version"].as_u64().unwrap());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{first}&cursor={cursor}");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let page: Value = ann
        .get(&format!("{}/{note}/revisions?limit=5", D::PATH))
        .await
        .ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    assert_eq!(page["next_cursor"], Value::Null, "there is no empty page");
}

async fn a_page_begun_is_gone_on_with_while_somebody_saves<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = versions::<D>(&ann, 4).await;
    let path = format!("{}/{note}/revisions?limit=2", D::PATH);
    let page: Value = ann.get(&path).await.ok();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    save_body::<D>(&ann, &note, 4, "text 5").await;
    ann.delete(&format!("{}/{note}/revisions/3", D::PATH))
        .await
        .no_content();
    let page: Value = ann.get(&format!("{path}&cursor={cursor}")).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    let numbers: Vec<_> = items
        .map(|item| item["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 1]);
}

async fn pages_have_limits_and_cursors_belong_to_one_note_of_one_owner<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (note, other) = (versions::<D>(&ann, 3).await, versions::<D>(&ann, 3).await);
    let his = versions::<D>(&bob, 3).await;
    for limit in ["0", "201", "99999"] {
        let path = format!("{}/{note}/revisions?limit={limit}", D::PATH);
        let reply = ann.get(&path).await;
        reply.problem(422, "invalid").field("limit", "out_of_range");
    }
    for (query, field) in [
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("page=2", "page"),
    ] {
        let reply = ann
            .get(&format!("{}/{note}/revisions?{query}", D::PATH))
            .await;
        let fields = reply.problem(422, "invalid").fields();
        assert!(fields[0].starts_with(&format!("{field}: ")), "{fields:?}");
    }
    let page: Value = ann
        .get(&format!("{}/{note}/revisions?limit=1", D::PATH))
        .await
        .ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let notes: Value = ann.get(&D::path("?limit=1")).await.ok();
    let of_notes = notes["next_cursor"].as_str().unwrap();
    for (who, id, cursor) in [
        (&ann, &other, cursor),
        (&bob, &his, cursor),
        (&ann, &note, of_notes),
        (&ann, &note, "x"),
        (&ann, &note, ""),
    ] {
        let path = format!("{}/{id}/revisions?cursor={cursor}", D::PATH);
        let reply = who.get(&path).await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    // What is not there is not there, whatever else is wrong.
    let path = format!("{}/{note}/revisions?limit=0", D::PATH);
    bob.get(&path).await.problem(404, "not_found");
}

async fn each_text_is_read_as_it_was_saved<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Ä 😀", "\r\n one \t\u{1}").await;
    let fields = json!({ "title": "", (D::BODY): "" });
    let _: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
    let path = format!("{}/{}/revisions", D::PATH, made.id);
    let first: Value = ann.get(&format!("{path}/1")).await.ok();
    assert_eq!(first["title"], "Ä 😀");
    assert_eq!(first["body"], "\r\n one \t\u{1}");
    assert_eq!(first["size_bytes"], 9);
    assert_eq!(first["current"], false);
    assert_eq!(first["reason"], "edit");
    assert_eq!(first["created_at"], made.created_at);
    let second: Value = ann.get(&format!("{path}/2")).await.ok();
    assert_eq!(
        (&second["title"], &second["body"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(second["current"], true);
    for wrong in [
        "0",
        "3",
        "-1",
        "x",
        "1.0",
        "18446744073709551615",
        "18446744073709551616",
    ] {
        let reply = ann.get(&format!("{path}/{wrong}")).await;
        reply.problem(404, "not_found");
    }
}

/// One side of a difference.
fn side(pieces: &Value, without: &str) -> String {
    let pieces = pieces.as_array().unwrap().iter();
    pieces
        .inspect(|piece| assert_ne!(piece["text"], "", "no empty pieces"))
        .filter(|piece| piece["op"] != without)
        .map(|piece| piece["text"].as_str().unwrap())
        .collect()
}

async fn a_difference_holds_both_texts<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let words = [
        "alpha", "beta", "😀", "é", "\n", "\r\n", " ", "\t", ".", "\u{3000}", "x-y",
    ];
    let mut seed = 11_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut text = || -> String { (0..draw(60)).map(|_| words[draw(words.len())]).collect() };
    let mut texts: Vec<String> = (0..12).map(|_| text()).collect();
    texts.push(String::new());
    let made = ann.create::<D>("First title", &texts[0]).await;
    for (n, text) in (1..).zip(&texts[1..]) {
        let fields = json!({ "title": format!("Title {n}"), (D::BODY): text });
        let _: Value = save::<D>(&ann, &made.id, n, fields).await.ok();
    }
    for (from, to) in [(1, 2), (2, 1), (3, 9), (5, 13), (13, 7), (4, 4), (11, 12)] {
        let path = format!("{}/{}/revisions/{from}/diff?to={to}", D::PATH, made.id);
        let difference: Value = ann.get(&path).await.ok();
        assert_eq!(
            (&difference["from"], &difference["to"]),
            (&json!(from), &json!(to))
        );
        let body = &difference["body"];
        assert_eq!(side(body, "insert"), texts[from - 1]);
        assert_eq!(side(body, "delete"), texts[to - 1]);
        assert_eq!(
            side(&difference["title"], "delete"),
            format!("Title {}", to - 1).replace("Title 0", "First title")
        );
    }
    // Without a word about the other side it is the current text.
    let path = format!("{}/{}/revisions/1/diff", D::PATH, made.id);
    let difference: Value = ann.get(&path).await.ok();
    assert_eq!(difference["to"], 13);
    assert_eq!(side(&difference["body"], "delete"), "");
}

async fn a_difference_needs_two_texts_that_are_there<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = versions::<D>(&ann, 2).await;
    for (from, to) in [("1", "3"), ("3", "1"), ("1", "0"), ("0", "1"), ("x", "1")] {
        let path = format!("{}/{note}/revisions/{from}/diff?to={to}", D::PATH);
        ann.get(&path).await.problem(404, "not_found");
    }
    for (query, field) in [("to=x", "to"), ("to=", "to"), ("from=1", "from")] {
        let path = format!("{}/{note}/revisions/1/diff?{query}", D::PATH);
        let fields = ann.get(&path).await.problem(422, "invalid").fields();
        assert!(fields[0].starts_with(&format!("{field}: ")), "{fields:?}");
    }
}

async fn the_longest_texts_are_compared_in_time<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let text = |mark: &str| {
        let mut text = String::new();
        for n in 0.. {
            let word = format!("{mark}{n} ");
            if text.len() + word.len() > 1024 * 1024 {
                break;
            }
            text.push_str(&word);
        }
        text
    };
    let (old, new) = (text("a"), text("b"));
    let made = ann.create::<D>("Title", &old).await;
    save_body::<D>(&ann, &made.id, 1, &new).await;
    let path = format!("{}/{}/revisions/1/diff", D::PATH, made.id);
    let difference: Value = ann.get(&path).await.ok();
    assert!(side(&difference["body"], "insert") == old);
    assert!(side(&difference["body"], "delete") == new);
}

async fn a_text_taken_back_is_a_new_version_that_can_be_undone<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("First", "one").await;
    let fields = json!({ "title": "Second", (D::BODY): "- [ ] two", "tags": ["kept"], (D::PIN): D::pin(true) });
    let _: Value = save::<D>(&ann, &made.id, 1, fields).await.ok();
    let back = take_back::<D>(&ann, &made.id, 1).await;
    assert_eq!((back.version, back.title.as_str()), (3, "First"));
    assert_eq!(back.body.as_deref(), Some("one"));
    assert!(back.pinned, "only the text is taken back");
    assert_eq!(ann.fetch::<D>(&made.id).await, back);
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [current(3, "restore"), past(2, "edit"), past(1, "edit")]
    );
    let undone = take_back::<D>(&ann, &made.id, 2).await;
    assert_eq!((undone.version, undone.title.as_str()), (4, "Second"));
    assert_eq!(undone.body.as_deref(), Some("- [ ] two"));
    let note: Value = ann.get(&format!("{}/{}", D::PATH, made.id)).await.ok();
    assert_eq!(note["tags"], json!(["kept"]));
    if D::NUMBER == Notes::NUMBER {
        assert_eq!(note["checklist"], json!({ "open": 1, "total": 1 }));
    }
    // The text that stands is there already.
    assert_eq!(take_back::<D>(&ann, &made.id, 4).await, undone);
    assert_eq!(take_back::<D>(&ann, &made.id, 2).await, undone);
    let told = history::<D>(&ann, &made.id).await;
    assert_eq!(
        told,
        [
            current(4, "restore"),
            past(3, "restore"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
    let found: Value = ann.get(&D::path("?q=two")).await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let found: Value = ann.get(&D::path("?q=one")).await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 0);
}

async fn who_was_writing_while_a_text_was_taken_back_is_merged<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let back = take_back::<D>(&ann, &made.id, 1).await;
    assert_eq!(back.body.as_deref(), Some("one\ntwo\nthree"));
    let answer = save_body::<D>(&ann, &made.id, 2, "one\nTWO\nthree\nfour").await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY], "one\ntwo\nthree\nfour");
}

async fn a_loser_is_taken_back_or_removed<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    let lost = save_body::<D>(&ann, &made.id, 1, "one\n2\nthree").await;
    assert_eq!(lost["conflict"]["version"], 3);
    let back = take_back::<D>(&ann, &made.id, 3).await;
    assert_eq!(back.version, 4);
    assert_eq!(back.body.as_deref(), Some("one\n2\nthree"));
    let path = format!("{}/{}/revisions/3", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    ann.get(&path).await.problem(404, "not_found");
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [current(4, "restore"), past(2, "edit"), past(1, "edit")]
    );
    assert_eq!(text_at::<D>(&ann, &made.id, 4).await, "one\n2\nthree");
    // Numbers are never given twice.
    let lost = save_body::<D>(&ann, &made.id, 1, "one\nzwei\nthree").await;
    assert_eq!(lost["conflict"]["version"], 5);
    ann.delete(&format!("{}/{}/revisions/5", D::PATH, made.id))
        .await
        .no_content();
    let next = save_body::<D>(&ann, &made.id, 4, "next").await;
    assert_eq!(next["version"], 6);
}

async fn the_current_text_cannot_be_removed<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = versions::<D>(&ann, 2).await;
    // A version without a text of its own leaves the text where it is.
    let bare = json!({ (D::PIN): D::pin(true) });
    let _: Value = save::<D>(&ann, &note, 2, bare).await.ok();
    let path = |version: u64| format!("{}/{note}/revisions/{version}", D::PATH);
    let reply = ann.delete(&path(2)).await;
    reply.problem(409, "current_revision");
    ann.get(&path(3)).await.problem(404, "not_found");
    ann.delete(&path(1)).await.no_content();
    // Removed before is removed.
    ann.delete(&path(1)).await.no_content();
    ann.get(&path(1)).await.problem(404, "not_found");
    let reply = ann.post(&format!("{}/restore", path(1))).await;
    reply.problem(404, "not_found");
    assert_eq!(ann.fetch::<D>(&note).await.body.as_deref(), Some("text 2"));
    assert_eq!(history::<D>(&ann, &note).await, [current(2, "edit")]);
}

async fn nobody_else_reaches_a_history<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let note = versions::<D>(&ann, 2).await;
    for id in [note.clone(), id(), "7".to_owned()] {
        let path = format!("{}/{id}/revisions", D::PATH);
        bob.get(&path).await.problem(404, "not_found");
        for version in ["1", "2", "9"] {
            let path = format!("{path}/{version}");
            bob.get(&path).await.problem(404, "not_found");
            let diff = format!("{path}/diff");
            bob.get(&diff).await.problem(404, "not_found");
            bob.get(&format!("{diff}?to=x"))
                .await
                .problem(404, "not_found");
            let restore = format!("{path}/restore");
            bob.post(&restore).await.problem(404, "not_found");
            bob.delete(&path).await.problem(404, "not_found");
        }
    }
    assert_eq!(
        history::<D>(&ann, &note).await,
        [current(2, "edit"), past(1, "edit")]
    );
    for call in [
        app.anon().get(&format!("{}/{note}/revisions", D::PATH)),
        app.anon().get(&format!("{}/{note}/revisions/1", D::PATH)),
    ] {
        let reply = call.await;
        assert_eq!(reply.status(), 401);
    }
}

async fn the_trash_keeps_a_history_and_the_end_takes_it<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let note = versions::<D>(&ann, 3).await;
    let path = format!("{}/{note}", D::PATH);
    ann.delete(&path).await.no_content();
    assert_eq!(
        history::<D>(&ann, &note).await,
        [current(3, "edit"), past(2, "edit"), past(1, "edit")]
    );
    assert_eq!(text_at::<D>(&ann, &note, 1).await, "text 1");
    let back = take_back::<D>(&ann, &note, 1).await;
    assert!(back.deleted_at.is_some(), "it stays in the trash");
    ann.delete(&format!("{path}?permanent=true"))
        .await
        .no_content();
    let revisions = format!("{path}/revisions");
    for end in ["", "/1", "/1/diff"] {
        let reply = ann.get(&format!("{revisions}{end}")).await;
        reply.problem(404, "not_found");
    }
    let reply = ann.post(&format!("{revisions}/1/restore")).await;
    reply.problem(404, "not_found");
    let reply = ann.delete(&format!("{revisions}/1")).await;
    reply.problem(404, "not_found");
    let left = "SELECT COUNT(*) FROM revisions";
    assert_eq!(app.database().count(left).await, 0);
}

document_suite! {
    one_thread: [the_history_is_listed_newest_first_page_by_page, a_page_begun_is_gone_on_with_while_somebody_saves, pages_have_limits_and_cursors_belong_to_one_note_of_one_owner, each_text_is_read_as_it_was_saved, a_difference_holds_both_texts, a_difference_needs_two_texts_that_are_there, a_text_taken_back_is_a_new_version_that_can_be_undone, who_was_writing_while_a_text_was_taken_back_is_merged, a_loser_is_taken_back_or_removed, the_current_text_cannot_be_removed, nobody_else_reaches_a_history, the_trash_keeps_a_history_and_the_end_takes_it],
    two_threads: [the_longest_texts_are_compared_in_time],
}
