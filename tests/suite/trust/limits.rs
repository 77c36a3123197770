//! The general limits: one count over all instances, told in headers, by account or by address, and
//! stricter while Redis is away. The windows here are a day long, so that none ends within a test.

use serde_json::{Value, json};

use super::{login, tally};
use crate::harness::{Actor, Call, Reply, TestApp, together};
use crate::platform::support::OwnRedis;

const PROXY: (&str, &str) = ("SATCHEL_TRUSTED_PROXIES", "127.0.0.0/8");

/// So many instances with limits.
async fn limited(count: usize, settings: &[(&str, &str)]) -> Vec<TestApp> {
    let mut all = vec![("SATCHEL_API_LIMITS", "on")];
    all.extend_from_slice(settings);
    let first = TestApp::start_with(&all).await;
    let others = (1..count).map(|_| first.sibling(&[]));
    let mut instances: Vec<TestApp> = others.collect();
    instances.push(first);
    instances
}

/// A request that anybody may make and that does no work worth naming.
fn knock(app: &TestApp) -> Call {
    let body = json!({ "email": "nobody@example.org", "code": "123456" });
    app.anon().post("auth/verify-email").json(body)
}

fn from(call: Call, address: &str) -> Call {
    call.header("x-forwarded-for", address)
}

/// The number behind `r=`.
#[track_caller]
fn remaining(reply: &Reply) -> u64 {
    let text = reply.header("ratelimit");
    let number = text.split(";r=").nth(1).unwrap().split(';').next();
    number.unwrap().parse().unwrap()
}

/// One too many: when to come back is told, and the quota with it.
#[track_caller]
fn over(reply: &Reply) {
    reply.problem(429, "too_many_requests");
    let after: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=86_400).contains(&after), "{after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_instances_count_one_account_together_exactly() {
    let instances = limited(3, &[("SATCHEL_LIMIT_USER", "30/86400")]).await;
    let ann = instances[0].user("ann").await;
    let bob = instances[0].user("bob").await;
    let paths = ["notes", "me", "me/sessions"];
    let calls = (0..50).map(|n| ann.at(&instances[n % 3]).get(paths[n % 2]));
    let replies = together(calls).await;
    assert_eq!((tally(&replies, 200), tally(&replies, 429)), (30, 20));
    let mut left: Vec<u64> = replies
        .iter()
        .filter(|reply| reply.status() == 200)
        .map(remaining)
        .collect();
    left.sort_unstable();
    assert_eq!(left, (0..30).collect::<Vec<u64>>());
    for reply in replies.iter().filter(|reply| reply.status() == 429) {
        over(reply);
        assert_eq!(remaining(reply), 0);
    }
    for path in paths {
        over(&ann.at(&instances[1]).get(path).await);
        assert_eq!(bob.at(&instances[1]).get(path).await.status(), 200);
    }
}

#[tokio::test]
async fn every_answer_tells_the_quota_and_what_is_left_of_it() {
    let settings = [
        ("SATCHEL_LIMIT_USER", "9/86400"),
        ("SATCHEL_LIMIT_ADDRESS", "7/86400"),
    ];
    let app = limited(1, &settings).await.remove(0);
    let ann = app.user("ann").await;
    let replies = [
        ann.get("notes").await,
        ann.post("notes").json(json!({ "title": "N" })).await,
        ann.get("notes/none").await,
        ann.patch("me").json(json!({ "role": "x" })).await,
        ann.get("admin/users").await,
    ];
    for (reply, left) in replies.iter().zip((0..9).rev()) {
        assert_eq!(reply.header("ratelimit-policy"), "\"user\";q=9;w=86400");
        assert_eq!(remaining(reply), left, "{reply:?}");
    }
    let reply = login(&app, "ann", "wrong horse battery").await;
    reply.problem(401, "invalid_credentials");
    assert_eq!(reply.header("ratelimit-policy"), "\"address\";q=7;w=86400");
    // One was the sign-in of ann.
    assert_eq!(remaining(&reply), 5);
    for left in (0..5).rev() {
        assert_eq!(remaining(&knock(&app).await), left);
    }
    over(&knock(&app).await);
    assert_eq!(
        ann.get("me").await.status(),
        200,
        "who is signed in has a count of her own"
    );
}

#[tokio::test]
async fn the_keys_of_an_account_share_its_quota() {
    let app = limited(1, &[("SATCHEL_LIMIT_USER", "6/86400")])
        .await
        .remove(0);
    let ann = app.user("ann").await;
    let body = json!({ "name": "a program", "scopes": ["read"] });
    let key: Value = ann.post("me/api-keys").json(body).await.created();
    let program: Actor = ann.with_token(key["key"].as_str());
    for left in [4, 2, 0] {
        assert_eq!(remaining(&program.get("notes").await), left);
        let own = ann.get("notes").await;
        if left > 0 {
            assert_eq!(remaining(&own), left - 1);
        }
    }
    over(&program.get("me").await);
    over(&ann.get("me").await);
}

