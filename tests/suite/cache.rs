//! The cache as its readers see it: never older than an acknowledged write, and only ever faster.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Actor, Note, Page, note};

const LISTS: [&str; 3] = [
    "notes",
    "notes?sort=updated&limit=9",
    "notes?sort=created&limit=5",
];

/// The versions that a list of one note shows on an instance.
async fn listed_version(actor: &Actor, path: &str) -> u64 {
    let page: Page = actor.get(path).await.ok();
    assert_eq!(page.items.len(), 1);
    page.items[0].version
}

/// Reads lists until it is stopped, so that pages are cached at every moment.
fn keep_reading(readers: &mut JoinSet<()>, actor: &Actor) {
    let actor = actor.clone();
    readers.spawn(async move {
        loop {
            for path in LISTS {
                let _: Page = actor.get(path).await.ok();
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_on_another_instance_is_never_older_than_an_acknowledged_write() {
    let instances = super::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = ann.write("v1", "").await;
    let path = format!("notes/{}", made.id);
    let mut readers = JoinSet::new();
    for app in &instances {
        keep_reading(&mut readers, &ann.at(app));
    }
    for (version, app) in (1..60).zip(instances.iter().cycle()) {
        let writer = ann.at(app);
        let title = format!("v{}", version + 1);
        let saved: Note = writer
            .patch(&path)
            .if_match(version)
            .json(note(&title))
            .await
            .ok();
        for (app, list) in instances.iter().zip(LISTS) {
            let seen = listed_version(&ann.at(app), list).await;
            assert!(seen >= saved.version, "{list} shows {seen} after {saved:?}");
        }
    }
    readers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_of_redis_makes_no_list_older() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.write("v1", "").await;
    let path = format!("notes/{}", made.id);
    let mut readers = JoinSet::new();
    keep_reading(&mut readers, &ann.at(&instances[1]));
    for version in 1..25 {
        if version % 2 == 0 {
            instances[0].flush_redis().await;
        }
        let call = ann.patch(&path).if_match(version);
        let saved: Note = call.json(note(&format!("v{}", version + 1))).await.ok();
        if version % 3 == 0 {
            instances[0].flush_redis().await;
        }
        for app in &instances {
            let seen = listed_version(&ann.at(app), "notes").await;
            assert!(seen >= saved.version, "{seen} after {}", saved.version);
        }
    }
    readers.shutdown().await;
}

#[tokio::test]
async fn every_kind_of_write_is_seen_in_the_next_list_of_another_instance() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    let listed = async |query: &str| {
        let page: Page = other.get(&format!("notes{query}")).await.ok();
        page.titles().join(",")
    };
    assert_eq!(listed("").await, "");
    let made = ann.write("a", "").await;
    let path = format!("notes/{}", made.id);
    assert_eq!(listed("").await, "a");
    let _: Note = ann
        .put(&path)
        .if_match(1)
        .json(json!({ "title": "b", "body": "" }))
        .await
        .ok();
    assert_eq!(listed("").await, "b");
    let _: Note = ann.patch(&path).if_match(2).json(note("c")).await.ok();
    assert_eq!(listed("").await, "c");
    assert_eq!(listed("?trashed=true").await, "");
    ann.delete(&path).await.no_content();
    assert_eq!(
        (listed("").await, listed("?trashed=true").await),
        pair("", "c")
    );
    let _: Note = ann.post(&format!("{path}/restore")).await.ok();
    assert_eq!(
        (listed("").await, listed("?trashed=true").await),
        pair("c", "")
    );
    ann.delete(&path).await.no_content();
    assert_eq!(listed("?trashed=true").await, "c");
    let forever = format!("{path}?permanent=true");
    ann.delete(&forever).await.no_content();
    assert_eq!(listed("?trashed=true").await, "");
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// An instance that died between its commit and its word to Redis: the row is there, the cached
/// pages know nothing of it, and the client tries again.
#[tokio::test]
async fn a_replayed_creation_makes_cached_lists_worthless() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let create = || {
        let call = ann.post("notes").header("idempotency-key", "key");
        call.json(note("first"))
    };
    let _: Note = create().await.created();
    let other = ann.at(&instances[1]);
    let _: Page = other.get("notes").await.ok();
    let sql = format!(
        "UPDATE {} SET title = 'committed'",
        instances[0].noun.table()
    );
    instances[0].database().exec(&sql, ()).await;
    let _: Note = create().await.created();
    let page: Page = other.get("notes").await.ok();
    assert_eq!(page.titles(), ["committed"]);
}

#[tokio::test]
async fn a_replayed_save_makes_cached_lists_worthless() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.write("first", "").await;
    let save = || {
        let call = ann.patch(&format!("notes/{}", made.id)).if_match(1);
        call.json(note("second"))
    };
    let _: Note = save().await.ok();
    let other = ann.at(&instances[1]);
    let _: Page = other.get("notes").await.ok();
    let sql = format!(
        "UPDATE {} SET excerpt = 'committed'",
        instances[0].noun.table()
    );
    instances[0].database().exec(&sql, ()).await;
    let _: Value = save().await.json();
    let page: Page = other.get("notes").await.ok();
    assert_eq!(page.items[0].excerpt, "committed");
}

#[tokio::test]
async fn without_redis_every_answer_is_the_same() {
    let with = super::start().await;
    let without = with.sibling(&[("SATCHEL_REDIS_URL", "")]);
    let ann = with.user("ann").await;
    ann.write("a", "b").await;
    for path in ["notes", "notes?sort=created&limit=1", "me"] {
        for _ in 0..2 {
            let one = ann.get(path).await;
            let other = ann.at(&without).get(path).await;
            assert_eq!(one.bytes(), other.bytes(), "{path}");
            assert_eq!(one.header_names(), other.header_names(), "{path}");
        }
    }
    let written = ann.at(&without).write("c", "d").await;
    assert_eq!(ann.read(&written.id).await, written);
}

#[tokio::test]
async fn nothing_in_redis_outlives_an_hour_or_shows_a_secret() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    ann.write("Title", "body").await;
    for path in LISTS {
        let _: Page = ann.get(path).await.ok();
    }
    let client = redis::Client::open(crate::harness::redis_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{}:*", app.redis_prefix());
    let mut keys = redis::cmd("KEYS");
    keys.arg(pattern);
    let keys: Vec<String> = keys.query_async(&mut connection).await.unwrap();
    assert!(keys.len() >= 3, "{keys:?}");
    for key in keys {
        let life: i64 = redis::cmd("TTL")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!((0..=3600).contains(&life), "{key} lives for {life} s");
        let value: Vec<u8> = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&value);
        assert!(
            !text.contains(&ann.refresh) && !text.contains("ann@"),
            "{key}"
        );
    }
}
