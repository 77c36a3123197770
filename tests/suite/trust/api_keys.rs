//! API keys: shown once, kept as digests, good for their scopes and their time, worthless at once
//! when revoked, and never good for the account itself.

use axum::http::Method;
use satchel::platform::crypto;
use serde_json::{Value, json};

use super::{boss, dump, holds, is_signed_in, tally, text_of, word};
use crate::harness::{Actor, Call, Note, TestApp, note, together};
use crate::openapi;

/// Asks for a key.
fn ask(actor: &Actor, scopes: &[&str]) -> Call {
    let body = json!({ "name": "a program", "scopes": scopes });
    actor.post("me/api-keys").json(body)
}

/// Makes a key; its id, and a program that holds it.
async fn key(actor: &Actor, scopes: &[&str]) -> (String, Actor) {
    let created: Value = ask(actor, scopes).await.created();
    let program = actor.with_token(Some(&word(&created, "key")));
    (word(&created, "id"), program)
}

/// Whether a key with `read` is good.
async fn is_good(program: &Actor) -> bool {
    let (list, me) = (program.get("notes").await, program.get("me").await);
    assert_eq!(list.status(), me.status(), "{list:?}\n{me:?}");
    if list.status() == 401 {
        let problem = list.problem(401, "invalid_token");
        assert_eq!(problem.0["code"], "invalid_token");
        let challenge = list.header("www-authenticate");
        assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        return false;
    }
    list.expect_status(200);
    true
}

#[tokio::test]
async fn a_key_reads_and_writes_the_notes_of_its_owner_alone() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (anns, bobs) = (ann.write("Ann's", "").await, bob.write("Bob's", "").await);
    let (_, program) = key(&ann, &["read", "write"]).await;
    let page: crate::harness::Page = program.get("notes").await.ok();
    assert_eq!(page.titles(), ["Ann's"]);
    assert_eq!(program.read(&anns.id).await.title, "Ann's");
    let reply = program.get(&format!("notes/{}", bobs.id)).await;
    reply.problem(404, "not_found");
    let written = program.write("By key", "").await;
    assert_eq!(ann.read(&written.id).await.title, "By key");
}

#[tokio::test]
async fn a_key_for_reading_cannot_write() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let kept = ann.write("Kept", "").await;
    let (_, program) = key(&ann, &["read"]).await;
    let path = format!("notes/{}", kept.id);
    let change = json!({ "title": "Changed" });
    for call in [
        program.post("notes").json(note("New")),
        program.put(&path).if_match(1).json(&change),
        program.patch(&path).if_match(1).json(&change),
        program.delete(&path),
        program.post(&format!("{path}/restore")),
    ] {
        call.await.problem(403, "insufficient_scope");
    }
    let page: crate::harness::Page = program.get("notes").await.ok();
    assert_eq!(page.titles(), ["Kept"]);
    let head = program.call(Method::HEAD, &path).await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn a_key_for_writing_cannot_read() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let kept = ann.write("Kept", "").await;
    let (_, program) = key(&ann, &["write"]).await;
    let path = format!("notes/{}", kept.id);
    for call in [
        program.get("notes"),
        program.get(&path),
        program.get("me"),
        program.call(Method::HEAD, &path),
    ] {
        let reply = call.await;
        assert_eq!(reply.status(), 403, "{reply:?}");
    }
    let _: Note = program.post("notes").json(note("New")).await.created();
}

