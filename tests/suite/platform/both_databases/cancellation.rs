//! Whoever stops waiting must cost nobody else anything: no foreign answer, no lock, no connection.
//! Pitfalls: a cut command's answer is still in flight; a dropped transaction is still open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use satchel::platform::crypto;
use satchel::platform::db::{Db, DbError, Query};
use tokio::sync::{Barrier, Notify};
use tokio::task::JoinSet;

use super::{ADD, READ, Rows};
use crate::platform::support::until;

const USERS: [&str; 2] = ["ann", "bob"];
const REQUESTS: usize = 1000;
const WORKERS: usize = 8;

/// Answers with the caller's own word, after a moment in which the caller may leave.
const WHOSE: Query = Query::new(
    "suite.whose",
    "SELECT whose, SLEEP(0.004) FROM tagged WHERE whose = ? LIMIT 2",
);

#[derive(Default)]
struct Tally {
    started: AtomicUsize,
    answered: AtomicUsize,
    left: AtomicUsize,
    foreign: AtomicUsize,
    refused: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_never_answers_another_user() {
    let rows = Rows::create().await;
    let sql = "CREATE TABLE tagged (whose VARCHAR(8) NOT NULL, n INT NOT NULL) ENGINE = InnoDB";
    rows.database.exec(sql, ()).await;
    let sql = "INSERT INTO tagged VALUES ('ann', 1), ('ann', 2), ('bob', 1), ('bob', 2)";
    rows.database.exec(sql, ()).await;
    let db = rows.pool(2);
    let tally = Arc::new(Tally::default());

    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (db, tally) = (db.clone(), tally.clone());
        workers.spawn(async move {
            loop {
                let number = tally.started.fetch_add(1, Ordering::Relaxed);
                if number >= REQUESTS {
                    return;
                }
                impatient_request(&db, number, &tally).await;
            }
        });
    }
    workers.join_all().await;

    let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    assert_eq!(count(&tally.foreign), 0, "answers meant for somebody else");
    assert_eq!(
        count(&tally.refused),
        0,
        "a cut query costs nobody an error"
    );
    assert!(count(&tally.answered) > 0 && count(&tally.left) > 0);
    the_pool_is_whole(&rows, &db).await;
}

/// One request of one of the two, given up after up to 30 ms; every third one is a transaction.
async fn impatient_request(db: &Db, number: usize, tally: &Tally) {
    let user = USERS[number % 2];
    let [draw] = crypto::random::<1>();
    let patience = Duration::from_millis(u64::from(draw) * 30 / 255);
    let work = async {
        if !number.is_multiple_of(3) {
            return db.list::<(String, i64)>(&WHOSE, (user,)).await;
        }
        db.transaction("suite.whose", |tx| async move {
            tx.exec(&ADD, (1,)).await?;
            tx.list::<(String, i64)>(&WHOSE, (user,)).await
        })
        .await
    };
    let counter = match tokio::time::timeout(patience, work).await {
        Err(_) => &tally.left,
        Ok(Err(_)) => &tally.refused,
        Ok(Ok(seen)) if seen.len() == 2 && seen.iter().all(|(whose, _)| whose == user) => {
            &tally.answered
        }
        Ok(Ok(_)) => &tally.foreign,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The connection of a transaction that stays open until both have begun.
async fn place(db: &Db, both: &Barrier) -> Result<u64, DbError> {
    const ID: Query = Query::new("suite.place", "SELECT CONNECTION_ID()");
    db.transaction("suite.place", |tx| async move {
        let row: Option<(u64,)> = tx.first(&ID, ()).await?;
        both.wait().await;
        Ok::<_, DbError>(row.unwrap().0)
    })
    .await
}

async fn the_pool_is_whole(rows: &Rows, db: &Db) {
    until("no transaction is left open", async || {
        (rows.open_transactions().await == 0).then_some(())
    })
    .await;
    let status = db.status();
    assert_eq!((status.in_use, status.waiting), (0, 0), "{status:?}");
    // Each holds its place until the other has one: otherwise one connection could serve both.
    let both = Barrier::new(2);
    let (one, other) = tokio::join!(place(db, &both), place(db, &both));
    assert_ne!(one.unwrap(), other.unwrap(), "both places can be used");
    assert_eq!(db.status().size, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_holds_no_lock() {
    let rows = Rows::create().await;
    let db = rows.pool(1);
    let locked = Arc::new(Notify::new());
    let mut running = JoinSet::new();
    let (inner, bell) = (db.clone(), locked.clone());
    running.spawn(async move {
        let bell = &bell;
        let outcome: Result<(), DbError> = inner
            .transaction("suite.lock", |tx| async move {
                tx.exec(&ADD, (1,)).await?;
                bell.notify_one();
                std::future::pending().await
            })
            .await;
        outcome
    });
    locked.notified().await;
    running.shutdown().await;

    until("somebody else gets the lock", async || {
        let mut conn = rows.database.connect().await;
        let sql = "SELECT n FROM counters WHERE id = 1 FOR UPDATE NOWAIT";
        let got: Result<Option<i64>, _> = conn.query_first(sql).await;
        conn.disconnect().await.unwrap();
        got.ok()
    })
    .await;
    assert_eq!(rows.seen().await, (0, 0));
    assert_eq!(db.first::<(i64,)>(&READ, (1,)).await.unwrap(), Some((0,)));
    assert_eq!(rows.open_transactions().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_caller_has_left_is_whole_or_not_at_all() {
    let rows = Rows::create().await;
    let db = rows.pool(2);
    for _ in 0..60 {
        let [draw] = crypto::random::<1>();
        let patience = Duration::from_micros(u64::from(draw) * 40);
        let both = db.transaction("suite.both", |tx| async move {
            tx.exec(&ADD, (1,)).await?;
            tx.exec(&ADD, (2,)).await?;
            Ok::<_, DbError>(())
        });
        // Whether it came through is open; that both rows agree is not.
        let _ = tokio::time::timeout(patience, both).await;
    }
    until("no transaction is left open", async || {
        (rows.open_transactions().await == 0).then_some(())
    })
    .await;
    let (one, other) = rows.seen().await;
    assert_eq!(one, other);
}
