//! Whose clock ends things: the database's. A MariaDB whose clock jumps while everything runs, and
//! instances whose own clock is wrong. Real processes, because only those have a clock to bend.

use mysql_async::prelude::Queryable;
use satchel::platform::clock::Clock;
use serde_json::{Value, json};

use super::totp::code_of;
use crate::harness::six_digits;
use crate::platform::support::{
    Answer, Client, FalseClock, Fleet, Instance, OwnMariadb, PASSWORD, until,
};

const NEW: &str = "another horse, another colour";

/// A service over a database whose clock the test moves.
struct World {
    clock: FalseClock,
    server: OwnMariadb,
    fleet: Fleet,
    instance: Instance,
}

impl World {
    async fn start() -> Self {
        let clock = FalseClock::new();
        let server = OwnMariadb::start_under(&clock).await;
        let fleet = Fleet::new(&server.url(), None).migrated();
        let instance = fleet.serve().await;
        Self {
            clock,
            server,
            fleet,
            instance,
        }
    }

    /// An instance whose own clock is that far off.
    async fn instance_at(&self, clock: &FalseClock, offset: &str) -> Instance {
        clock.set(offset);
        let environment = clock.environment();
        let settings: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.fleet.serve_with(&settings).await
    }

    /// Registers somebody; the code that was mailed.
    async fn register(&self, name: &str) -> String {
        let body = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": PASSWORD,
        });
        let anybody = self.instance.anybody();
        anybody
            .post("/api/v1/auth/register", body)
            .await
            .expect(201);
        let mail = self.mail_with("Your code for Satchel").await;
        six_digits(&mail).pop().unwrap()
    }

    /// Asks for a link to a new password; its token.
    async fn link(&self, name: &str) -> String {
        let body = json!({ "email": format!("{name}@example.org") });
        let anybody = self.instance.anybody();
        let answer = anybody.post("/api/v1/auth/forgot-password", body).await;
        answer.expect(202);
        let mail = self
            .mail_with(&format!("To: {name}@example.org\nSubject: Choose"))
            .await;
        let token = mail.split("#token=").nth(1).unwrap();
        token.split_whitespace().next().unwrap().to_owned()
    }

    /// The latest mail that holds this text.
    async fn mail_with(&self, text: &str) -> String {
        until("the mail is written", async || {
            let all = self.fleet.run_well(&["mail"]);
            let at = all.rfind(text)?;
            Some(all[at..].to_owned())
        })
        .await
    }

    /// Runs a statement in the schema; what it counted.
    async fn sql<T: mysql_async::prelude::FromRow + Send + 'static>(&self, sql: &str) -> Option<T> {
        let mut conn = self.server.connect().await.unwrap();
        conn.query_drop("USE satchel").await.unwrap();
        let row = conn.query_first(sql).await.unwrap();
        conn.disconnect().await.unwrap();
        row
    }
}

async fn prove(instance: &Instance, name: &str, code: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.org"), "code": code });
    let anybody = instance.anybody();
    anybody.post("/api/v1/auth/verify-email", body).await
}

async fn reset(instance: &Instance, token: &str) -> Answer {
    let body = json!({ "token": token, "password": NEW });
    let anybody = instance.anybody();
    anybody.post("/api/v1/auth/reset-password", body).await
}

async fn login(instance: &Instance, name: &str, password: &str) -> Answer {
    let body = json!({ "login": name, "password": password });
    let anybody = instance.anybody();
    anybody
        .post("/api/v1/auth/login?transport=body", body)
        .await
}

async fn refresh(instance: &Instance, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    let anybody = instance.anybody();
    anybody
        .post("/api/v1/auth/refresh?transport=body", body)
        .await
}

async fn is_in(client: &Client) -> bool {
    let answer = client.get("/api/v1/me").await;
    if answer.status == 401 {
        answer.expect_problem(401, "invalid_token");
        return false;
    }
    answer.expect(200);
    true
}

