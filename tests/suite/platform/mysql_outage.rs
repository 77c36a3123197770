//! MySQL stopped, restarted, hung and cut, seen by real instances over a server of the test's own.
//! Refuses restarts of ours: whatever happens below, the same process goes on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use satchel::platform::db::{Config, Db, DbError, Query};
use satchel::platform::secret::Secret;
use tokio::task::JoinSet;

use super::support::{Answer, Client, Doorman, Fleet, Instance, OwnMariadb, idle_for, until};

/// The usual waits of the service, not those of a slow machine: the deadlines are the subject.
fn with_usual_waits(fleet: Fleet) -> Fleet {
    fleet
        .with("SATCHEL_DB_WAIT_MS", "300")
        .with("SATCHEL_DB_STATEMENT_MS", "2000")
        .with("SATCHEL_DB_POOL_MAX", "4")
}

/// 503 as the contract words it.
#[track_caller]
fn expect_unavailable(answer: Answer) {
    let answer = answer.expect_problem(503, "unavailable");
    let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(after >= 1);
    assert!(answer.header("x-request-id").is_some());
    let text = answer.text().to_lowercase();
    for word in ["mysql", "database", "connect", "127.0.0.1"] {
        assert!(!text.contains(word), "the cause stays inside: {text}");
    }
}

/// Waits until the instance says this of itself; the probe looks once a second.
async fn becomes(instance: &Instance, word: &str) {
    until(word, async || {
        (instance.health(200).await == word).then_some(())
    })
    .await;
}

