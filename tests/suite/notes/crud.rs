//! One note from its creation to its changes: what comes back is what was sent.

use serde_json::{Value, json};

use crate::harness::{Note, Page, id, note, together};

#[tokio::test]
async fn a_new_account_is_empty() {
    let app = super::start().await;
    let page: Page = app.user("ann").await.get("notes").await.ok();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}

#[tokio::test]
async fn a_note_comes_back_as_it_was_sent() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let new = json!({
        "title": "Shopping",
        "body": "# List\n\n- [ ] **milk**\r\n",
        "pinned": true,
        "archived": true,
    });
    let reply = ann.post("notes").json(new).await;
    let made: Note = reply.created();
    assert_eq!(made.version, 1);
    assert_eq!(made.title, "Shopping");
    assert_eq!(made.body.as_deref(), Some("# List\n\n- [ ] **milk**\r\n"));
    assert_eq!(made.excerpt, "List milk");
    assert!(made.pinned && made.archived && made.deleted_at.is_none());
    assert_eq!(made.created_at, made.updated_at);
    assert_eq!(
        reply.header("location"),
        app.noun.address(&format!("/api/v1/notes/{}", made.id))
    );
    assert_eq!(reply.header("etag"), "\"v1\"");
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn an_empty_object_is_an_empty_note() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made: Note = ann.post("notes").json(json!({})).await.created();
    assert_eq!((made.title.as_str(), made.body.as_deref()), ("", Some("")));
    assert!(!made.pinned && !made.archived);
}

#[tokio::test]
async fn ids_are_uuids_of_version_7_and_times_are_rfc_3339_in_utc() {
    let app = super::start().await;
    let made = app.user("ann").await.write("a", "b").await;
    let uuid = uuid::Uuid::parse_str(&made.id).unwrap();
    assert_eq!(uuid.get_version_num(), 7);
    assert_eq!(uuid.to_string(), made.id);
    let _: jiff::Timestamp = made.created_at.parse().unwrap();
    assert!(made.created_at.ends_with('Z'), "{}", made.created_at);
}

#[tokio::test]
async fn a_client_may_choose_the_id() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let chosen = id();
    let new = json!({ "id": chosen, "title": "Mine" });
    let made: Note = ann.post("notes").json(new).await.created();
    assert_eq!(made.id, chosen);
    assert_eq!(ann.read(&chosen).await, made);
}

#[tokio::test]
async fn an_id_in_use_is_refused_whoever_uses_it() {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let made = ann.write("Secret", "of Ann").await;
    for actor in [&ann, &bob] {
        let new = json!({ "id": made.id, "title": "Mine" });
        let reply = actor.post("notes").json(new).await;
        reply.problem(409, "id_taken");
        assert!(!String::from_utf8_lossy(reply.bytes()).contains("Secret"));
    }
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn an_id_that_is_none_or_reserved_is_named() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let nil = "00000000-0000-0000-0000-000000000000";
    let max = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    for wrong in [json!("abc"), json!(7), json!(nil), json!(max), json!(null)] {
        let reply = ann.post("notes").json(json!({ "id": wrong })).await;
        reply.problem(422, "invalid").field("id", "invalid_type");
    }
}

#[tokio::test]
async fn a_put_replaces_the_whole_note() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "Old", "body": "old", "pinned": true });
    let made: Note = ann.post("notes").json(new).await.created();
    let path = format!("notes/{}", made.id);
    let whole = json!({ "title": "New", "body": "new" });
    let reply = ann.put(&path).if_match(1).json(whole).await;
    let changed: Note = reply.ok();
    assert_eq!(reply.header("etag"), "\"v2\"");
    assert_eq!(changed.version, 2);
    assert_eq!((changed.title.as_str(), changed.pinned), ("New", false));
    assert_eq!(changed.body.as_deref(), Some("new"));
    assert_eq!(changed.created_at, made.created_at);
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(ann.read(&made.id).await, changed);
}

#[tokio::test]
async fn a_put_without_title_or_body_names_what_is_missing() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "b").await;
    let call = ann.put(&format!("notes/{}", made.id)).if_match(1);
    let reply = call.json(json!({ "title": "c" })).await;
    reply.problem(422, "invalid").field("body", "required");
}