#[tokio::test]
async fn a_key_is_made_for_something_and_for_some_time_to_come() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (body, field) in [
        (json!({ "name": "n", "scopes": [] }), "scopes"),
        (json!({ "name": " ", "scopes": ["read"] }), "name"),
        (json!({ "name": "n\nn", "scopes": ["read"] }), "name"),
        (
            json!({ "name": "n".repeat(81), "scopes": ["read"] }),
            "name",
        ),
    ] {
        let reply = ann.post("me/api-keys").json(&body).await;
        let fields = reply.problem(422, "invalid").fields();
        assert!(fields[0].starts_with(field), "{body}: {fields:?}");
    }
    let over = json!({ "name": "n", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z" });
    let reply = ann.post("me/api-keys").json(over).await;
    reply
        .problem(409, "expiry_in_the_past")
        .field("expires_at", "expiry_in_the_past");
    for body in [
        json!({ "name": "n", "scopes": ["admin"] }),
        json!({ "name": "n", "scopes": ["read"], "user_id": ann.id }),
        json!({ "name": "n", "scopes": ["read"], "key": "sat_mine" }),
        json!({ "name": "n", "scopes": ["read"], "expires_at": "soon" }),
    ] {
        let reply = ann.post("me/api-keys").json(&body).await;
        reply.problem(422, "invalid");
    }
    assert_eq!(
        app.database().count("SELECT COUNT(*) FROM api_keys").await,
        0
    );
}

#[tokio::test]
async fn a_key_ends_by_the_clock_of_the_database() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let at = "2099-01-01T00:00:00Z";
    let body = json!({ "name": "n", "scopes": ["read"], "expires_at": at });
    let created: Value = ann.post("me/api-keys").json(body).await.created();
    assert_eq!(created["expires_at"].as_str().unwrap()[..19], at[..19]);
    let program = ann.with_token(Some(&word(&created, "key")));
    assert!(is_good(&program).await);
    let sql = "UPDATE api_keys SET expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR";
    app.database().exec(sql, ()).await;
    assert!(is_good(&program).await);
    let sql = "UPDATE api_keys SET expires_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    assert!(!is_good(&program).await);
}

#[tokio::test]
async fn a_revoked_key_is_worthless_at_once_on_every_instance() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let (id, program) = key(&ann, &["read"]).await;
    let (_, other) = key(&ann, &["read"]).await;
    for app in &instances {
        assert!(is_good(&program.at(app)).await);
    }
    let path = format!("me/api-keys/{id}");
    ann.at(&instances[1]).delete(&path).await.no_content();
    for app in &instances {
        assert!(!is_good(&program.at(app)).await);
        assert!(is_good(&other.at(app)).await);
    }
    instances[0].flush_redis().await;
    assert!(!is_good(&program).await);
    ann.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_keys_of_a_disabled_account_are_worthless_at_once() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let root = boss(&instances[0], "root").await;
    let (_, program) = key(&ann, &["read", "write"]).await;
    assert!(is_good(&program).await && is_good(&program.at(&instances[1])).await);
    let path = format!("admin/users/{}", ann.id);
    let off = json!({ "status": "disabled" });
    let _: Value = root.patch(&path).json(off).await.ok();
    for app in &instances {
        assert!(!is_good(&program.at(app)).await);
        let reply = program.at(app).post("notes").json(note("New")).await;
        reply.problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn no_key_manages_an_account_whatever_the_route() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let (id, program) = key(&root, &["read", "write"]).await;
    let mut seen = 0;
    for (method, template, operation) in openapi::operations() {
        let about = ["/auth/", "/me", "/admin/"];
        let rest = template.trim_start_matches("/api/v1");
        let schemes = operation["security"].as_array();
        let open = schemes.is_some_and(|all| all.len() == 1 && all[0] == json!({}));
        // Who somebody is may be read, and how much room there is; all the rest is for those who sign in.
        let reads = ["me.read", "me.storage"].map(|name| operation["operationId"] == name);
        let reads = reads.contains(&true);
        if open || reads || !about.iter().any(|start| rest.starts_with(start)) {
            continue;
        }
        seen += 1;
        let path = template.replace("{id}", &id);
        let call = program.call(method.parse().unwrap(), &path).json(json!({}));
        let reply = call.await;
        let refused = matches!(reply.status(), 401 | 403);
        assert!(refused, "{method} {path}: {reply:?}");
    }
    assert!(seen >= 20, "{seen} routes were asked");
    assert!(is_signed_in(&root).await && is_good(&program).await);
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_digest() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = ask(&ann, &["read"]).await;
    let created: Value = reply.created();
    let key = word(&created, "key");
    assert!(key.starts_with("sat_") && key.len() >= 4 + 43, "{key}");
    assert!(key.starts_with(&word(&created, "prefix")));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(is_good(&ann.with_token(Some(&key))).await);
    let root = boss(&app, "root").await;
    for reply in [
        ann.get("me/api-keys").await,
        ann.get("me").await,
        root.get("admin/audit").await,
        root.get(&format!("admin/users/{}", ann.id)).await,
    ] {
        assert!(!text_of(reply.bytes()).contains(&key[4..]), "{reply:?}");
    }
    let heap = dump(app.database()).await;
    assert!(!holds(&heap, &key.as_bytes()[4..]));
    assert!(!holds(&heap, &crypto::decode(&key[4..]).unwrap()));
    let sql = "SELECT key_hash FROM api_keys";
    let rows: Vec<(Vec<u8>,)> = app.database().rows(sql, ()).await;
    assert_eq!(rows[0].0, crypto::sha256(key.as_bytes()));
}

