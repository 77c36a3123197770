//! What must hold on MariaDB and on MySQL alike: `cargo test both_databases` with another
//! `SATCHEL_TEST_DB_URL` repeats it there. Refuses servers of its own.

mod cancellation;
mod migrations;
mod stores;
mod transactions;

use std::time::Duration;

use mysql_async::prelude::Queryable;
use satchel::platform::db::{Config, Db, DbError, Query};
use satchel::platform::secret::Secret;

use crate::harness::Database;
use crate::platform::support::until;

/// A small table with two rows to write to.
struct Rows {
    database: Database,
}

impl Rows {
    async fn create() -> Self {
        let database = Database::create_bare().await;
        database
            .exec(
                "CREATE TABLE counters (id INT NOT NULL, n INT NOT NULL, \
                 CONSTRAINT pk_counters PRIMARY KEY (id)) ENGINE = InnoDB",
                (),
            )
            .await;
        database
            .exec("INSERT INTO counters VALUES (1, 0), (2, 0)", ())
            .await;
        Self { database }
    }

    /// A pool over this database with waits that a slow machine keeps.
    fn pool(&self, size: usize) -> Db {
        self.pool_with(size, |_| {})
    }

    fn pool_with(&self, size: usize, change: impl FnOnce(&mut Config)) -> Db {
        let mut config = Config::new(Secret::new(self.database.url().to_owned()));
        config.pool_max = size;
        config.wait = Duration::from_secs(6);
        config.statement = Duration::from_secs(10);
        change(&mut config);
        Db::new(&config).unwrap()
    }

    /// Both numbers, as somebody else sees them.
    async fn seen(&self) -> (i64, i64) {
        let sql = "SELECT n FROM counters ORDER BY id";
        let rows: Vec<(i64,)> = self.database.rows(sql, ()).await;
        (rows[0].0, rows[1].0)
    }

    /// Transactions that the server holds open for connections to this database.
    async fn open_transactions(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM information_schema.innodb_trx t \
                   JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
                   WHERE p.db = DATABASE()";
        // MySQL fails to show the table while somebody, anywhere, runs a statement with bytes.
        until("the open transactions are shown", async || {
            let mut conn = self.database.connect().await;
            let count: Result<Option<i64>, _> = conn.query_first(sql).await;
            conn.disconnect().await.unwrap();
            count.ok().flatten()
        })
        .await
    }
}

const ADD: Query = Query::new(
    "counters.add",
    "UPDATE counters SET n = n + 100 WHERE id = ?",
);
const READ: Query = Query::new("counters.read", "SELECT n FROM counters WHERE id = ?");

/// The connection that answers, by its number on the server.
async fn connection_of(db: &Db) -> Result<u64, DbError> {
    const ID: Query = Query::new("suite.connection", "SELECT CONNECTION_ID()");
    Ok(db.first::<(u64,)>(&ID, ()).await?.unwrap().0)
}
