//! Giving an account up: signed out at once, kept by a sign-in within the grace, and afterwards gone
//! with everything that belonged to it, and nothing that belonged to somebody else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::totp::{Authenticator, enrol};
use super::{is_signed_in, login};
use crate::files::tools::{bytes_of, long_bytes, plant};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp, id, note};
use crate::platform::support::until;

pub(super) fn give_up(actor: &Actor, password: &str) -> Call {
    actor.delete("me").json(json!({ "password": password }))
}

/// Runs what is due until nothing is left to do, as if hours went by.
pub(super) async fn let_the_jobs_run(app: &TestApp) {
    app.run_job("accounts.delete", 20).await;
}

/// As if the grace had passed.
pub(super) async fn let_the_grace_pass(app: &TestApp) {
    let sql = "UPDATE users SET delete_after = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND \
               WHERE delete_after IS NOT NULL";
    app.database().exec(sql, ()).await;
}

/// Somebody who leaves a row in every table that knows owners.
pub(super) async fn busy(app: &TestApp, name: &str) -> (Actor, Authenticator) {
    let actor = app.user(name).await;
    let keyed = actor.post("notes").header("idempotency-key", &id());
    let _: Value = keyed.json(note("Kept by key")).await.created();
    let text = actor.write("Words", "to be found again").await;
    let path = format!("notes/{}", text.id);
    let shelf = json!({ "name": "A shelf" });
    let shelf: Value = actor.post("notebooks").json(shelf).await.created();
    let change = json!({ "title": "Other", "body": "words", "base_version": 1, "save_id": id(),
                         "tags": ["tag"], "notebook_id": shelf["id"] });
    let _: Value = actor.put(&path).json(change).await.ok();
    let file = plant(app, &actor, "a.bin", &long_bytes(1, 5)).await;
    let attached = format!("{path}/attachments/{file}");
    actor.put(&attached).await.no_content();
    let sql = "INSERT INTO uploads (owner_id, id, blob_id, name, created_at, expires_at) \
               SELECT owner_id, LEFT(UNHEX(SHA2(id, 256)), 16), blob_id, name, created_at, created_at FROM files \
               WHERE id = ?";
    app.database().exec(sql, (bytes_of(&file),)).await;
    let gone: Value = actor
        .post("notebooks")
        .json(json!({ "name": "Gone" }))
        .await
        .created();
    let gone = format!("notebooks/{}", gone["id"].as_str().unwrap());
    actor.delete(&gone).await.no_content();
    let thrown = actor.write("Thrown", "away").await;
    actor
        .delete(&format!("notes/{}", thrown.id))
        .await
        .no_content();
    let list = json!({ "name": "A list" });
    let list: Value = actor.post("task-lists").json(list).await.created();
    let task = json!({ "title": "A task", "list_id": list["id"], "tags": ["tag"] });
    actor.post("tasks").json(task).await.expect_status(201);
    let view = json!({ "name": "A view", "kind": "tasks" });
    actor.post("views").json(view).await.expect_status(201);
    let key = json!({ "name": "a program", "scopes": ["read"] });
    actor.post("me/api-keys").json(key).await.expect_status(201);
    let address =
        json!({ "email": format!("{name}.new@example.org"), "password": DEFAULT_PASSWORD });
    actor.post("me/email").json(address).await.accepted();
    let before = app
        .database()
        .count("SELECT COUNT(*) FROM password_resets")
        .await;
    let body = json!({ "email": format!("{name}@example.org") });
    actor
        .post("auth/forgot-password")
        .json(body)
        .await
        .accepted();
    until("the link is made", async || {
        let now = app
            .database()
            .count("SELECT COUNT(*) FROM password_resets")
            .await;
        (now > before).then_some(())
    })
    .await;
    let paper = enrol(app, &actor).await;
    (actor, paper)
}

/// How many rows each table with an owner's column holds of somebody.
pub(super) async fn rows_of(app: &TestApp, user: &str) -> BTreeMap<String, i64> {
    let sql = "SELECT table_name, column_name FROM information_schema.columns \
               WHERE table_schema = DATABASE() \
                 AND (column_name IN ('owner_id', 'user_id') \
                   OR (table_name = 'users' AND column_name = 'id'))";
    let columns: Vec<(String, String)> = app.database().rows(sql, ()).await;
    assert!(columns.len() >= 10, "{columns:?}");
    let user: uuid::Uuid = user.parse().unwrap();
    let mut found = BTreeMap::new();
    for (table, column) in columns {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = ?");
        let rows: Vec<(i64,)> = app.database().rows(&sql, (user.as_bytes().to_vec(),)).await;
        found.insert(table, rows[0].0);
    }
    found
}

