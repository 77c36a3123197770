//! The six-digit code that proves an address: few tries, used once, replaced, expired.

use serde_json::{Value, json};

use super::{login, proof, registered};
use crate::harness::{DEFAULT_PASSWORD, Reply, TestApp, together};

/// A code that is not this one.
fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[track_caller]
fn refused(reply: &Reply) {
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
}

fn resend(app: &TestApp, email: &str) -> crate::harness::Call {
    let body = json!({ "email": email });
    app.anon().post("auth/resend-code").json(body)
}

/// As if the last code had been sent a minute ago.
async fn let_a_minute_pass(app: &TestApp) {
    let sql = "UPDATE one_time_codes SET sent_at = sent_at - INTERVAL 60 SECOND";
    assert_eq!(app.database().exec(sql, ()).await, 1);
}

#[tokio::test]
async fn the_right_code_opens_the_account() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    proof(&app, "ann@example.org", &code).await.no_content();
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn the_address_of_a_proof_may_be_written_in_another_letter_case() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "Ann@Example.org").await;
    proof(&app, " ann@example.ORG ", &code).await.no_content();
}

#[tokio::test]
async fn a_code_is_good_once() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    proof(&app, "ann@example.org", &code).await.no_content();
    refused(&proof(&app, "ann@example.org", &code).await);
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_refused() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    for _ in 0..5 {
        refused(&proof(&app, "ann@example.org", &another(&code)).await);
    }
    refused(&proof(&app, "ann@example.org", &code).await);
}

#[tokio::test]
async fn after_four_wrong_codes_the_right_one_is_taken() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    for _ in 0..4 {
        refused(&proof(&app, "ann@example.org", &another(&code)).await);
    }
    proof(&app, "ann@example.org", &code).await.no_content();
}

#[tokio::test]
async fn twenty_wrong_codes_at_once_are_five_tries() {
    let instances = TestApp::instances(2).await;
    let code = registered(&instances[0], "ann", "ann@example.org").await;
    let wrong = another(&code);
    let calls = (0..20).map(|n| proof(&instances[n % 2], "ann@example.org", &wrong));
    for reply in together(calls).await {
        refused(&reply);
    }
    let counted = "SELECT CAST(attempts AS SIGNED) FROM one_time_codes";
    assert_eq!(instances[0].database().count(counted).await, 5);
    refused(&proof(&instances[0], "ann@example.org", &code).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_right_codes_at_once_one_is_taken() {
    let instances = TestApp::instances(3).await;
    let code = registered(&instances[0], "ann", "ann@example.org").await;
    let calls = (0..50).map(|n| proof(&instances[n % 3], "ann@example.org", &code));
    let replies = together(calls).await;
    let (taken, others): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status() == 204);
    assert_eq!(taken.len(), 1);
    for reply in others {
        refused(reply);
    }
    let _: Value = login(&instances[1], "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn another_code_makes_the_first_one_worthless() {
    let app = TestApp::start().await;
    let first = registered(&app, "ann", "ann@example.org").await;
    let mut second = first.clone();
    // One in a million codes is the same again.
    while second == first {
        let_a_minute_pass(&app).await;
        resend(&app, "ann@example.org").await.accepted();
        second = app.code_for("ann@example.org").await;
    }
    refused(&proof(&app, "ann@example.org", &first).await);
    proof(&app, "ann@example.org", &second).await.no_content();
}

#[tokio::test]
async fn another_code_brings_new_tries() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    for _ in 0..5 {
        refused(&proof(&app, "ann@example.org", &another(&code)).await);
    }
    let_a_minute_pass(&app).await;
    resend(&app, "ann@example.org").await.accepted();
    let code = app.code_for("ann@example.org").await;
    proof(&app, "ann@example.org", &code).await.no_content();
}

#[tokio::test]
async fn a_second_code_within_seconds_is_not_sent_and_the_first_stays_good() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    resend(&app, "ann@example.org").await.accepted();
    assert_eq!(app.mails().await.len(), 1);
    proof(&app, "ann@example.org", &code).await.no_content();
}

#[tokio::test]
async fn asking_for_a_code_tells_nothing_about_an_address() {
    let app = TestApp::start().await;
    app.user("ann").await;
    for address in ["ann@example.org", "nobody@example.org"] {
        resend(&app, address).await.accepted();
    }
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn an_expired_code_is_refused() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    let sql = "UPDATE one_time_codes SET expires_at = UTC_TIMESTAMP(6)";
    assert_eq!(app.database().exec(sql, ()).await, 1);
    refused(&proof(&app, "ann@example.org", &code).await);
}

#[tokio::test]
async fn a_code_lives_ten_minutes_by_the_clock_of_the_database() {
    let app = TestApp::start().await;
    registered(&app, "ann", "ann@example.org").await;
    let life = "SELECT TIMESTAMPDIFF(SECOND, sent_at, expires_at) FROM one_time_codes";
    assert_eq!(app.database().count(life).await, 600);
}

#[tokio::test]
async fn a_code_proves_only_its_own_address() {
    let app = TestApp::start().await;
    let ann = registered(&app, "ann", "ann@example.org").await;
    let bob = registered(&app, "bob", "bob@example.org").await;
    if ann != bob {
        refused(&proof(&app, "bob@example.org", &ann).await);
    }
    refused(&proof(&app, "nobody@example.org", &ann).await);
    proof(&app, "ann@example.org", &ann).await.no_content();
}

#[tokio::test]
async fn what_is_no_code_is_named_as_such() {
    let app = TestApp::start().await;
    registered(&app, "ann", "ann@example.org").await;
    for code in ["12345", "1234567", "12345a", "", "\u{0661}\u{0662}\u{0663}"] {
        let reply = proof(&app, "ann@example.org", code).await;
        reply.problem(422, "invalid").field("code", "invalid_code");
    }
}

#[tokio::test]
async fn registering_again_before_the_proof_sends_another_code() {
    let app = TestApp::start().await;
    registered(&app, "ann", "ann@example.org").await;
    let_a_minute_pass(&app).await;
    let code = registered(&app, "ann2", "ann@example.org").await;
    assert_eq!(app.mails().await.len(), 2);
    proof(&app, "ann@example.org", &code).await.no_content();
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}
