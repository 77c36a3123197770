//! What two writers made of one text: merged where they changed different lines, kept side by side
//! where not; numbers, losers, and bases that are not there any more.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::common::{current, history, past, save, save_body, text_at, three_lines};
use crate::harness::{Actor, DocumentKind, TestApp, together};

const MIB: usize = 1024 * 1024;

/// Two changes of one base, one after the other; the answer to the second.
async fn both<D: DocumentKind>(
    who: &Actor,
    base: &str,
    first: &str,
    second: &str,
) -> (String, Value) {
    let made = who.create::<D>("Title", base).await;
    let stored = save_body::<D>(who, &made.id, 1, first).await;
    assert_eq!(stored["merge"], "none");
    let answer = save_body::<D>(who, &made.id, 1, second).await;
    let now = who.fetch::<D>(&made.id).await;
    assert_eq!(answer[D::BODY], now.body.unwrap(), "the answer is the note");
    assert_eq!(answer["version"], now.version);
    assert_eq!(answer["excerpt"], now.excerpt);
    (made.id, answer)
}

async fn changes_of_different_lines_become_one_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (base, first, second, merged) in [
        ("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"),
        ("a\nb\nc", "a\nb\nc\nd", "x\na\nb\nc", "x\na\nb\nc\nd"),
        ("a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"),
        (
            "a\r\nb\r\nc",
            "A\r\nb\r\nc",
            "a\r\nb\r\nC\r\n",
            "A\r\nb\r\nC\r\n",
        ),
        ("a\nb\n", "a\nb\n\n", "x\nb\n", "x\nb\n\n"),
        ("a", "a\nb", "", "\nb"),
        ("😀\nb", "😀😀\nb", "😀\nb\u{301}", "😀😀\nb\u{301}"),
    ] {
        let (id, answer) = both::<D>(&ann, base, first, second).await;
        assert_eq!(answer["merge"], "clean", "{base:?}");
        assert_eq!(answer[D::BODY], merged);
        assert_eq!(answer["version"], 3);
        // The text as it was sent is found again.
        assert_eq!(
            history::<D>(&ann, &id).await,
            [
                past(4, "merged"),
                current(3, "merge"),
                past(2, "edit"),
                past(1, "edit")
            ]
        );
        assert_eq!(text_at::<D>(&ann, &id, 4).await, second);
        assert_eq!(text_at::<D>(&ann, &id, 2).await, first);
    }
}

async fn what_both_did_alike_is_in_the_text_once<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (id, answer) = both::<D>(&ann, "a", "a\nnew", "a\nnew").await;
    assert_eq!(
        (&answer["merge"], &answer["version"]),
        (&json!("clean"), &json!(2))
    );
    assert_eq!(
        history::<D>(&ann, &id).await,
        [current(2, "edit"), past(1, "edit")]
    );
    let (_, answer) = both::<D>(&ann, "a\nb", "a\nb\nnew", "A\nb\nnew").await;
    assert_eq!(answer[D::BODY], "A\nb\nnew");
    let (_, answer) = both::<D>(&ann, "a\nb", "A\nb\nnew", "a\nb\nnew").await;
    assert_eq!(answer[D::BODY], "A\nb\nnew");
}

async fn who_writes_on_without_having_heard_the_answer_has_no_line_twice<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    // The first save came through, its answer did not; the second one holds its line as well.
    for (first, second) in [
        ("a\nnew\nb", "A\nnew\nb"),
        ("a\nnew\nb", "a\nnew\nB"),
        ("a\nnew\nb", "A\nnew\nB"),
        ("a\nnew\nnewer\nb", "A\nnew\nnewer\nb"),
        ("a\nnew\nnewer\nb", "a\nnew\nnewer\nB"),
    ] {
        let (id, answer) = both::<D>(&ann, "a\nb", first, second).await;
        let body = answer[D::BODY].as_str().unwrap();
        for line in ["new", "newer"] {
            let times = body.split('\n').filter(|other| *other == line).count();
            assert!(times <= 1, "{second:?} → {body:?}");
        }
        if answer["merge"] == "clean" {
            assert_eq!(body, second);
        } else {
            assert_eq!(text_at::<D>(&ann, &id, 3).await, second);
        }
    }
}

