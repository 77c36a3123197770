//! The process as its operator sees it: starting, refusing to start, talking, logging, stopping.
//! Everything here runs the real program; nothing reaches into it.

mod connections;
mod crash;
mod logs;
mod metrics;
mod panics;
mod secrets;
mod start;
mod stop;
mod streams;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::harness::Database;
use crate::platform::support::until;

/// Locks every note until the connection rolls back, so that writes have to wait.
async fn lock_notes(database: &Database) -> Conn {
    let mut holder = database.connect().await;
    holder.query_drop("START TRANSACTION").await.unwrap();
    let sql = "SELECT version FROM notes FOR UPDATE";
    let held: Vec<u64> = holder.query(sql).await.unwrap();
    assert!(!held.is_empty());
    holder
}

/// Lets the writes go on.
async fn unlock_notes(mut holder: Conn) {
    holder.query_drop("ROLLBACK").await.unwrap();
    holder.disconnect().await.unwrap();
}

/// Waits until a write has come as far as the locked row.
async fn a_write_waits(database: &Database) {
    until("a write waits for its row", async || {
        let sql = "SELECT COUNT(*) FROM information_schema.processlist \
                   WHERE db = DATABASE() AND info LIKE '%FROM notes%FOR UPDATE'";
        (database.count(sql).await == 1).then_some(())
    })
    .await;
}
