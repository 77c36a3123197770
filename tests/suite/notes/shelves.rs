//! Which notes stand in which list, and in which order: archive, pinned ones and titles, which only
//! notes have.

use serde_json::json;

use crate::harness::{Actor, Note, Page, TestApp};

async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let page: Page = actor.get(&format!("notes?{query}")).await.ok();
    page.titles().into_iter().map(str::to_owned).collect()
}

async fn write(actor: &Actor, title: &str, pinned: bool, archived: bool) -> Note {
    let new = json!({ "title": title, "pinned": pinned, "archived": archived });
    actor.post("notes").json(new).await.created()
}

async fn shelves() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&ann, "plain", false, false).await;
    write(&ann, "pinned", true, false).await;
    write(&ann, "archived", false, true).await;
    write(&ann, "archived pinned", true, true).await;
    let gone = write(&ann, "trashed", false, false).await;
    let path = format!("notes/{}", gone.id);
    ann.delete(&path).await.no_content();
    (app, ann)
}

#[tokio::test]
async fn each_filter_shows_its_own_notes() {
    let (_app, ann) = shelves().await;
    let expected = [
        ("", vec!["pinned", "plain"]),
        ("archived=false", vec!["pinned", "plain"]),
        ("archived=true", vec!["archived pinned", "archived"]),
        ("trashed=true", vec!["trashed"]),
        ("trashed=false", vec!["pinned", "plain"]),
        ("pinned=true", vec!["pinned"]),
        ("pinned=false", vec!["plain"]),
        ("pinned=true&archived=true", vec!["archived pinned"]),
        ("trashed=true&pinned=true", vec![]),
    ];
    for (query, wanted) in expected {
        assert_eq!(titles(&ann, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn a_note_moves_between_lists_with_its_marks() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = write(&ann, "a", false, false).await;
    let path = format!("notes/{}", made.id);
    let call = ann.patch(&path).if_match(1);
    let _: Note = call.json(json!({ "archived": true })).await.ok();
    assert!(titles(&ann, "").await.is_empty());
    assert_eq!(titles(&ann, "archived=true").await, ["a"]);
    let call = ann.patch(&path).if_match(2);
    let _: Note = call.json(json!({ "archived": false })).await.ok();
    assert_eq!(titles(&ann, "").await, ["a"]);
}

#[tokio::test]
async fn the_usual_order_is_the_latest_edit_first() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let first = ann.write("first", "").await;
    ann.write("second", "").await;
    let path = format!("notes/{}", first.id);
    let call = ann.patch(&path).if_match(1);
    let _: Note = call.json(json!({ "body": "edited" })).await.ok();
    for query in ["", "sort=updated"] {
        assert_eq!(titles(&ann, query).await, ["first", "second"], "{query}");
    }
    assert_eq!(titles(&ann, "sort=created").await, ["second", "first"]);
}

#[tokio::test]
async fn titles_sort_from_a_to_z_whatever_their_letter_case() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in ["b", "Zoo", "a", "Ä", "C", ""] {
        ann.write(title, "").await;
    }
    let sorted = titles(&ann, "sort=title").await;
    let folded: Vec<String> = sorted.iter().map(|title| title.to_lowercase()).collect();
    assert_eq!(folded.len(), 6);
    assert_eq!(folded[0], "");
    assert_eq!(folded[3..], ["b", "c", "zoo"]);
}
