//! A sign-in after it was opened: refreshed, stolen, ended; on every instance, whatever Redis knows.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use satchel::domain::id::{SessionId, UserId};
use satchel::domain::time::Timestamp;
use satchel::platform::clock::Clock;
use serde_json::{Value, json};

use crate::harness::{Actor, Call, DEFAULT_PASSWORD, PUBLIC_URL, Reply, TestApp, together};

const COOKIE: &str = "satchel_refresh";

/// A refresh by a program.
fn refresh(app: &TestApp, token: &str) -> Call {
    let call = app.anon().post("auth/refresh?transport=body");
    call.json(json!({ "refresh_token": token }))
}

/// A refresh by a browser.
fn refresh_by_cookie(app: &TestApp, token: &str) -> Call {
    let cookie = format!("theme=dark; {COOKIE}={token}");
    app.anon().post("auth/refresh").header("cookie", &cookie)
}

#[tokio::test]
async fn no_refresh_token_is_answered_like_an_unknown_one() {
    let app = TestApp::start().await;
    let path = "auth/refresh?transport=body";
    refresh(&app, "nonsense").await.problem(401, "session_over");
    let reply = app.anon().post(path).await;
    reply.problem(401, "session_over");
    for body in [json!(null), json!({}), json!({ "refresh_token": null })] {
        let reply = app.anon().post(path).json(&body).await;
        reply.problem(401, "session_over");
    }
    for body in [json!({ "refresh_token": 1 }), json!({ "token": "x" })] {
        let reply = app.anon().post(path).json(&body).await;
        reply.problem(422, "invalid");
    }
}

/// The refresh token and the access token of an answer.
#[track_caller]
fn tokens(reply: &Reply) -> (String, String) {
    let answer: Value = reply.ok();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("refresh_token"), text("access_token"))
}

/// As if the last rotation had been longer ago than the grace.
async fn let_the_grace_pass(app: &TestApp) {
    let sql = "UPDATE sessions SET prev_until = UTC_TIMESTAMP(6) WHERE prev_until IS NOT NULL";
    app.database().exec(sql, ()).await;
}

async fn is_signed_in(actor: &Actor) -> bool {
    let reply = actor.get("me").await;
    if reply.status() == 401 {
        reply.problem(401, "invalid_token");
        return false;
    }
    let _: Value = reply.ok();
    true
}

#[tokio::test]
async fn a_refresh_hands_out_a_new_pair() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (next, access) = tokens(&refresh(&app, &ann.refresh).await);
    assert_ne!(next, ann.refresh);
    assert!(is_signed_in(&ann.with_token(Some(&access))).await);
    let (after, _) = tokens(&refresh(&app, &next).await);
    assert_ne!(after, next);
}

#[tokio::test]
async fn a_refresh_answers_like_a_sign_in() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let answer: Value = refresh(&app, &ann.refresh).await.ok();
    let me: Value = ann.get("me").await.ok();
    assert_eq!(answer["user"], me);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 600);
}

#[tokio::test]
async fn a_browser_refreshes_by_its_cookie_and_gets_the_next_one() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = refresh_by_cookie(&app, &ann.refresh).await;
    let answer: Value = reply.ok();
    assert!(answer.get("refresh_token").is_none());
    let next = reply.cookie(COOKIE).unwrap();
    assert_ne!(next, ann.refresh);
    let _: Value = refresh_by_cookie(&app, &next).await.ok();
}

#[tokio::test]
async fn within_the_grace_the_old_token_gives_the_same_successor() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let (first, _) = tokens(&refresh(&instances[0], &ann.refresh).await);
    let (second, access) = tokens(&refresh(&instances[1], &ann.refresh).await);
    assert_eq!(first, second);
    assert!(is_signed_in(&ann.with_token(Some(&access))).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_refreshes_at_once_over_three_instances_all_get_the_same_token() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let calls = (0..20).map(|n| refresh(&instances[n % 3], &ann.refresh));
    let handed_out: Vec<String> = together(calls)
        .await
        .iter()
        .map(|reply| tokens(reply).0)
        .collect();
    assert!(handed_out.iter().all(|token| *token == handed_out[0]));
    let _ = tokens(&refresh(&instances[2], &handed_out[0]).await);
}

