//! What is refused where somebody must prove who they are: each leaves a line, a flood of them does
//! not fill the log, and none of it tells a stranger which accounts there are.

use std::collections::BTreeMap;

use satchel::platform::db::Query;
use serde_json::json;

use super::totp::enrol;
use super::{boss, login, tally};
use crate::harness::{Actor, DEFAULT_PASSWORD, Reply, TestApp, together};

const WRONG: &str = "wrong horse battery";
const AGENT: &str = "Auditor/1.0";

/// A line of the log: what, who, whose account, the words; ids as in the API.
#[derive(Debug, PartialEq, Eq, mysql_async::prelude::FromRow)]
struct Line {
    action: String,
    actor: Option<String>,
    target: Option<String>,
    detail: String,
}

/// Exactly one line about a request, from the auditor's program.
async fn one_line(
    app: &TestApp,
    reply: &Reply,
    action: &str,
    who: [Option<&str>; 2],
    detail: &str,
) {
    let sql = "SELECT action, LOWER(HEX(actor_id)) AS actor, LOWER(HEX(target_id)) AS target, detail \
               FROM audit_events WHERE request_id = ? AND user_agent = ? AND ip = '127.0.0.1' \
                 AND at > UTC_TIMESTAMP(6) - INTERVAL 1 HOUR";
    let request = reply.header("x-request-id");
    let lines: Vec<Line> = app.database().rows(sql, (request, AGENT)).await;
    let [actor, target] = who.map(|id| id.map(|id| id.replace('-', "")));
    let wanted = Line {
        action: action.to_owned(),
        actor,
        target,
        detail: detail.to_owned(),
    };
    assert_eq!(lines, [wanted], "{reply:?}");
}

/// How often something is in the log.
async fn count(app: &TestApp, action: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM audit_events WHERE action = ?";
    let rows: Vec<(i64,)> = app.database().rows(sql, (action,)).await;
    rows[0].0
}

/// Every act that asks for the password again.
fn guarded(ann: &Actor, password: &str, code: Option<&str>) -> Vec<crate::harness::Call> {
    let mut proof = json!({ "password": password });
    let mut change = json!({ "current_password": password, "new_password": "tulip-9-gravel-lamp" });
    let mut email = json!({ "email": "new@example.org", "password": password });
    if let Some(code) = code {
        for body in [&mut proof, &mut change, &mut email] {
            body["code"] = json!(code);
        }
    }
    let calls = [
        ann.post("me/totp").json(&proof),
        ann.delete("me/totp").json(&proof),
        ann.delete("me").json(&proof),
        ann.post("me/password").json(change),
        ann.post("me/email").json(email),
    ];
    calls.map(|call| call.header("user-agent", AGENT)).into()
}

#[tokio::test]
async fn a_wrong_proof_of_somebody_signed_in_leaves_one_line() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = [Some(ann.id.as_str()); 2];
    for call in guarded(&ann, WRONG, None) {
        let reply = call.await;
        reply.problem(403, "reauthentication_required");
        one_line(&app, &reply, "reauthentication.failed", own, "password").await;
    }
    app.database().exec("DELETE FROM throttles", ()).await;
    let paper = enrol(&app, &ann).await;
    let wrong = paper.wrong_code(&app);
    for call in guarded(&ann, DEFAULT_PASSWORD, Some(&wrong)) {
        let reply = call.await;
        reply.problem(403, "second_factor_invalid");
        one_line(&app, &reply, "reauthentication.failed", own, "code").await;
    }
    // Whoever did not know that a code is needed proved nothing wrong.
    let before = count(&app, "reauthentication.failed").await;
    let body = json!({ "password": DEFAULT_PASSWORD });
    let reply = ann.delete("me/totp").json(body).await;
    reply.problem(403, "second_factor_required");
    assert_eq!(count(&app, "reauthentication.failed").await, before);
}

#[tokio::test]
async fn of_many_wrong_proofs_ten_and_the_first_that_was_turned_away_are_in_the_log() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut turned_away = Vec::new();
    for n in 0..14 {
        let call = guarded(&ann, WRONG, None).swap_remove(0);
        let reply = call.await;
        if n >= 10 {
            reply.problem(429, "too_many_requests");
            turned_away.push(reply);
        }
    }
    assert_eq!(count(&app, "reauthentication.failed").await, 10);
    assert_eq!(count(&app, "reauthentication.throttled").await, 1);
    let own = [Some(ann.id.as_str()); 2];
    let (first, action) = (&turned_away[0], "reauthentication.throttled");
    one_line(&app, first, action, own, "account").await;
}

