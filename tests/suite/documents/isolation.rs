//! Two people in one service: what one of them has, the other cannot see, change or guess.

use serde_json::{Value, json};

use crate::harness::{Actor, Doc, DocPage, DocumentKind, TestApp, id, note};

/// Ann with one note, and Bob who knows its id.
async fn two_people<D: DocumentKind>() -> (TestApp, Actor, Actor, Doc<D>) {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let made = ann.create::<D>("Ann's", "secret").await;
    (app, ann, bob, made)
}

async fn a_note_of_another_user_is_not_found<D: DocumentKind>() {
    let (_app, ann, bob, made) = two_people::<D>().await;
    let path = format!("{}/{}", D::PATH, made.id);
    let change = note("Bob's");
    let calls = [
        bob.get(&path),
        bob.get(&path).header("if-none-match", "\"v1\""),
        bob.put(&path).if_match(1).json(&change),
        bob.put(&path).json(&change),
        bob.patch(&path).if_match(1).json(&change),
        bob.patch(&path).header("if-match", "*").json(&change),
        bob.delete(&path),
        bob.delete(&format!("{path}?permanent=true")),
        bob.post(&format!("{path}/restore")),
    ];
    for call in calls {
        call.await.problem(404, "not_found");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn a_note_of_another_user_and_one_that_never_was_are_refused_alike<D: DocumentKind>() {
    let (_app, _ann, bob, made) = two_people::<D>().await;
    let theirs = bob.get(&format!("{}/{}", D::PATH, made.id)).await;
    let nobodys = bob.get(&format!("{}/{}", D::PATH, id())).await;
    let mut documents = [&theirs, &nobodys].map(|reply| reply.problem(404, "not_found").0);
    for document in &mut documents {
        document["request_id"] = Value::Null;
    }
    assert_eq!(documents[0], documents[1]);
    assert_eq!(theirs.header_names(), nobodys.header_names());
}

async fn a_note_in_the_trash_of_another_user_stays_there<D: DocumentKind>() {
    let (_app, ann, bob, made) = two_people::<D>().await;
    let path = format!("{}/{}", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    let before = ann.fetch::<D>(&made.id).await;
    let calls = [
        bob.delete(&format!("{path}?permanent=true")),
        bob.post(&format!("{path}/restore")),
    ];
    for call in calls {
        call.await.problem(404, "not_found");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, before);
}

async fn what_another_user_deleted_for_good_is_still_not_found<D: DocumentKind>() {
    let (_app, ann, bob, made) = two_people::<D>().await;
    let path = format!("{}/{}", D::PATH, made.id);
    let forever = format!("{path}?permanent=true");
    ann.delete(&path).await.no_content();
    ann.delete(&forever).await.no_content();
    for path in [&path, &forever] {
        bob.delete(path).await.problem(404, "not_found");
    }
}

async fn lists_hold_the_own_notes_alone_also_from_the_cache<D: DocumentKind>() {
    let (_app, ann, bob, _) = two_people::<D>().await;
    bob.create::<D>("Bob's", "").await;
    for query in ["", "?sort=updated", "?sort=created&limit=200", "?q=s"] {
        let path = format!("{}{query}", D::PATH);
        for _ in 0..2 {
            let page: DocPage<D> = ann.get(&path).await.ok();
            assert_eq!(page.titles(), ["Ann's"], "{query}");
            let page: DocPage<D> = bob.get(&path).await.ok();
            assert_eq!(page.titles(), ["Bob's"], "{query}");
        }
    }
}

async fn the_tag_of_another_users_list_tells_nothing<D: DocumentKind>() {
    let (_app, ann, bob, _) = two_people::<D>().await;
    let tag = ann.get(D::PATH).await.header("etag").to_owned();
    let reply = bob.get(D::PATH).header("if-none-match", &tag).await;
    let page: DocPage<D> = reply.ok();
    assert!(page.items.is_empty());
}

async fn me_is_the_caller_alone<D: DocumentKind>() {
    let (_app, ann, bob, _) = two_people::<D>().await;
    for (actor, name) in [(&ann, "ann"), (&bob, "bob")] {
        let me: Value = actor.get("me").await.ok();
        assert_eq!(me["username"], name);
        assert_eq!(me["id"], actor.id);
    }
}

async fn the_same_words_of_two_users_do_not_touch<D: DocumentKind>() {
    let (_app, ann, bob, made) = two_people::<D>().await;
    let theirs = bob.create::<D>("Bob's", "secret").await;
    let path = format!("{}/{}", D::PATH, made.id);
    ann.delete(&path).await.no_content();
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    let page: DocPage<D> = bob.get(&D::path("?q=secret")).await.ok();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].id, theirs.id);
}

async fn a_writer_of_one_user_leaves_the_others_lists_as_they_were<D: DocumentKind>() {
    let (_app, ann, bob, _) = two_people::<D>().await;
    let before = bob.get(D::PATH).await;
    let _: DocPage<D> = before.ok();
    for n in 0..3 {
        ann.post(D::PATH)
            .json(json!({ "title": n.to_string() }))
            .await
            .expect_status(201);
    }
    let after = bob.get(D::PATH).await;
    assert_eq!(after.bytes(), before.bytes());
}

document_suite! {
    one_thread: [a_note_of_another_user_is_not_found, a_note_of_another_user_and_one_that_never_was_are_refused_alike, a_note_in_the_trash_of_another_user_stays_there, what_another_user_deleted_for_good_is_still_not_found, lists_hold_the_own_notes_alone_also_from_the_cache, the_tag_of_another_users_list_tells_nothing, me_is_the_caller_alone, the_same_words_of_two_users_do_not_touch, a_writer_of_one_user_leaves_the_others_lists_as_they_were],
    two_threads: [],
}