#[tokio::test]
async fn an_old_token_that_comes_back_ends_the_whole_sign_in_everywhere() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let (next, access) = tokens(&refresh(&instances[0], &ann.refresh).await);
    let victim = ann.with_token(Some(&access));
    for app in &instances {
        assert!(is_signed_in(&victim.at(app)).await);
    }
    let_the_grace_pass(&instances[0]).await;
    let thief = refresh(&instances[1], &ann.refresh).await;
    thief.problem(401, "session_over");
    for app in &instances {
        assert!(!is_signed_in(&victim.at(app)).await);
        assert!(!is_signed_in(&ann.at(app)).await);
    }
    let reply = refresh(&instances[2], &next).await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn a_token_of_two_rotations_ago_is_a_reuse_even_within_the_grace() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (second, _) = tokens(&refresh(&app, &ann.refresh).await);
    let (third, _) = tokens(&refresh(&app, &second).await);
    let reply = refresh(&app, &ann.refresh).await;
    reply.problem(401, "session_over");
    let reply = refresh(&app, &third).await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn a_reuse_leaves_the_other_sign_ins_of_the_account_alone() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let phone = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let _ = tokens(&refresh(&app, &ann.refresh).await);
    let_the_grace_pass(&app).await;
    let reply = refresh(&app, &ann.refresh).await;
    reply.problem(401, "session_over");
    assert!(is_signed_in(&phone).await);
    let _ = tokens(&refresh(&app, &phone.refresh).await);
}

#[tokio::test]
async fn noise_is_no_refresh_token_and_harms_nobody() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut altered = ann.refresh.clone().into_bytes();
    altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for noise in ["", "abc", &"A".repeat(86), &altered, "\u{e4}"] {
        let reply = refresh(&app, noise).await;
        reply.problem(401, "session_over");
    }
    let _ = tokens(&refresh(&app, &ann.refresh).await);
}

#[tokio::test]
async fn a_refused_refresh_clears_the_cookie() {
    let app = TestApp::start().await;
    let reply = refresh_by_cookie(&app, "abc").await;
    reply.problem(401, "session_over");
    assert_eq!(
        reply.header("set-cookie"),
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    );
    let reply = app.anon().post("auth/refresh").await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn a_sign_in_that_was_idle_or_open_for_too_long_is_over() {
    let app = TestApp::start().await;
    for column in ["idle_until", "expires_at"] {
        let name = column.replace('_', "-");
        let ann = app.user(&name).await;
        let sql = format!("UPDATE sessions SET {column} = UTC_TIMESTAMP(6)");
        app.database().exec(&sql, ()).await;
        let reply = refresh(&app, &ann.refresh).await;
        reply.problem(401, "session_over");
    }
}

#[tokio::test]
async fn a_disabled_account_cannot_refresh() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let sql = "UPDATE users SET status = 'disabled'";
    app.database().exec(sql, ()).await;
    let reply = refresh(&app, &ann.refresh).await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn another_site_cannot_refresh_with_the_cookie() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for (name, value) in foreign {
        let reply = refresh_by_cookie(&app, &ann.refresh).header(name, value);
        reply.await.problem(403, "cross_site");
    }
    let rotated = "SELECT COUNT(*) FROM sessions WHERE prev_hash IS NOT NULL";
    assert_eq!(app.database().count(rotated).await, 0);
}

#[tokio::test]
async fn the_own_page_can_refresh_with_the_cookie() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let call = refresh_by_cookie(&app, &ann.refresh)
        .header("origin", PUBLIC_URL)
        .header("sec-fetch-site", "same-origin");
    let _: Value = call.await.ok();
}

#[tokio::test]
async fn where_the_body_holds_the_token_the_origin_does_not_matter() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let call = refresh(&app, &ann.refresh).header("origin", "https://tool.example");
    let _ = tokens(&call.await);
}

#[tokio::test]
async fn a_sign_out_by_bearer_alone_acts_on_every_instance_at_once() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    for app in &instances {
        assert!(is_signed_in(&ann.at(app)).await);
    }
    ann.at(&instances[1]).post("auth/logout").await.no_content();
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await);
        let reply = ann.at(app).get("notes").await;
        reply.problem(401, "invalid_token");
    }
    let reply = refresh(&instances[0], &ann.refresh).await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn a_sign_out_survives_a_flush_of_redis() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    assert!(is_signed_in(&ann).await);
    ann.post("auth/logout").await.no_content();
    app.flush_redis().await;
    assert!(!is_signed_in(&ann).await);
}

#[tokio::test]
async fn a_sign_out_clears_the_cookie_and_can_be_repeated() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for _ in 0..2 {
        let reply = ann.post("auth/logout").await;
        reply.no_content();
        assert_eq!(reply.cookie(COOKIE).as_deref(), Some(""));
    }
}

#[tokio::test]
async fn a_sign_out_ends_no_other_sign_in() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let phone = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    ann.post("auth/logout").await.no_content();
    assert!(is_signed_in(&phone).await);
}

