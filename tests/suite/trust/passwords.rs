//! Passwords: changed by whoever knows the present one, refused when everybody would guess them,
//! set anew by a mailed link that is good once, briefly, and never past the second factor.

use serde_json::{Value, json};

use super::totp::enrol;
use super::{dump, holds, is_signed_in, login, login_with, tally};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, PUBLIC_URL, TestApp, together};
use crate::platform::support::until;

const NEW: &str = "an entirely different one";

fn change(actor: &Actor, current: &str, new: &str) -> Call {
    let body = json!({ "current_password": current, "new_password": new });
    actor.post("me/password").json(body)
}

fn forgot(app: &TestApp, email: &str) -> Call {
    let body = json!({ "email": email });
    app.anon().post("auth/forgot-password").json(body)
}

fn reset(app: &TestApp, token: &str, password: &str) -> Call {
    let body = json!({ "token": token, "password": password });
    app.anon().post("auth/reset-password").json(body)
}

/// How many mails with this subject went to an address.
async fn mailed(app: &TestApp, subject: &str, to: &str) -> usize {
    let mails = app.mails().await;
    let those = mails.iter().filter(|m| m.subject == subject && m.to == to);
    those.count()
}

/// The tokens of all links that were mailed to an address, oldest first.
async fn tokens(app: &TestApp, email: &str) -> Vec<String> {
    let mails = app.mails().await;
    let those = mails.iter().filter(|mail| mail.to == email);
    those
        .filter_map(|mail| mail.text.split("#token=").nth(1))
        .map(|rest| rest.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// Asks for a link and waits for the mail: it is written after the answer.
async fn link(app: &TestApp, email: &str) -> String {
    let sql = "UPDATE password_resets SET sent_at = sent_at - INTERVAL 1 MINUTE";
    app.database().exec(sql, ()).await;
    let before = tokens(app, email).await.len();
    forgot(app, email).await.accepted();
    until("the link is mailed", async || {
        let mut found = tokens(app, email).await;
        (found.len() > before).then(|| found.pop().unwrap())
    })
    .await
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_present_one() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = change(&ann, "wrong horse battery", NEW).await;
    reply.problem(403, "reauthentication_required");
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    change(&ann, DEFAULT_PASSWORD, NEW).await.no_content();
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(401, "invalid_credentials");
    let _: Value = login(&app, "ann", NEW).await.ok();
    let subject = "Your password was changed";
    assert_eq!(mailed(&app, subject, "ann@example.org").await, 1);
}

#[tokio::test]
async fn a_change_of_password_ends_all_other_sign_ins_everywhere_and_keeps_its_own() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let phone = instances[1].anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let bob = instances[1].user("bob").await;
    for app in &instances {
        assert!(is_signed_in(&ann.at(app)).await && is_signed_in(&phone.at(app)).await);
    }
    change(&ann, DEFAULT_PASSWORD, NEW).await.no_content();
    for app in &instances {
        assert!(!is_signed_in(&phone.at(app)).await);
        assert!(is_signed_in(&ann.at(app)).await && is_signed_in(&bob.at(app)).await);
    }
    instances[0].flush_redis().await;
    assert!(!is_signed_in(&phone).await && is_signed_in(&ann).await);
    let body = json!({ "refresh_token": phone.refresh });
    let again = phone.post("auth/refresh?transport=body").json(body).await;
    again.problem(401, "session_over");
    let body = json!({ "refresh_token": ann.refresh });
    let again = ann.post("auth/refresh?transport=body").json(body).await;
    let _: Value = again.ok();
}

#[tokio::test]
async fn a_change_of_password_needs_the_second_factor_too() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let paper = enrol(&app, &ann).await;
    let reply = change(&ann, DEFAULT_PASSWORD, NEW).await;
    reply.problem(403, "second_factor_required");
    let body = json!({
        "current_password": DEFAULT_PASSWORD, "new_password": NEW, "code": paper.code(&app),
    });
    ann.post("me/password").json(body).await.no_content();
}

#[tokio::test]
async fn wrong_present_passwords_are_counted_over_all_instances() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    for n in 0..10 {
        let actor = ann.at(&instances[n % 3]);
        let reply = change(&actor, "wrong horse battery", NEW).await;
        reply.problem(403, "reauthentication_required");
    }
    for app in &instances {
        let reply = change(&ann.at(app), DEFAULT_PASSWORD, NEW).await;
        reply.problem(429, "too_many_requests");
        assert!(!reply.header("retry-after").is_empty());
    }
    assert!(is_signed_in(&ann).await);
}