#[tokio::test]
async fn a_key_is_good_as_a_whole_and_in_its_header_alone() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, program) = key(&ann, &["read"]).await;
    let text = program.token.clone().unwrap();
    for bent in [
        text.to_lowercase(),
        text.to_uppercase().replacen("SAT_", "sat_", 1),
        text[..text.len() - 1].to_owned(),
        format!("{text}A"),
        text[..12].to_owned(),
        "sat_".to_owned(),
        "sat_%".to_owned(),
    ] {
        assert!(!is_good(&ann.with_token(Some(&bent))).await, "{bent}");
    }
    let by_query = app.anon().get(&format!("me?api_key={text}")).await;
    by_query.problem(401, "unauthorized");
    let by_header = app.anon().get("me").header("x-api-key", &text).await;
    by_header.problem(401, "unauthorized");
}

#[tokio::test]
async fn the_list_tells_when_and_from_where_a_key_was_last_used() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (_, program) = key(&ann, &["read"]).await;
    let list: Value = ann.get("me/api-keys").await.ok();
    assert_eq!(list["items"][0]["last_used_at"], Value::Null);
    assert!(is_good(&program).await);
    let list: Value = ann.get("me/api-keys").await.ok();
    assert!(list["items"][0]["last_used_at"].is_string(), "{list}");
    assert_eq!(list["items"][0]["last_ip"], "127.0.0.1");
    let sql = "UPDATE api_keys SET last_used_at = '2020-01-01'";
    app.database().exec(sql, ()).await;
    assert!(is_good(&program).await);
    let old = "SELECT COUNT(*) FROM api_keys WHERE last_used_at < '2021-01-01'";
    assert_eq!(app.database().count(old).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_keys_at_once_fifty_are_made() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let calls = (0..60).map(|n| ask(&ann.at(&instances[n % 3]), &["read"]));
    let replies = together(calls).await;
    assert_eq!((tally(&replies, 201), tally(&replies, 409)), (50, 10));
    let reply = ask(&ann, &["read"]).await;
    reply.problem(409, "too_many_keys");
    let list: Value = ann.get("me/api-keys").await.ok();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 50);
    let path = format!("me/api-keys/{}", word(&items[7], "id"));
    ann.delete(&path).await.no_content();
    ask(&ann, &["read"]).await.expect_status(201);
}

#[tokio::test]
async fn the_key_of_another_account_is_out_of_reach() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (id, program) = key(&ann, &["read"]).await;
    let foreign = bob.delete(&format!("me/api-keys/{id}")).await;
    foreign.problem(404, "not_found");
    let missing = format!("me/api-keys/{}", crate::harness::id());
    let missing = bob.delete(&missing).await;
    let mut bodies =
        [&foreign, &missing].map(|r| serde_json::from_slice::<Value>(r.bytes()).unwrap());
    for body in &mut bodies {
        body["request_id"] = Value::Null;
    }
    assert_eq!(bodies[0], bodies[1]);
    let list: Value = bob.get("me/api-keys").await.ok();
    assert_eq!(list["items"], json!([]));
    assert!(is_good(&program).await);
}
