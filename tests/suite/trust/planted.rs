//! Secrets of accounts are planted in a real process whose log is at its most talkative, used well
//! and badly, and looked for in everything it wrote and answered.

use serde_json::{Value, json};

use super::totp;
use crate::harness::{DEFAULT_PASSWORD, TestApp, redis_url};
use crate::platform::support::{Answer, Client, Fleet, Instance, until};

const NEXT: &str = "Planted-next-password-4711";
/// The one that accounts here are made with.
const PASSWORD: &str = "a horse of another colour";

/// A client whose answers are kept, with the one in which something was shown rightly left out.
struct Witness {
    client: Client,
    answers: Vec<String>,
}

impl Witness {
    async fn send(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let path = format!("/api/v1/{path}");
        let body = (!body.is_null()).then_some(body);
        let answer = self.client.send(method, &path, &[], body).await;
        self.answers.push(format!("{answer:?} {}", answer.text()));
        answer
    }

    /// An answer that shows a secret for the only time.
    async fn shown(&mut self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.send(method, path, body).await;
        self.answers.pop();
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer.json()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The token in the latest link of the outbox.
async fn reset_token(fleet: &Fleet) -> String {
    until("the link is mailed", async || {
        let mails = fleet.run_well(&["mail"]);
        let rest = mails.rsplit_once("#token=")?.1.to_owned();
        rest.split_whitespace().next().map(str::to_owned)
    })
    .await
}

/// Secrets in the wrong places.
fn misuses(
    [secret, code, recovery, key, link]: [&str; 5],
) -> [(&'static str, &'static str, Value); 8] {
    [
        (
            "POST",
            "auth/login",
            json!({ "login": PASSWORD, "password": NEXT, "code": recovery }),
        ),
        (
            "POST",
            "auth/login",
            json!({ "login": "ann", "password": PASSWORD, "code": code, "x": key }),
        ),
        (
            "POST",
            "auth/login",
            json!({ "login": "ann", "password": [PASSWORD] }),
        ),
        (
            "DELETE",
            "me/totp",
            json!({ "password": NEXT, "code": code }),
        ),
        (
            "POST",
            "auth/reset-password",
            json!({ "token": [link], "password": NEXT }),
        ),
        (
            "POST",
            "auth/reset-password",
            json!({ "token": link, "password": "short" }),
        ),
        (
            "PATCH",
            "me",
            json!({ "password": NEXT, "totp_secret": secret }),
        ),
        ("PATCH", "me", json!({ "time_zone": secret })),
    ]
}

/// Everything that touches a secret of the account, well and badly.
async fn a_life(app: &TestApp, fleet: &Fleet, instance: &Instance) -> (Vec<String>, Vec<String>) {
    let (client, refresh) = fleet.sign_up(instance, "ann").await;
    let token = client.token.clone();
    let mut ann = Witness {
        client,
        answers: Vec::new(),
    };
    let password = PASSWORD;
    let proof = json!({ "password": password });
    let begun = ann.shown("POST", "me/totp", proof.clone()).await;
    let secret = text(&begun["secret"]);
    let code = totp::code(&secret, app, 0);
    let confirmed = ann
        .shown("POST", "me/totp/confirm", json!({ "code": code }))
        .await;
    let recovery = text(&confirmed["recovery_codes"][0]);
    let new = json!({ "name": "a program", "scopes": ["read"] });
    let key = text(&ann.shown("POST", "me/api-keys", new).await["key"]);
    let forgotten = json!({ "email": "ann@example.org" });
    ann.send("POST", "auth/forgot-password", forgotten)
        .await
        .expect(202);
    let link = reset_token(fleet).await;
    for (method, path, body) in misuses([&secret, &code, &recovery, &key, &link]) {
        let answer = ann.send(method, path, body).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    let used = json!({ "password": password, "code": recovery });
    ann.send("DELETE", "me/totp", used).await.expect(204);
    let reset = json!({ "token": link, "password": NEXT });
    ann.send("POST", "auth/reset-password", reset)
        .await
        .expect(204);
    for path in ["me", "me/api-keys", "me/sessions", "notes"] {
        ann.send("GET", path, Value::Null).await.expect(401);
        ann.client.token.clone_from(&key);
        ann.send("GET", path, Value::Null).await;
        ann.client.token.clone_from(&token);
    }
    let bare = recovery.replace('-', "");
    let secrets = [
        password, NEXT, &secret, &recovery, &bare, &key, &link, &token, &refresh,
    ];
    (secrets.map(str::to_owned).to_vec(), ann.answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secrets_of_an_account_are_in_no_log_and_no_later_answer() {
    let app = TestApp::start().await;
    let mut fleet = Fleet::new(app.database().url(), Some(&redis_url()));
    fleet.set("SATCHEL_LOG", "trace");
    let mut instance = fleet.serve().await;
    let (secrets, mut places) = a_life(&app, &fleet, &instance).await;
    instance.child.signal("TERM");
    assert!(instance.child.end().await.success());
    let output = instance.child.said();
    assert!(output.lines().count() > 20, "the log is talkative");
    places.push(output);
    for secret in &secrets {
        assert!(secret.len() >= 10 && *secret != DEFAULT_PASSWORD);
        for place in &places {
            assert!(!place.contains(secret.as_str()), "{secret} in {place}");
        }
    }
}
