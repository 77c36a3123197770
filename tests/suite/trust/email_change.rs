//! Another mail address: asked for with the password, proven by a code at the new one, told at the
//! old one, and no way to learn whose addresses are known. Also the service that takes nobody in.

use serde_json::{Value, json};

use super::totp::enrol;
use super::{dump, holds, login, tally};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp, six_digits, together};

fn ask(actor: &Actor, email: &str) -> Call {
    let body = json!({ "email": email, "password": DEFAULT_PASSWORD });
    actor.post("me/email").json(body)
}

fn confirm(actor: &Actor, code: &str) -> Call {
    actor.post("me/email/confirm").json(json!({ "code": code }))
}

/// Another code than this one.
fn another(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

async fn let_a_minute_pass(app: &TestApp) {
    let sql = "UPDATE one_time_codes SET sent_at = sent_at - INTERVAL 1 MINUTE";
    app.database().exec(sql, ()).await;
}

async fn subjects_to(app: &TestApp, address: &str) -> Vec<String> {
    let mails = app.mails().await;
    let those = mails.into_iter().filter(|mail| mail.to == address);
    those.map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn the_code_goes_to_the_new_address_and_notices_to_the_old_one() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ask(&ann, "New@example.org").await.accepted();
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["email"], "ann@example.org");
    let old = subjects_to(&app, "ann@example.org").await;
    assert_eq!(old, ["Your mail address is about to change"]);
    let notice = app.mails().await.remove(0);
    assert!(six_digits(&notice.text).is_empty(), "{}", notice.text);
    let code = app.code_for("New@example.org").await;
    let me: Value = confirm(&ann, &code).await.ok();
    assert_eq!(me["email"], "New@example.org");
    let old = subjects_to(&app, "ann@example.org").await;
    assert_eq!(old[1..], ["Your mail address was changed"]);
    let _: Value = login(&app, "new@example.org", DEFAULT_PASSWORD).await.ok();
    let reply = login(&app, "ann@example.org", DEFAULT_PASSWORD).await;
    reply.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn another_address_is_asked_for_with_the_password_and_the_second_factor() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let wrong = json!({ "email": "new@example.org", "password": "wrong horse battery" });
    let reply = ann.post("me/email").json(wrong).await;
    reply.problem(403, "reauthentication_required");
    let reply = ask(&ann, "no address").await;
    reply.problem(422, "invalid");
    let paper = enrol(&app, &ann).await;
    let reply = ask(&ann, "new@example.org").await;
    reply.problem(403, "second_factor_required");
    let body = json!({
        "email": "new@example.org", "password": DEFAULT_PASSWORD, "code": paper.code(&app),
    });
    ann.post("me/email").json(body).await.accepted();
    assert_eq!(subjects_to(&app, "new@example.org").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_for_an_address_has_five_tries_one_use_and_ten_minutes() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let refused = |reply: crate::harness::Reply| {
        reply
            .problem(403, "code_invalid")
            .field("code", "code_invalid");
    };
    ask(&ann, "one@example.org").await.accepted();
    let code = app.code_for("one@example.org").await;
    let wrong = (0..20).map(|_| confirm(&ann, another(&code)));
    assert_eq!(tally(&together(wrong).await, 403), 20);
    refused(confirm(&ann, &code).await);
    let_a_minute_pass(&app).await;
    ask(&ann, "two@example.org").await.accepted();
    let sql = "UPDATE one_time_codes SET expires_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    let code = app.code_for("two@example.org").await;
    refused(confirm(&ann, &code).await);
    let_a_minute_pass(&app).await;
    ask(&ann, "three@example.org").await.accepted();
    let code = app.code_for("three@example.org").await;
    let replies = together((0..20).map(|_| confirm(&ann, &code))).await;
    assert_eq!((tally(&replies, 200), tally(&replies, 403)), (1, 19));
}

#[tokio::test]
async fn a_code_is_good_for_the_account_that_asked_and_for_the_latest_address() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ask(&ann, "one@example.org").await.accepted();
    let first = app.code_for("one@example.org").await;
    let reply = confirm(&bob, &first).await;
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
    let_a_minute_pass(&app).await;
    ask(&ann, "two@example.org").await.accepted();
    let second = app.code_for("two@example.org").await;
    if first != second {
        let reply = confirm(&ann, &first).await;
        reply
            .problem(403, "code_invalid")
            .field("code", "code_invalid");
    }
    let me: Value = confirm(&ann, &second).await.ok();
    assert_eq!(me["email"], "two@example.org");
}

#[tokio::test]
async fn a_taken_address_cannot_be_told_from_a_free_one() {
    let app = TestApp::start().await;
    for (name, verified) in [("bob", true), ("pat", false)] {
        app.account(name, verified).await;
    }
    let mut seen = Vec::new();
    for (name, wanted) in [
        ("eve", "bob@example.org"),
        ("ann", "free@example.org"),
        ("joe", "BOB@example.org"),
    ] {
        let actor = app.user(name).await;
        let asked = ask(&actor, wanted).await;
        asked.accepted();
        let tried = confirm(&actor, "000000").await;
        tried
            .problem(403, "code_invalid")
            .field("code", "code_invalid");
        seen.push((
            asked.header_names().join(" "),
            tried.header_names().join(" "),
        ));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    let told = subjects_to(&app, "bob@example.org").await;
    assert_eq!(told, ["You already have a Satchel account"; 2]);
    let mails = app.mails().await;
    let bobs = mails.iter().filter(|mail| mail.to == "bob@example.org");
    for mail in bobs {
        assert!(six_digits(&mail.text).is_empty(), "{}", mail.text);
    }
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_with_whoever_took_it() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ask(&ann, "late@example.org").await.accepted();
    let code = app.code_for("late@example.org").await;
    app.account("late", true).await;
    let reply = confirm(&ann, &code).await;
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["email"], "ann@example.org");
    let late = app
        .anon()
        .sign_in("late@example.org", DEFAULT_PASSWORD)
        .await;
    assert_ne!(late.id, ann.id);
}

#[tokio::test]
async fn a_code_for_an_address_does_not_stand_in_the_database() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ask(&ann, "new@example.org").await.accepted();
    let code = app.code_for("new@example.org").await;
    assert!(!holds(&dump(app.database()).await, code.as_bytes()));
}

#[tokio::test]
async fn a_closed_service_takes_nobody_in_and_lets_everybody_else_go_on() {
    let app = TestApp::start_with(&[("SATCHEL_REGISTRATION", "closed")]).await;
    let ann = app.user("ann").await;
    for name in ["new", "ann"] {
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": DEFAULT_PASSWORD,
        });
        for actor in [app.anon(), ann.clone()] {
            let reply = actor.post("auth/register").json(&body).await;
            reply.problem(403, "registration_closed");
        }
    }
    assert_eq!(app.database().count("SELECT COUNT(*) FROM users").await, 1);
    assert!(app.mails().await.is_empty());
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}
