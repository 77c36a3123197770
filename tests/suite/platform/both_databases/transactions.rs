//! Transactions, contention, limits and the names of constraints, as both servers have them.
//! Pitfalls: after a lock wait InnoDB keeps the half that was done; limits of clients alone leave
//! statements running on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use satchel::platform::db::{Db, DbError, Query, Transient};
use tokio::sync::{Barrier, Notify};
use tokio::task::JoinSet;

use super::{ADD, READ, Rows, connection_of};
use crate::platform::support::until;

/// What a unit of work says when it changes its mind.
#[derive(Debug)]
enum Refusal {
    Mine,
    Db(DbError),
}

impl From<DbError> for Refusal {
    fn from(err: DbError) -> Self {
        Self::Db(err)
    }
}

impl Transient for Refusal {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Db(err) if err.is_transient())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_returned_err_is_rolled_back_before_the_connection_is_used_again() {
    let rows = Rows::create().await;
    let db = rows.pool(1);
    let before = connection_of(&db).await.unwrap();
    let outcome: Result<(), Refusal> = db
        .transaction("suite.refuse", |tx| async move {
            tx.exec(&ADD, (1,)).await?;
            Err(Refusal::Mine)
        })
        .await;
    assert!(matches!(outcome, Err(Refusal::Mine)), "{outcome:?}");
    assert_eq!(db.first::<(i64,)>(&READ, (1,)).await.unwrap(), Some((0,)));
    assert_eq!(rows.open_transactions().await, 0);
    assert_eq!(connection_of(&db).await.unwrap(), before, "it was reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_is_the_same_after_faults_as_before() {
    let rows = Rows::create().await;
    let db = rows.pool(1);
    let fresh = session(&db).await;
    const WRONG: Query = Query::new("suite.wrong", "SELECT nothing FROM nowhere");
    assert!(db.exec(&WRONG, ()).await.is_err());
    let outcome: Result<(), DbError> = db
        .transaction("suite.wrong", |tx| async move {
            tx.exec(&ADD, (1,)).await?;
            tx.exec(&WRONG, ()).await.map(drop)
        })
        .await;
    assert!(matches!(outcome, Err(DbError::Query { .. })), "{outcome:?}");
    let slow = Query::new("suite.slow", "SELECT SLEEP(5)");
    let left = tokio::time::timeout(Duration::from_millis(50), db.first::<(i64,)>(&slow, ())).await;
    assert!(left.is_err(), "the caller left");
    assert_eq!(session(&db).await, fresh);
}

/// Every setting of the session that a statement could depend on.
async fn session(db: &Db) -> Vec<(String, String)> {
    const SHOW: Query = Query::new(
        "suite.session",
        "SHOW SESSION VARIABLES WHERE Variable_name IN ('autocommit', 'tx_isolation', \
         'transaction_isolation', 'sql_mode', 'time_zone', 'innodb_lock_wait_timeout', \
         'lock_wait_timeout', 'max_statement_time', 'max_execution_time', \
         'character_set_client', 'character_set_connection', 'collation_connection', \
         'foreign_key_checks', 'unique_checks')",
    );
    let shown = db.list(&SHOW, ()).await.unwrap();
    assert!(shown.len() > 10, "{shown:?}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_strict_in_utc_and_read_what_is_committed() {
    let rows = Rows::create().await;
    let shown = session(&rows.pool(1)).await;
    let value = |names: &[&str]| {
        let found = shown.iter().find(|(name, _)| names.contains(&&**name));
        found
            .unwrap_or_else(|| panic!("{names:?} in {shown:?}"))
            .1
            .clone()
    };
    assert_eq!(value(&["time_zone"]), "+00:00");
    assert_eq!(value(&["autocommit"]), "ON");
    assert_eq!(
        value(&["tx_isolation", "transaction_isolation"]),
        "READ-COMMITTED"
    );
    assert!(value(&["sql_mode"]).contains("STRICT_ALL_TABLES"));
    assert_eq!(value(&["innodb_lock_wait_timeout"]), "1");
    assert_eq!(value(&["lock_wait_timeout"]), "5");
    assert_eq!(value(&["character_set_client"]), "utf8mb4");
    assert_eq!(value(&["foreign_key_checks"]), "ON");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_repeats_the_whole_unit() {
    let rows = Rows::create().await;
    let db = rows.pool(2);
    let (meet, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let mut both = JoinSet::new();
    for (mine, other) in [(1, 2), (2, 1)] {
        let (db, meet, runs) = (db.clone(), meet.clone(), runs.clone());
        both.spawn(async move {
            let first_try = AtomicU32::new(0);
            let (meet, runs, first_try) = (&meet, &runs, &first_try);
            db.transaction("suite.cross", |tx| async move {
                runs.fetch_add(1, Ordering::Relaxed);
                tx.exec(&ADD, (mine,)).await?;
                // Only the first runs meet: each holds one row and wants the other's.
                if first_try.fetch_add(1, Ordering::Relaxed) == 0 {
                    meet.wait().await;
                }
                tx.exec(&ADD, (other,)).await?;
                Ok::<_, DbError>(())
            })
            .await
        });
    }
    for outcome in both.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(rows.seen().await, (200, 200));
    assert!(runs.load(Ordering::Relaxed) >= 3, "one of them ran twice");
    assert_eq!(rows.open_transactions().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_wait_repeats_the_whole_unit_and_keeps_no_half() {
    let rows = Rows::create().await;
    let db = rows.pool(1);
    let mut holder = rows.database.connect().await;
    hold_second_row(&mut holder).await;
    let runs = AtomicU32::new(0);
    let again = Notify::new();
    let (runs, again) = (&runs, &again);
    let unit = async {
        let outcome = db
            .transaction("suite.wait", |tx| async move {
                let run = runs.fetch_add(1, Ordering::Relaxed) + 1;
                tx.exec(&ADD, (1,)).await?;
                if run == 2 {
                    again.notify_one();
                }
                tx.exec(&ADD, (2,)).await?;
                Ok::<_, DbError>(())
            })
            .await;
        // Without a second run the holder must not wait for one.
        again.notify_one();
        outcome
    };
    let release = async {
        again.notified().await;
        // The first half of the first run is gone although nobody committed or rolled back yet.
        assert_eq!(rows.seen().await, (0, 0));
        holder.query_drop("ROLLBACK").await.unwrap();
    };
    let (outcome, ()) = tokio::join!(unit, release);
    outcome.unwrap();
    assert_eq!(rows.seen().await, (100, 100));
    assert!(runs.load(Ordering::Relaxed) >= 2);
    holder.disconnect().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_never_comes_free_leaves_nothing_behind_with_the_usual_limits() {
    let rows = Rows::create().await;
    let db = rows.pool_with(1, |config| {
        config.wait = Duration::from_millis(300);
        config.statement = Duration::from_secs(2);
    });
    let mut holder = rows.database.connect().await;
    hold_second_row(&mut holder).await;
    let outcome: Result<(), DbError> = db
        .transaction("suite.never", |tx| async move {
            tx.exec(&ADD, (1,)).await?;
            tx.exec(&ADD, (2,)).await.map(drop)
        })
        .await;
    assert!(outcome.unwrap_err().is_unavailable());
    // The server may notice the closed connection only when its own wait for the lock ends.
    until("the first row is free again", async || {
        let mut conn = rows.database.connect().await;
        let sql = "SELECT n FROM counters WHERE id = 1 FOR UPDATE NOWAIT";
        let got: Result<Option<i64>, _> = conn.query_first(sql).await;
        conn.disconnect().await.unwrap();
        got.ok()
    })
    .await;
    assert_eq!(rows.seen().await, (0, 0));
    holder.query_drop("ROLLBACK").await.unwrap();
    holder.disconnect().await.unwrap();
}

async fn hold_second_row(holder: &mut mysql_async::Conn) {
    holder.query_drop("START TRANSACTION").await.unwrap();
    let sql = "UPDATE counters SET n = n WHERE id = 2";
    holder.query_drop(sql).await.unwrap();
    let sql = "SELECT n FROM counters WHERE id = 2 FOR UPDATE";
    let _: Option<i64> = holder.query_first(sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_are_named_alike_on_both_servers() {
    let rows = Rows::create().await;
    for sql in [
        "CREATE TABLE owners (id INT NOT NULL, name VARCHAR(40) NOT NULL, \
         CONSTRAINT pk_owners PRIMARY KEY (id), CONSTRAINT uq_owners_name UNIQUE (name)) \
         ENGINE = InnoDB",
        "CREATE TABLE things (id INT NOT NULL, owner_id INT NOT NULL, \
         CONSTRAINT pk_things PRIMARY KEY (id), \
         CONSTRAINT fk_things_owner FOREIGN KEY (owner_id) REFERENCES owners (id)) \
         ENGINE = InnoDB",
        "INSERT INTO owners VALUES (1, 'for key ''x.uq_other''')",
        "INSERT INTO things VALUES (1, 1)",
    ] {
        rows.database.exec(sql, ()).await;
    }
    let db = rows.pool(1);
    for (sql, name) in [
        ("INSERT INTO owners VALUES (1, 'b')", "PRIMARY"),
        (
            "INSERT INTO owners VALUES (2, 'for key ''x.uq_other''')",
            "uq_owners_name",
        ),
        ("INSERT INTO things VALUES (2, 7)", "fk_things_owner"),
        ("DELETE FROM owners WHERE id = 1", "fk_things_owner"),
    ] {
        let err = db.exec(&Query::new("suite.refused", sql), ()).await;
        let err = err.unwrap_err();
        assert!(err.violates(name), "{sql}: {err:?}");
        assert!(!err.is_unavailable() && !err.is_transient());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_a_statement_is_set_on_the_server_and_ends_it_there() {
    let rows = Rows::create().await;
    let db = rows.pool_with(1, |config| config.statement = Duration::from_millis(300));
    let shown = session(&db).await;
    let limit = shown
        .iter()
        .find(|(name, _)| name == "max_statement_time" || name == "max_execution_time");
    let limit: f64 = limit.unwrap().1.parse().unwrap();
    // MariaDB counts seconds, MySQL milliseconds.
    assert!(limit == 0.3 || limit == 300.0, "{limit}");

    for sql in [
        "CREATE TABLE many (n INT NOT NULL) ENGINE = InnoDB",
        "INSERT INTO many VALUES (1), (2), (3), (4), (5), (6), (7), (8)",
        "INSERT INTO many SELECT a.n FROM many a, many b, many c",
    ] {
        rows.database.exec(sql, ()).await;
    }
    let endless = Query::new(
        "suite.endless",
        "SELECT COUNT(*) FROM many a, many b, many c, many d WHERE a.n + b.n + c.n + d.n = 0",
    );
    let err = db.first::<(i64,)>(&endless, ()).await.unwrap_err();
    assert!(matches!(err, DbError::Unavailable { .. }), "{err:?}");
    until("the server works on nothing of ours", async || {
        let sql = "SELECT COUNT(*) FROM information_schema.processlist \
                   WHERE db = DATABASE() AND info LIKE 'SELECT COUNT(*) FROM many%'";
        let mut conn = rows.database.connect().await;
        let count: Result<Option<i64>, _> = conn.query_first(sql).await;
        conn.disconnect().await.unwrap();
        (count.ok().flatten() == Some(0)).then_some(())
    })
    .await;
    connection_of(&db).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_busy_pool_is_refused_in_the_end_and_counted() {
    let rows = Rows::create().await;
    let db = rows.pool_with(1, |config| config.wait = Duration::from_millis(120));
    let (taken, release) = (Notify::new(), Notify::new());
    let (taken, release) = (&taken, &release);
    let busy = db.transaction("suite.busy", |tx| async move {
        tx.exec(&ADD, (1,)).await?;
        taken.notify_one();
        release.notified().await;
        Ok::<_, DbError>(())
    });
    let other = async {
        taken.notified().await;
        for refused in 1..=3 {
            let err = connection_of(&db).await.unwrap_err();
            assert!(matches!(err, DbError::Unavailable { .. }), "{err:?}");
            let status = db.status();
            assert_eq!(status.timeouts_total, refused, "{status:?}");
            assert_eq!((status.size, status.in_use, status.waiting), (1, 1, 0));
            assert!(status.wait_ms_p99 > 0.0);
        }
        release.notify_one();
    };
    let (outcome, ()) = tokio::join!(busy, other);
    outcome.unwrap();
    connection_of(&db).await.unwrap();
    assert_eq!(db.status().created_total, 1);
}
