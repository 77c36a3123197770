//! Sign-up: what it answers, what it refuses, and that it tells nobody which addresses are known.

use satchel::app::jobs::run_due;
use satchel::platform::mail::Mailer;
use serde_json::{Value, json};

use super::{login, proof, registered, registration};
use crate::harness::{DEFAULT_PASSWORD, TestApp, six_digits};

#[tokio::test]
async fn a_registration_is_answered_with_name_and_address_alone() {
    let app = TestApp::start().await;
    let answer: Value = registration(&app, "Ann", "Ann@Example.org").await.created();
    assert_eq!(
        answer,
        json!({ "username": "Ann", "email": "Ann@Example.org" })
    );
}

#[tokio::test]
async fn a_registration_with_a_known_address_looks_the_same() {
    let app = TestApp::start().await;
    app.user("ann").await;
    let known = registration(&app, "bob", "ann@example.org").await;
    let unknown = registration(&app, "eve", "eve@example.org").await;
    let known_body: Value = known.created();
    let unknown_body: Value = unknown.created();
    assert_eq!(
        known_body,
        json!({ "username": "bob", "email": "ann@example.org" })
    );
    assert_eq!(
        unknown_body,
        json!({ "username": "eve", "email": "eve@example.org" })
    );
    assert_eq!(known.header_names(), unknown.header_names());
}

#[tokio::test]
async fn the_owner_of_a_known_address_is_told_by_mail() {
    let app = TestApp::start().await;
    app.user("ann").await;
    let _: Value = registration(&app, "bob", "ANN@example.org").await.created();
    let mails = app.mails().await;
    let [mail] = mails.as_slice() else {
        panic!("one mail is wanted: {mails:?}");
    };
    assert_eq!(mail.to, "ann@example.org");
    assert!(mail.text.contains("account ann already"), "{}", mail.text);
    assert!(six_digits(&mail.text).is_empty(), "{}", mail.text);
}

#[tokio::test]
async fn a_second_registration_with_the_same_new_name_is_refused_whether_or_not_the_address_is_known()
 {
    let app = TestApp::start().await;
    app.user("ann").await;
    for (name, address) in [("bob", "ann@example.org"), ("eve", "eve@example.org")] {
        let _: Value = registration(&app, name, address).await.created();
        let again = registration(&app, name, "else@example.org").await;
        again.problem(409, "username_taken");
    }
}

#[tokio::test]
async fn a_name_reserved_by_a_known_address_cannot_sign_in() {
    let app = TestApp::start().await;
    app.user("ann").await;
    let _: Value = registration(&app, "bob", "ann@example.org").await.created();
    let reply = login(&app, "bob", DEFAULT_PASSWORD).await;
    assert!(
        matches!(reply.status(), 401 | 403),
        "somebody signed in: {reply:?}"
    );
}

#[tokio::test]
async fn a_user_name_is_taken_whatever_its_letter_case_and_width() {
    let app = TestApp::start().await;
    app.user("ann").await;
    for name in ["ann", "ANN", "Ann", "\u{ff41}\u{ff4e}\u{ff4e}", " ann "] {
        let reply = registration(&app, name, "new@example.org").await;
        reply.problem(409, "username_taken");
    }
}

#[tokio::test]
async fn accents_make_another_user_name_and_another_address() {
    let app = TestApp::start().await;
    let _: Value = registration(&app, "jose", "jose@example.org")
        .await
        .created();
    let code = registered(&app, "jos\u{e9}", "jos\u{e9}@example.org").await;
    proof(&app, "jos\u{e9}@example.org", &code)
        .await
        .no_content();
}

#[tokio::test]
async fn of_many_registrations_of_one_name_at_once_one_succeeds() {
    let instances = TestApp::instances(2).await;
    let calls = (0..8).map(|n| {
        let app = &instances[n % 2];
        registration(app, "ann", &format!("ann{n}@example.org"))
    });
    let replies = crate::harness::together(calls).await;
    let made = replies.iter().filter(|reply| reply.status() == 201).count();
    assert_eq!(made, 1);
    for reply in replies.iter().filter(|reply| reply.status() != 201) {
        reply.problem(409, "username_taken");
    }
}

#[tokio::test]
async fn of_many_registrations_of_one_address_at_once_all_look_alike_and_one_can_be_proven() {
    let instances = TestApp::instances(2).await;
    let calls = (0..6).map(|n| {
        let app = &instances[n % 2];
        registration(app, &format!("ann{n}"), "ann@example.org")
    });
    for reply in crate::harness::together(calls).await {
        let _: Value = reply.created();
    }
    let app = &instances[0];
    let owners = app
        .database()
        .count("SELECT COUNT(*) FROM users WHERE email_norm IS NOT NULL")
        .await;
    assert_eq!(owners, 1);
    let code = app.code_for("ann@example.org").await;
    proof(app, "ann@example.org", &code).await.no_content();
}

#[tokio::test]
async fn every_wrong_field_of_a_registration_is_named_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "username": "a", "email": "nowhere", "password": "short" });
    let reply = app.anon().post("auth/register").json(body).await;
    let fields = reply.problem(422, "invalid").fields();
    assert_eq!(
        fields,
        [
            "username: too_short",
            "email: invalid_email",
            "password: too_short"
        ]
    );
}