#[tokio::test]
async fn the_cookie_alone_can_sign_out() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let cookie = format!("{COOKIE}={}", ann.refresh);
    let call = app.anon().post("auth/logout").header("cookie", &cookie);
    call.await.no_content();
    assert!(!is_signed_in(&ann).await);
}

#[tokio::test]
async fn another_site_cannot_sign_out_with_the_cookie() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let cookie = format!("{COOKIE}={}", ann.refresh);
    let call = app.anon().post("auth/logout").header("cookie", &cookie);
    let reply = call.header("origin", "https://evil.example").await;
    reply.problem(403, "cross_site");
    assert!(is_signed_in(&ann).await);
}

#[tokio::test]
async fn an_old_cookie_that_signs_out_ends_the_sign_in_at_the_next_request() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (next, _) = tokens(&refresh(&app, &ann.refresh).await);
    let_the_grace_pass(&app).await;
    assert!(is_signed_in(&ann).await);
    let cookie = format!("{COOKIE}={}", ann.refresh);
    let call = app.anon().post("auth/logout").header("cookie", &cookie);
    call.await.no_content();
    assert!(!is_signed_in(&ann).await);
    let reply = refresh(&app, &next).await;
    reply.problem(401, "session_over");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_sign_in_of_this_account_alone() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let phone = instances[1].anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let bob = instances[0].user("bob").await;
    assert!(is_signed_in(&phone).await && is_signed_in(&ann).await);
    ann.post("auth/logout-all").await.no_content();
    assert!(!is_signed_in(&ann).await && !is_signed_in(&phone).await);
    for actor in [&ann, &phone] {
        let reply = refresh(&instances[1], &actor.refresh).await;
        reply.problem(401, "session_over");
    }
    assert!(is_signed_in(&bob).await);
}

#[tokio::test]
async fn a_token_in_the_database_is_only_a_digest() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let digests: Vec<(Vec<u8>,)> = app
        .database()
        .rows("SELECT refresh_hash FROM sessions", ())
        .await;
    let token = satchel::platform::crypto::decode(&ann.refresh).unwrap();
    assert_eq!(digests.len(), 1);
    assert_eq!(
        digests[0].0,
        satchel::platform::crypto::sha256(&token).to_vec()
    );
}

#[tokio::test]
async fn an_access_token_that_is_not_ours_is_refused() {
    let app = TestApp::start().await;
    let stranger = TestApp::start().await;
    let ann = app.user("ann").await;
    let token = ann.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let none = satchel::platform::crypto::encode(br#"{"alg":"none","typ":"at+jwt","kid":"k1"}"#);
    let foreign = stranger.user("ann").await.token.unwrap();
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], parts[0]),
        foreign,
        ann.refresh.clone(),
        "abc".to_owned(),
        String::new(),
    ];
    for token in forged {
        let reply = ann.with_token(Some(&token)).get("me").await;
        reply.problem(401, "invalid_token");
        assert_eq!(
            reply.header("www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
    }
}

#[tokio::test]
async fn an_expired_access_token_is_refused() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let sessions: Vec<(SessionId,)> = app.database().rows("SELECT id FROM sessions", ()).await;
    let user: UserId = ann.id.parse().unwrap();
    let signed_before = |seconds: i64| {
        let now = app.state.clock.now().micros();
        let then = Timestamp::from_micros(now - seconds * 1_000_000).unwrap();
        let clock = Clock::Manual(Arc::new(AtomicI64::new(then.micros())));
        app.state.tokens.sign(user, sessions[0].0, &clock).unwrap()
    };
    // Ten minutes of life; five seconds are forgiven to clocks that differ.
    assert!(is_signed_in(&ann.with_token(Some(&signed_before(500)))).await);
    assert!(!is_signed_in(&ann.with_token(Some(&signed_before(610)))).await);
}

#[tokio::test]
async fn only_one_bearer_token_in_its_own_header_counts() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let token = ann.token.clone().unwrap();
    let twice = ann
        .get("me")
        .header("authorization", &format!("Bearer {token}"));
    twice.await.problem(401, "invalid_token");
    let by_query = app.anon().get(&format!("me?access_token={token}"));
    by_query.await.problem(401, "unauthorized");
    let basic = app.anon().get("me").header("authorization", "Basic YTpi");
    basic.await.problem(401, "unauthorized");
    let lower = app.anon().get("me");
    let lower = lower.header("authorization", &format!("bearer {token}"));
    let _: Value = lower.await.ok();
}
