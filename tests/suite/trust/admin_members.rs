//! Accounts in the hands of admins: made with a password or by invitation, signed out, ended. Each
//! act is in the log with the admin's name, and its owner is told.

use serde_json::{Value, json};

use super::deletion::{let_the_grace_pass, let_the_jobs_run};
use super::{boss, is_signed_in, login, text_of, word};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, Reply, TestApp};

const PASSWORD: &str = "tulip-9-gravel-lamp";

fn new_account(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.org") })
}

async fn make(root: &Actor, body: &Value) -> Reply {
    root.post("admin/users").json(body).await
}

/// Exactly one line of this action in this request, by the admin about somebody.
async fn one_line(root: &Actor, reply: &Reply, action: &str, target: &str) {
    let path = format!("admin/audit?action={action}&target={target}");
    let log: Value = root.get(&path).await.ok();
    let request = reply.header("x-request-id");
    let lines = log["items"].as_array().unwrap().iter();
    let lines: Vec<_> = lines.filter(|line| line["request_id"] == request).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["actor_id"], root.id);
    assert_eq!(lines[0]["ip"], "127.0.0.1");
}

#[tokio::test]
async fn an_account_made_with_a_password_signs_in_at_once() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let mut body = new_account("Ann");
    body["password"] = json!(PASSWORD);
    let reply = make(&root, &body).await;
    let made: Value = reply.created();
    assert_eq!(made["username"], "Ann");
    assert_eq!(
        (&made["role"], &made["status"]),
        (&json!("user"), &json!("active"))
    );
    let id = word(&made, "id");
    assert_eq!(
        reply.header("location"),
        format!("/api/v1/admin/users/{id}")
    );
    one_line(&root, &reply, "account.created", &id).await;
    assert!(!text_of(reply.bytes()).contains(PASSWORD));
    assert!(app.mails().await.is_empty(), "the admin tells the password");
    let ann = app.anon().sign_in("ann", PASSWORD).await;
    ann.get("admin/users").await.problem(403, "admin_required");
    let seen: Value = root.get(&format!("admin/users/{id}")).await.ok();
    assert_eq!(seen, made);
}

#[tokio::test]
async fn an_account_may_be_made_an_admin_and_the_log_says_so() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let mut body = new_account("ann");
    body["password"] = json!(PASSWORD);
    body["role"] = json!("admin");
    let made: Value = make(&root, &body).await.created();
    let ann = app.anon().sign_in("ann", PASSWORD).await;
    let log = format!(
        "admin/audit?action=account.created&target={}",
        word(&made, "id")
    );
    let log: Value = ann.get(&log).await.ok();
    assert_eq!(log["items"][0]["detail"], "admin");
}

#[tokio::test]
async fn an_invited_owner_chooses_a_password_by_the_mailed_link_once() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let made: Value = make(&root, &new_account("ann")).await.created();
    assert_eq!(made["status"], "active");
    let reply = login(&app, "ann", PASSWORD).await;
    reply.problem(401, "invalid_credentials");
    let mails = app.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ann@example.org");
    assert!(mails[0].html.as_deref().unwrap().contains("#token="));
    let token = mails[0].text.split("#token=").nth(1).unwrap();
    let token = token.split_whitespace().next().unwrap();
    let days = "SELECT CAST(TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), expires_at) AS SIGNED) \
                FROM password_resets";
    assert!((70..=72).contains(&app.database().count(days).await));
    let set = |password: &str| {
        let body = json!({ "token": token, "password": password });
        app.anon().post("auth/reset-password").json(body)
    };
    set("ann@example.org").await.problem(422, "invalid");
    set(PASSWORD).await.no_content();
    set("another-good-one-7")
        .await
        .problem(403, "token_invalid");
    assert!(is_signed_in(&app.anon().sign_in("ann", PASSWORD).await).await);
}

#[tokio::test]
async fn what_is_wrong_or_taken_is_named_and_makes_nothing() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    app.account("ann", true).await;
    let count = || app.database().count("SELECT COUNT(*) FROM users");
    let before = count().await;
    let taken = json!({ "username": "ANN", "email": "other@example.org" });
    make(&root, &taken).await.problem(409, "username_taken");
    let taken = json!({ "username": "other", "email": "Ann@Example.org" });
    make(&root, &taken).await.problem(409, "email_taken");
    let good = new_account("new");
    for (field, value) in [
        ("username", json!("a b")),
        ("email", json!("nobody")),
        ("password", json!("short")),
        ("password", json!("new@example.org")),
        ("password", Value::Null),
        ("role", json!("owner")),
        ("status", json!("pending")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let fields = make(&root, &body).await.problem(422, "invalid").fields();
        assert_eq!(fields.len(), 1, "{fields:?}");
        assert!(fields[0].starts_with(&format!("{field}: ")), "{fields:?}");
    }
    assert_eq!(count().await, before);
    assert!(app.mails().await.is_empty());
}

fn remove(root: &Actor, id: &str) -> Call {
    root.delete(&format!("admin/users/{id}"))
}

