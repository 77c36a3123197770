//! The registry of resources against the schema: what is derived from it must cover every table.

use std::collections::{BTreeMap, BTreeSet};

use satchel::app::registry;
use satchel::services::entity_kind::EntityKind;

use crate::harness::Database;

/// Tables that have an owner but are deleted in other ways.
const DELETED_OTHERWISE: [(&str, &str); 8] = [
    ("blobs", "after their bytes, by the garbage collection"),
    ("blob_chunks", "with their blob"),
    (
        "sessions",
        "in the last step of the deletion, which ends the account",
    ),
    ("api_keys", "in the last step"),
    ("one_time_codes", "in the last step"),
    ("password_resets", "in the last step"),
    ("recovery_codes", "in the last step"),
    ("audit_events", "never: the audit log outlives accounts"),
];

#[tokio::test]
async fn every_table_with_an_owner_is_deleted_with_its_account() {
    let database = Database::create().await;
    let sql = "SELECT DISTINCT TABLE_NAME FROM information_schema.COLUMNS \
               WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME IN ('owner_id', 'user_id')";
    let rows: Vec<(String,)> = database.rows(sql, ()).await;
    let listed: BTreeSet<String> = registry::owned_tables()
        .iter()
        .map(|table| table.name.to_owned())
        .collect();
    for (table,) in &rows {
        let otherwise = DELETED_OTHERWISE.iter().any(|(name, _)| name == table);
        assert!(
            listed.contains(table) != otherwise,
            "{table} is in none or in both of the lists"
        );
    }
    let known: BTreeSet<&String> = rows.iter().map(|(table,)| table).collect();
    for table in &listed {
        assert!(known.contains(table), "{table} has no owner in the schema");
    }
}

#[tokio::test]
async fn kinds_have_a_number_a_name_and_a_table_of_their_own() {
    registry::register();
    let database = Database::create().await;
    let mut numbers = BTreeMap::new();
    for kind in EntityKind::all() {
        let other = numbers.insert(kind.number, kind.name);
        assert_eq!(other, None, "{} has the number of {other:?}", kind.name);
        assert_eq!(EntityKind::from_number(kind.number), Some(*kind));
        assert_eq!(EntityKind::from_name(kind.name), Some(*kind));
        let sql = "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = ? AND COLUMN_NAME = 'tags'";
        let rows: Vec<(i64,)> = database.rows(sql, (kind.table,)).await;
        assert_eq!(rows[0].0 == 1, kind.is_tagged, "{}", kind.name);
    }
    let declared = registry::RESOURCES
        .iter()
        .map(|resource| resource.kinds.len());
    assert_eq!(numbers.len(), declared.sum::<usize>());
    assert!(numbers.len() >= 7);
}

#[test]
fn jobs_have_a_name_of_their_own() {
    let names: Vec<&str> = registry::jobs().map(|job| job.name).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), distinct.len(), "{names:?}");
    assert!(names.len() >= 21);
}
