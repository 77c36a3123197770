//! The second factor: on with its first code, asked for at every sign-in, each code good once, ten
//! recovery codes, off only with password and code or by somebody who may.

use serde_json::{Value, json};

use super::totp::{self, Authenticator, enrol, let_steps_pass};
use super::{boss, dump, from_device, holds, login, login_with, tally, text_of, word};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp, together};
use crate::platform::support::Fleet;

/// Somebody with a second factor.
async fn protected(app: &TestApp, name: &str) -> (Actor, Authenticator) {
    let actor = app.user(name).await;
    let authenticator = enrol(app, &actor).await;
    (actor, authenticator)
}

/// Switching the factor off.
fn remove(actor: &Actor, password: &str, code: Option<&str>) -> Call {
    let mut body = json!({ "password": password });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    actor.delete("me/totp").json(body)
}

/// So many devices on which the account was used before: each has a count of its own.
async fn devices(app: &TestApp, name: &str, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(app.anon().sign_in(name, DEFAULT_PASSWORD).await.refresh);
    }
    found
}

#[tokio::test]
async fn a_second_factor_is_on_only_when_its_first_code_was_entered() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let secret = word(&totp::begin(&ann).await, "secret");
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["totp_enabled"], false);
    let far = json!({ "code": totp::code(&secret, &app, 20) });
    let reply = ann.post("me/totp/confirm").json(far).await;
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
    let right = json!({ "code": totp::code(&secret, &app, 0) });
    let _: Value = ann.post("me/totp/confirm").json(right.clone()).await.ok();
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["totp_enabled"], true);
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(401, "mfa_required");
    let reply = ann.post("me/totp/confirm").json(right).await;
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
}

#[tokio::test]
async fn what_the_app_scans_is_what_is_typed() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let begun = totp::begin(&ann).await;
    let (secret, uri) = (word(&begun, "secret"), word(&begun, "otpauth_uri"));
    assert_eq!(totp::base32(&secret).len(), 20, "160 bits");
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&format!("secret={secret}")));
    assert!(uri.contains("issuer=Satchel"), "{uri}");
    assert!(word(&begun, "qr_svg").contains("<svg"));
    let again = word(&totp::begin(&ann).await, "secret");
    assert_ne!(again, secret);
    let old = json!({ "code": totp::code(&secret, &app, 0) });
    let reply = ann.post("me/totp/confirm").json(old).await;
    reply
        .problem(403, "code_invalid")
        .field("code", "code_invalid");
}

#[tokio::test]
async fn a_factor_is_begun_with_the_password_alone_and_with_the_right_one() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let wrong = json!({ "password": "not this one" });
    let reply = ann.post("me/totp").json(wrong).await;
    reply.problem(403, "reauthentication_required");
    let missing = ann.post("me/totp").json(json!({})).await;
    missing.problem(422, "invalid");
    let begun = "SELECT COUNT(*) FROM users WHERE totp_pending IS NOT NULL";
    assert_eq!(app.database().count(begun).await, 0);
}

#[tokio::test]
async fn the_code_of_the_set_up_is_not_good_for_the_first_sign_in() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let secret = word(&totp::begin(&ann).await, "secret");
    let code = totp::code(&secret, &app, 0);
    let body = json!({ "code": code });
    let _: Value = ann.post("me/totp/confirm").json(body).await.ok();
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &code).await;
    reply.problem(401, "mfa_required");
    let before = totp::code(&secret, &app, -1);
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &before).await;
    reply.problem(401, "mfa_required");
}

#[tokio::test]
async fn a_sign_in_needs_password_and_code() {
    let app = TestApp::start().await;
    let (_, paper) = protected(&app, "ann").await;
    let code = paper.code(&app);
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(401, "mfa_required");
    let wrong = paper.wrong_code(&app);
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &wrong).await;
    reply.problem(401, "mfa_required");
    for noise in ["", "12345", "1234567", "abcdef", "\u{664}\u{665}\u{666}"] {
        let reply = login_with(&app, "ann", DEFAULT_PASSWORD, noise).await;
        reply.problem(401, "mfa_required");
    }
    // A good code does not tell whether the password was right.
    let reply = login_with(&app, "ann", "wrong horse battery", &code).await;
    reply.problem(401, "invalid_credentials");
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &code).await.ok();
}

#[tokio::test]
async fn the_code_of_one_account_is_none_of_another() {
    let app = TestApp::start().await;
    let (_, anns) = protected(&app, "ann").await;
    let (_, bobs) = protected(&app, "bob").await;
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &bobs.code(&app)).await;
    reply.problem(401, "mfa_required");
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &bobs.recovery[0]).await;
    reply.problem(401, "mfa_required");
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &anns.code(&app))
        .await
        .ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_sign_ins_at_once_with_one_code_exactly_one_succeeds() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let devices = devices(&app, "ann", 5).await;
    let code = enrol(&app, &ann).await.code(&app);
    let others = [app.clone(), app.sibling(&[]), app.sibling(&[])];
    let calls = (0..50).map(|n| {
        let call = login_with(&others[n % 3], "ann", DEFAULT_PASSWORD, &code);
        from_device(call, &devices[n % 5])
    });
    let replies = together(calls).await;
    assert_eq!(tally(&replies, 200), 1);
    // Who got no turn in time is told to come again.
    assert_eq!(tally(&replies, 401) + tally(&replies, 503), 49);
    assert!(tally(&replies, 401) > 0);
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &code).await;
    reply.problem(401, "mfa_required");
}

