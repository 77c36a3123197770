//! The archive, marks that are no edits, and lists that go by them or by a title: what only notes
//! have.

use serde_json::json;

use crate::documents::tools::{note_with, notebook, titles};
use crate::harness::{Note, Notes, Page, TestApp};

#[tokio::test]
async fn an_archived_note_comes_back_into_the_archive() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "Old", "archived": true });
    let made: Note = ann.post("notes").json(new).await.created();
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    let back: Note = ann.post(&format!("{path}/restore")).await.ok();
    assert!(back.archived);
    let page: Page = ann.get("notes?archived=true").await.ok();
    assert_eq!(page.titles(), ["Old"]);
}

#[tokio::test]
async fn a_search_follows_into_archive_and_trash_and_forgets_what_is_gone() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = format!("notes/{}", ann.write("Note", "unicorn").await.id);
    ann.delete(&path).await.no_content();
    assert!(titles::<Notes>(&ann, "q=unicorn").await.is_empty());
    assert_eq!(
        titles::<Notes>(&ann, "q=unicorn&trashed=true").await,
        ["Note"]
    );
    let back: Note = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(titles::<Notes>(&ann, "q=unicorn").await, ["Note"]);
    let call = ann.patch(&path).if_match(back.version);
    let _: Note = call.json(json!({ "archived": true })).await.ok();
    assert!(titles::<Notes>(&ann, "q=unicorn").await.is_empty());
    assert_eq!(
        titles::<Notes>(&ann, "q=unicorn&archived=true").await,
        ["Note"]
    );
    ann.delete(&path).await.no_content();
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    for shelf in ["", "&archived=true", "&trashed=true"] {
        assert!(
            titles::<Notes>(&ann, &format!("q=unicorn{shelf}"))
                .await
                .is_empty()
        );
    }
}

#[tokio::test]
async fn a_tag_filters_together_with_everything_else() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = notebook::<Notes>(&ann, "Place", None).await;
    for (title, tags, pinned, inside) in [
        ("one apple", json!(["fruit", "red"]), false, false),
        ("two apples", json!(["fruit"]), true, true),
        ("three pears", json!(["FRUIT"]), false, true),
        ("four bricks", json!(["red"]), true, true),
    ] {
        let place = inside.then_some(&place);
        let new = json!({ "title": title, "tags": tags, "pinned": pinned, "notebook_id": place });
        note_with::<Notes>(&ann, new).await;
    }
    let fruit = ["one apple", "three pears", "two apples"];
    assert_eq!(titles::<Notes>(&ann, "tag=fruit&sort=title").await, fruit);
    assert_eq!(
        titles::<Notes>(&ann, "tag=Fruit&q=apple&sort=title").await,
        ["one apple", "two apples"]
    );
    assert_eq!(
        titles::<Notes>(&ann, "tag=fruit&pinned=true").await,
        ["two apples"]
    );
    let inside = format!("tag=fruit&notebook={place}&sort=created");
    assert_eq!(
        titles::<Notes>(&ann, &inside).await,
        ["three pears", "two apples"]
    );
    let both = format!("{inside}&pinned=false&q=pear");
    assert_eq!(titles::<Notes>(&ann, &both).await, ["three pears"]);
    assert!(titles::<Notes>(&ann, "tag=nothing").await.is_empty());
    assert!(
        titles::<Notes>(&ann, "tag=fruit&trashed=true")
            .await
            .is_empty()
    );
    let reply = ann.get("notes?tag=").await;
    reply.problem(422, "invalid").field("tag", "required");
    let mut seen = Vec::new();
    let mut path = "notes?tag=fruit&sort=title&limit=1".to_owned();
    loop {
        let page: Page = ann.get(&path).await.ok();
        seen.push(page.items[0].title.clone());
        let Some(cursor) = page.next_cursor else {
            break;
        };
        let other = ann.get(&format!("notes?tag=red&sort=title&cursor={cursor}"));
        let reply = other.await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
        // The tag's spelling is no part of what a cursor is bound to.
        path = format!("notes?tag=FRUIT&sort=title&limit=1&cursor={cursor}");
    }
    assert_eq!(seen, fruit);
}

#[tokio::test]
async fn pinning_and_archiving_are_no_edits_of_the_text() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "body").await;
    let path = format!("notes/{}", made.id);
    let marks = json!({ "pinned": true, "archived": true });
    let changed: Note = ann.patch(&path).if_match(1).json(marks).await.ok();
    assert_eq!(changed.version, 2);
    assert_eq!(changed.updated_at, made.updated_at);
}
