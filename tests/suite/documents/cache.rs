//! The cache as its readers see it: never older than an acknowledged write, and only ever faster.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Actor, Doc, DocPage, DocumentKind, TestApp, note};

const LISTS: [&str; 3] = ["", "?sort=updated&limit=9", "?sort=created&limit=5"];

/// The versions that a list of one note shows on an instance.
async fn listed_version<D: DocumentKind>(actor: &Actor, path: &str) -> u64 {
    let page: DocPage<D> = actor.get(path).await.ok();
    assert_eq!(page.items.len(), 1);
    page.items[0].version
}

/// Reads lists until it is stopped, so that pages are cached at every moment.
fn keep_reading<D: DocumentKind>(readers: &mut JoinSet<()>, actor: &Actor) {
    let actor = actor.clone();
    readers.spawn(async move {
        loop {
            for query in LISTS {
                let _: DocPage<D> = actor.get(&D::path(query)).await.ok();
            }
        }
    });
}

async fn a_list_on_another_instance_is_never_older_than_an_acknowledged_write<D: DocumentKind>() {
    let instances = TestApp::instances(3).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("v1", "").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let mut readers = JoinSet::new();
    for app in &instances {
        keep_reading::<D>(&mut readers, &ann.at(app));
    }
    for (version, app) in (1..60).zip(instances.iter().cycle()) {
        let writer = ann.at(app);
        let title = format!("v{}", version + 1);
        let saved: Doc<D> = writer
            .patch(&path)
            .if_match(version)
            .json(note(&title))
            .await
            .ok();
        for (app, list) in instances.iter().zip(LISTS.map(D::path)) {
            let seen = listed_version::<D>(&ann.at(app), &list).await;
            assert!(seen >= saved.version, "{list} shows {seen} after {saved:?}");
        }
    }
    readers.shutdown().await;
}

async fn a_flush_of_redis_makes_no_list_older<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("v1", "").await;
    let path = format!("{}/{}", D::PATH, made.id);
    let mut readers = JoinSet::new();
    keep_reading::<D>(&mut readers, &ann.at(&instances[1]));
    for version in 1..25 {
        if version % 2 == 0 {
            instances[0].flush_redis().await;
        }
        let call = ann.patch(&path).if_match(version);
        let saved: Doc<D> = call.json(note(&format!("v{}", version + 1))).await.ok();
        if version % 3 == 0 {
            instances[0].flush_redis().await;
        }
        for app in &instances {
            let seen = listed_version::<D>(&ann.at(app), D::PATH).await;
            assert!(seen >= saved.version, "{seen} after {}", saved.version);
        }
    }
    readers.shutdown().await;
}

async fn every_kind_of_write_is_seen_in_the_next_list_of_another_instance<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    let listed = async |query: &str| {
        let page: DocPage<D> = other.get(&format!("{}{query}", D::PATH)).await.ok();
        page.titles().join(",")
    };
    assert_eq!(listed("").await, "");
    let made = ann.create::<D>("a", "").await;
    let path = format!("{}/{}", D::PATH, made.id);
    assert_eq!(listed("").await, "a");
    let _: Doc<D> = ann
        .put(&path)
        .if_match(1)
        .json(json!({ "title": "b", (D::BODY): "" }))
        .await
        .ok();
    assert_eq!(listed("").await, "b");
    let _: Doc<D> = ann.patch(&path).if_match(2).json(note("c")).await.ok();
    assert_eq!(listed("").await, "c");
    assert_eq!(listed("?trashed=true").await, "");
    ann.delete(&path).await.no_content();
    assert_eq!(
        (listed("").await, listed("?trashed=true").await),
        pair("", "c")
    );
    let _: Doc<D> = ann.post(&format!("{path}/restore")).await.ok();
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
async fn a_replayed_creation_makes_cached_lists_worthless<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let create = || {
        let call = ann.post(D::PATH).header("idempotency-key", "key");
        call.json(note("first"))
    };
    let _: Doc<D> = create().await.created();
    let other = ann.at(&instances[1]);
    let _: DocPage<D> = other.get(D::PATH).await.ok();
    let sql = format!("UPDATE {} SET title = 'committed'", D::TABLE);
    instances[0].database().exec(&sql, ()).await;
    let _: Doc<D> = create().await.created();
    let page: DocPage<D> = other.get(D::PATH).await.ok();
    assert_eq!(page.titles(), ["committed"]);
}

async fn a_replayed_save_makes_cached_lists_worthless<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let made = ann.create::<D>("first", "").await;
    let save = || {
        let call = ann.patch(&format!("{}/{}", D::PATH, made.id)).if_match(1);
        call.json(note("second"))
    };
    let _: Doc<D> = save().await.ok();
    let other = ann.at(&instances[1]);
    let _: DocPage<D> = other.get(D::PATH).await.ok();
    let sql = format!("UPDATE {} SET excerpt = 'committed'", D::TABLE);
    instances[0].database().exec(&sql, ()).await;
    let _: Value = save().await.json();
    let page: DocPage<D> = other.get(D::PATH).await.ok();
    assert_eq!(page.items[0].excerpt, "committed");
}

async fn without_redis_every_answer_is_the_same<D: DocumentKind>() {
    let with = TestApp::start().await;
    let without = with.sibling(&[("SATCHEL_REDIS_URL", "")]);
    let ann = with.user("ann").await;
    ann.create::<D>("a", "b").await;
    for path in [D::PATH, &D::path("?sort=created&limit=1"), "me"] {
        for _ in 0..2 {
            let one = ann.get(path).await;
            let other = ann.at(&without).get(path).await;
            assert_eq!(one.bytes(), other.bytes(), "{path}");
            assert_eq!(one.header_names(), other.header_names(), "{path}");
        }
    }
    let written = ann.at(&without).create::<D>("c", "d").await;
    assert_eq!(ann.fetch::<D>(&written.id).await, written);
}

async fn nothing_in_redis_outlives_an_hour_or_shows_a_secret<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ann.create::<D>("Title", "body").await;
    for query in LISTS {
        let _: DocPage<D> = ann.get(&D::path(query)).await.ok();
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

document_suite! {
    one_thread: [every_kind_of_write_is_seen_in_the_next_list_of_another_instance, a_replayed_creation_makes_cached_lists_worthless, a_replayed_save_makes_cached_lists_worthless, without_redis_every_answer_is_the_same, nothing_in_redis_outlives_an_hour_or_shows_a_secret],
    two_threads: [a_list_on_another_instance_is_never_older_than_an_acknowledged_write, a_flush_of_redis_makes_no_list_older],
}