#[tokio::test]
async fn a_code_that_signed_in_does_not_switch_the_factor_off() {
    let app = TestApp::start().await;
    let (ann, paper) = protected(&app, "ann").await;
    let code = paper.code(&app);
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &code).await.ok();
    let reply = remove(&ann, DEFAULT_PASSWORD, Some(&code)).await;
    reply.problem(403, "second_factor_invalid");
}

#[tokio::test]
async fn ten_recovery_codes_sign_in_once_each() {
    let app = TestApp::start().await;
    let (_, paper) = protected(&app, "ann").await;
    assert_eq!(paper.recovery.len(), 10);
    for code in &paper.recovery {
        let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, code).await.ok();
    }
    for code in &paper.recovery {
        let reply = login_with(&app, "ann", DEFAULT_PASSWORD, code).await;
        reply.problem(401, "mfa_required");
    }
    let left = "SELECT COUNT(*) FROM recovery_codes";
    assert_eq!(app.database().count(left).await, 0);
    let mails = app.mails().await;
    let told = mails
        .iter()
        .filter(|mail| mail.subject == "A recovery code was used");
    assert_eq!(told.count(), 10);
}

#[tokio::test]
async fn a_recovery_code_is_read_however_it_is_typed() {
    let app = TestApp::start().await;
    let (_, paper) = protected(&app, "ann").await;
    let typed = [
        paper.recovery[0].to_uppercase(),
        paper.recovery[1].replace('-', ""),
        format!(" {} ", paper.recovery[2].replace('-', " ")),
    ];
    for code in &typed {
        let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, code).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_sign_ins_at_once_with_one_recovery_code_exactly_one_succeeds() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let devices = devices(&app, "ann", 2).await;
    let code = enrol(&app, &ann).await.recovery.remove(4);
    let others = [app.clone(), app.sibling(&[])];
    let calls = (0..20).map(|n| {
        let call = login_with(&others[n % 2], "ann", DEFAULT_PASSWORD, &code);
        from_device(call, &devices[n % 2])
    });
    let replies = together(calls).await;
    assert_eq!(tally(&replies, 200), 1);
    let left = "SELECT COUNT(*) FROM recovery_codes";
    assert_eq!(app.database().count(left).await, 9);
}

#[tokio::test]
async fn wrong_codes_are_counted_like_wrong_passwords() {
    let app = TestApp::start().await;
    let (_, paper) = protected(&app, "ann").await;
    let wrong = paper.wrong_code(&app);
    for _ in 0..10 {
        let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &wrong).await;
        reply.problem(401, "mfa_required");
    }
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &paper.code(&app)).await;
    reply.problem(429, "too_many_requests");
    let after: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
}

#[tokio::test]
async fn asking_without_a_code_wins_no_further_tries() {
    let app = TestApp::start().await;
    let (_, paper) = protected(&app, "ann").await;
    let wrong = paper.wrong_code(&app);
    for _ in 0..10 {
        let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
        reply.problem(401, "mfa_required");
        let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &wrong).await;
        reply.problem(401, "mfa_required");
    }
    let reply = login_with(&app, "ann", DEFAULT_PASSWORD, &wrong).await;
    reply.problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_factor_goes_off_with_password_and_code_only() {
    let app = TestApp::start().await;
    let (ann, paper) = protected(&app, "ann").await;
    let (good, wrong) = (paper.code(&app), paper.wrong_code(&app));
    for (password, code, refusal) in [
        (
            "not this one",
            Some(good.as_str()),
            "reauthentication_required",
        ),
        ("not this one", None, "reauthentication_required"),
        (DEFAULT_PASSWORD, None, "second_factor_required"),
        (DEFAULT_PASSWORD, Some(&wrong), "second_factor_invalid"),
    ] {
        let reply = remove(&ann, password, code).await;
        reply.problem(403, refusal);
    }
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(401, "mfa_required");
    remove(&ann, DEFAULT_PASSWORD, Some(&good))
        .await
        .no_content();
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let left = "SELECT COUNT(*) FROM recovery_codes";
    assert_eq!(app.database().count(left).await, 0);
    let mails = app.mails().await;
    assert!(mails.iter().any(|m| m.subject == "Two-step sign-in is off"));
}

#[tokio::test]
async fn a_factor_that_is_on_is_not_replaced_by_another() {
    let app = TestApp::start().await;
    let (ann, paper) = protected(&app, "ann").await;
    let without = json!({ "password": DEFAULT_PASSWORD });
    let reply = ann.post("me/totp").json(without).await;
    reply.problem(403, "second_factor_required");
    let with = json!({ "password": DEFAULT_PASSWORD, "code": paper.code(&app) });
    let reply = ann.post("me/totp").json(with).await;
    reply.problem(409, "totp_enabled");
    let_steps_pass(&app).await;
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &paper.code(&app))
        .await
        .ok();
}