#[tokio::test]
async fn a_password_of_256_bytes_is_good_and_one_of_257_is_refused() {
    let app = TestApp::start().await;
    let body = |name: &str, password: String| {
        let email = format!("{name}@example.org");
        json!({ "username": name, "email": email, "password": password })
    };
    let anon = app.anon();
    let longest = body("ann", "süßer ".repeat(32));
    let _: Value = anon.post("auth/register").json(longest).await.created();
    let too_long = body("bob", format!("{}a", "süßer ".repeat(32)));
    let reply = anon.post("auth/register").json(too_long).await;
    reply.problem(422, "invalid").field("password", "too_long");
}

#[tokio::test]
async fn a_password_of_ten_characters_is_good_and_one_of_nine_is_refused() {
    let app = TestApp::start().await;
    let anon = app.anon();
    let body = |name: &str, password: &str| {
        let email = format!("{name}@example.org");
        json!({ "username": name, "email": email, "password": password })
    };
    let keys: String = ('\u{1f511}'..='\u{1f51a}').collect();
    let reply = anon.post("auth/register").json(body("ann", &keys)).await;
    let _: Value = reply.created();
    let keys: String = ('\u{1f511}'..='\u{1f519}').collect();
    let reply = anon.post("auth/register").json(body("bob", &keys)).await;
    reply.problem(422, "invalid").field("password", "too_short");
}

#[tokio::test]
async fn the_own_name_or_address_is_no_password() {
    let app = TestApp::start().await;
    for password in ["Long.User.Name", "Somebody.Else@example.org"] {
        let body = json!({
            "username": "long.user.name",
            "email": "somebody.else@example.org",
            "password": password,
        });
        let reply = app.anon().post("auth/register").json(body).await;
        reply
            .problem(422, "invalid")
            .field("password", "weak_password");
    }
}

#[tokio::test]
async fn nobody_can_make_himself_an_admin_by_an_unknown_field() {
    let app = TestApp::start().await;
    let body = json!({
        "username": "eve",
        "email": "eve@example.org",
        "password": DEFAULT_PASSWORD,
        "role": "admin",
    });
    let reply = app.anon().post("auth/register").json(body).await;
    reply.problem(422, "invalid").field("role", "unknown_field");
}

#[tokio::test]
async fn a_refused_registration_leaves_neither_account_nor_mail() {
    let app = TestApp::start().await;
    let body = json!({ "username": "ann", "email": "ann@example.org", "password": "short" });
    let reply = app.anon().post("auth/register").json(body).await;
    reply.problem(422, "invalid");
    assert_eq!(app.database().count("SELECT COUNT(*) FROM users").await, 0);
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn the_mail_holds_one_run_of_six_digits_and_does_not_repeat_the_address() {
    let app = TestApp::start().await;
    let _: Value = registration(&app, "ann", "ann@example.org").await.created();
    let mails = app.mails().await;
    let [mail] = mails.as_slice() else {
        panic!("one mail is wanted: {mails:?}");
    };
    assert_eq!(mail.to, "ann@example.org");
    assert_eq!(six_digits(&mail.text).len(), 1, "{}", mail.text);
    assert!(six_digits(&mail.subject).is_empty(), "{}", mail.subject);
    assert!(!mail.text.contains("ann@example.org"), "{}", mail.text);
    assert!(!mail.subject.contains('\n') && !mail.subject.is_empty());
}

#[tokio::test]
async fn the_code_is_the_first_run_of_six_digits_even_when_the_name_holds_one() {
    let app = TestApp::start().await;
    let _: Value = registration(&app, "ann123456", "ann@example.org")
        .await
        .created();
    let mail = app.mails().await.remove(0);
    let runs = [six_digits(&mail.subject), six_digits(&mail.text)].concat();
    proof(&app, "ann@example.org", &runs[0]).await.no_content();
}

#[tokio::test]
async fn codes_passwords_and_mails_do_not_stand_in_the_database_in_plain() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    let rows: Vec<(Vec<u8>, String, Vec<u8>)> = app
        .database()
        .rows(
            "SELECT c.code_hash, u.password_hash, o.sealed FROM one_time_codes c \
             JOIN users u ON u.id = c.user_id JOIN outbox o",
            (),
        )
        .await;
    let (digest, hash, sealed) = &rows[0];
    let holds = |bytes: &[u8], text: &str| {
        bytes
            .windows(text.len())
            .any(|piece| piece == text.as_bytes())
    };
    assert!(!holds(digest, &code) && !holds(sealed, &code));
    assert!(!holds(sealed, "ann@example.org"));
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
}

#[tokio::test]
async fn without_a_mail_server_mails_wait_and_stay_readable() {
    let app = TestApp::start().await;
    let code = registered(&app, "ann", "ann@example.org").await;
    run_due(&app.state, &Mailer::Off, "one").await;
    assert_eq!(app.code_for("ann@example.org").await, code);
}
