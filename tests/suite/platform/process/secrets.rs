//! Secrets are planted everywhere and looked for everywhere else: output, logs, command lines.
//! The log runs at its most talkative, so that nothing hides behind a filter.

use satchel::platform::crypto;
use serde_json::json;

use crate::harness::{Database, redis_url, six_digits};
use crate::platform::support::{Fleet, Instance, until};

const PASSWORD: &str = "Planted-Password-7f3a";
/// A server with an anonymous user at `localhost` believes `%` alone to be somebody else.
const HOSTS: [&str; 3] = ["%", "localhost", "127.0.0.1"];

/// A database user whose password can be looked for.
struct PlantedUser {
    name: String,
    password: String,
    database: Database,
}

impl PlantedUser {
    async fn create() -> Self {
        let database = Database::create().await;
        let user = Self {
            name: format!("u{}", &database.name()[10..]),
            password: format!("Planted{}", crypto::random_text::<9>()),
            database,
        };
        let (name, password) = (&user.name, &user.password);
        for host in HOSTS {
            let sql = format!("CREATE USER '{name}'@'{host}' IDENTIFIED BY '{password}'");
            user.database.exec(&sql, ()).await;
            let sql = format!(
                "GRANT ALL ON {}.* TO '{name}'@'{host}'",
                user.database.name()
            );
            user.database.exec(&sql, ()).await;
        }
        user
    }

    fn url(&self) -> String {
        let (before, after) = self.database.url().split_once("//").unwrap();
        let (_, place) = after.rsplit_once('@').unwrap();
        format!("{before}//{}:{}@{place}", self.name, self.password)
    }

    async fn drop_it(&self) {
        for host in HOSTS {
            let sql = format!("DROP USER '{}'@'{host}'", self.name);
            self.database.exec(&sql, ()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_seen_outside() {
    let user = PlantedUser::create().await;
    let mut fleet = Fleet::new(&user.url(), Some(&redis_url())).with("SATCHEL_LOG", "trace");
    fleet.set("SATCHEL_SMTP_URL", "smtp://ann:PlantedSmtp9@127.0.0.1:9");
    let mut secrets = vec![
        ("database password", user.password.clone()),
        ("smtp password", "PlantedSmtp9".to_owned()),
        ("root key", fleet.setting("SATCHEL_SECRET_KEY").to_owned()),
        ("signing key", jwt_key(&fleet)),
        ("password", PASSWORD.to_owned()),
    ];
    let mut instance = fleet.serve().await;
    secrets.extend(a_life(&fleet, &instance).await);
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", instance.child.pid())).unwrap();
    let mut places = vec![
        (
            "command line",
            String::from_utf8_lossy(&cmdline).into_owned(),
        ),
        ("metrics", instance.anybody().get("/metrics").await.text()),
        (
            "pool-stats",
            instance.anybody().get("/pool-stats").await.text(),
        ),
        ("health", instance.anybody().get("/health").await.text()),
        ("check", fleet.run_well(&["serve", "--check"])),
    ];
    // A wrong password must not be repeated by the server's refusal or by ours.
    let elsewhere = user.url().replace(&user.name, "somebody-else");
    let refused = Fleet::new(&elsewhere, None).run(&["serve"]);
    places.push(("refusal", String::from_utf8(refused.stderr).unwrap()));
    instance.child.signal("TERM");
    assert!(instance.child.end().await.success());
    places.push(("output", instance.child.said()));
    user.drop_it().await;

    assert!(
        places
            .iter()
            .any(|(place, text)| *place == "output" && text.lines().count() > 20)
    );
    for (place, text) in &places {
        for (secret, value) in &secrets {
            assert!(value.len() >= 6, "{secret}");
            assert!(
                !text.contains(value.as_str()),
                "the {secret} in the {place}"
            );
        }
    }
}

/// The key alone, without its name.
fn jwt_key(fleet: &Fleet) -> String {
    let keys = fleet.setting("SATCHEL_JWT_KEYS");
    keys.rsplit(':').next().unwrap().to_owned()
}

/// Does everything that touches a secret, well and badly; the secrets that came up.
async fn a_life(fleet: &Fleet, instance: &Instance) -> Vec<(&'static str, String)> {
    let anybody = instance.anybody();
    let new = json!({ "username": "ann", "email": "ann@example.org", "password": PASSWORD });
    let register = "/api/v1/auth/register";
    anybody.post(register, new.clone()).await.expect(201);
    anybody.post(register, new).await.expect(409);
    // The mail cannot be delivered; the attempt and its failure are logged.
    until("the delivery was tried", async || {
        instance.child.stdout().contains("mail.send").then_some(())
    })
    .await;
    let code = six_digits(&fleet.run_well(&["mail"])).remove(0);
    let proof = json!({ "email": "ann@example.org", "code": code });
    let path = format!("/api/v1/auth/verify-email?code={code}");
    let _ = anybody.post(&path, proof.clone()).await;
    let _ = anybody.post("/api/v1/auth/verify-email", proof).await;
    let login = json!({ "login": "ann", "password": PASSWORD });
    let path = "/api/v1/auth/login?transport=body";
    let signed_in = anybody.post(path, login).await.expect(200);
    let wrong = json!({ "login": PASSWORD, "password": PASSWORD });
    anybody.post(path, wrong).await.expect(401);
    let broken = json!({ "login": "ann", "password": PASSWORD, "extra": PASSWORD });
    anybody.post(path, broken).await.expect(422);
    let (access, refresh) = (
        signed_in.word("access_token"),
        signed_in.word("refresh_token"),
    );
    let ann = instance.as_bearer(&access);
    ann.get("/api/v1/notes").await.expect(200);
    ann.get(&format!("/api/v1/notes?access_token={access}"))
        .await
        .expect(422);
    let body = json!({ "refresh_token": refresh });
    let path = "/api/v1/auth/refresh?transport=body";
    let next = anybody
        .post(path, body)
        .await
        .expect(200)
        .word("refresh_token");
    let cookie = format!("satchel_refresh={next}");
    let headers = [("cookie", cookie.as_str())];
    anybody
        .send("POST", "/api/v1/auth/logout", &headers, None)
        .await
        .expect(204);
    vec![
        ("code", code),
        ("access token", access),
        ("refresh token", refresh),
        ("next refresh token", next),
    ]
}