#[tokio::test]
async fn registrations_and_mails_have_quotas_of_their_own() {
    let settings = [
        ("SATCHEL_LIMIT_REGISTER", "3/86400"),
        ("SATCHEL_LIMIT_MAIL", "2/86400"),
        PROXY,
    ];
    let instances = limited(2, &settings).await;
    let register = |n: usize, address: &str| {
        let name = format!("user{n}");
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": "tulip-9-gravel-lamp",
        });
        let call = instances[n % 2].anon().post("auth/register");
        from(call.json(body), address)
    };
    for n in 0..3 {
        register(n, "203.0.113.1").await.expect_status(201);
    }
    over(&register(3, "203.0.113.1").await);
    register(4, "203.0.113.2").await.expect_status(201);
    let sql = "SELECT COUNT(*) FROM users";
    assert_eq!(instances[0].database().count(sql).await, 4);
    let mail = |n: usize, address: &str| {
        let path = ["auth/forgot-password", "auth/resend-code"][n % 2];
        let body = json!({ "email": "user0@example.org" });
        from(instances[n % 2].anon().post(path).json(body), address)
    };
    for n in 0..2 {
        mail(n, "203.0.113.1").await.accepted();
    }
    for n in 2..4 {
        over(&mail(n, "203.0.113.1").await);
    }
    mail(4, "203.0.113.2").await.accepted();
    let reply = from(knock(&instances[0]), "203.0.113.1").await;
    assert_eq!(reply.status(), 403, "the rest goes on: {reply:?}");
}

#[tokio::test]
async fn switched_off_nothing_is_counted_or_told() {
    let settings = [
        ("SATCHEL_API_LIMITS", "off"),
        ("SATCHEL_LIMIT_USER", "1/86400"),
        ("SATCHEL_LIMIT_ADDRESS", "1/86400"),
        ("SATCHEL_LIMIT_MAIL", "1/86400"),
    ];
    let app = TestApp::start_with(&settings).await;
    let ann = app.user("ann").await;
    for _ in 0..3 {
        let body = json!({ "email": "nobody@example.org" });
        let mail = app.anon().post("auth/resend-code").json(body);
        for reply in [ann.get("notes").await, knock(&app).await, mail.await] {
            assert!(matches!(reply.status(), 200 | 202 | 403), "{reply:?}");
            let told = reply
                .header_names()
                .iter()
                .any(|name| name.starts_with("ratelimit"));
            assert!(!told, "{reply:?}");
        }
    }
}

#[tokio::test]
async fn without_redis_each_instance_allows_a_quarter_and_is_never_open() {
    let mut redis = OwnRedis::start().await;
    let url = redis.url();
    let settings = [
        ("SATCHEL_REDIS_URL", url.as_str()),
        ("SATCHEL_LIMIT_USER", "20/86400"),
        ("SATCHEL_LIMIT_ADDRESS", "20/86400"),
        ("SATCHEL_LIMIT_REGISTER", "1/86400"),
    ];
    let instances = limited(2, &settings).await;
    let ann = instances[0].user("ann").await;
    let first = ann.at(&instances[0]);
    redis.stop();
    for app in &instances {
        let calls = (0..12).map(|_| ann.at(app).get("me"));
        let replies = together(calls).await;
        assert_eq!((tally(&replies, 200), tally(&replies, 429)), (5, 7));
        for reply in replies.iter().filter(|reply| reply.status() == 429) {
            over(reply);
        }
        over(&ann.at(app).get("notes").await);
        let replies = together((0..12).map(|_| knock(app))).await;
        assert_eq!((tally(&replies, 403), tally(&replies, 429)), (5, 7));
    }
    redis.start_again().await;
    crate::platform::support::until("the shared count is used again", async || {
        instances[0].state.cache.probe().await;
        (first.get("me").await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_network_of_one_subscriber_counts_as_one_address() {
    let app = limited(1, &[("SATCHEL_LIMIT_ADDRESS", "3/86400"), PROXY])
        .await
        .remove(0);
    for address in [
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2:ffff:ffff:ffff:ffff",
    ] {
        assert_eq!(from(knock(&app), address).await.status(), 403);
    }
    over(&from(knock(&app), "2001:db8:1:2:dead::beef").await);
    over(&from(knock(&app), "2001:0DB8:0001:0002::9").await);
    assert_eq!(from(knock(&app), "2001:db8:1:3::1").await.status(), 403);
    for address in ["198.51.100.7", "::ffff:198.51.100.7", "198.51.100.7:4711"] {
        assert_eq!(from(knock(&app), address).await.status(), 403, "{address}");
    }
    over(&from(knock(&app), "198.51.100.7").await);
    assert_eq!(from(knock(&app), "198.51.100.8").await.status(), 403);
}

#[tokio::test]
async fn an_address_that_a_client_makes_up_changes_nothing() {
    let settings = [
        ("SATCHEL_LIMIT_ADDRESS", "4/86400"),
        ("SATCHEL_TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let app = limited(1, &settings).await.remove(0);
    let made_up = |n: usize| {
        let address = format!("203.0.113.{n}");
        from(knock(&app), &address)
            .header("x-real-ip", &address)
            .header("forwarded", &format!("for={address}"))
            .header("cf-connecting-ip", &address)
            .header("true-client-ip", &address)
    };
    for n in 0..4 {
        assert_eq!(remaining(&made_up(n).await), 3 - u64::try_from(n).unwrap());
    }
    over(&made_up(5).await);
}

#[tokio::test]
async fn behind_a_trusted_proxy_what_a_client_wrote_in_front_changes_nothing() {
    let app = limited(1, &[("SATCHEL_LIMIT_ADDRESS", "4/86400"), PROXY])
        .await
        .remove(0);
    let forms = [
        "203.0.113.1, 192.0.2.9",
        "10.0.0.1,192.0.2.9",
        "nonsense, 192.0.2.9",
        "192.0.2.9",
    ];
    for form in forms {
        assert_eq!(from(knock(&app), form).await.status(), 403, "{form}");
    }
    over(&from(knock(&app), "8.8.8.8, 192.0.2.9").await);
    let two = from(from(knock(&app), "8.8.8.8"), "192.0.2.9");
    over(&two.await);
}