#[tokio::test]
async fn an_account_is_given_up_with_the_password_only() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = give_up(&ann, "wrong horse battery").await;
    reply.problem(403, "reauthentication_required");
    let reply = ann.delete("me").json(json!({})).await;
    reply.problem(422, "invalid");
    let paper = enrol(&app, &ann).await;
    let reply = give_up(&ann, DEFAULT_PASSWORD).await;
    reply.problem(403, "second_factor_required");
    assert!(is_signed_in(&ann).await);
    let body = json!({ "password": DEFAULT_PASSWORD, "code": paper.code(&app) });
    ann.delete("me").json(body).await.no_content();
    assert!(!is_signed_in(&ann).await);
}

#[tokio::test]
async fn whoever_gives_up_is_signed_out_everywhere_at_once() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let phone = instances[1].anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let bob = instances[1].user("bob").await;
    assert!(is_signed_in(&phone).await && is_signed_in(&ann.at(&instances[1])).await);
    let reply = give_up(&ann, DEFAULT_PASSWORD).await;
    reply.no_content();
    assert_eq!(reply.cookie("satchel_refresh").as_deref(), Some(""));
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await && !is_signed_in(&phone.at(app)).await);
    }
    instances[0].flush_redis().await;
    assert!(!is_signed_in(&ann).await && is_signed_in(&bob).await);
    let sql = "SELECT CAST(TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), delete_after) AS SIGNED) \
               FROM users WHERE username = 'ann'";
    let hours = instances[0].database().count(sql).await;
    assert!((14 * 24 - 1..=14 * 24).contains(&hours), "{hours}");
    let mails = instances[0].mails().await;
    assert!(
        mails
            .iter()
            .any(|m| m.subject == "Your account will be deleted")
    );
}

#[tokio::test]
async fn a_sign_in_within_the_grace_keeps_the_account_and_everything_in_it() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let kept = ann.write("Kept", "as it was").await;
    give_up(&ann, DEFAULT_PASSWORD).await.no_content();
    let_the_jobs_run(&app).await;
    let reply = login(&app, "ann", "wrong horse battery").await;
    reply.problem(401, "invalid_credentials");
    let waiting = "SELECT COUNT(*) FROM users WHERE delete_after IS NOT NULL";
    assert_eq!(app.database().count(waiting).await, 1);
    let ann = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["delete_after"], Value::Null);
    let_the_grace_pass(&app).await;
    let_the_jobs_run(&app).await;
    assert_eq!(ann.read(&kept.id).await.body.as_deref(), Some("as it was"));
    let mails = app.mails().await;
    assert!(mails.iter().any(|m| m.subject == "Your account stays"));
}

#[tokio::test]
async fn after_the_grace_nothing_is_left_and_nobody_else_loses_anything() {
    let app = TestApp::start().await;
    let (ann, paper) = busy(&app, "ann").await;
    let (bob, _) = busy(&app, "bob").await;
    let (anns, bobs) = (rows_of(&app, &ann.id).await, rows_of(&app, &bob.id).await);
    for (table, count) in &anns {
        assert!(*count > 0, "this test leaves nothing in {table}: {anns:?}");
    }
    let body = json!({ "password": DEFAULT_PASSWORD, "code": paper.code(&app) });
    ann.delete("me").json(body).await.no_content();
    assert_eq!(rows_of(&app, &ann.id).await["notes"], anns["notes"]);
    let_the_grace_pass(&app).await;
    let_the_jobs_run(&app).await;
    let left = rows_of(&app, &ann.id).await;
    assert!(left.values().all(|count| *count == 0), "{left:?}");
    assert_eq!(rows_of(&app, &bob.id).await, bobs);
    assert!(is_signed_in(&bob).await);
}

#[tokio::test]
async fn a_deleted_account_is_unknown_and_its_name_is_free_again() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    let ann = app.user("ann").await;
    let key = json!({ "name": "a program", "scopes": ["read"] });
    let key: Value = ann.post("me/api-keys").json(key).await.created();
    let program = ann.with_token(key["key"].as_str());
    ann.write("Old", "").await;
    give_up(&ann, DEFAULT_PASSWORD).await.no_content();
    let_the_grace_pass(app).await;
    let_the_jobs_run(app).await;
    for app in &instances {
        let reply = login(app, "ann", DEFAULT_PASSWORD).await;
        reply.problem(401, "invalid_credentials");
        assert!(!is_signed_in(&ann.at(app)).await && !is_signed_in(&program.at(app)).await);
    }
    let sql = "SELECT COUNT(*) FROM audit_events WHERE action = 'account.deleted'";
    assert_eq!(
        app.database().count(sql).await,
        1,
        "the log outlives the account"
    );
    let again = instances[1].user("ann").await;
    assert_ne!(again.id, ann.id);
    let page: crate::harness::Page = again.get("notes").await.ok();
    assert!(page.items.is_empty());
}