/// The field and the code of a refused entry.
#[track_caller]
fn refused(answer: Answer, field: &str, code: &str) {
    let problem = answer.expect_problem(403, code).json();
    let found: &Value = &problem["errors"][0];
    assert_eq!(
        (&found["field"], &found["code"]),
        (&json!(field), &json!(code))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_ten_minutes_later_on_the_databases_clock() {
    let world = World::start().await;
    let code = world.register("ann").await;
    world.clock.set("+9m");
    prove(&world.instance, "ann", &code).await.expect(204);
    let code = world.register("bob").await;
    world.clock.set("+20m");
    let late = prove(&world.instance, "bob", &code).await;
    refused(late, "code", "code_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_thirty_minutes_later_on_the_databases_clock() {
    let world = World::start().await;
    world.fleet.sign_up(&world.instance, "ann").await;
    let token = world.link("ann").await;
    world.clock.set("+29m");
    reset(&world.instance, &token).await.expect(204);
    world.fleet.sign_up(&world.instance, "bob").await;
    let token = world.link("bob").await;
    world.clock.set("+60m");
    let late = reset(&world.instance, &token).await;
    refused(late, "token", "token_invalid");
    login(&world.instance, "bob", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_when_it_was_idle_or_is_old_on_the_databases_clock() {
    let world = World::start().await;
    let (ann, first) = world.fleet.sign_up(&world.instance, "ann").await;
    let (_, idle) = world.fleet.sign_in(&world.instance, "ann").await;
    let mut token = first;
    for day in [13, 26, 39, 52] {
        world.clock.set(&format!("+{day}d"));
        let answer = refresh(&world.instance, &token).await.expect(200);
        token = answer.word("refresh_token");
        assert!(is_in(&ann).await, "the access token is minutes old");
    }
    let over = refresh(&world.instance, &idle).await;
    over.expect_problem(401, "session_over");
    // Sixty days after it began a sign-in ends, however often it was used.
    world.clock.set("+61d");
    let over = refresh(&world.instance, &token).await;
    over.expect_problem(401, "session_over");
    assert!(!is_in(&ann).await, "its access tokens end with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grace_for_two_tabs_ends_on_the_databases_clock() {
    let world = World::start().await;
    let (ann, token) = world.fleet.sign_up(&world.instance, "ann").await;
    refresh(&world.instance, &token).await.expect(200);
    world.clock.set("+7");
    refresh(&world.instance, &token).await.expect(200);
    world.clock.set("+60");
    let late = refresh(&world.instance, &token).await;
    late.expect_problem(401, "session_over");
    assert!(!is_in(&ann).await, "an old token ends the sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_program_ends_on_the_databases_clock() {
    let world = World::start().await;
    let (ann, _) = world.fleet.sign_up(&world.instance, "ann").await;
    let sql = "SELECT DATE_FORMAT(UTC_TIMESTAMP() + INTERVAL 1 DAY, '%Y-%m-%dT%H:%i:%sZ')";
    let (tomorrow,): (String,) = world.sql(sql).await.unwrap();
    let body = json!({ "name": "n", "scopes": ["read"], "expires_at": tomorrow });
    let created = ann.post("/api/v1/me/api-keys", body).await.expect(201);
    let program = world.instance.as_bearer(&created.word("key"));
    world.clock.set("+23h");
    program.titles().await;
    world.clock.set("+25h");
    let late = program.get("/api/v1/notes").await;
    late.expect_problem(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_of_wrong_passwords_ends_on_the_databases_clock() {
    let world = World::start().await;
    world.fleet.sign_up(&world.instance, "ann").await;
    for _ in 0..10 {
        let wrong = login(&world.instance, "ann", NEW).await;
        wrong.expect_problem(401, "invalid_credentials");
    }
    // The whole minute stands still for the instance; only the database's clock decides.
    let refused = login(&world.instance, "ann", PASSWORD).await;
    refused.expect_problem(429, "too_many_requests");
    world.clock.set("+61");
    login(&world.instance, "ann", PASSWORD).await.expect(200);
}

/// Asks for the end of the account.
async fn give_up(client: &Client) {
    let body = Some(json!({ "password": PASSWORD }));
    let answer = client.send("DELETE", "/api/v1/me", &[], body).await;
    assert!(matches!(answer.status, 200..=204), "{answer:?}");
}

/// Lets the job that deletes accounts run in so many days of the database's clock.
async fn deletions_in(world: &World, days: i32) {
    let sql = format!(
        "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) + INTERVAL {days} DAY \
         WHERE kind = 'accounts.delete'"
    );
    let _: Option<(u64,)> = world.sql(&sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grace_of_an_account_ends_on_the_databases_clock() {
    let world = World::start().await;
    let (ann, _) = world.fleet.sign_up(&world.instance, "ann").await;
    give_up(&ann).await;
    world.clock.set("+13d");
    let kept = login(&world.instance, "ann", PASSWORD).await.expect(200);
    give_up(&world.instance.as_bearer(&kept.word("access_token"))).await;
    deletions_in(&world, 300).await;
    world.clock.set("+28d");
    let late = login(&world.instance, "ann", PASSWORD).await;
    late.expect_problem(403, "account_disabled");
    deletions_in(&world, -1).await;
    until("the account is gone", async || {
        let left: Option<(u64,)> = world.sql("SELECT COUNT(*) FROM users").await;
        (left == Some((0,))).then_some(())
    })
    .await;
}

/// Codes, links, sign-ins, graces: an instance that is a day ahead or behind judges them as any other.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_with_a_wrong_clock_ends_nothing_early_and_keeps_nothing_alive() {
    let world = World::start().await;
    for (offset, name) in [("+20d", "ann"), ("-20d", "bob")] {
        let own = FalseClock::new();
        let wrong = world.instance_at(&own, offset).await;
        let code = world.register(name).await;
        prove(&wrong, name, &code).await.expect(204);
        let (_, token) = world.fleet.sign_in(&world.instance, name).await;
        let token = refresh(&wrong, &token).await.expect(200);
        let token = refresh(&world.instance, &token.word("refresh_token")).await;
        let ann = world
            .instance
            .as_bearer(&token.expect(200).word("access_token"));
        give_up(&ann).await;
        login(&wrong, name, PASSWORD).await.expect(200);
        let link = world.link(name).await;
        reset(&wrong, &link).await.expect(204);
        login(&world.instance, name, NEW).await.expect(200);
    }
    let own = FalseClock::new();
    let behind = world.instance_at(&own, "-20d").await;
    let code = world.register("cid").await;
    let (dora, token) = world.fleet.sign_up(&world.instance, "dora").await;
    let link = world.link("dora").await;
    give_up(&dora).await;
    deletions_in(&world, 300).await;
    world.clock.set("+15d");
    refused(prove(&behind, "cid", &code).await, "code", "code_invalid");
    refused(reset(&behind, &link).await, "token", "token_invalid");
    let over = refresh(&behind, &token).await;
    over.expect_problem(401, "session_over");
    let late = login(&behind, "dora", PASSWORD).await;
    late.expect_problem(403, "account_disabled");
}

/// Access tokens are judged without asking the database, by the clock of the instance that reads
/// them: this is why the clocks of the instances have to agree.
#[tokio::test(flavor = "multi_thread")]
async fn access_tokens_follow_the_clock_of_the_instance() {
    let world = World::start().await;
    let (ann, _) = world.fleet.sign_up(&world.instance, "ann").await;
    world.clock.set("+1d");
    assert!(is_in(&ann).await, "the database's clock does not end them");
    let own = FalseClock::new();
    let other = world.instance_at(&own, "+3").await;
    let (near, _) = world.fleet.sign_in(&other, "ann").await;
    assert!(is_in(&near).await);
    assert!(
        is_in(&world.instance.hears(&near)).await,
        "three seconds are forgiven"
    );
    own.set("+11m");
    assert!(
        !is_in(&other.hears(&ann)).await,
        "over, as that instance sees it"
    );
    let (ahead, _) = world.fleet.sign_in(&other, "ann").await;
    assert!(is_in(&ahead).await);
    assert!(!is_in(&world.instance.hears(&ahead)).await, "not valid yet");
    own.set("-11m");
    let (behind, _) = world.fleet.sign_in(&other, "ann").await;
    assert!(is_in(&behind).await);
    assert!(!is_in(&world.instance.hears(&behind)).await, "over already");
}

/// So are the codes of an authenticator app, which has a clock of its own.
#[tokio::test(flavor = "multi_thread")]
async fn codes_of_an_app_follow_the_clock_of_the_instance() {
    let world = World::start().await;
    let (ann, _) = world.fleet.sign_up(&world.instance, "ann").await;
    let begun = ann.post("/api/v1/me/totp", json!({ "password": PASSWORD }));
    let secret = begun.await.expect(200).word("secret");
    let step = Clock::System.now().seconds() / 30;
    let code = json!({ "code": code_of(&secret, step) });
    ann.post("/api/v1/me/totp/confirm", code).await.expect(200);
    world.clock.set("+1d");
    let own = FalseClock::new();
    let ahead = world.instance_at(&own, "+10m").await;
    let next = json!({ "login": "ann", "password": PASSWORD, "code": code_of(&secret, step + 1) });
    let path = "/api/v1/auth/login?transport=body";
    let over = ahead.anybody().post(path, next.clone()).await;
    over.expect_problem(401, "mfa_required");
    world.instance.anybody().post(path, next).await.expect(200);
}