async fn changes_of_the_same_lines_are_a_conflict_and_the_loser_is_kept<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (base, first, second) in [
        ("a", "b", "c"),
        ("", "b", "c"),
        ("a\nb", "a\nb\nx", "a\nb\ny"),
        ("a\nb\nc", "a\nc", "a\nB\nc"),
        ("a\r\nb", "A\r\nb", "a\nb"),
        ("a\nb", "", "a\nB"),
    ] {
        let (id, answer) = both::<D>(&ann, base, first, second).await;
        assert_eq!(answer["merge"], "conflict", "{base:?}");
        assert_eq!(answer[D::BODY], first);
        assert_eq!(answer["version"], 2);
        let conflict = json!({ "version": 3, "title": "Title", "body": second });
        assert_eq!(answer["conflict"], conflict);
        assert_eq!(
            history::<D>(&ann, &id).await,
            [past(3, "conflict"), current(2, "edit"), past(1, "edit")]
        );
        assert_eq!(text_at::<D>(&ann, &id, 3).await, second);
        // The next save goes above the loser's number.
        let next = save_body::<D>(&ann, &id, 2, "next").await;
        assert_eq!(
            (&next["merge"], &next["version"]),
            (&json!("none"), &json!(4))
        );
    }
}

async fn titles_are_merged_as_a_whole<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let of = async |first: Value, second: Value| -> Value {
        let made = ann.create::<D>("Title", "a\nb\nc").await;
        let _: Value = save::<D>(&ann, &made.id, 1, first).await.ok();
        save::<D>(&ann, &made.id, 1, second).await.ok()
    };
    // One took the title, the other the body.
    let answer = of(json!({ "title": "New" }), json!({ (D::BODY): "a\nb\nC" })).await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(
        (&answer["title"], &answer[D::BODY]),
        (&json!("New"), &json!("a\nb\nC"))
    );
    let answer = of(json!({ (D::BODY): "A\nb\nc" }), json!({ "title": "New" })).await;
    assert_eq!(
        (&answer["title"], &answer[D::BODY]),
        (&json!("New"), &json!("A\nb\nc"))
    );
    // The same new title twice.
    let second = json!({ "title": "New", (D::BODY): "a\nb\nC" });
    let answer = of(json!({ "title": "New" }), second).await;
    assert_eq!(answer["merge"], "clean");
    // Two new titles, though the bodies would merge: all that came is kept together.
    let first = json!({ "title": "One", (D::BODY): "A\nb\nc" });
    let answer = of(first, json!({ "title": "Two", (D::BODY): "a\nb\nC" })).await;
    assert_eq!(answer["merge"], "conflict");
    assert_eq!(
        (&answer["title"], &answer[D::BODY]),
        (&json!("One"), &json!("A\nb\nc"))
    );
    let conflict = json!({ "version": 3, "title": "Two", "body": "a\nb\nC" });
    assert_eq!(answer["conflict"], conflict);
    // A title alone that loses is kept with the body it was made for.
    let first = json!({ "title": "One", (D::BODY): "A\nb\nc" });
    let answer = of(first, json!({ "title": "Two" })).await;
    assert_eq!(answer["conflict"]["title"], "Two");
    assert_eq!(answer["conflict"]["body"], "a\nb\nc");
}

async fn a_base_that_is_gone_is_a_conflict<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = three_lines::<D>(&ann).await;
    ann.delete(&format!("{}/{}/revisions/1", D::PATH, made.id))
        .await
        .no_content();
    let answer = save_body::<D>(&ann, &made.id, 1, "one\ntwo\n3").await;
    assert_eq!(answer["merge"], "conflict");
    assert_eq!(answer[D::BODY], "one\nTWO\nthree");
    assert_eq!(text_at::<D>(&ann, &made.id, 3).await, "one\ntwo\n3");
    // What stands already cannot be in conflict with itself.
    let answer = save_body::<D>(&ann, &made.id, 1, "one\nTWO\nthree").await;
    assert_eq!(
        (&answer["merge"], &answer["version"]),
        (&json!("clean"), &json!(2))
    );
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [past(3, "conflict"), current(2, "edit")]
    );
    // A base whose text is known keeps working beside the hole.
    let answer = save_body::<D>(&ann, &made.id, 2, "one\nTWO\n3").await;
    assert_eq!(answer["merge"], "none");
}

