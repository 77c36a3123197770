//! Guessing passwords: ten tries a minute for a name, whoever tries, over all instances, with or
//! without Redis. Whoever knows the password of another account is never turned away.

use serde_json::Value;

use super::{dump, from_device, holds, login, tally};
use crate::harness::{Call, DEFAULT_PASSWORD, Reply, TestApp, together};

const WRONG: &str = "wrong horse battery";

/// Three instances over one database.
async fn three(redis: bool) -> Vec<TestApp> {
    if redis {
        return TestApp::instances(3).await;
    }
    let first = TestApp::start_with(&[("SATCHEL_REDIS_URL", "")]).await;
    vec![first.sibling(&[]), first.sibling(&[]), first]
}

/// Forty wrong tries at once.
async fn forty(instances: &[TestApp], names: &[&str]) -> Vec<Reply> {
    let calls = (0..40).map(|n| login(&instances[n % 3], names[n % names.len()], WRONG));
    together(calls).await
}

/// Ten got an answer about the password, thirty did not.
#[track_caller]
fn ten_of_forty(replies: &[Reply]) {
    for reply in replies.iter().filter(|reply| reply.status() == 429) {
        reply.problem(429, "too_many_requests");
        let after: u64 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&after), "{after}");
    }
    // Who was counted but got no turn in time is told to come again.
    let (looked_at, refused) = (
        tally(replies, 401) + tally(replies, 503),
        tally(replies, 429),
    );
    assert_eq!((looked_at, refused), (10, 30));
}

async fn wrong_tries(app: &TestApp, name: &str, count: usize) {
    for _ in 0..count {
        let reply = login(app, name, WRONG).await;
        reply.problem(401, "invalid_credentials");
    }
}

