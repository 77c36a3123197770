//! A database per test: the schema is migrated once in the process, copied for each test and
//! dropped with it. Leftovers of runs that died are swept at the start.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Opts, OptsBuilder, Params};
use satchel::platform::crypto;
use satchel::platform::db::{self, migrate};
use satchel::platform::secret::Secret;
use tokio::sync::OnceCell;

use super::needed;

/// What the name of every database of the suite begins with.
const PREFIX: &str = "satchel_t_";
/// A database older than this belongs to a run that died: another run may be under way now.
const LEFTOVER_AFTER: Duration = Duration::from_secs(2 * 3600);

/// The schema as text, taken from a database that was migrated for real.
static TEMPLATE: OnceCell<Template> = OnceCell::const_new();

struct Template {
    /// `CREATE TABLE` statements that can be run in one go.
    tables: String,
    /// The journal's name and rows, so that the copy counts as migrated.
    journal: Vec<(i32, String, String, String)>,
}

/// A database that lives as long as its test.
pub(crate) struct Database {
    name: String,
    url: String,
}

impl Database {
    /// A migrated, empty database.
    pub(crate) async fn create() -> Self {
        let template = TEMPLATE.get_or_init(template).await;
        let database = Self::create_bare().await;
        let mut conn = database.connect().await;
        conn.query_drop(&template.tables).await.unwrap();
        conn.exec_batch(
            "INSERT INTO schema_steps (version, name, applied_on, checksum) VALUES (?, ?, ?, ?)",
            template.journal.iter().cloned(),
        )
        .await
        .unwrap();
        conn.disconnect().await.unwrap();
        database
    }

    /// A database without any table, for whoever tests the migrations themselves.
    pub(crate) async fn create_bare() -> Self {
        let name = new_name();
        let mut admin = connect(None).await;
        // The service must not depend on what the server happens to be set to.
        let sql = format!("CREATE DATABASE {name} CHARACTER SET latin1");
        admin.query_drop(sql).await.unwrap();
        admin.disconnect().await.unwrap();
        let url = format!("{}/{name}", admin_url());
        Self { name, url }
    }

    /// The address of this database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> Conn {
        connect(Some(&self.name)).await
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn exec(&self, sql: &str, params: impl Into<Params> + Send) -> u64 {
        let mut conn = self.connect().await;
        conn.exec_drop(sql, params.into()).await.unwrap();
        let affected = conn.affected_rows();
        conn.disconnect().await.unwrap();
        affected
    }

    /// The rows of a query.
    pub(crate) async fn rows<T>(&self, sql: &str, params: impl Into<Params> + Send) -> Vec<T>
    where
        T: FromRow + Send + 'static,
    {
        let mut conn = self.connect().await;
        let rows = conn.exec(sql, params.into()).await.unwrap();
        conn.disconnect().await.unwrap();
        rows
    }

    /// The number a query counts.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let rows: Vec<(i64,)> = self.rows(sql, ()).await;
        rows[0].0
    }
}

impl Drop for Database {
    /// A thread with a runtime of its own: the test's runtime may be ending at this moment.
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok(mut admin) = Conn::new(opts(None)).await else {
                    return;
                };
                // What is left after a fault is swept by a later run.
                let _ = admin.query_drop(format!("DROP DATABASE {name}")).await;
                let _ = admin.disconnect().await;
            });
        });
        let _ = dropping.join();
    }
}

async fn template() -> Template {
    sweep().await;
    let database = Database::create_bare().await;
    let config = db::Config::new(Secret::new(database.url().to_owned()));
    migrate::run(&config).await.unwrap();
    let mut conn = database.connect().await;
    let names: Vec<String> = conn
        .query(
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() ORDER BY table_name",
        )
        .await
        .unwrap();
    // Copies need no order among the tables when their references are not checked meanwhile.
    let mut tables = "SET SESSION foreign_key_checks = 0".to_owned();
    for name in names {
        let shown: Option<(String, String)> = conn
            .query_first(format!("SHOW CREATE TABLE {name}"))
            .await
            .unwrap();
        tables.push_str(";\n");
        tables.push_str(&shown.unwrap().1);
    }
    let journal = conn
        .query("SELECT version, name, applied_on, checksum FROM schema_steps ORDER BY version")
        .await
        .unwrap();
    conn.disconnect().await.unwrap();
    Template { tables, journal }
}

async fn sweep() {
    let mut admin = connect(None).await;
    let names: Vec<String> = admin
        .query(format!(
            "SHOW DATABASES LIKE '{}%'",
            PREFIX.replace('_', "\\_")
        ))
        .await
        .unwrap();
    let oldest = now_s().saturating_sub(LEFTOVER_AFTER.as_secs());
    for name in names.iter().filter(|name| born_s(name) < Some(oldest)) {
        let sql = format!("DROP DATABASE IF EXISTS {name}");
        admin.query_drop(sql).await.unwrap();
    }
    admin.disconnect().await.unwrap();
}

/// Sixteen characters: the second of birth and eight random ones.
fn new_name() -> String {
    let random = u32::from_be_bytes(crypto::random());
    format!("{PREFIX}{:08x}{random:08x}", now_s())
}

fn born_s(name: &str) -> Option<u64> {
    let birth = name.strip_prefix(PREFIX)?.get(..8)?;
    u64::from_str_radix(birth, 16).ok()
}

fn now_s() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the birth of a database is no moment of the service"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn admin_url() -> String {
    let url = needed("SATCHEL_TEST_DB_URL");
    url.trim_end_matches('/').to_owned()
}

fn opts(schema: Option<&str>) -> Opts {
    let opts = Opts::from_url(&admin_url()).unwrap();
    OptsBuilder::from_opts(opts)
        .db_name(schema)
        .prefer_socket(false)
        .into()
}

async fn connect(schema: Option<&str>) -> Conn {
    Conn::new(opts(schema)).await.unwrap()
}