/// Waits until a read works again.
async fn works(client: &Client) {
    until("reads work again", async || {
        let answer = client.get("/api/v1/notes").await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_503_with_retry_after_and_no_reason_to_restart() {
    let mut server = OwnMariadb::start().await;
    let fleet = with_usual_waits(Fleet::new(&server.url(), None)).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    ann.write("before").await.expect(201);
    assert_eq!(instance.health(200).await, "ok");

    server.stop().await;
    expect_unavailable(ann.get("/api/v1/notes").await);
    expect_unavailable(ann.write("meanwhile").await);
    let login = serde_json::json!({ "login": "ann", "password": "whatever it was" });
    expect_unavailable(ann.post("/api/v1/auth/login", login).await);
    becomes(&instance, "degraded").await;
    let health = ann.get("/health").await.expect(200).json();
    assert_eq!(health["checks"]["mysql"]["status"], "down");
    ann.get("/health/live").await.expect(200);
    ann.get("/health/ready").await.expect(200);
    ann.get("/metrics").await.expect(200);
    ann.get("/").await.expect(200);

    server.start_again().await;
    works(&ann).await;
    becomes(&instance, "ok").await;
    ann.write("after").await.expect(201);
    let titles: BTreeSet<String> = ann.titles().await.into_iter().collect();
    let wanted = ["before", "after"].map(str::to_owned);
    assert_eq!(titles, BTreeSet::from(wanted), "refused means not done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_database_is_not_knocked_at_more_than_about_once_a_second() {
    let mut server = OwnMariadb::start().await;
    let doorman = Doorman::before(server.port()).await;
    let fleet = with_usual_waits(Fleet::new(&doorman.url(), None)).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    server.stop().await;
    becomes(&instance, "degraded").await;

    let (before, started) = (doorman.came(), Instant::now());
    let mut crowd = JoinSet::new();
    for _ in 0..6 {
        let ann = ann.clone();
        crowd.spawn(async move {
            for _ in 0..120 {
                expect_unavailable(ann.get("/api/v1/notes").await);
                idle_for(Duration::from_millis(20)).await;
            }
        });
    }
    crowd.join_all().await;
    let tries = doorman.came() - before;
    // The pause between two tries is drawn between 0.7 and 1 s.
    let allowed = started.elapsed().as_secs_f64() / 0.7 + 2.0;
    let tries = f64::from(u32::try_from(tries).unwrap());
    assert!(
        tries <= allowed,
        "{tries} tries where {allowed:.1} are allowed"
    );
    assert!(tries >= 1.0, "somebody must look whether it is back");
    server.start_again().await;
    works(&ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_closed_cost_no_failed_request() {
    let server = OwnMariadb::start().await;
    let fleet = with_usual_waits(Fleet::new(&server.url(), None)).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    for round in 0..4 {
        fill_pool(&instance, &ann).await;
        assert!(server.kill_connections().await >= 2, "the pool was full");
        if round % 2 == 0 {
            ann.get("/api/v1/notes").await.expect(200);
            ann.write(&format!("{round}")).await.expect(201);
        } else {
            ann.write(&format!("{round}")).await.expect(201);
            ann.get("/api/v1/notes").await.expect(200);
        }
    }
    fill_pool(&instance, &ann).await;
    server.kill_connections().await;
    for answer in crowd(&ann, 12).await {
        answer.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_restart_with_a_full_pool_costs_no_failed_read() {
    let mut server = OwnMariadb::start().await;
    let fleet = with_usual_waits(Fleet::new(&server.url(), None)).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let note = ann.write("kept").await.expect(201).word("id");
    for crash in [false, true] {
        fill_pool(&instance, &ann).await;
        if crash {
            server.crash();
        } else {
            server.stop().await;
        }
        server.start_again().await;
        // The probe may have met the closed door: then one more second is fair.
        works(&ann).await;
        for answer in crowd(&ann, 8).await {
            answer.expect(200);
        }
        ann.get(&format!("/api/v1/notes/{note}")).await.expect(200);
        ann.write("after").await.expect(201);
    }
    assert_eq!(instance.pool().await["max_size"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_ends_every_request_by_itself_and_the_pool_keeps_its_size() {
    let server = OwnMariadb::start().await;
    let fleet = with_usual_waits(Fleet::new(&server.url(), None)).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    fill_pool(&instance, &ann).await;
    server.hang();
    let mut requests = JoinSet::new();
    for number in 0..24 {
        let ann = ann.clone();
        requests.spawn(async move {
            if number % 3 == 0 {
                ann.write("hung").await
            } else {
                ann.get("/api/v1/notes").await
            }
        });
    }
    let mut left = 24;
    while left > 0 {
        tokio::select! {
            Some(answer) = requests.join_next() => {
                expect_unavailable(answer.unwrap());
                left -= 1;
            }
            () = idle_for(Duration::from_millis(40)) => {
                let pool = instance.pool().await;
                assert!(pool["size"].as_u64() <= pool["max_size"].as_u64(), "{pool}");
                ann.get("/health/live").await.expect(200);
            }
        }
    }
    becomes(&instance, "degraded").await;
    server.go_on();
    works(&ann).await;
    becomes(&instance, "ok").await;
    for answer in crowd(&ann, 8).await {
        answer.expect(200);
    }
    // A commit whose answer never came is open by nature; each of the eight is there once at most.
    assert!(ann.titles().await.len() <= 8);
    // The probe and the jobs take a connection now and then.
    until("every connection is back", async || {
        let pool = instance.pool().await;
        let idle = pool["in_use"] == 0 && pool["waiting"] == 0;
        idle.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_connection_dies_is_run_again_as_a_whole() {
    const ADD: Query = Query::new("suite.add", "UPDATE counters SET n = n + 100 WHERE id = ?");
    let server = OwnMariadb::start().await;
    let mut admin = server.connect().await.unwrap();
    for sql in [
        "CREATE TABLE satchel.counters (id INT PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB",
        "INSERT INTO satchel.counters VALUES (1, 0), (2, 0)",
    ] {
        admin.query_drop(sql).await.unwrap();
    }
    let db = Db::new(&Config::new(Secret::new(server.url()))).unwrap();
    let (db, server) = (&db, &server);
    let mut wanted = 0;
    // Killed while idle, then between the two halves of the first run.
    for midway in [false, true] {
        db.probe().await.unwrap();
        if !midway {
            assert!(server.kill_connections().await >= 1);
        }
        let runs = AtomicU32::new(0);
        let runs = &runs;
        let outcome: Result<(), DbError> = db
            .transaction("suite.both", |tx| async move {
                tx.exec(&ADD, (1,)).await?;
                if runs.fetch_add(1, Ordering::Relaxed) == 0 && midway {
                    server.kill_connections().await;
                }
                tx.exec(&ADD, (2,)).await.map(drop)
            })
            .await;
        outcome.unwrap();
        wanted += 100;
        let sql = "SELECT n FROM satchel.counters ORDER BY id";
        let seen: Vec<i64> = admin.query(sql).await.unwrap();
        assert_eq!(seen, [wanted, wanted], "midway: {midway}");
    }
    admin.disconnect().await.unwrap();
}

/// The same read many times at once.
async fn crowd(client: &Client, count: usize) -> Vec<Answer> {
    let mut readers = JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        readers.spawn(async move { client.get("/api/v1/notes").await });
    }
    readers.join_all().await
}

/// Reads at once until the pool holds more than one connection.
async fn fill_pool(instance: &Instance, client: &Client) {
    until("the pool holds several connections", async || {
        for answer in crowd(client, 8).await {
            answer.expect(200);
        }
        (instance.pool().await["size"].as_u64() >= Some(2)).then_some(())
    })
    .await;
}
