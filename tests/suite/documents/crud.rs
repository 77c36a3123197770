//! One note from its creation to its changes: what comes back is what was sent.

use serde_json::{Value, json};

use crate::harness::{Doc, DocPage, DocumentKind, TestApp, id, note, together};

async fn a_new_account_is_empty<D: DocumentKind>() {
    let app = TestApp::start().await;
    let page: DocPage<D> = app.user("ann").await.get(D::PATH).await.ok();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}

async fn a_note_comes_back_as_it_was_sent<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let new = json!({
        "title": "Shopping",
        (D::BODY): "# List\n\n- [ ] **milk**\r\n",
        (D::PIN): D::pin(true),
        (D::ARCHIVE): D::archive(true),
    });
    let reply = ann.post(D::PATH).json(new).await;
    let made: Doc<D> = reply.created();
    assert_eq!(made.version, 1);
    assert_eq!(made.title, "Shopping");
    assert_eq!(made.body.as_deref(), Some("# List\n\n- [ ] **milk**\r\n"));
    assert_eq!(made.excerpt, "List milk");
    assert!(made.pinned && made.archived && made.deleted_at.is_none());
    assert_eq!(made.created_at, made.updated_at);
    assert_eq!(
        reply.header("location"),
        format!("/api/v1/{}/{}", D::PATH, made.id)
    );
    assert_eq!(reply.header("etag"), "\"v1\"");
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn an_empty_object_is_an_empty_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made: Doc<D> = ann.post(D::PATH).json(json!({})).await.created();
    assert_eq!((made.title.as_str(), made.body.as_deref()), ("", Some("")));
    assert!(!made.pinned && !made.archived);
}

async fn ids_are_uuids_of_version_7_and_times_are_rfc_3339_in_utc<D: DocumentKind>() {
    let app = TestApp::start().await;
    let made = app.user("ann").await.create::<D>("a", "b").await;
    let uuid = uuid::Uuid::parse_str(&made.id).unwrap();
    assert_eq!(uuid.get_version_num(), 7);
    assert_eq!(uuid.to_string(), made.id);
    let _: jiff::Timestamp = made.created_at.parse().unwrap();
    assert!(made.created_at.ends_with('Z'), "{}", made.created_at);
}

async fn a_client_may_choose_the_id<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let chosen = id();
    let new = json!({ "id": chosen, "title": "Mine" });
    let made: Doc<D> = ann.post(D::PATH).json(new).await.created();
    assert_eq!(made.id, chosen);
    assert_eq!(ann.fetch::<D>(&chosen).await, made);
}

async fn an_id_in_use_is_refused_whoever_uses_it<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let made = ann.create::<D>("Secret", "of Ann").await;
    for actor in [&ann, &bob] {
        let new = json!({ "id": made.id, "title": "Mine" });
        let reply = actor.post(D::PATH).json(new).await;
        reply.problem(409, "id_taken");
        assert!(!String::from_utf8_lossy(reply.bytes()).contains("Secret"));
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn an_id_that_is_none_or_reserved_is_named<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let nil = "00000000-0000-0000-0000-000000000000";
    let max = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    for wrong in [json!("abc"), json!(7), json!(nil), json!(max), json!(null)] {
        let reply = ann.post(D::PATH).json(json!({ "id": wrong })).await;
        reply.problem(422, "invalid").field("id", "invalid_type");
    }
}

async fn a_put_replaces_the_whole_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let new = json!({ "title": "Old", (D::BODY): "old", (D::PIN): D::pin(true) });
    let made: Doc<D> = ann.post(D::PATH).json(new).await.created();
    let path = format!("{}/{}", D::PATH, made.id);
    let whole = json!({ "title": "New", (D::BODY): "new" });
    let reply = ann.put(&path).if_match(1).json(whole).await;
    let changed: Doc<D> = reply.ok();
    assert_eq!(reply.header("etag"), "\"v2\"");
    assert_eq!(changed.version, 2);
    assert_eq!((changed.title.as_str(), changed.pinned), ("New", false));
    assert_eq!(changed.body.as_deref(), Some("new"));
    assert_eq!(changed.created_at, made.created_at);
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(ann.fetch::<D>(&made.id).await, changed);
}

async fn a_put_without_title_or_body_names_what_is_missing<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("a", "b").await;
    let call = ann.put(&format!("{}/{}", D::PATH, made.id)).if_match(1);
    let reply = call.json(json!({ "title": "c" })).await;
    reply.problem(422, "invalid").field(D::BODY, "required");
}

async fn a_patch_changes_only_what_it_names<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "body").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let call = ann
        .patch(&path)
        .if_match(1)
        .json(json!({ (D::BODY): "more" }));
    let changed: Doc<D> = call.await.ok();
    assert_eq!(
        (changed.title.as_str(), changed.body.as_deref()),
        ("Title", Some("more"))
    );
    let call = ann
        .patch(&path)
        .if_match(2)
        .json(json!({ (D::PIN): D::pin(true) }));
    let pinned: Doc<D> = call.await.ok();
    assert!(pinned.pinned);
    assert_eq!(pinned.body.as_deref(), Some("more"));
    assert_eq!(pinned.version, 3);
}

