//! Three real instances behind a real nginx: what has to hold over all of them, whichever one the
//! proxy asks. The same promises inside one process stand in `trust`.

use std::sync::atomic::{AtomicBool, Ordering};

use satchel::platform::crypto;
use serde_json::json;
use tokio::task::JoinSet;

use super::support::{Answer, Client, Fleet, Instance, OwnNginx, PASSWORD, until};
use crate::harness::{Database, redis_url};

const LOGIN: &str = "/api/v1/auth/login?transport=body";
const REFRESH: &str = "/api/v1/auth/refresh?transport=body";

/// Three instances over one database, and nginx before them.
async fn three(fleet: &Fleet) -> (Vec<Instance>, OwnNginx) {
    let instances = vec![
        fleet.serve().await,
        fleet.serve().await,
        fleet.serve().await,
    ];
    let proxy = OwnNginx::before(&instances).await;
    (instances, proxy)
}

async fn try_in(client: &Client, password: &str) -> Answer {
    let body = json!({ "login": "ann", "password": password });
    client.post(LOGIN, body).await
}

/// So many wrong tries at once; the statuses of the answers.
async fn wrong_tries(proxy: &OwnNginx, count: usize) -> Vec<u16> {
    let mut running = JoinSet::new();
    for _ in 0..count {
        let client = proxy.anybody();
        running.spawn(async move { try_in(&client, "wrong horse battery").await.status });
    }
    running.join_all().await
}

/// Which instances the log of the proxy names for a path.
fn asked(proxy: &OwnNginx, instances: &[Instance], path: &str) -> usize {
    let log = proxy.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(path)).collect();
    let named = |one: &&Instance| {
        let upstream = format!("\"upstream\":\"{}\"", one.addr);
        lines.iter().any(|line| line.contains(&upstream))
    };
    instances.iter().filter(named).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_forty_wrong_passwords_through_nginx_ten_are_looked_at() {
    for redis in [Some(redis_url()), None] {
        let database = Database::create().await;
        let fleet = Fleet::new(database.url(), redis.as_deref());
        let (instances, proxy) = three(&fleet).await;
        fleet.sign_up(&instances[0], "ann").await;
        let statuses = wrong_tries(&proxy, 40).await;
        let refused = statuses.iter().filter(|status| **status == 429).count();
        let others = statuses.iter().filter(|status| **status != 429);
        // Who was counted but got no turn in time is told to come again.
        assert!(others.clone().all(|status| matches!(status, 401 | 503)));
        assert_eq!((others.count(), refused), (10, 30), "{statuses:?}");
        let right = try_in(&proxy.anybody(), PASSWORD).await;
        right.expect_problem(429, "too_many_requests");
        for one in &instances {
            let right = try_in(&one.anybody(), PASSWORD).await;
            right.expect_problem(429, "too_many_requests");
        }
        until("all three were asked", async || {
            (asked(&proxy, &instances, "auth/login") == 3).then_some(())
        })
        .await;
    }
}

/// Somebody who is signed in through the proxy and goes on working.
#[derive(Clone)]
struct Person {
    client: Client,
    refresh: String,
    /// Answers so far that were not what a person wants to see.
    disturbed: Vec<u16>,
}

impl Person {
    async fn sign_in(proxy: &OwnNginx) -> Self {
        let answer = try_in(&proxy.anybody(), PASSWORD).await.expect(200);
        Self {
            client: proxy.as_bearer(&answer.word("access_token")),
            refresh: answer.word("refresh_token"),
            disturbed: Vec::new(),
        }
    }

    /// Exchanges the tokens. A try that no instance answered is repeated, as programs do.
    async fn renew(&mut self) {
        let body = json!({ "refresh_token": self.refresh });
        let mut anybody = self.client.clone();
        anybody.token.clear();
        let answer = anybody.post(REFRESH, body).await;
        match answer.status {
            200 => {
                self.client.token = answer.word("access_token");
                self.refresh = answer.word("refresh_token");
            }
            502 => {}
            other => self.disturbed.push(other),
        }
    }

    /// Asks so often that each instance is asked.
    async fn ask(&mut self) {
        for _ in 0..4 {
            let answer = self.client.get("/api/v1/me").await;
            if answer.status != 200 {
                self.disturbed.push(answer.status);
            }
        }
    }

    /// Works with tokens that are made meanwhile, and with the one that was there before.
    async fn work(mut self, stop: &AtomicBool) -> Self {
        let mut before = self.clone();
        while !stop.load(Ordering::Relaxed) {
            self.renew().await;
            self.ask().await;
            before.ask().await;
        }
        self.disturbed.append(&mut before.disturbed);
        self
    }

    /// The `kid` of the access token.
    fn kid(&self) -> String {
        let header = self.client.token.split('.').next().unwrap();
        let header = crypto::decode(header).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    }
}

/// Exchanges the keys of all instances, one after the other, while somebody goes on working.
async fn roll(fleet: &Fleet, instances: &mut [Instance], keys: &str, person: Person) -> Person {
    let stop = AtomicBool::new(false);
    let rolling = async {
        for one in instances.iter_mut() {
            one.child.signal("TERM");
            assert!(one.child.end().await.success());
            *one = fleet
                .serve_at(one.addr, &[("SATCHEL_JWT_KEYS", keys)])
                .await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    let (person, ()) = tokio::join!(person.work(&stop), rolling);
    assert!(person.disturbed.is_empty(), "{:?}", person.disturbed);
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_exchanged_under_load_without_a_single_refusal() {
    let key = |kid: &str| format!("{kid}:hs256:{}", crypto::random_text::<32>());
    let (old, new) = (key("old"), key("new"));
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url())).with("SATCHEL_JWT_KEYS", &old);
    let (mut instances, proxy) = three(&fleet).await;
    fleet.sign_up(&instances[0], "ann").await;
    let mut ann = Person::sign_in(&proxy).await;
    let mut held = vec![ann.client.clone()];
    for (keys, kid) in [
        (format!("{old},{new}"), "old"),
        (format!("{new},{old}"), "new"),
        (new, "new"),
    ] {
        ann = roll(&fleet, &mut instances, &keys, ann).await;
        ann.renew().await;
        assert_eq!(ann.kid(), kid);
        held.push(ann.client.clone());
    }
    // Two that the old key signed, two of the new one.
    for (client, good) in held.iter().zip([false, false, true, true]) {
        let answer = client.get("/api/v1/me").await;
        assert_eq!(answer.status, if good { 200 } else { 401 }, "{answer:?}");
    }
}