async fn a_hole_between_two_versions_is_not_bridged<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "a\nb\nc").await;
    save_body::<D>(&ann, &made.id, 1, "a\nb\nc\nd").await;
    save_body::<D>(&ann, &made.id, 2, "a\nb\nc").await;
    let revision = format!("{}/{}/revisions/2", D::PATH, made.id);
    ann.delete(&revision).await.no_content();
    // Held against version 1 the line `d` would come back, which somebody took away.
    let answer = save_body::<D>(&ann, &made.id, 2, "A\nb\nc\nd").await;
    assert_eq!(answer["merge"], "conflict");
    assert_eq!(answer[D::BODY], "a\nb\nc");
}

async fn the_number_of_a_loser_is_no_base_until_the_note_has_passed_it<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (id, answer) = both::<D>(&ann, "a\nb", "a1\nb", "a2\nb").await;
    assert_eq!(answer["conflict"]["version"], 3);
    let reply = save::<D>(&ann, &id, 3, json!({ (D::BODY): "a2\nb\nc" })).await;
    reply
        .problem(422, "invalid")
        .field("base_version", "unknown_version");
    let next = save_body::<D>(&ann, &id, 2, "a1\nb\nmore").await;
    assert_eq!(next["version"], 4);
    // What was made of the loser goes against the text that stood then; nothing is lost.
    let answer = save_body::<D>(&ann, &id, 3, "a2\nb").await;
    let merged = answer[D::BODY].as_str().unwrap();
    assert!(merged.contains("more"), "{answer}");
    let all: Vec<u64> = history::<D>(&ann, &id)
        .await
        .iter()
        .map(|row| row.version)
        .collect();
    let mut found = false;
    for version in all {
        found |= text_at::<D>(&ann, &id, version).await == "a2\nb";
    }
    assert!(found);
}

async fn three_writers_of_one_base_are_all_in_the_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (id, _) = both::<D>(&ann, "a\nb\nc", "A\nb\nc", "a\nB\nc").await;
    let answer = save_body::<D>(&ann, &id, 1, "a\nb\nC").await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY], "A\nB\nC");
    assert_eq!(answer["version"], 5, "4 is the text as the second sent it");
    assert_eq!(
        history::<D>(&ann, &id).await,
        [
            past(6, "merged"),
            current(5, "merge"),
            past(4, "merged"),
            past(3, "merge"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
    // A base in the middle, which was a merge itself.
    let answer = save_body::<D>(&ann, &id, 3, "x\nA\nB\nc\nd").await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY], "x\nA\nB\nC\nd");
    // The number of a text that was kept beside its merge stands for the merge.
    let answer = save_body::<D>(&ann, &id, 4, "A\nb\nc").await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY], "x\nA\nb\nC\nd");
}

async fn the_search_finds_what_was_merged_and_not_what_lost<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    both::<D>(&ann, "a\nb\nc", "apple\nb\nc", "a\nb\ncherry").await;
    both::<D>(&ann, "x", "yellow", "zebra").await;
    let found = async |word: &str| {
        let page: Value = ann.get(&format!("{}?q={word}", D::PATH)).await.ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((found("apple").await, found("cherry").await), (1, 1));
    assert_eq!((found("yellow").await, found("zebra").await), (1, 0));
}

async fn twenty_writers_of_twenty_lines_at_once_are_all_in_the_text<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let lines: Vec<String> = (0..20).map(|n| format!("line {n}")).collect();
    let made = ann.create::<D>("Title", &lines.join("\n")).await;
    let calls = (0..20).map(|n| {
        let mut mine = lines.clone();
        mine[n] = format!("changed by {n}");
        let who = ann.at(&instances[n % 3]);
        save::<D>(&who, &made.id, 1, json!({ (D::BODY): mine.join("\n") }))
    });
    let mut versions = BTreeSet::new();
    for reply in together(calls).await {
        let saved: Value = reply.ok();
        assert_ne!(saved["merge"], "conflict");
        assert!(versions.insert(saved["version"].as_u64().unwrap()));
    }
    let now = ann.fetch::<D>(&made.id).await;
    assert_eq!(Some(&now.version), versions.last());
    let changed: Vec<String> = (0..20).map(|n| format!("changed by {n}")).collect();
    assert_eq!(now.body.unwrap(), changed.join("\n"));
}

