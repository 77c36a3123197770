//! SQL names a table only in the files that are listed for it, so that the effect of a change of a
//! table can be seen in one location. A name that is put together at run time is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{code_of, each_source, root};

/// Table, and the files or folders of `src` whose SQL may name it; its owner comes first.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "api_keys",
        &["features/accounts", "services/auth/api_keys.rs"],
    ),
    (
        "attachments",
        &["services/attachments", "services/documents/rows.rs"],
    ),
    ("audit_events", &["services/auth/audit.rs"]),
    ("batch_items", &["services/batches"]),
    ("batches", &["services/batches"]),
    ("blob_chunks", &["platform/storage", "services/blobs"]),
    (
        "blobs",
        &[
            "services/blobs",
            "platform/storage/locations.rs",
            "features/files/store",
        ],
    ),
    ("change_heads", &["services/changes"]),
    ("changes", &["services/changes", "services/tags"]),
    (
        "files",
        &[
            "features/files",
            "services/attachments",
            "services/blobs",
            "services/tags",
        ],
    ),
    ("idempotency_keys", &["services/dedup"]),
    ("instances", &["services/jobs/instances.rs"]),
    (
        "jobs",
        &["services/jobs/queue.rs", "features/admin/store.rs"],
    ),
    ("notebooks", &["features/notes"]),
    (
        "notes",
        &[
            "features/notes",
            "features/admin/store.rs",
            "features/tasks/links.rs",
            "services/tags",
        ],
    ),
    ("one_time_codes", &["features/accounts"]),
    (
        "outbox",
        &["services/jobs/outbox.rs", "features/admin/store.rs"],
    ),
    ("password_resets", &["features/accounts"]),
    ("postings", &["services/search"]),
    ("recovery_codes", &["features/accounts"]),
    ("revisions", &["services/documents", "services/search"]),
    ("saves", &["services/dedup"]),
    (
        "sessions",
        &[
            "services/auth/sessions.rs",
            "features/accounts",
            "features/admin/store.rs",
        ],
    ),
    ("storage_use", &["services/blobs/quota.rs"]),
    ("tagged", &["services/tags"]),
    ("tags", &["services/tags"]),
    ("task_lists", &["features/tasks"]),
    ("tasks", &["features/tasks", "services/tags"]),
    ("terms", &["services/search"]),
    ("throttles", &["services/auth/login_throttle.rs"]),
    (
        "uploads",
        &["features/files/uploads", "services/blobs/gc.rs"],
    ),
    (
        "users",
        &[
            "features/accounts",
            "features/admin/store.rs",
            "features/files/store/content.rs",
            "services/auth",
            "services/blobs/quota.rs",
            "services/owners.rs",
        ],
    ),
    ("views", &["features/views/store.rs"]),
];

#[test]
fn sql_names_a_table_only_where_it_is_allowed() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let created = tables();
    let listed: BTreeSet<String> = allowed.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        created, listed,
        "the tables of migrations, and those listed here"
    );

    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut errors = Vec::new();
    for (file, text) in each_source() {
        for table in tables_in(&text, &created) {
            let (table, locations) = allowed.get_key_value(table.as_str()).unwrap();
            match locations
                .iter()
                .find(|location| file.starts_with(**location))
            {
                Some(location) => drop(used.insert((table, location))),
                None => errors.push(format!("{file} names {table}")),
            }
        }
    }
    for (table, locations) in &allowed {
        for location in locations
            .iter()
            .filter(|location| !used.contains(&(table, location)))
        {
            errors.push(format!(
                "{location} does not name {table}: remove it from the list"
            ));
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn table_names_are_found_in_statements() {
    let known = ["notes", "tags"].map(str::to_owned).into();
    let text =
        "//! FROM tags\nconst A: &str = \"SELECT x FROM \\\n         notes n\"; // INTO tags";
    assert_eq!(tables_in(text, &known), ["notes".to_owned()].into());
    let text = "format!(\"UPDATE tags SET a = (SELECT 1 FROM {table})\")";
    assert_eq!(tables_in(text, &known), ["tags".to_owned()].into());
}

/// The names after the SQL keywords that are followed by a table.
fn tables_in(text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let code = code_of(text).replace("\\\n", " ");
    let words: Vec<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .filter(|pair| ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"].contains(&pair[0]))
        .map(|pair| pair[1].to_owned())
        .filter(|word| known.contains(word))
        .collect()
}

/// Every table that a migration creates.
fn tables() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("migrations")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let name = |text: String| {
        let rest = text.split_once("CREATE TABLE IF NOT EXISTS ")?.1.to_owned();
        rest.split_whitespace().next().map(str::to_owned)
    };
    texts.filter_map(name).collect()
}