#[tokio::test]
async fn what_everybody_would_guess_is_no_password() {
    let app = TestApp::start().await;
    let ann = app.user("annabel.lee").await;
    let guessed = [
        "password123",
        "Password2026!",
        "P@ssw0rd1234",
        "1234567890",
        "0123456789",
        "qwertyuiop",
        "QWERTY123456",
        "asdfghjkl123",
        "iloveyou123",
        "letmein1234",
        "welcome2026",
        "sunshine12",
        "football2026",
        "princess1234",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "1q2w3e4r5t",
        "administrator",
        "superman123",
        "changeme123",
        "satchel2026",
        "annabel.lee",
        "ANNABEL.LEE@example.org",
    ];
    let mut taken = Vec::new();
    for guess in guessed {
        let reply = change(&ann, DEFAULT_PASSWORD, guess).await;
        if reply.status() == 422 {
            let problem = reply.problem(422, "invalid");
            problem.field("new_password", "weak_password");
        } else {
            taken.push(guess);
        }
    }
    assert!(taken.is_empty(), "{taken:?}");
    let _: Value = login(&app, "annabel.lee", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn asking_for_a_link_tells_nothing_about_an_address() {
    let app = TestApp::start().await;
    for (name, verified) in [("ann", true), ("dan", true), ("pat", false)] {
        app.account(name, verified).await;
    }
    let sql = "UPDATE users SET status = 'disabled' WHERE username = 'dan'";
    app.database().exec(sql, ()).await;
    let mut seen = Vec::new();
    for name in ["ann", "dan", "pat", "nobody", "ann"] {
        let reply = forgot(&app, &format!("{name}@example.org")).await;
        reply.accepted();
        seen.push(reply.header_names().join(" "));
    }
    assert!(seen.iter().all(|names| *names == seen[0]), "{seen:?}");
    let sql = "SELECT COUNT(*) FROM password_resets";
    until("the one link is made", async || {
        (app.database().count(sql).await == 1).then_some(())
    })
    .await;
    assert!(tokens(&app, "dan@example.org").await.is_empty());
    assert!(tokens(&app, "pat@example.org").await.is_empty());
}

#[tokio::test]
async fn the_link_leads_to_the_configured_address_whatever_the_client_says() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let call = forgot(&app, "ann@example.org")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("x-original-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=https")
        .header("origin", "https://evil.example")
        .header("referer", "https://evil.example/");
    call.await.accepted();
    until("the link is mailed", async || {
        (!tokens(&app, "ann@example.org").await.is_empty()).then_some(())
    })
    .await;
    let mail = app.mails().await.pop().unwrap();
    let link = format!("{PUBLIC_URL}/reset-password#token=");
    assert!(mail.text.contains(&link), "{}", mail.text);
    let whole = format!("{}{}", mail.text, mail.html.unwrap());
    assert!(!whole.contains("evil"), "{whole}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_uses_of_a_link_at_once_exactly_one_succeeds() {
    let instances = TestApp::instances(2).await;
    let app = &instances[0];
    app.account("ann", true).await;
    let token = link(app, "ann@example.org").await;
    let calls = (0..20).map(|n| reset(&instances[n % 2], &token, &format!("{NEW} {n}")));
    let replies = together(calls).await;
    assert_eq!(tally(&replies, 204), 1);
    assert_eq!(tally(&replies, 403), 19);
    let place = replies.iter().position(|reply| reply.status() == 204);
    let password = format!("{NEW} {}", place.unwrap());
    let _: Value = login(app, "ann", &password).await.ok();
    let reply = reset(app, &token, NEW).await;
    reply
        .problem(403, "token_invalid")
        .field("token", "token_invalid");
    let subject = "Your password was changed";
    assert_eq!(mailed(app, subject, "ann@example.org").await, 1);
}

#[tokio::test]
async fn a_newer_link_makes_the_older_one_worthless() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let older = link(&app, "ann@example.org").await;
    let newer = link(&app, "ann@example.org").await;
    assert_ne!(older, newer);
    let reply = reset(&app, &older, NEW).await;
    reply
        .problem(403, "token_invalid")
        .field("token", "token_invalid");
    reset(&app, &newer, NEW).await.no_content();
}

#[tokio::test]
async fn a_changed_password_makes_an_open_link_worthless() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let token = link(&app, "ann@example.org").await;
    change(&ann, DEFAULT_PASSWORD, NEW).await.no_content();
    let reply = reset(&app, &token, "yet another one, longer").await;
    reply
        .problem(403, "token_invalid")
        .field("token", "token_invalid");
    let _: Value = login(&app, "ann", NEW).await.ok();
}