#[tokio::test]
async fn an_admin_ends_an_account_as_its_owner_would() {
    let instances = TestApp::instances(2).await;
    let (app, other) = (&instances[0], &instances[1]);
    let root = boss(app, "root").await;
    let ann = other.user("ann").await;
    ann.write("Private", "words").await;
    assert!(is_signed_in(&ann).await && is_signed_in(&ann.at(app)).await);
    let reply = remove(&root, &ann.id).await;
    reply.no_content();
    one_line(&root, &reply, "account.deletion_requested", &ann.id).await;
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await);
    }
    let seen: Value = root.get(&format!("admin/users/{}", ann.id)).await.ok();
    let at = word(&seen, "delete_after");
    remove(&root.at(other), &ann.id).await.no_content();
    let again: Value = root.get(&format!("admin/users/{}", ann.id)).await.ok();
    assert_eq!(word(&again, "delete_after"), at, "it goes at its time");
    let told = app.mails().await;
    let told: Vec<_> = told
        .iter()
        .filter(|mail| mail.to == "ann@example.org")
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]
            .text
            .contains("An administrator ended your account ann")
    );
    // Its owner keeps it by signing in.
    let ann = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    remove(&root, &ann.id).await.no_content();
    let_the_grace_pass(app).await;
    let_the_jobs_run(app).await;
    remove(&root, &ann.id).await.problem(404, "not_found");
    let left = "SELECT COUNT(*) FROM notes";
    assert_eq!(app.database().count(left).await, 0);
}

#[tokio::test]
async fn an_owner_who_is_disabled_cannot_keep_the_account() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let path = format!("admin/users/{}", ann.id);
    let off = json!({ "status": "disabled" });
    root.patch(&path).json(off).await.expect_status(200);
    remove(&root, &ann.id).await.no_content();
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(403, "account_disabled");
    let_the_grace_pass(&app).await;
    let_the_jobs_run(&app).await;
    root.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_last_admin_is_not_ended_and_a_kept_name_is_no_account() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    remove(&root, &root.id).await.problem(409, "last_admin");
    assert!(is_signed_in(&root).await);
    remove(&root, &crate::harness::id())
        .await
        .problem(404, "not_found");
    let body = json!({ "username": "kept", "email": "root@example.org", "password": PASSWORD });
    app.anon()
        .post("auth/register")
        .json(body)
        .await
        .expect_status(201);
    let sql = "SELECT LOWER(HEX(id)) FROM users WHERE username = 'kept'";
    let kept: Vec<(String,)> = app.database().rows(sql, ()).await;
    let kept: uuid::Uuid = kept[0].0.parse().unwrap();
    for call in [
        remove(&root, &kept.to_string()),
        root.get(&format!("admin/users/{kept}/sessions")),
        root.delete(&format!("admin/users/{kept}/sessions")),
    ] {
        call.await.problem(404, "not_found");
    }
    let second = boss(&app, "second").await;
    remove(&root, &root.id).await.no_content();
    assert!(!is_signed_in(&root).await && is_signed_in(&second).await);
}

#[tokio::test]
async fn sign_ins_are_seen_page_by_page_and_ended_everywhere() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    let (root, bob) = (boss(app, "root").await, app.user("bob").await);
    app.account("ann", true).await;
    let mut anns = Vec::new();
    for agent in ["One/1", "Two/2", "Three/3"] {
        let call = login(app, "ann", DEFAULT_PASSWORD).header("user-agent", agent);
        let signed_in: Value = call.await.ok();
        let token = word(&signed_in, "access_token");
        anns.push((app.anon().with_token(Some(&token)), signed_in));
    }
    let id = word(&anns[0].1["user"], "id");
    anns[1].0.post("auth/logout").await.no_content();
    let path = format!("admin/users/{id}/sessions");
    let first: Value = root.get(&format!("{path}?limit=1")).await.ok();
    let cursor = word(&first, "next_cursor");
    let second: Value = root
        .get(&format!("{path}?limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(second["next_cursor"], Value::Null);
    let agents = [&first, &second].map(|page| word(&page["items"][0], "user_agent"));
    assert_eq!(agents, ["Three/3", "One/1"]);
    let whole: Value = root.get(&path).await.ok();
    assert_eq!(
        whole["items"],
        json!([first["items"][0], second["items"][0]])
    );
    let text = whole.to_string();
    for (_, signed_in) in &anns {
        assert!(!text.contains(&word(signed_in, "refresh_token")));
    }
    assert!(!text.contains("hash"));
    let bobs = format!("admin/users/{}/sessions?limit=1&cursor={cursor}", bob.id);
    root.get(&bobs)
        .await
        .problem(422, "invalid")
        .field("cursor", "invalid_cursor");
    let reply = root.delete(&path).await;
    reply.no_content();
    one_line(&root, &reply, "sessions.ended", &id).await;
    for app in &instances {
        for (ann, _) in [&anns[0], &anns[2]] {
            assert!(!is_signed_in(&ann.at(app)).await);
        }
    }
    let none: Value = root.get(&path).await.ok();
    assert_eq!(none["items"], json!([]));
    assert!(is_signed_in(&bob).await && is_signed_in(&root).await);
    assert!(is_signed_in(&app.anon().sign_in("ann", DEFAULT_PASSWORD).await).await);
}
