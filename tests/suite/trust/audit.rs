//! The audit log: every act that concerns security leaves one line that says who, whose, from where
//! and in which request; what did not happen leaves none; nothing secret is in it.

use serde_json::{Value, json};

use super::totp::{self, enrol};
use super::{boss, holds, login, login_with, tally, word};
use crate::harness::{Actor, DEFAULT_PASSWORD, Reply, TestApp, together};
use crate::platform::support::until;

const AGENT: &str = "Auditor/1.0";

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq, mysql_async::prelude::FromRow)]
struct Line {
    action: String,
    actor: Option<String>,
    target: Option<String>,
    ip: String,
    user_agent: String,
}

/// The lines of a request.
async fn lines_of(app: &TestApp, request: &str) -> Vec<Line> {
    let sql = "SELECT action, LOWER(HEX(actor_id)) AS actor, LOWER(HEX(target_id)) AS target, ip, \
                 user_agent FROM audit_events WHERE request_id = ? ORDER BY id";
    app.database().rows(sql, (request,)).await
}

fn hex(id: &str) -> String {
    id.replace('-', "")
}

/// Exactly one line about this request, by and about these people.
async fn one_line(app: &TestApp, reply: &Reply, action: &str, actor: Option<&str>, target: &str) {
    let lines = lines_of(app, reply.header("x-request-id")).await;
    let wanted = Line {
        action: action.to_owned(),
        actor: actor.map(hex),
        target: Some(hex(target)),
        ip: "127.0.0.1".to_owned(),
        user_agent: AGENT.to_owned(),
    };
    assert_eq!(lines, [wanted], "{reply:?}");
}

async fn no_line(app: &TestApp, reply: &Reply) {
    let lines = lines_of(app, reply.header("x-request-id")).await;
    assert!(lines.is_empty(), "{lines:?} for {reply:?}");
}

/// Sends as the program that is looked for in the log.
async fn as_auditor(call: crate::harness::Call) -> Reply {
    call.header("user-agent", AGENT).await
}

#[tokio::test]
async fn signing_up_in_and_out_leaves_one_line_each() {
    let app = TestApp::start().await;
    let body =
        json!({ "username": "ann", "email": "ann@example.org", "password": DEFAULT_PASSWORD });
    let reply = as_auditor(app.anon().post("auth/register").json(body)).await;
    let rows: Vec<(String,)> = app
        .database()
        .rows("SELECT LOWER(HEX(id)) FROM users", ())
        .await;
    let id = rows[0].0.clone();
    one_line(&app, &reply, "account.registered", Some(&id), &id).await;
    let proof =
        json!({ "email": "ann@example.org", "code": app.code_for("ann@example.org").await });
    let reply = as_auditor(app.anon().post("auth/verify-email").json(proof)).await;
    one_line(&app, &reply, "email.verified", Some(&id), &id).await;
    let reply = as_auditor(login(&app, "ann", "wrong horse battery")).await;
    one_line(&app, &reply, "sign_in.failed", None, &id).await;
    let reply = as_auditor(login(&app, "ann", DEFAULT_PASSWORD)).await;
    one_line(&app, &reply, "sign_in.succeeded", Some(&id), &id).await;
    let token = word(&reply.ok(), "access_token");
    let ann = app.anon().with_token(Some(&token));
    let reply = as_auditor(ann.post("auth/logout")).await;
    one_line(&app, &reply, "session.ended", Some(&id), &id).await;
    let reply = as_auditor(ann.post("auth/logout")).await;
    no_line(&app, &reply).await;
    let ann = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let reply = as_auditor(ann.post("auth/logout-all")).await;
    one_line(&app, &reply, "sessions.ended", Some(&id), &id).await;
}

#[tokio::test]
async fn a_stolen_refresh_token_leaves_one_line() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let refresh = || {
        let body = json!({ "refresh_token": ann.refresh });
        as_auditor(app.anon().post("auth/refresh?transport=body").json(body))
    };
    no_line(&app, &refresh().await).await;
    let sql = "UPDATE sessions SET prev_until = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    let reply = refresh().await;
    reply.problem(401, "session_over");
    one_line(&app, &reply, "session.token_reused", Some(&ann.id), &ann.id).await;
    no_line(&app, &refresh().await).await;
}