#[tokio::test]
async fn a_patch_changes_only_what_it_names() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "body").await;
    let path = format!("notes/{}", made.id);
    let call = ann.patch(&path).if_match(1).json(json!({ "body": "more" }));
    let changed: Note = call.await.ok();
    assert_eq!(
        (changed.title.as_str(), changed.body.as_deref()),
        ("Title", Some("more"))
    );
    let call = ann.patch(&path).if_match(2).json(json!({ "pinned": true }));
    let pinned: Note = call.await.ok();
    assert!(pinned.pinned);
    assert_eq!(pinned.body.as_deref(), Some("more"));
    assert_eq!(pinned.version, 3);
}

#[tokio::test]
async fn a_change_that_changes_nothing_keeps_the_version() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("Title", "body").await;
    let path = format!("notes/{}", made.id);
    let call = ann.patch(&path).if_match(1).json(json!({}));
    let same: Note = call.await.ok();
    assert_eq!(same, made);
}

#[tokio::test]
async fn unknown_fields_are_refused_in_every_body() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "b").await;
    let path = format!("notes/{}", made.id);
    let body = json!({ "title": "c", "body": "d", "owner_id": made.id });
    let calls = [
        ann.post("notes"),
        ann.put(&path).if_match(1),
        ann.patch(&path).if_match(1),
    ];
    for call in calls {
        let reply = call.json(&body).await;
        reply
            .problem(422, "invalid")
            .field("owner_id", "unknown_field");
    }
    assert_eq!(ann.read(&made.id).await, made);
}

#[tokio::test]
async fn wrong_types_are_named_with_their_field() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let wrong = [
        ("title", json!(7)),
        ("title", json!(null)),
        ("body", json!(["a"])),
        ("body", json!(null)),
        ("pinned", json!("true")),
        ("archived", json!(1)),
    ];
    for (field, value) in wrong {
        let reply = ann.post("notes").json(json!({ field: value })).await;
        reply.problem(422, "invalid").field(field, "invalid_type");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let positional = json!([null, "Title", "body"]);
    for whole in [json!("note"), json!(null), json!(7), json!([]), positional] {
        let reply = ann.post("notes").json(whole).await;
        reply.problem(422, "invalid").field("", "invalid_type");
    }
}

#[tokio::test]
async fn a_patch_cannot_clear_what_every_note_has() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "b").await;
    let path = format!("notes/{}", made.id);
    for field in ["title", "body", "pinned", "archived"] {
        let call = ann.patch(&path).if_match(1);
        let reply = call.json(json!({ field: Value::Null })).await;
        reply.problem(422, "invalid").field(field, "invalid_type");
    }
}

#[tokio::test]
async fn a_note_that_never_was_is_not_found() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for id in [id().as_str(), "abc", "1", "%00"] {
        let reply = ann.get(&format!("notes/{id}")).await;
        reply.problem(404, "not_found");
        let reply = ann.delete(&format!("notes/{id}")).await;
        reply.problem(404, "not_found");
    }
}

#[tokio::test]
async fn list_items_carry_everything_but_the_body() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    let made: Value = ann.post("notes").json(note("Title")).await.created();
    let mut page: Value = ann.get("notes").await.ok();
    for field in super::LISTED_ONLY {
        let item = page["items"][0].as_object_mut().unwrap();
        item.remove(*field).unwrap();
    }
    let mut summary = made;
    summary.as_object_mut().unwrap().remove("body").unwrap();
    assert_eq!(page["items"], json!([summary]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_notes_with_the_same_words_at_once_are_all_kept() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];
    for round in 1..=4 {
        let calls = (0..30).map(|n| {
            let mut body = words.map(|word| format!("{word}{round}"));
            body.rotate_left(n % 7);
            let new = json!({ "title": format!("n{n}"), "body": body.join(" ") });
            ann.at(&instances[n % 3]).post("notes").json(new)
        });
        for reply in together(calls).await {
            let _: Note = reply.created();
        }
        let found: Page = ann
            .get(&format!("notes?limit=200&q=alpha{round}%20eta{round}"))
            .await
            .ok();
        assert_eq!(found.items.len(), 30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_creations_with_one_id_at_once_one_succeeds() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    for _ in 0..4 {
        let body = json!({ "id": id(), "title": "Mine" });
        let calls = (0..20).map(|n| ann.at(&instances[n % 3]).post("notes").json(&body));
        let replies = together(calls).await;
        let (made, others): (Vec<_>, Vec<_>) =
            replies.iter().partition(|reply| reply.status() == 201);
        assert_eq!(made.len(), 1);
        for reply in others {
            reply.problem(409, "id_taken");
        }
    }
}