#[tokio::test]
async fn a_right_password_of_an_account_that_may_not_sign_in_leaves_one_line() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let ann = app.user("ann").await;
    let off = json!({ "status": "disabled" });
    let path = format!("admin/users/{}", ann.id);
    root.patch(&path).json(off).await.expect_status(200);
    let try_it = async |name: &str| {
        let call = login(&app, name, DEFAULT_PASSWORD);
        call.header("user-agent", AGENT).await
    };
    let reply = try_it("ann").await;
    reply.problem(403, "account_disabled");
    let whose = [None, Some(ann.id.as_str())];
    one_line(&app, &reply, "sign_in.refused", whose, "account_disabled").await;
    app.account("bob", false).await;
    let sql = "SELECT LOWER(HEX(id)) FROM users WHERE username = 'bob'";
    let bob: Vec<(String,)> = app.database().rows(sql, ()).await;
    let reply = try_it("bob").await;
    reply.problem(403, "email_not_verified");
    let whose = [None, Some(bob[0].0.as_str())];
    one_line(&app, &reply, "sign_in.refused", whose, "email_not_verified").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_under_one_name_leaves_one_line_a_window_over_all_instances() {
    let instances = TestApp::instances(3).await;
    let app = &instances[0];
    app.account("ann", true).await;
    for (windows, name) in [(1, "ann"), (2, "nobody")] {
        let calls = (0..40).map(|n| login(&instances[n % 3], name, WRONG));
        let replies = together(calls).await;
        assert_eq!(tally(&replies, 429), 30);
        assert_eq!(count(app, "sign_in.throttled").await, windows);
    }
    let sql = "SELECT COUNT(*) FROM audit_events e LEFT JOIN users u ON u.id = e.target_id \
               WHERE action = 'sign_in.throttled' AND detail = 'account' AND actor_id IS NULL \
                 AND COALESCE(u.username, '') = ";
    for name in ["'ann'", "''"] {
        assert_eq!(app.database().count(&format!("{sql}{name}")).await, 1);
    }
    // A count that sinks and rises again is still the same window; the next window is another one.
    let sunk = "UPDATE throttles SET count = 10";
    app.database().exec(sunk, ()).await;
    login(app, "ann", WRONG)
        .await
        .problem(429, "too_many_requests");
    assert_eq!(count(app, "sign_in.throttled").await, 2);
    let over = "UPDATE throttles SET expires_at = UTC_TIMESTAMP(6)";
    app.database().exec(over, ()).await;
    let replies = together((0..15).map(|_| login(app, "ann", WRONG))).await;
    assert_eq!(tally(&replies, 429), 5);
    assert_eq!(count(app, "sign_in.throttled").await, 3);
}

#[tokio::test]
async fn a_flood_of_names_from_one_address_leaves_one_line_a_window() {
    let app = TestApp::start().await;
    login(&app, "first", WRONG)
        .await
        .problem(401, "invalid_credentials");
    app.database()
        .exec("UPDATE throttles SET count = 100", ())
        .await;
    let mut replies = Vec::new();
    for n in 0..5 {
        let name = format!("name{n}");
        let call = login(&app, &name, WRONG).header("user-agent", AGENT);
        replies.push(call.await);
    }
    assert_eq!(tally(&replies, 429), 5);
    assert_eq!(count(&app, "sign_in.failed").await, 1);
    assert_eq!(count(&app, "sign_in.throttled").await, 1);
    one_line(&app, &replies[0], "sign_in.throttled", [None; 2], "address").await;
}

/// What the one connection of this instance was told to do, by kind of statement.
async fn told(app: &TestApp) -> BTreeMap<String, u64> {
    const COUNTERS: Query = Query::new("suite.counters", "SHOW SESSION STATUS LIKE 'Com\\_%'");
    let rows: Vec<(String, String)> = app.state.db.list(&COUNTERS, ()).await.unwrap();
    let parse = |(name, value): (String, String)| (name, value.parse().unwrap());
    rows.into_iter().map(parse).collect()
}

/// The statements of one wrong sign-in.
async fn work_of(app: &TestApp, name: &str, status: u16) -> BTreeMap<String, u64> {
    let before = told(app).await;
    login(app, name, WRONG).await.expect_status(status);
    let mut after = told(app).await;
    for (name, count) in &mut after {
        *count -= before[name];
    }
    after.retain(|_, count| *count > 0);
    after
}

#[tokio::test]
async fn whoever_does_not_know_the_password_costs_the_same_statements() {
    let app = TestApp::start_with(&[("SATCHEL_DB_POOL_MAX", "1")]).await;
    for (name, verified) in [("ann", true), ("off", true), ("new", false)] {
        app.account(name, verified).await;
    }
    let sql = "UPDATE users SET status = 'disabled' WHERE username = 'off'";
    app.database().exec(sql, ()).await;
    let names = ["nobody", "ann", "off", "new"];
    // The first of each prepares its statements.
    for name in names {
        work_of(&app, name, 401).await;
    }
    let known = work_of(&app, "ann", 401).await;
    assert!(known["Com_insert"] >= 3, "{known:?}");
    for name in names {
        assert_eq!(work_of(&app, name, 401).await, known, "{name}");
    }
    // The same beyond the throttles: the first refusal, which is written down, and a later one.
    for of in ["account", "address"] {
        let mut works = Vec::new();
        for name in names {
            app.database().exec("DELETE FROM throttles", ()).await;
            work_of(&app, name, 401).await;
            let full = match of {
                "account" => {
                    "UPDATE throttles SET count = 10 WHERE expires_at < UTC_TIMESTAMP(6) + INTERVAL 2 MINUTE"
                }
                _ => {
                    "UPDATE throttles SET count = 100 WHERE expires_at > UTC_TIMESTAMP(6) + INTERVAL 2 MINUTE"
                }
            };
            app.database().exec(full, ()).await;
            works.push([
                work_of(&app, name, 429).await,
                work_of(&app, name, 429).await,
            ]);
        }
        assert_ne!(works[0][0], works[0][1], "the first is written down");
        // Statements that are prepared for the first time are those of the first name.
        assert!(
            works[1..].iter().all(|work| *work == works[1]),
            "{of}: {works:?}"
        );
    }
}