#[track_caller]
fn too_many(reply: &Reply) {
    reply.problem(429, "too_many_requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_forty_wrong_tries_at_once_over_three_instances_ten_are_looked_at() {
    for redis in [true, false] {
        let instances = three(redis).await;
        instances[0].account("ann", true).await;
        ten_of_forty(&forty(&instances, &["ann"]).await);
        for app in &instances {
            too_many(&login(app, "ann", DEFAULT_PASSWORD).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_nobody_has_is_counted_like_any_other() {
    for redis in [true, false] {
        let instances = three(redis).await;
        ten_of_forty(&forty(&instances, &["nobody"]).await);
        let spellings = [
            "someone@example.org",
            "Someone@Example.ORG",
            " someone@example.org ",
        ];
        ten_of_forty(&forty(&instances, &spellings).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spellings_of_a_name_are_counted_together() {
    let instances = three(true).await;
    instances[0].account("ann", true).await;
    let spellings = ["ann", "ANN", " Ann ", "\u{ff41}\u{ff4e}\u{ff4e}"];
    ten_of_forty(&forty(&instances, &spellings).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn name_and_address_of_one_account_are_counted_together() {
    let instances = three(true).await;
    instances[0].account("ann", true).await;
    ten_of_forty(&forty(&instances, &["ann", "ann@example.org"]).await);
}

#[tokio::test]
async fn a_flush_of_redis_forgives_nothing() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    wrong_tries(&app, "ann", 10).await;
    app.flush_redis().await;
    too_many(&login(&app, "ann", DEFAULT_PASSWORD).await);
}

#[tokio::test]
async fn the_throttle_stays_when_the_general_limits_are_off() {
    let app = TestApp::start_with(&[("SATCHEL_API_LIMITS", "off")]).await;
    wrong_tries(&app, "nobody", 10).await;
    too_many(&login(&app, "nobody", WRONG).await);
}

#[tokio::test]
async fn a_window_ends_by_the_clock_of_the_database_and_the_next_one_begins_anew() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    wrong_tries(&app, "ann", 10).await;
    too_many(&login(&app, "ann", DEFAULT_PASSWORD).await);
    let sql = "UPDATE throttles SET expires_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    wrong_tries(&app, "ann", 10).await;
    too_many(&login(&app, "ann", DEFAULT_PASSWORD).await);
}

#[tokio::test]
async fn right_passwords_are_not_counted_and_forgive_no_wrong_ones() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    for _ in 0..15 {
        let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    }
    wrong_tries(&app, "ann", 9).await;
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    wrong_tries(&app, "ann", 1).await;
    too_many(&login(&app, "ann", WRONG).await);
}

#[tokio::test]
async fn a_name_that_is_guessed_at_leaves_all_other_names_alone() {
    let app = TestApp::start().await;
    app.account("bob", true).await;
    wrong_tries(&app, "ann", 10).await;
    too_many(&login(&app, "ann", WRONG).await);
    let _: Value = login(&app, "bob", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn a_right_password_is_taken_beyond_a_hundred_failures_from_one_address() {
    let app = TestApp::start().await;
    app.account("bob", true).await;
    wrong_tries(&app, "somebody", 1).await;
    // As if this address had failed with a hundred names.
    let sql = "UPDATE throttles SET count = 100";
    app.database().exec(sql, ()).await;
    let reply = login(&app, "another", WRONG).await;
    too_many(&reply);
    let after: u64 = reply.header("retry-after").parse().unwrap();
    assert!((60..=600).contains(&after), "{after}");
    too_many(&login(&app, "bob", WRONG).await);
    for _ in 0..3 {
        let _: Value = login(&app, "bob", DEFAULT_PASSWORD).await.ok();
    }
}

#[tokio::test]
async fn the_hundredth_failure_of_an_address_is_answered_and_the_next_is_not() {
    let app = TestApp::start().await;
    wrong_tries(&app, "somebody", 1).await;
    let sql = "UPDATE throttles SET count = 99";
    app.database().exec(sql, ()).await;
    wrong_tries(&app, "another", 1).await;
    too_many(&login(&app, "third", WRONG).await);
}

/// A try by a browser that was signed in before.
fn by_device(app: &TestApp, name: &str, password: &str, refresh: &str) -> Call {
    from_device(login(app, name, password), refresh)
}

#[tokio::test]
async fn strangers_cannot_lock_the_owner_out_of_a_known_device() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    ann.post("auth/logout").await.no_content();
    wrong_tries(&instances[0], "ann", 10).await;
    too_many(&login(&instances[1], "ann", DEFAULT_PASSWORD).await);
    for app in &instances {
        let reply = by_device(app, "ann", DEFAULT_PASSWORD, &ann.refresh).await;
        let _: Value = reply.ok();
        let reply = by_device(app, "ann@example.org", DEFAULT_PASSWORD, &ann.refresh).await;
        let _: Value = reply.ok();
    }
}

#[tokio::test]
async fn a_known_device_may_not_guess_without_end_either() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for _ in 0..10 {
        let reply = by_device(&app, "ann", WRONG, &ann.refresh).await;
        reply.problem(401, "invalid_credentials");
    }
    too_many(&by_device(&app, "ann", DEFAULT_PASSWORD, &ann.refresh).await);
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn the_cookie_of_another_account_or_noise_wins_no_further_tries() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let bob = app.user("bob").await;
    wrong_tries(&app, "ann", 10).await;
    let mut altered = bob.refresh.clone();
    altered.replace_range(0..1, if altered.starts_with('A') { "B" } else { "A" });
    for cookie in [bob.refresh.as_str(), &altered, "noise", ""] {
        too_many(&by_device(&app, "ann", DEFAULT_PASSWORD, cookie).await);
    }
}

#[tokio::test]
async fn names_that_were_tried_do_not_stand_in_the_database() {
    let app = TestApp::start().await;
    let name = "my-password-in-the-wrong-field";
    wrong_tries(&app, name, 2).await;
    let heap = dump(app.database()).await;
    assert!(!holds(&heap, name.as_bytes()) && !holds(&heap, WRONG.as_bytes()));
}
