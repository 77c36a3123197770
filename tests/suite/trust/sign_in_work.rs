//! Refused sign-ins cost the same work whatever the reason, so that their time tells nothing: the
//! same statements, as often. How long they take is measured by `scripts/login-timing.sh`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::Database;
use crate::platform::support::{Fleet, Instance};

/// What an instance runs by itself, whenever it likes.
const BACKGROUND: [&str; 4] = ["jobs.", "db.", "purge", "due_deletions"];

/// How often an instance has run each statement that people cause.
async fn statements(instance: &Instance) -> BTreeMap<String, u64> {
    let text = instance.anybody().get("/metrics").await.expect(200).text();
    text.lines()
        .filter_map(|line| {
            let rest = line.strip_prefix("db_query_duration_seconds_count{query=\"")?;
            let (name, count) = rest.split_once("\"} ")?;
            Some((name.to_owned(), count.parse().unwrap()))
        })
        .filter(|(name, _)| !BACKGROUND.iter().any(|word| name.contains(word)))
        .collect()
}

/// The statements of one refused sign-in.
async fn work(instance: &Instance, name: &str) -> BTreeMap<String, u64> {
    let before = statements(instance).await;
    let body = json!({ "login": name, "password": "wrong horse battery" });
    let refused = instance.anybody().post("/api/v1/auth/login", body).await;
    refused.expect_problem(401, "invalid_credentials");
    let mut after = statements(instance).await;
    for (name, count) in &mut after {
        *count -= before.get(name).copied().unwrap_or_default();
    }
    after.retain(|_, count| *count > 0);
    after
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refused_sign_in_runs_the_same_statements() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve().await;
    for name in ["known", "disabled", "unproven", "leaving"] {
        fleet.sign_up(&instance, name).await;
    }
    for change in [
        "status = 'disabled' WHERE username = 'disabled'",
        "status = 'pending' WHERE username = 'unproven'",
        "delete_after = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE username = 'leaving'",
    ] {
        let sql = format!("UPDATE users SET {change}");
        assert_eq!(database.exec(&sql, ()).await, 1);
    }
    let known = work(&instance, "known").await;
    assert!(known.len() > 4, "{known:?}");
    for name in ["unknown", "disabled", "unproven", "leaving"] {
        assert_eq!(work(&instance, name).await, known, "{name}");
    }
}