async fn a_change_that_changes_nothing_keeps_the_version<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "body").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let call = ann.patch(&path).if_match(1).json(json!({}));
    let same: Doc<D> = call.await.ok();
    assert_eq!(same, made);
}

async fn unknown_fields_are_refused_in_every_body<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("a", "b").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let body = json!({ "title": "c", (D::BODY): "d", "owner_id": made.id });
    let calls = [
        ann.post(D::PATH),
        ann.put(&path).if_match(1),
        ann.patch(&path).if_match(1),
    ];
    for call in calls {
        let reply = call.json(&body).await;
        reply
            .problem(422, "invalid")
            .field("owner_id", "unknown_field");
    }
    assert_eq!(ann.fetch::<D>(&made.id).await, made);
}

async fn wrong_types_are_named_with_their_field<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let wrong = [
        ("title", json!(7)),
        ("title", json!(null)),
        (D::BODY, json!(["a"])),
        (D::BODY, json!(null)),
        (D::PIN, json!("true")),
        (D::ARCHIVE, json!(1)),
    ];
    for (field, value) in wrong {
        let reply = ann.post(D::PATH).json(json!({ field: value })).await;
        reply.problem(422, "invalid").field(field, "invalid_type");
    }
}

async fn a_body_that_is_no_object_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let positional = json!([null, "Title", "body"]);
    for whole in [json!("note"), json!(null), json!(7), json!([]), positional] {
        let reply = ann.post(D::PATH).json(whole).await;
        reply.problem(422, "invalid").field("", "invalid_type");
    }
}

async fn a_patch_cannot_clear_what_every_note_has<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("a", "b").await;
    let path = format!("{}/{}", D::PATH, made.id);
    for field in ["title", D::BODY, D::PIN, D::ARCHIVE] {
        let call = ann.patch(&path).if_match(1);
        let reply = call.json(json!({ field: Value::Null })).await;
        reply.problem(422, "invalid").field(field, "invalid_type");
    }
}

async fn a_note_that_never_was_is_not_found<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for id in [id().as_str(), "abc", "1", "%00"] {
        let reply = ann.get(&format!("{}/{id}", D::PATH)).await;
        reply.problem(404, "not_found");
        let reply = ann.delete(&format!("{}/{id}", D::PATH)).await;
        reply.problem(404, "not_found");
    }
}

async fn list_items_carry_everything_but_the_body<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made: Value = ann.post(D::PATH).json(note("Title")).await.created();
    let mut page: Value = ann.get(D::PATH).await.ok();
    for field in D::LIST_ONLY {
        let item = page["items"][0].as_object_mut().unwrap();
        item.remove(*field).unwrap();
    }
    let mut summary = made;
    summary.as_object_mut().unwrap().remove(D::BODY).unwrap();
    assert_eq!(page["items"], json!([summary]));
}

async fn thirty_notes_with_the_same_words_at_once_are_all_kept<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];
    for round in 1..=4 {
        let calls = (0..30).map(|n| {
            let mut body = words.map(|word| format!("{word}{round}"));
            body.rotate_left(n % 7);
            let new = json!({ "title": format!("n{n}"), (D::BODY): body.join(" ") });
            ann.at(&instances[n % 3]).post(D::PATH).json(new)
        });
        for reply in together(calls).await {
            let _: Doc<D> = reply.created();
        }
        let found: DocPage<D> = ann
            .get(&format!(
                "{}?limit=200&q=alpha{round}%20eta{round}",
                D::PATH
            ))
            .await
            .ok();
        assert_eq!(found.items.len(), 30);
    }
}

async fn of_twenty_creations_with_one_id_at_once_one_succeeds<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    for _ in 0..4 {
        let body = json!({ "id": id(), "title": "Mine" });
        let calls = (0..20).map(|n| ann.at(&instances[n % 3]).post(D::PATH).json(&body));
        let replies = together(calls).await;
        let (made, others): (Vec<_>, Vec<_>) =
            replies.iter().partition(|reply| reply.status() == 201);
        assert_eq!(made.len(), 1);
        for reply in others {
            reply.problem(409, "id_taken");
        }
    }
}

document_suite! {
    one_thread: [a_new_account_is_empty, a_note_comes_back_as_it_was_sent, an_empty_object_is_an_empty_note, ids_are_uuids_of_version_7_and_times_are_rfc_3339_in_utc, a_client_may_choose_the_id, an_id_in_use_is_refused_whoever_uses_it, an_id_that_is_none_or_reserved_is_named, a_put_replaces_the_whole_note, a_put_without_title_or_body_names_what_is_missing, a_patch_changes_only_what_it_names, a_change_that_changes_nothing_keeps_the_version, unknown_fields_are_refused_in_every_body, wrong_types_are_named_with_their_field, a_body_that_is_no_object_is_refused, a_patch_cannot_clear_what_every_note_has, a_note_that_never_was_is_not_found, list_items_carry_everything_but_the_body],
    two_threads: [thirty_notes_with_the_same_words_at_once_are_all_kept, of_twenty_creations_with_one_id_at_once_one_succeeds],
}
