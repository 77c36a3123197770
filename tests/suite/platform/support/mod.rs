//! What the tests of the machines have in common: children, stores of their own, a fleet of real
//! processes, a client that speaks bare HTTP. Refuses fixed pauses: conditions are awaited.

mod child;
mod client;
mod clock;
mod fleet;
mod line;
mod proxy;
mod stores;

use std::time::{Duration, Instant};

pub(crate) use child::{Child, Folder};
pub(crate) use client::{Answer, Client};
pub(crate) use clock::FalseClock;
pub(crate) use fleet::{Fleet, Instance, PASSWORD};
pub(crate) use line::EventLine;
pub(crate) use proxy::OwnNginx;
pub(crate) use stores::{Doorman, OwnMariadb, OwnRedis, free_port};

/// How long a condition may take to come true on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(40);
/// The pause between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Looks until there is something to see; what it was called is the message of the failure.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "it never came true: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Gives the servers a moment in which nothing is expected to happen.
pub(crate) async fn idle_for(pause: Duration) {
    tokio::time::sleep(pause).await;
}
