//! The doorbell between instances: nobody polls here, so what is heard came through Redis.

use std::time::Duration;

use satchel::platform::background::Tasks;
use satchel::platform::cache::{Cache, Config};
use satchel::platform::secret::Secret;
use satchel::services::page_cache::epoch::{self, Scope};

use super::NEVER;
use crate::platform::support::{OwnRedis, until};
use satchel::domain::id::UserId;
use satchel::platform::notifier::Listener;

/// An instance's cache whose doorbell is attended.
fn instance(redis: &OwnRedis, tasks: &Tasks) -> Cache {
    let config = Config {
        url: Some(Secret::new(redis.url())),
        prefix: "suite".to_owned(),
        deadline: Duration::from_secs(5),
    };
    let cache = Cache::new(&config).unwrap();
    let (attended, stop) = (cache.clone(), tasks.stop_token().clone());
    tasks.spawn(async move { attended.doorbell().attend(&stop).await });
    cache
}

async fn linked(listener: &mut Listener, wanted: bool) {
    while listener.is_linked() != wanted {
        let news = tokio::time::timeout(NEVER, listener.news()).await;
        news.expect("the link changes");
    }
}

async fn ring(cache: &Cache, owner: UserId) {
    epoch::renew_and_ring(cache, Scope::Lists, owner).await;
}

async fn heard(listener: &mut Listener) {
    let news = tokio::time::timeout(NEVER, listener.news()).await;
    news.expect("the ring is heard");
}

/// Whether something was heard that nobody waited for.
async fn hears(listener: &mut Listener) -> bool {
    let pause = Duration::from_millis(1);
    tokio::time::timeout(pause, listener.news()).await.is_ok()
}

#[tokio::test]
async fn a_ring_is_heard_by_every_instance_under_its_name_alone() {
    let (redis, tasks) = (OwnRedis::start().await, Tasks::default());
    let (one, other) = (instance(&redis, &tasks), instance(&redis, &tasks));
    let (ann, bob) = (UserId::new(), UserId::new());
    let listen = |cache: &Cache, owner| cache.doorbell().listen(&epoch::bell(owner));
    let (mut here, mut there) = (listen(&one, ann), listen(&other, ann));
    let mut bobs = listen(&other, bob);
    for listener in [&mut here, &mut there, &mut bobs] {
        linked(listener, true).await;
    }
    for _ in 0..3 {
        ring(&one, ann).await;
        heard(&mut here).await;
        heard(&mut there).await;
    }
    // Whatever was sent before this ring has arrived when this ring has.
    ring(&one, bob).await;
    heard(&mut bobs).await;
    assert!(!hears(&mut bobs).await && !hears(&mut there).await);
    assert!(!hears(&mut here).await, "its own ring is not heard twice");
    let subscribed: Vec<redis::Value> = redis.ask(&["PUBSUB", "CHANNELS"]).await;
    assert_eq!(subscribed.len(), 2);
    drop((here, there));
    until("nobody listens for ann", async || {
        let channels: Vec<String> = redis.ask(&["PUBSUB", "CHANNELS"]).await;
        (channels == [format!("suite:ring:{bob}")]).then_some(())
    })
    .await;
    let clients = redis
        .ask::<String>(&["CLIENT", "LIST", "TYPE", "pubsub"])
        .await;
    assert_eq!(clients.lines().count(), 1, "{clients}");
    tasks.finish().await;
}

#[tokio::test]
async fn the_doorbell_knows_when_it_is_deaf_and_hears_again() {
    let (mut redis, tasks) = (OwnRedis::start().await, Tasks::default());
    let (one, other) = (instance(&redis, &tasks), instance(&redis, &tasks));
    let ann = UserId::new();
    let bell = epoch::bell(ann);
    let mut there = other.doorbell().listen(&bell);
    linked(&mut there, true).await;
    redis.stop();
    linked(&mut there, false).await;
    // A ring on its own instance does not need Redis.
    ring(&other, ann).await;
    heard(&mut there).await;
    redis.start_again().await;
    linked(&mut there, true).await;
    until("a ring is heard", async || {
        one.probe().await;
        ring(&one, ann).await;
        hears(&mut there).await.then_some(())
    })
    .await;
    // A server that hangs is noticed, too.
    redis.hang();
    linked(&mut there, false).await;
    redis.go_on();
    linked(&mut there, true).await;
    tasks.finish().await;
}