async fn of_twenty_writers_of_one_line_at_once_one_stands_and_nineteen_are_kept<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("Title", "line").await;
    let calls = (0..20).map(|n| {
        let who = ann.at(&instances[n % 3]);
        save::<D>(&who, &made.id, 1, json!({ (D::BODY): format!("by {n}") }))
    });
    let mut texts = BTreeSet::new();
    let mut losers = BTreeSet::new();
    for reply in together(calls).await {
        let saved: Value = reply.ok();
        assert_eq!(saved["version"], 2);
        if saved["merge"] == "conflict" {
            losers.insert(saved["conflict"]["version"].as_u64().unwrap());
        }
    }
    assert_eq!(losers, (3..22).collect());
    for version in 2..22 {
        texts.insert(text_at::<D>(&ann, &made.id, version).await);
    }
    assert_eq!(texts, (0..20).map(|n| format!("by {n}")).collect());
}

/// Lines of twelve bytes, so many that they are a MiB; each begins with the mark.
fn long(mark: char) -> String {
    let mut text = String::with_capacity(MIB);
    for n in 0.. {
        let line = format!("{mark}{n:>10}\n");
        if text.len() + line.len() > MIB {
            break;
        }
        text.push_str(&line);
    }
    text
}

async fn the_longest_texts_are_merged_or_kept_and_end_in_time<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    // Changed in one line each.
    let base = long('a');
    let first = base.replacen("a         0", "A         0", 1);
    let last = base.trim_end().rsplit('\n').next().unwrap().to_owned();
    let second = base.replacen(&last, &last.replace('a', "Z"), 1);
    let (id, answer) = both::<D>(&ann, &base, &first, &second).await;
    assert_eq!(answer["merge"], "clean");
    let merged = first.replacen(&last, &last.replace('a', "Z"), 1);
    assert!(answer[D::BODY] == merged);
    assert!(text_at::<D>(&ann, &id, 4).await == second);
    // Nothing in common at all.
    let (id, answer) = both::<D>(&ann, &base, &long('b'), &long('c')).await;
    assert_eq!(answer["merge"], "conflict");
    assert!(text_at::<D>(&ann, &id, 3).await == long('c'));
    // No line in common with the base, and in another order.
    let reversed: Vec<&str> = base.lines().rev().collect();
    let mut third = reversed.join("\n");
    third.truncate(MIB);
    let (id, answer) = both::<D>(&ann, &base, &first, &third).await;
    if answer["merge"] == "conflict" {
        assert!(text_at::<D>(&ann, &id, 3).await == third);
    } else {
        assert!(text_at::<D>(&ann, &id, 4).await == third);
    }
}

async fn a_merge_that_would_be_too_long_is_a_conflict<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let middle = format!("{}\n", "x".repeat(1023)).repeat(1022);
    // Each side fits, the first to the last byte; together they are longer by one byte or more.
    let base = format!("first\n{middle}last");
    let room = MIB - base.len();
    let first = format!("{}{base}", "f".repeat(room));
    assert_eq!(first.len(), MIB);
    let second = format!("{base}s");
    let (id, answer) = both::<D>(&ann, &base, &first, &second).await;
    assert_eq!(answer["merge"], "conflict");
    assert!(answer[D::BODY] == first);
    assert!(answer["conflict"]["body"] == second);
    assert!(text_at::<D>(&ann, &id, 3).await == second);
    // To the last byte is not too long.
    let first = format!("{}{base}", "f".repeat(room - 1));
    let (_, answer) = both::<D>(&ann, &base, &first, &second).await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY].as_str().unwrap().len(), MIB);
}

document_suite! {
    one_thread: [changes_of_different_lines_become_one_text, what_both_did_alike_is_in_the_text_once, who_writes_on_without_having_heard_the_answer_has_no_line_twice, changes_of_the_same_lines_are_a_conflict_and_the_loser_is_kept, titles_are_merged_as_a_whole, a_base_that_is_gone_is_a_conflict, a_hole_between_two_versions_is_not_bridged, the_number_of_a_loser_is_no_base_until_the_note_has_passed_it, three_writers_of_one_base_are_all_in_the_text, the_search_finds_what_was_merged_and_not_what_lost, a_merge_that_would_be_too_long_is_a_conflict],
    two_threads: [twenty_writers_of_twenty_lines_at_once_are_all_in_the_text, of_twenty_writers_of_one_line_at_once_one_stands_and_nineteen_are_kept, the_longest_texts_are_merged_or_kept_and_end_in_time],
}
