//! The notifier between instances. Nothing polls here: each notification came through Redis.

use std::time::Duration;

use satchel::platform::background::BackgroundTasks;
use satchel::platform::cache::{Cache, Config};
use satchel::platform::secret::Secret;
use satchel::services::page_cache::epoch::{self, Scope};

use super::NEVER;
use crate::platform::support::{OwnRedis, until};
use satchel::domain::id::UserId;
use satchel::platform::notifier::Subscriber;

/// An instance's cache with a running notifier.
fn instance(redis: &OwnRedis, tasks: &BackgroundTasks) -> Cache {
    let config = Config {
        url: Some(Secret::new(redis.url())),
        prefix: "suite".to_owned(),
        deadline: Duration::from_secs(5),
    };
    let cache = Cache::new(&config).unwrap();
    let (running, stop) = (cache.clone(), tasks.stop_token().clone());
    tasks.spawn(async move { running.notifier().run(&stop).await });
    cache
}

async fn connected(subscriber: &mut Subscriber, expected: bool) {
    while subscriber.is_connected() != expected {
        let notified = tokio::time::timeout(NEVER, subscriber.notified()).await;
        notified.expect("the connection changes");
    }
}

async fn notify(cache: &Cache, owner: UserId) {
    epoch::renew_and_notify(cache, Scope::Lists, owner).await;
}

async fn notified(subscriber: &mut Subscriber) {
    let notified = tokio::time::timeout(NEVER, subscriber.notified()).await;
    notified.expect("the notification arrives");
}

/// Whether an unexpected notification arrived.
async fn has_notification(subscriber: &mut Subscriber) -> bool {
    let pause = Duration::from_millis(1);
    tokio::time::timeout(pause, subscriber.notified())
        .await
        .is_ok()
}

#[tokio::test]
async fn a_notification_reaches_every_instance_on_its_topic_only() {
    let (redis, tasks) = (OwnRedis::start().await, BackgroundTasks::default());
    let (one, other) = (instance(&redis, &tasks), instance(&redis, &tasks));
    let (ann, bob) = (UserId::new(), UserId::new());
    let subscribe = |cache: &Cache, owner| cache.notifier().subscribe(&epoch::topic(owner));
    let (mut here, mut there) = (subscribe(&one, ann), subscribe(&other, ann));
    let mut bobs = subscribe(&other, bob);
    for subscriber in [&mut here, &mut there, &mut bobs] {
        connected(subscriber, true).await;
    }
    for _ in 0..3 {
        notify(&one, ann).await;
        notified(&mut here).await;
        notified(&mut there).await;
    }
    // Redis delivers in order: what was sent before this notification has arrived with it.
    notify(&one, bob).await;
    notified(&mut bobs).await;
    assert!(!has_notification(&mut bobs).await && !has_notification(&mut there).await);
    assert!(
        !has_notification(&mut here).await,
        "its own notification is not delivered twice"
    );
    let subscribed: Vec<redis::Value> = redis.ask(&["PUBSUB", "CHANNELS"]).await;
    assert_eq!(subscribed.len(), 2);
    drop((here, there));
    until("ann has no subscriber", async || {
        let channels: Vec<String> = redis.ask(&["PUBSUB", "CHANNELS"]).await;
        (channels == [format!("suite:notify:{bob}")]).then_some(())
    })
    .await;
    let clients = redis
        .ask::<String>(&["CLIENT", "LIST", "TYPE", "pubsub"])
        .await;
    assert_eq!(clients.lines().count(), 1, "{clients}");
    tasks.finish().await;
}

#[tokio::test]
async fn the_notifier_reports_a_lost_connection_and_reconnects() {
    let (mut redis, tasks) = (OwnRedis::start().await, BackgroundTasks::default());
    let (one, other) = (instance(&redis, &tasks), instance(&redis, &tasks));
    let ann = UserId::new();
    let topic = epoch::topic(ann);
    let mut there = other.notifier().subscribe(&topic);
    connected(&mut there, true).await;
    redis.stop();
    connected(&mut there, false).await;
    // A notification on its own instance does not need Redis.
    notify(&other, ann).await;
    notified(&mut there).await;
    redis.start_again().await;
    connected(&mut there, true).await;
    until("a notification arrives", async || {
        one.probe().await;
        notify(&one, ann).await;
        has_notification(&mut there).await.then_some(())
    })
    .await;
    // An unresponsive server is noticed, too.
    redis.hang();
    connected(&mut there, false).await;
    redis.go_on();
    connected(&mut there, true).await;
    tasks.finish().await;
}