#[tokio::test]
async fn neither_secret_nor_recovery_codes_stand_in_the_database_in_clear() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let pending = word(&totp::begin(&ann).await, "secret");
    let heap = dump(app.database()).await;
    assert!(!holds(&heap, pending.as_bytes()) && !holds(&heap, &totp::base32(&pending)));
    let paper = enrol(&app, &ann).await;
    let _: Value = login_with(&app, "ann", DEFAULT_PASSWORD, &paper.recovery[0])
        .await
        .ok();
    let heap = dump(app.database()).await;
    assert!(holds(&heap, b"ann@example.org"), "the dump holds something");
    assert!(!holds(&heap, paper.secret.as_bytes()));
    assert!(!holds(&heap, &totp::base32(&paper.secret)));
    for code in &paper.recovery {
        let bare = code.replace('-', "");
        assert!(!holds(&heap, code.as_bytes()) && !holds(&heap, bare.as_bytes()));
    }
}

#[tokio::test]
async fn the_secret_is_shown_at_the_set_up_and_never_again() {
    let app = TestApp::start().await;
    let (ann, paper) = protected(&app, "ann").await;
    let root = boss(&app, "root").await;
    let again = json!({ "password": DEFAULT_PASSWORD, "code": paper.code(&app) });
    let target = format!("admin/users/{}", ann.id);
    let replies = [
        ann.get("me").await,
        ann.get("me/sessions").await,
        ann.post("me/totp").json(again).await,
        ann.patch("me").json(json!({ "display_name": "A" })).await,
        login_with(&app, "ann", DEFAULT_PASSWORD, &paper.recovery[0]).await,
        root.get(&target).await,
        root.get("admin/users").await,
        root.get("admin/audit").await,
    ];
    for reply in &replies {
        let text = text_of(reply.bytes());
        assert!(!text.contains(&paper.secret), "{reply:?}");
        for code in &paper.recovery {
            assert!(!text.contains(code.as_str()), "{reply:?}");
        }
    }
}

#[tokio::test]
async fn an_admin_removes_a_lost_factor_and_the_log_says_so() {
    let app = TestApp::start().await;
    let (ann, _) = protected(&app, "ann").await;
    let root = boss(&app, "root").await;
    let path = format!("admin/users/{}/reset-2fa", ann.id);
    ann.post(&path).await.problem(403, "admin_required");
    root.post(&path).await.no_content();
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let filter = format!("admin/audit?action=totp.disabled&target={}", ann.id);
    let log: Value = root.get(&filter).await.ok();
    let lines = log["items"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["actor_id"], root.id);
}

#[tokio::test]
async fn a_factor_that_an_admin_removed_leaves_no_recovery_codes_behind() {
    let app = TestApp::start().await;
    let (ann, _) = protected(&app, "ann").await;
    let root = boss(&app, "root").await;
    let path = format!("admin/users/{}/reset-2fa", ann.id);
    root.post(&path).await.no_content();
    let left = "SELECT COUNT(*) FROM recovery_codes";
    assert_eq!(app.database().count(left).await, 0);
}

#[tokio::test]
async fn the_owner_of_a_factor_that_an_admin_removed_is_told_by_mail() {
    let app = TestApp::start().await;
    let (ann, _) = protected(&app, "ann").await;
    let (root, bob) = (boss(&app, "root").await, app.user("bob").await);
    let reset = "Two-step sign-in was reset";
    for (who, mails) in [(&ann, 1), (&ann, 1), (&bob, 1)] {
        let path = format!("admin/users/{}/reset-2fa", who.id);
        root.post(&path).await.no_content();
        let all = app.mails().await;
        let told: Vec<_> = all.iter().filter(|mail| mail.subject == reset).collect();
        assert_eq!(
            told.len(),
            mails,
            "a factor that was not on was not removed"
        );
        assert_eq!(told[0].to, "ann@example.org");
        let html = told[0].html.as_deref().unwrap();
        for text in [told[0].text.as_str(), html] {
            assert!(text.contains("your account ann"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_removes_a_lost_factor() {
    let app = TestApp::start().await;
    let (_, _) = protected(&app, "ann").await;
    let fleet = Fleet::new(app.database().url(), None);
    fleet.run_well(&["user", "reset-2fa", "Ann"]);
    let mails = fleet.run_well(&["mail"]);
    let told = "To: ann@example.org\nSubject: Two-step sign-in was reset\n";
    assert!(mails.contains(told), "{mails}");
    let queued = "SELECT COUNT(*) FROM jobs WHERE kind = 'mail.send'";
    let waiting = app.database().count("SELECT COUNT(*) FROM outbox").await;
    assert_eq!(app.database().count(queued).await, waiting);
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let unknown = fleet.run(&["user", "reset-2fa", "nobody"]);
    assert!(!unknown.status.success());
}
