//! The list of sign-ins: where somebody is signed in, which one asks, and the end of any of them at
//! its next request, whatever Redis remembers.

use serde_json::{Value, json};

use super::{boss, is_signed_in, login, word};
use crate::harness::{Actor, DEFAULT_PASSWORD, TestApp, together};

/// A sign-in with a browser of this name.
async fn sign_in_with(app: &TestApp, name: &str, agent: &str) -> Actor {
    let call = login(app, name, DEFAULT_PASSWORD).header("user-agent", agent);
    let answer: Value = call.await.ok();
    let mut actor = app.anon().with_token(Some(&word(&answer, "access_token")));
    actor.refresh = word(&answer, "refresh_token");
    actor
}

async fn list(actor: &Actor) -> Vec<Value> {
    let page: Value = actor.get("me/sessions").await.ok();
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

/// The id of the sign-in that asks.
async fn own_id(actor: &Actor) -> String {
    let items = list(actor).await;
    let current: Vec<&Value> = items
        .iter()
        .filter(|item| item["current"] == true)
        .collect();
    assert_eq!(current.len(), 1, "{items:?}");
    word(current[0], "id")
}

async fn new_device_mails(app: &TestApp) -> usize {
    let mails = app.mails().await;
    let subject = "A sign-in from a new device";
    mails.iter().filter(|mail| mail.subject == subject).count()
}

#[tokio::test]
async fn the_list_shows_the_own_sign_ins_with_device_and_address() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let laptop = sign_in_with(&app, "ann", "Laptop/1.0").await;
    let phone = sign_in_with(&app, "ann", "Phone/2.0").await;
    let bob = app.user("bob").await;
    assert_eq!(list(&bob).await.len(), 1);
    let items = list(&laptop).await;
    let mut seen: Vec<(String, bool)> = items
        .iter()
        .map(|item| (word(item, "user_agent"), item["current"] == true))
        .collect();
    seen.sort();
    let wanted = [
        ("Laptop/1.0".to_owned(), true),
        ("Phone/2.0".to_owned(), false),
    ];
    assert_eq!(seen, wanted);
    assert!(items.iter().all(|item| item["ip"] == "127.0.0.1"));
    assert_ne!(own_id(&laptop).await, own_id(&phone).await);
    for secret in ["hash", "token"] {
        assert!(!items[0].to_string().contains(secret), "{items:?}");
    }
}

#[tokio::test]
async fn a_refresh_makes_no_further_sign_in() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let id = own_id(&ann).await;
    let body = json!({ "refresh_token": ann.refresh });
    let again: Value = ann
        .post("auth/refresh?transport=body")
        .json(body)
        .await
        .ok();
    let ann = ann.with_token(Some(&word(&again, "access_token")));
    assert_eq!(own_id(&ann).await, id);
    assert_eq!(list(&ann).await.len(), 1);
}

#[tokio::test]
async fn what_is_over_is_not_listed() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for column in ["idle_until", "expires_at", "revoked_at"] {
        let other = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
        let id: uuid::Uuid = own_id(&other).await.parse().unwrap();
        assert_eq!(list(&ann).await.len(), 2);
        let sql = format!("UPDATE sessions SET {column} = UTC_TIMESTAMP(6) WHERE id = ?");
        let id = id.as_bytes().to_vec();
        assert_eq!(app.database().exec(&sql, (id,)).await, 1);
        assert_eq!(list(&ann).await.len(), 1, "{column}");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_ended_is_over_on_every_instance_and_for_good() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let phone = instances[1].anon().sign_in("ann", DEFAULT_PASSWORD).await;
    for app in &instances {
        assert!(is_signed_in(&phone.at(app)).await);
    }
    let path = format!("me/sessions/{}", own_id(&phone).await);
    ann.at(&instances[2]).delete(&path).await.no_content();
    for app in &instances {
        assert!(!is_signed_in(&phone.at(app)).await);
        assert!(is_signed_in(&ann.at(app)).await);
    }
    instances[0].flush_redis().await;
    assert!(!is_signed_in(&phone).await && is_signed_in(&ann).await);
    let body = json!({ "refresh_token": phone.refresh });
    let again = phone.post("auth/refresh?transport=body").json(body).await;
    again.problem(401, "session_over");
    ann.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_own_sign_in_can_be_ended_like_any_other() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let path = format!("me/sessions/{}", own_id(&ann).await);
    ann.delete(&path).await.no_content();
    assert!(!is_signed_in(&ann).await);
}

#[tokio::test]
async fn the_sign_in_of_another_account_is_out_of_reach() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let root = boss(&app, "root").await;
    let path = format!("me/sessions/{}", own_id(&ann).await);
    for stranger in [&bob, &root] {
        stranger.delete(&path).await.problem(404, "not_found");
    }
    let missing = format!("me/sessions/{}", crate::harness::id());
    bob.delete(&missing).await.problem(404, "not_found");
    bob.delete("me/sessions/1").await.problem(404, "not_found");
    assert!(is_signed_in(&ann).await);
}

#[tokio::test]
async fn a_new_device_is_told_by_mail_once() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    sign_in_with(&app, "ann", "Laptop/1.0").await;
    assert_eq!(
        new_device_mails(&app).await,
        0,
        "nothing to compare with yet"
    );
    sign_in_with(&app, "ann", "Laptop/1.0").await;
    assert_eq!(new_device_mails(&app).await, 0);
    sign_in_with(&app, "ann", "<b>Phone</b>/2.0").await;
    assert_eq!(new_device_mails(&app).await, 1);
    let mail = app.mails().await.pop().unwrap();
    assert!(mail.text.contains("<b>Phone</b>/2.0") && mail.text.contains("127.0.0.1"));
    assert!(!mail.html.unwrap().contains("<b>Phone"));
    sign_in_with(&app, "ann", "<b>Phone</b>/2.0").await;
    sign_in_with(&app, "ann", "Laptop/1.0").await;
    assert_eq!(new_device_mails(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_at_once_from_a_new_device_are_told_by_one_mail() {
    let instances = TestApp::instances(2).await;
    instances[0].account("ann", true).await;
    sign_in_with(&instances[0], "ann", "Laptop/1.0").await;
    for round in 1..=6 {
        let agent = format!("Phone/{round}.0");
        let calls = (0..4).map(|n| {
            login(&instances[n % 2], "ann", DEFAULT_PASSWORD).header("user-agent", &agent)
        });
        for reply in together(calls).await {
            let _: Value = reply.ok();
        }
        assert_eq!(new_device_mails(&instances[0]).await, round);
    }
}