#[tokio::test]
async fn the_second_factor_leaves_one_line_each_time() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let root = boss(&app, "root").await;
    let secret = word(&totp::begin(&ann).await, "secret");
    let code = json!({ "code": totp::code(&secret, &app, 0) });
    let reply = as_auditor(ann.post("me/totp/confirm").json(code)).await;
    one_line(&app, &reply, "totp.enabled", Some(&ann.id), &ann.id).await;
    let recovery = reply.ok::<Value>()["recovery_codes"][0].clone();
    let proof = json!({ "password": DEFAULT_PASSWORD, "code": recovery });
    let reply = as_auditor(ann.delete("me/totp").json(proof)).await;
    let lines = lines_of(&app, reply.header("x-request-id")).await;
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["recovery_code.used", "totp.disabled"]);
    let paper = enrol(&app, &ann).await;
    let wrong = paper.wrong_code(&app);
    let reply = as_auditor(login_with(&app, "ann", DEFAULT_PASSWORD, &wrong)).await;
    one_line(&app, &reply, "sign_in.failed", None, &ann.id).await;
    let path = format!("admin/users/{}/reset-2fa", ann.id);
    let reply = as_auditor(root.post(&path)).await;
    one_line(&app, &reply, "totp.disabled", Some(&root.id), &ann.id).await;
}

#[tokio::test]
async fn a_factor_that_is_not_on_is_not_said_to_be_removed() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let path = format!("admin/users/{}/reset-2fa", ann.id);
    let reply = as_auditor(root.post(&path)).await;
    no_line(&app, &reply).await;
}

#[tokio::test]
async fn keys_addresses_and_passwords_leave_one_line_each() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = Some(ann.id.as_str());
    let key = json!({ "name": "a program", "scopes": ["read"] });
    let reply = as_auditor(ann.post("me/api-keys").json(key)).await;
    one_line(&app, &reply, "api_key.created", own, &ann.id).await;
    let path = format!("me/api-keys/{}", word(&reply.created(), "id"));
    let reply = as_auditor(ann.delete(&path)).await;
    one_line(&app, &reply, "api_key.revoked", own, &ann.id).await;
    no_line(&app, &as_auditor(ann.delete(&path)).await).await;
    let body = json!({ "email": "new@example.org", "password": DEFAULT_PASSWORD });
    let reply = as_auditor(ann.post("me/email").json(body)).await;
    one_line(&app, &reply, "email.change_requested", own, &ann.id).await;
    let code = json!({ "code": app.code_for("new@example.org").await });
    let reply = as_auditor(ann.post("me/email/confirm").json(code)).await;
    one_line(&app, &reply, "email.changed", own, &ann.id).await;
    let body =
        json!({ "current_password": DEFAULT_PASSWORD, "new_password": "tulip-9-gravel-lamp" });
    let reply = as_auditor(ann.post("me/password").json(body)).await;
    one_line(&app, &reply, "password.changed", own, &ann.id).await;
    let body = json!({ "email": "new@example.org" });
    let reply = as_auditor(app.anon().post("auth/forgot-password").json(body)).await;
    let mail = until("the link is mailed", async || {
        app.mails()
            .await
            .into_iter()
            .find(|mail| mail.text.contains("#token="))
    })
    .await;
    one_line(&app, &reply, "password.reset_requested", None, &ann.id).await;
    let token = mail.text.split("#token=").nth(1).unwrap();
    let token = token.split_whitespace().next();
    let body = json!({ "token": token, "password": DEFAULT_PASSWORD });
    let reply = as_auditor(app.anon().post("auth/reset-password").json(body)).await;
    one_line(&app, &reply, "password.reset", own, &ann.id).await;
}

#[tokio::test]
async fn what_admins_do_and_the_end_of_an_account_leave_one_line_each() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let path = format!("admin/users/{}", ann.id);
    for (body, action) in [
        (json!({ "role": "admin" }), "account.role_changed"),
        (json!({ "role": "user" }), "account.role_changed"),
        (json!({ "status": "disabled" }), "account.status_changed"),
        (json!({ "status": "active" }), "account.status_changed"),
    ] {
        let reply = as_auditor(root.patch(&path).json(&body)).await;
        one_line(&app, &reply, action, Some(&root.id), &ann.id).await;
        let reply = as_auditor(root.patch(&path).json(&body)).await;
        no_line(&app, &reply).await;
    }
    let ann = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let body = json!({ "password": DEFAULT_PASSWORD });
    let reply = as_auditor(ann.delete("me").json(body)).await;
    one_line(
        &app,
        &reply,
        "account.deletion_requested",
        Some(&ann.id),
        &ann.id,
    )
    .await;
    let reply = as_auditor(login(&app, "ann", DEFAULT_PASSWORD)).await;
    let lines = lines_of(&app, reply.header("x-request-id")).await;
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["sign_in.succeeded", "account.deletion_cancelled"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_did_not_happen_leaves_no_line() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let register = |mail: &str| {
        let body = json!({ "username": "root", "email": mail, "password": DEFAULT_PASSWORD });
        app.anon().post("auth/register").json(body)
    };
    let replies = together((0..6).map(|n| register(&format!("new{n}@example.org")))).await;
    assert_eq!(tally(&replies, 409), 6);
    for reply in &replies {
        no_line(&app, reply).await;
    }
    let demotion = root.patch(&format!("admin/users/{}", root.id));
    let reply = demotion.json(json!({ "role": "user" })).await;
    reply.problem(409, "last_admin");
    no_line(&app, &reply).await;
    let body = json!({ "email": "taken@example.org", "password": DEFAULT_PASSWORD });
    root.post("me/email").json(body).await.accepted();
    let code = json!({ "code": app.code_for("taken@example.org").await });
    app.account("taken", true).await;
    let reply = root.post("me/email/confirm").json(code).await;
    reply.problem(403, "code_invalid");
    no_line(&app, &reply).await;
    let body = json!({ "code": "000000" });
    let reply = root.post("me/totp/confirm").json(body).await;
    reply.problem(403, "code_invalid");
    no_line(&app, &reply).await;
}

