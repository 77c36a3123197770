//! The schema's way forward by the real program: many runners, dead runners, edited steps.
//! Refuses knowledge of single tables: what is asked of one is asked of all.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use satchel::platform::db::migrate;

use crate::harness::Database;
use crate::platform::support::{Child, Fleet, idle_for, until};

/// A database without tables and the program in front of it.
struct Empty {
    database: Database,
    fleet: Fleet,
}

impl Empty {
    async fn create() -> Self {
        let database = Database::create_bare().await;
        let fleet = Fleet::new(database.url(), None);
        Self { database, fleet }
    }

    /// The journal: how often each step stands in it.
    async fn journal(&self) -> BTreeMap<i32, i64> {
        let sql = "SELECT version, COUNT(*) FROM schema_steps GROUP BY version";
        self.database.rows(sql, ()).await.into_iter().collect()
    }

    async fn assert_complete(&self) {
        let wanted = migrate::known().into_iter().map(|step| (step.version, 1));
        assert_eq!(self.journal().await, wanted.collect());
        let plan = self.fleet.run_well(&["migrate", "--plan"]);
        assert_eq!(plan, "the schema is up to date\n");
    }

    /// Every column, index and constraint as text: what two schemas are compared by.
    async fn shape(&self) -> Vec<String> {
        let mut shape = Vec::new();
        for sql in [
            "SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, \
             collation_name, column_default) FROM information_schema.columns \
             WHERE table_schema = DATABASE()",
            "SELECT CONCAT_WS(' ', table_name, index_name, non_unique, seq_in_index, \
             column_name) FROM information_schema.statistics WHERE table_schema = DATABASE()",
            "SELECT CONCAT_WS(' ', table_name, constraint_name, constraint_type) \
             FROM information_schema.table_constraints WHERE table_schema = DATABASE()",
        ] {
            let rows: Vec<(String,)> = self.database.rows(sql, ()).await;
            shape.extend(rows.into_iter().map(|row| row.0));
        }
        shape.sort();
        shape
    }
}

