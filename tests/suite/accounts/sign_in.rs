//! Sign-in: by name or address, with exactly the password; refusals that tell nothing; the cookie.

use satchel::features::accounts::manage;
use serde_json::{Value, json};

use super::{login, without_request_id};
use crate::harness::{DEFAULT_PASSWORD, TestApp};

const COOKIE: &str = "satchel_refresh";

#[tokio::test]
async fn a_sign_in_is_answered_with_token_life_and_user() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let answer: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(answer["user"]["username"], "ann");
    assert_eq!(answer["user"]["email"], "ann@example.org");
    assert_eq!(answer["user"]["role"], "user");
    assert!(answer["user"]["id"].is_string() && answer["user"]["created_at"].is_string());
    assert!(answer.get("refresh_token").is_none());
}

#[tokio::test]
async fn name_and_address_sign_in_whatever_their_letter_case_and_width() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let logins = [
        "ann",
        "ANN",
        " ann ",
        "\u{ff21}nn",
        "ann@example.org",
        "Ann@Example.ORG",
    ];
    for name in logins {
        let answer: Value = login(&app, name, DEFAULT_PASSWORD).await.ok();
        assert_eq!(answer["user"]["username"], "ann", "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_refused_alike() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let wrong = login(&app, "ann", "wrong horse battery").await;
    wrong.problem(401, "invalid_credentials");
    for unknown in ["nobody", "nobody@example.org", "no body", "@", "a"] {
        let reply = login(&app, unknown, DEFAULT_PASSWORD).await;
        reply.problem(401, "invalid_credentials");
        assert_eq!(without_request_id(&reply), without_request_id(&wrong));
        assert_eq!(reply.header_names(), wrong.header_names());
    }
}

#[tokio::test]
async fn an_unproven_account_is_told_so_only_after_the_right_password() {
    let app = TestApp::start().await;
    app.account("ann", false).await;
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(403, "email_not_verified");
    let reply = login(&app, "ann", "wrong horse battery").await;
    reply.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_after_the_right_password() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let sql = "UPDATE users SET status = 'disabled'";
    app.database().exec(sql, ()).await;
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    reply.problem(403, "account_disabled");
    let reply = login(&app, "ann", "wrong horse battery").await;
    reply.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn a_password_is_taken_exactly_as_it_is_typed() {
    let app = TestApp::start().await;
    let exact = "  Cr\u{e8}me br\u{fb}l\u{e9}e \u{1f36e}  ";
    app.account_with("ann", true, exact).await;
    let _: Value = login(&app, "ann", exact).await.ok();
    let decomposed = "  Cre\u{300}me bru\u{302}le\u{301}e \u{1f36e}  ";
    for other in [exact.trim(), &exact.to_lowercase(), decomposed] {
        let reply = login(&app, "ann", other).await;
        reply.problem(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_password_that_begins_like_the_right_one_is_wrong() {
    let app = TestApp::start().await;
    let exact = "wind and rain ".repeat(14);
    app.account_with("ann", true, &exact).await;
    let longer = format!("{exact}b");
    for other in [&exact[..72], &longer] {
        let reply = login(&app, "ann", other).await;
        reply.problem(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_password_of_257_bytes_is_refused_before_it_is_hashed() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let reply = login(&app, "ann", &"a".repeat(257)).await;
    reply.problem(422, "invalid").field("password", "too_long");
}

#[tokio::test]
async fn an_empty_login_is_named() {
    let app = TestApp::start().await;
    let reply = login(&app, "", DEFAULT_PASSWORD).await;
    reply.problem(422, "invalid").field("login", "required");
}

#[tokio::test]
async fn whatever_is_short_enough_is_tried_and_refused_like_any_wrong_login() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let mut answers = Vec::new();
    for (name, password) in [
        ("nobody", DEFAULT_PASSWORD),
        ("  ", DEFAULT_PASSWORD),
        ("\u{1e}", DEFAULT_PASSWORD),
        ("\0", DEFAULT_PASSWORD),
        ("@", DEFAULT_PASSWORD),
        (&"\u{fdfa}".repeat(254), DEFAULT_PASSWORD),
        ("ann", ""),
        ("ann", "\0\r\n"),
        ("ann", &"\u{1f511}".repeat(256)),
    ] {
        let reply = login(&app, name, password).await;
        let mut answer = reply.problem(401, "invalid_credentials").0;
        answer["request_id"].take();
        answers.push(answer);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    let reply = login(&app, &"a".repeat(255), DEFAULT_PASSWORD).await;
    reply.problem(422, "invalid").field("login", "too_long");
}

#[tokio::test]
async fn the_refresh_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    let token = reply.cookie(COOKIE).unwrap();
    assert!(token.len() >= 43, "{token}");
    assert_eq!(
        reply.header("set-cookie"),
        format!("{COOKIE}={token}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict")
    );
}

#[tokio::test]
async fn over_tls_the_refresh_cookie_is_locked_to_the_host() {
    let app = TestApp::start_with(&[("SATCHEL_PUBLIC_URL", "https://notes.example.org")]).await;
    app.account("ann", true).await;
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    let text = reply.header("set-cookie");
    assert!(text.starts_with("__Host-satchel_refresh="), "{text}");
    assert!(text.contains("; Path=/;") && text.contains("; HttpOnly; SameSite=Strict"));
    assert!(text.ends_with("; Secure"), "{text}");
    assert!(!text.contains("Domain"), "{text}");
}

#[tokio::test]
async fn a_program_gets_the_refresh_token_in_the_body_and_no_cookie() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let body = json!({ "login": "ann", "password": DEFAULT_PASSWORD });
    let call = app.anon().post("auth/login?transport=body").json(body);
    let reply = call.await;
    let answer: Value = reply.ok();
    assert!(answer["refresh_token"].as_str().unwrap().len() >= 43);
    assert!(reply.headers("set-cookie").is_empty());
}

#[tokio::test]
async fn an_unknown_transport_is_named() {
    let app = TestApp::start().await;
    let body = json!({ "login": "ann", "password": DEFAULT_PASSWORD });
    let call = app.anon().post("auth/login?transport=pigeon").json(body);
    let reply = call.await;
    reply
        .problem(422, "invalid")
        .field("transport", "invalid_value");
}

#[tokio::test]
async fn no_answer_about_tokens_may_be_stored() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let reply = login(&app, "ann", DEFAULT_PASSWORD).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let reply = login(&app, "ann", "wrong horse battery").await;
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn me_is_the_user_who_signed_in() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let answer: Value = login(&app, "ann@example.org", DEFAULT_PASSWORD).await.ok();
    let token = answer["access_token"].as_str().unwrap();
    let me: Value = app.anon().with_token(Some(token)).get("me").await.ok();
    assert_eq!(me, answer["user"]);
}

#[tokio::test]
async fn a_hash_with_older_parameters_is_renewed_at_the_next_sign_in() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    // The default password with m=8, t=1: made by the same library, weaker than ours.
    let weak = weak_hash(DEFAULT_PASSWORD);
    let sql = "UPDATE users SET password_hash = ?";
    app.database().exec(sql, (weak,)).await;
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
    let rows: Vec<(String,)> = app
        .database()
        .rows("SELECT password_hash FROM users", ())
        .await;
    assert!(rows[0].0.contains("m=19456,t=2,p=1"), "{}", rows[0].0);
    let _: Value = login(&app, "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn a_new_admin_is_one_at_the_next_request() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    for app in &instances {
        let me: Value = ann.at(app).get("me").await.ok();
        assert_eq!(me["role"], "user");
    }
    let state = &instances[0].state;
    manage::set_admin(&state.db, &state.cache, "Ann")
        .await
        .unwrap();
    for app in &instances {
        let me: Value = ann.at(app).get("me").await.ok();
        assert_eq!(me["role"], "admin");
    }
}

/// Where the only sign-in came from, as its owner will see it.
async fn device(app: &TestApp) -> (String, String) {
    let sql = "SELECT ip, user_agent FROM sessions";
    app.database().rows(sql, ()).await.remove(0)
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_a_trusted_proxy_alone() {
    for (trusted, seen) in [("127.0.0.0/8", "203.0.113.9"), ("10.0.0.0/8", "127.0.0.1")] {
        let app = TestApp::start_with(&[("SATCHEL_TRUSTED_PROXIES", trusted)]).await;
        app.account("ann", true).await;
        let call = login(&app, "ann", DEFAULT_PASSWORD);
        let call = call.header("x-forwarded-for", "6.6.6.6, 203.0.113.9");
        let _: Value = call.await.ok();
        assert_eq!(device(&app).await.0, seen);
    }
}

#[tokio::test]
async fn a_browser_with_a_very_long_name_can_sign_in() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let name = "Browser/1.0 ".repeat(100);
    let call = login(&app, "ann", DEFAULT_PASSWORD);
    let _: Value = call.header("user-agent", &name).await.ok();
    assert_eq!(device(&app).await.1.len(), 255);
}

fn weak_hash(password: &str) -> String {
    use argon2::password_hash::PasswordHasher;
    use argon2::{Algorithm, Argon2, Params, Version};
    let params = Params::new(8, 1, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = hasher.hash_password(password.as_bytes()).unwrap();
    hash.to_string()
}