/// The whole log as an admin reads it, page by page.
async fn read_all(root: &Actor, filter: &str) -> Vec<Value> {
    let first = format!("admin/audit?limit=3{filter}");
    let (mut all, mut path) = (Vec::new(), first.clone());
    loop {
        let page: Value = root.get(&path).await.ok();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn admins_read_the_log_page_by_page_latest_first() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    for _ in 0..5 {
        let reply = login(&app, "ann", "wrong horse battery").await;
        reply.problem(401, "invalid_credentials");
    }
    let all = read_all(&root, "").await;
    let sql = "SELECT COUNT(*) FROM audit_events";
    let count = usize::try_from(app.database().count(sql).await).unwrap();
    let mut ids: Vec<String> = all.iter().map(|line| word(line, "id")).collect();
    assert_eq!(ids.len(), count);
    assert!(
        ids.is_sorted_by(|a, b| a > b),
        "latest first, none twice: {ids:?}"
    );
    ids.dedup();
    assert_eq!(ids.len(), count);
    let failed = read_all(&root, &format!("&action=sign_in.failed&target={}", ann.id)).await;
    assert_eq!(failed.len(), 5);
    for line in &failed {
        assert_eq!(line["actor_id"], Value::Null);
        assert!(word(line, "request_id").len() >= 16 && word(line, "at").ends_with('Z'));
    }
    let page: Value = root.get("admin/audit?limit=3").await.ok();
    let foreign = format!(
        "admin/audit?limit=3&action=x&cursor={}",
        word(&page, "next_cursor")
    );
    root.get(&foreign).await.problem(422, "invalid");
    ann.get("admin/audit").await.problem(403, "admin_required");
}

#[tokio::test]
async fn what_a_client_writes_into_its_name_forges_nothing() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    app.account("ann", true).await;
    let before = app
        .database()
        .count("SELECT COUNT(*) FROM audit_events")
        .await;
    let forged =
        "x\"},{\"action\":\"account.role_changed\"}\t'); DROP TABLE users; -- <script>%0a\\n";
    let call = login(&app, "ann", DEFAULT_PASSWORD).header("user-agent", forged);
    let reply = call.header("x-request-id", "a\"b c;d").await;
    let _: Value = reply.ok();
    let sql = "SELECT COUNT(*) FROM audit_events";
    assert_eq!(app.database().count(sql).await, before + 1);
    let log: Value = root.get("admin/audit?limit=1").await.ok();
    let line = &log["items"][0];
    assert_eq!(line["action"], "sign_in.succeeded");
    assert!(word(line, "user_agent").starts_with("x\"},{"));
    assert!(!word(line, "user_agent").contains(['\n', '\r']));
    assert_eq!(word(line, "request_id"), reply.header("x-request-id"));
    assert!(!word(line, "request_id").contains(['"', ' ', ';']));
}

#[tokio::test]
async fn no_secret_stands_in_any_line() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let paper = enrol(&app, &ann).await;
    let key = json!({ "name": "a program", "scopes": ["read"] });
    let key: Value = ann.post("me/api-keys").json(key).await.created();
    let (code, wrong) = (paper.code(&app), "planted-wrong-password");
    let _ = login_with(&app, "ann", wrong, &code).await;
    let _ = login(&app, wrong, wrong).await;
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &code).await.ok();
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &paper.recovery[0])
        .await
        .ok();
    let sql = "SELECT CONCAT_WS('|', action, ip, user_agent, request_id, detail) FROM audit_events";
    let rows: Vec<(String,)> = app.database().rows(sql, ()).await;
    let heap: String = rows.into_iter().map(|(line,)| line + "\n").collect();
    let token = ann.token.clone().unwrap();
    let key = word(&key, "key");
    for secret in [
        DEFAULT_PASSWORD,
        wrong,
        &paper.secret,
        &paper.recovery[0],
        &key,
        &token,
        &ann.refresh,
    ] {
        assert!(!holds(heap.as_bytes(), secret.as_bytes()), "{secret}");
    }
    assert!(!heap.contains(&format!("|{code}")), "{heap}");
}