#[tokio::test]
async fn a_link_lives_thirty_minutes_by_the_clock_of_the_database() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let token = link(&app, "ann@example.org").await;
    let sql = "SELECT CAST(TIMESTAMPDIFF(SECOND, sent_at, expires_at) AS SIGNED) \
               FROM password_resets";
    assert_eq!(app.database().count(sql).await, 1800);
    let sql = "UPDATE password_resets SET expires_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    let reply = reset(&app, &token, NEW).await;
    reply
        .problem(403, "token_invalid")
        .field("token", "token_invalid");
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn a_refused_password_does_not_use_up_the_link() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let token = link(&app, "ann@example.org").await;
    for (password, code) in [
        ("short", "too_short"),
        ("password123", "weak_password"),
        ("ann@example.org", "weak_password"),
    ] {
        let reply = reset(&app, &token, password).await;
        reply.problem(422, "invalid").field("password", code);
    }
    for noise in [
        "",
        "abc",
        &"A".repeat(43),
        &format!("{token}="),
        "' OR 1=1 -- ",
    ] {
        let reply = reset(&app, noise, NEW).await;
        reply
            .problem(403, "token_invalid")
            .field("token", "token_invalid");
    }
    reset(&app, &token, NEW).await.no_content();
}

#[tokio::test]
async fn a_link_never_leads_past_the_second_factor() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let paper = enrol(&app, &ann).await;
    let token = link(&app, "ann@example.org").await;
    let reply = reset(&app, &token, NEW).await;
    reply.no_content();
    assert!(
        reply.headers("set-cookie").is_empty(),
        "nobody is signed in"
    );
    let reply = login(&app, "ann", NEW).await;
    reply.problem(401, "mfa_required");
    let _: Value = login_with(&app, "ann", NEW, &paper.code(&app)).await.ok();
}

#[tokio::test]
async fn a_link_ends_every_sign_in_on_every_instance_and_for_good() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let phone = instances[1].anon().sign_in("ann", DEFAULT_PASSWORD).await;
    let bob = instances[1].user("bob").await;
    for app in &instances {
        assert!(is_signed_in(&ann.at(app)).await && is_signed_in(&phone.at(app)).await);
    }
    let token = link(&instances[0], "ann@example.org").await;
    reset(&instances[2], &token, NEW).await.no_content();
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await && !is_signed_in(&phone.at(app)).await);
    }
    instances[0].flush_redis().await;
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await && is_signed_in(&bob.at(app)).await);
    }
    let body = json!({ "refresh_token": ann.refresh });
    let again = ann.post("auth/refresh?transport=body").json(body).await;
    again.problem(401, "session_over");
}

#[tokio::test]
async fn the_token_of_a_link_does_not_stand_in_the_database() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let token = link(&app, "ann@example.org").await;
    assert!(token.len() >= 43, "256 bits");
    let heap = dump(app.database()).await;
    assert!(!holds(&heap, token.as_bytes()));
    let raw = satchel::platform::crypto::decode(&token).unwrap();
    assert!(!holds(&heap, &raw));
}

#[tokio::test]
async fn a_second_link_within_seconds_is_not_sent_and_the_first_stays_good() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let token = link(&app, "ann@example.org").await;
    forgot(&app, "ann@example.org").await.accepted();
    app.account("bob", true).await;
    // When this later link has come, the earlier request is done as well or sends nothing.
    let _ = link(&app, "bob@example.org").await;
    reset(&app, &token, NEW).await.no_content();
}

#[tokio::test]
async fn a_hash_of_weaker_parameters_is_renewed_by_the_right_password_alone() {
    use argon2::password_hash::PasswordHasher;
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let params = argon2::Params::new(8192, 1, 1, None).unwrap();
    let version = argon2::Version::V0x13;
    let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, version, params);
    let weak = hasher.hash_password(DEFAULT_PASSWORD.as_bytes()).unwrap();
    let weak = weak.to_string();
    let sql = "UPDATE users SET password_hash = ?";
    app.database().exec(sql, (&weak,)).await;
    let stored = async || -> String {
        let sql = "SELECT password_hash FROM users";
        let rows: Vec<(String,)> = app.database().rows(sql, ()).await;
        rows[0].0.clone()
    };
    let reply = login(&app, "ann", "wrong horse battery").await;
    reply.problem(401, "invalid_credentials");
    assert_eq!(stored().await, weak);
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let renewed = stored().await;
    assert!(
        renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{renewed}"
    );
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    assert_eq!(stored().await, renewed, "once is enough");
}
