//! The trash: into it, out of it, and away for good; a deletion that is repeated is done.

use serde_json::json;

use crate::harness::{Actor, Doc, DocPage, DocumentKind, TestApp, note, together};

async fn trashed<D: DocumentKind>(actor: &Actor) -> (Doc<D>, String) {
    let made = actor.create::<D>("Title", "body").await;
    let path = format!("{}/{}", D::PATH, made.id);
    actor.delete(&path).await.no_content();
    (made, path)
}

async fn a_deleted_note_is_in_the_trash_with_its_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (made, path) = trashed::<D>(&ann).await;
    let gone: Doc<D> = ann.get(&path).await.ok();
    assert_eq!(gone.version, made.version + 1);
    assert_eq!(gone.body, made.body);
    assert_eq!(gone.updated_at, made.updated_at);
    assert!(gone.deleted_at.is_some());
    let page: DocPage<D> = ann.get(&D::path("?trashed=true")).await.ok();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].deleted_at, gone.deleted_at);
}

async fn a_deletion_needs_no_condition_and_can_be_repeated<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (made, path) = trashed::<D>(&ann).await;
    let first = ann.fetch::<D>(&made.id).await;
    for _ in 0..3 {
        ann.delete(&path).await.no_content();
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, first);
}

async fn a_note_comes_back_from_the_trash_as_it_was<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (made, path) = trashed::<D>(&ann).await;
    let restore = format!("{path}/restore");
    let reply = ann.post(&restore).await;
    let back: Doc<D> = reply.ok();
    assert_eq!(reply.header("etag"), format!("\"v{}\"", back.version));
    assert_eq!(
        back,
        Doc {
            version: made.version + 2,
            ..made
        }
    );
    let page: DocPage<D> = ann.get(D::PATH).await.ok();
    assert_eq!(page.titles(), ["Title"]);
}

async fn a_restore_can_be_repeated<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = trashed::<D>(&ann).await;
    let restore = format!("{path}/restore");
    let first: Doc<D> = ann.post(&restore).await.ok();
    let again: Doc<D> = ann.post(&restore).await.ok();
    assert_eq!(again, first);
}

async fn only_what_is_in_the_trash_can_be_deleted_for_good<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "body").await;
    let forever = format!("{}/{}?permanent=true", D::PATH, made.id);
    let reply = ann.delete(&forever).await;
    reply.problem(409, "not_in_trash");
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn what_is_deleted_for_good_is_gone_and_stays_gone<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = trashed::<D>(&ann).await;
    let forever = format!("{path}?permanent=true");
    for path in [&forever, &forever, &path] {
        ann.delete(path).await.no_content();
    }
    ann.get(&path).await.problem(404, "not_found");
    let reply = ann.put(&path).if_match(2).json(note("a")).await;
    reply.problem(404, "not_found");
    let reply = ann.post(&format!("{path}/restore")).await;
    reply.problem(404, "not_found");
    let page: DocPage<D> = ann.get(&D::path("?trashed=true")).await.ok();
    assert!(page.items.is_empty());
}

async fn nothing_of_a_text_that_is_deleted_for_good_stays_in_the_tables<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = trashed::<D>(&ann).await;
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    let table = D::TABLE;
    for rows in [
        "revisions".to_owned(),
        "postings".to_owned(),
        format!("{table} WHERE title <> '' OR excerpt <> ''"),
    ] {
        let sql = format!("SELECT COUNT(*) FROM {rows}");
        assert_eq!(app.database().count(&sql).await, 0, "{sql}");
    }
}

async fn the_id_of_a_note_that_is_gone_cannot_be_used_again<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (made, path) = trashed::<D>(&ann).await;
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    let again = json!({ "id": made.id, "title": "Again" });
    let reply = ann.post(D::PATH).json(again).await;
    reply.problem(409, "id_taken");
}

async fn a_note_in_the_trash_can_still_be_saved<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = trashed::<D>(&ann).await;
    let call = ann
        .patch(&path)
        .if_match(2)
        .json(json!({ (D::BODY): "late" }));
    let saved: Doc<D> = call.await.ok();
    assert!(saved.deleted_at.is_some());
    assert_eq!(saved.body.as_deref(), Some("late"));
}

async fn a_save_based_on_the_version_before_the_trash_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, path) = trashed::<D>(&ann).await;
    let reply = ann.patch(&path).if_match(1).json(note("late")).await;
    let problem = reply.problem(412, "stale");
    assert!(problem.0["current"]["deleted_at"].is_string());
}

async fn an_unknown_word_beside_a_deletion_is_named<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "body").await;
    let reply = ann
        .delete(&format!("{}/{}?forever=true", D::PATH, made.id))
        .await;
    reply
        .problem(422, "invalid")
        .field("forever", "unknown_field");
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn not_found_comes_before_a_wrong_word_beside_a_deletion<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = format!("{}/{}?permanent=maybe", D::PATH, crate::harness::id());
    let reply = ann.delete(&path).await;
    reply.problem(404, "not_found");
}

async fn deletions_at_once_are_all_done<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("Title", "body").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let calls = (0..10).map(|n| ann.at(&instances[n % 2]).delete(&path));
    for reply in together(calls).await {
        reply.no_content();
    }
    assert_eq!(ann.fetch::<D>(&made.id).await.version, 2);
}

document_suite! {
    one_thread: [a_deleted_note_is_in_the_trash_with_its_text, a_deletion_needs_no_condition_and_can_be_repeated, a_note_comes_back_from_the_trash_as_it_was, a_restore_can_be_repeated, only_what_is_in_the_trash_can_be_deleted_for_good, what_is_deleted_for_good_is_gone_and_stays_gone, nothing_of_a_text_that_is_deleted_for_good_stays_in_the_tables, the_id_of_a_note_that_is_gone_cannot_be_used_again, a_note_in_the_trash_can_still_be_saved, a_save_based_on_the_version_before_the_trash_is_refused, an_unknown_word_beside_a_deletion_is_named, not_found_comes_before_a_wrong_word_beside_a_deletion, deletions_at_once_are_all_done],
    two_threads: [],
}