#[track_caller]
fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.starts_with("satchel: "), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn five_runners_at_once_apply_each_step_exactly_once() {
    let empty = Empty::create().await;
    let mut runners: Vec<Child> = (0..5).map(|_| empty.fleet.start(&["migrate"])).collect();
    let mut applied: BTreeMap<String, u32> = BTreeMap::new();
    for runner in &mut runners {
        assert!(runner.end().await.success(), "{}", runner.said());
        for line in runner.stdout().lines() {
            if let Some(step) = line.strip_prefix("applied ") {
                *applied.entry(step.to_owned()).or_default() += 1;
            }
        }
    }
    assert_eq!(applied.len(), migrate::known().len(), "{applied:?}");
    assert!(applied.values().all(|times| *times == 1), "{applied:?}");
    empty.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_killed_anywhere_is_finished_by_the_next() {
    let whole = Empty::create().await;
    whole.fleet.run_well(&["migrate"]);
    let shape = whole.shape().await;
    let mut cut = 0;
    for delay_ms in [0, 15, 30, 50, 80, 120, 180, 260] {
        let empty = Empty::create().await;
        let mut runner = empty.fleet.start(&["migrate"]);
        idle_for(Duration::from_millis(delay_ms)).await;
        if runner.ended().is_none() {
            runner.kill();
            cut += 1;
        }
        empty.fleet.run_well(&["migrate"]);
        empty.assert_complete().await;
        assert_eq!(empty.shape().await, shape, "killed after {delay_ms} ms");
    }
    assert!(cut > 0, "none was killed midway");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_done_but_not_written_down_is_done_again() {
    let empty = Empty::create().await;
    empty.fleet.run_well(&["migrate"]);
    let shape = empty.shape().await;
    for step in migrate::known().into_iter().rev() {
        // The runner died between this statement and its row in the journal.
        let sql = "DELETE FROM schema_steps WHERE version >= ?";
        empty.database.exec(sql, (step.version,)).await;
        let said = empty.fleet.run_well(&["migrate"]);
        assert!(
            said.starts_with(&format!("applied {:04} ", step.version)),
            "{said}"
        );
        empty.assert_complete().await;
        assert_eq!(empty.shape().await, shape);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_changes_nothing() {
    let empty = Empty::create().await;
    let plan = empty.fleet.run_well(&["migrate", "--plan"]);
    let wanted = migrate::known().into_iter();
    let wanted: String = wanted
        .map(|step| format!("missing {:04} {}\n", step.version, step.name))
        .collect();
    assert_eq!(plan, wanted);
    assert!(empty.shape().await.is_empty(), "not even the journal");

    empty.fleet.run_well(&["migrate"]);
    let last = migrate::known().pop().unwrap();
    let sql = "DELETE FROM schema_steps WHERE version = ?";
    empty.database.exec(sql, (last.version,)).await;
    let plan = empty.fleet.run_well(&["migrate", "--plan"]);
    assert_eq!(plan, format!("missing {:04} {}\n", last.version, last.name));
    assert!(!empty.journal().await.contains_key(&last.version));
}

#[tokio::test(flavor = "multi_thread")]
async fn serving_is_refused_while_a_step_is_missing() {
    let empty = Empty::create().await;
    let text = refusal(&empty.fleet.run(&["serve"]));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("satchel migrate"), "{text}");
    assert!(empty.shape().await.is_empty(), "serving changes no schema");

    empty.fleet.run_well(&["migrate"]);
    let last = migrate::known().pop().unwrap();
    let sql = "DELETE FROM schema_steps WHERE version = ?";
    empty.database.exec(sql, (last.version,)).await;
    let text = refusal(&empty.fleet.run(&["serve"]));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains(&last.name) && text.contains("lacks 1 step"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applied_step_that_was_edited_is_refused() {
    let empty = Empty::create().await;
    empty.fleet.run_well(&["migrate"]);
    let shape = empty.shape().await;
    let sql = "UPDATE schema_steps SET checksum = '42' WHERE version = 3";
    assert_eq!(empty.database.exec(sql, ()).await, 1);
    let text = refusal(&empty.fleet.run(&["migrate"]));
    let step = migrate::known().into_iter().find(|step| step.version == 3);
    assert!(
        text.contains(&step.unwrap().name),
        "which step it is: {text}"
    );
    assert_eq!(empty.shape().await, shape);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_newer_than_the_program_is_tolerated() {
    let empty = Empty::create().await;
    empty.fleet.run_well(&["migrate"]);
    empty
        .database
        .exec(
            "INSERT INTO schema_steps (version, name, applied_on, checksum) \
             VALUES (9000, 'of_tomorrow', '2031-01-01T00:00:00Z', '7')",
            (),
        )
        .await;
    assert_eq!(
        empty.fleet.run_well(&["migrate"]),
        "the schema is up to date\n"
    );
    let mut instance = empty.fleet.serve().await;
    assert_eq!(instance.health(200).await, "ok");
    instance.child.signal("TERM");
    assert!(instance.child.end().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_somebody_reads_delays_a_step_and_breaks_nothing() {
    use mysql_async::prelude::Queryable;
    let empty = Empty::create().await;
    empty.fleet.run_well(&["migrate"]);
    let mut reader = empty.database.connect().await;
    reader.query_drop("START TRANSACTION").await.unwrap();
    let _: Option<i64> = reader
        .query_first("SELECT COUNT(*) FROM users")
        .await
        .unwrap();
    empty
        .database
        .exec("DELETE FROM schema_steps WHERE version >= 2", ())
        .await;
    let mut runner = empty.fleet.start(&["migrate"]);
    // `sessions` refers to `users`; whether that has to wait is the server's business.
    until("the runner has begun or is done", async || {
        let begun = empty.journal().await.len() > 1;
        (begun || runner.ended().is_some()).then_some(())
    })
    .await;
    reader.query_drop("COMMIT").await.unwrap();
    reader.disconnect().await.unwrap();
    assert!(runner.end().await.success(), "{}", runner.said());
    empty.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_says_its_charset_and_names_its_constraints() {
    // The schema itself was created with another charset than any table may have.
    let empty = Empty::create().await;
    empty.fleet.run_well(&["migrate"]);
    let tables: Vec<(String, String, String)> = empty
        .database
        .rows(
            "SELECT table_name, table_collation, engine FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name <> 'schema_steps'",
            (),
        )
        .await;
    assert!(tables.len() >= 10, "{tables:?}");
    for (table, collation, engine) in &tables {
        assert!(collation.starts_with("utf8mb4_"), "{table} has {collation}");
        assert_eq!(engine, "InnoDB", "{table}");
    }
    let columns: Vec<(String, String, Option<String>)> = empty
        .database
        .rows(
            "SELECT table_name, column_name, character_set_name FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name <> 'schema_steps'",
            (),
        )
        .await;
    for (table, column, charset) in columns {
        let good = charset
            .as_deref()
            .is_none_or(|charset| charset == "utf8mb4");
        assert!(good, "{table}.{column} has {charset:?}");
    }
    assert_names(&empty).await;
}

async fn assert_names(empty: &Empty) {
    let constraints: Vec<(String, String, String)> = empty
        .database
        .rows(
            "SELECT table_name, constraint_name, constraint_type \
             FROM information_schema.table_constraints WHERE table_schema = DATABASE()",
            (),
        )
        .await;
    for (table, name, kind) in constraints {
        let wanted = match kind.as_str() {
            "PRIMARY KEY" => "PRIMARY".to_owned(),
            "UNIQUE" => format!("uq_{table}_"),
            "FOREIGN KEY" => format!("fk_{table}_"),
            _ => format!("ck_{table}_"),
        };
        assert!(name.starts_with(&wanted), "{name} of {table} ({kind})");
    }
    let indexes: Vec<(String, String)> = empty
        .database
        .rows(
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics \
             WHERE table_schema = DATABASE()",
            (),
        )
        .await;
    for (table, name) in indexes {
        let good = ["ix_", "uq_", "fk_"]
            .iter()
            .any(|kind| name.starts_with(kind));
        assert!(good || name == "PRIMARY", "{name} of {table}");
    }
}
