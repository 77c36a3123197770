//! Two people in one service: what one of them has, the other cannot see, change or guess.

use serde_json::{Value, json};

use crate::harness::{Actor, Note, Page, TestApp, id, note};

/// Ann with one note, and Bob who knows its id.
async fn two_people() -> (TestApp, Actor, Actor, Note) {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let made = ann.write("Ann's", "secret").await;
    (app, ann, bob, made)
}

#[tokio::test]
async fn a_note_of_another_user_is_not_found() {
    let (_app, ann, bob, made) = two_people().await;
    let path = format!("notes/{}", made.id);
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
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn a_note_of_another_user_and_one_that_never_was_are_refused_alike() {
    let (_app, _ann, bob, made) = two_people().await;
    let theirs = bob.get(&format!("notes/{}", made.id)).await;
    let nobodys = bob.get(&format!("notes/{}", id())).await;
    let mut documents = [&theirs, &nobodys].map(|reply| reply.problem(404, "not_found").0);
    for document in &mut documents {
        document["request_id"] = Value::Null;
    }
    assert_eq!(documents[0], documents[1]);
    assert_eq!(theirs.header_names(), nobodys.header_names());
}

#[tokio::test]
async fn a_note_in_the_trash_of_another_user_stays_there() {
    let (_app, ann, bob, made) = two_people().await;
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    let before = ann.read(&made.id).await;
    let calls = [
        bob.delete(&format!("{path}?permanent=true")),
        bob.post(&format!("{path}/restore")),
    ];
    for call in calls {
        call.await.problem(404, "not_found");
    }
    assert_eq!(ann.read(&made.id).await, before);
}

#[tokio::test]
async fn what_another_user_deleted_for_good_is_still_not_found() {
    let (_app, ann, bob, made) = two_people().await;
    let path = format!("notes/{}", made.id);
    let forever = format!("{path}?permanent=true");
    ann.delete(&path).await.no_content();
    ann.delete(&forever).await.no_content();
    for path in [&path, &forever] {
        bob.delete(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn lists_hold_the_own_notes_alone_also_from_the_cache() {
    let (_app, ann, bob, _) = two_people().await;
    bob.write("Bob's", "").await;
    for query in ["", "?sort=updated", "?sort=created&limit=200", "?q=s"] {
        let path = format!("notes{query}");
        for _ in 0..2 {
            let page: Page = ann.get(&path).await.ok();
            assert_eq!(page.titles(), ["Ann's"], "{query}");
            let page: Page = bob.get(&path).await.ok();
            assert_eq!(page.titles(), ["Bob's"], "{query}");
        }
    }
}

#[tokio::test]
async fn the_tag_of_another_users_list_tells_nothing() {
    let (_app, ann, bob, _) = two_people().await;
    let tag = ann.get("notes").await.header("etag").to_owned();
    let reply = bob.get("notes").header("if-none-match", &tag).await;
    let page: Page = reply.ok();
    assert!(page.items.is_empty());
}

#[tokio::test]
async fn me_is_the_caller_alone() {
    let (_app, ann, bob, _) = two_people().await;
    for (actor, name) in [(&ann, "ann"), (&bob, "bob")] {
        let me: Value = actor.get("me").await.ok();
        assert_eq!(me["username"], name);
        assert_eq!(me["id"], actor.id);
    }
}

#[tokio::test]
async fn the_same_words_of_two_users_do_not_touch() {
    let (_app, ann, bob, made) = two_people().await;
    let theirs = bob.write("Bob's", "secret").await;
    let path = format!("notes/{}", made.id);
    ann.delete(&path).await.no_content();
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    let page: Page = bob.get("notes?q=secret").await.ok();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].id, theirs.id);
}

#[tokio::test]
async fn a_writer_of_one_user_leaves_the_others_lists_as_they_were() {
    let (_app, ann, bob, _) = two_people().await;
    let before = bob.get("notes").await;
    let _: Page = before.ok();
    for n in 0..3 {
        ann.post("notes")
            .json(json!({ "title": n.to_string() }))
            .await
            .expect_status(201);
    }
    let after = bob.get("notes").await;
    assert_eq!(after.bytes(), before.bytes());
}
