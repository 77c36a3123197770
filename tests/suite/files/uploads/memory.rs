//! Bytes pass through an instance; they do not gather in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::CHUNK;
use super::wire::{append, begun};
use crate::harness::Database;
use crate::platform::support::{Fleet, Instance, idle_for};

/// Uploads at once, and bytes of each. All of them together are more than may stay in memory.
const UPLOADS: usize = 20;
const LENGTH: usize = 10 * CHUNK;
/// How much an instance may grow meanwhile, in KiB.
const GROWTH_KIB: u64 = 64 * 1024;

/// Memory of the process that is really there, in KiB.
fn resident(instance: &Instance) -> u64 {
    let path = format!("/proc/{}/status", instance.child.pid());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_uploads_at_once_take_no_memory_of_their_size() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let before = resident(&instance);
    let mut sending = JoinSet::new();
    for n in 0..UPLOADS {
        let path = begun(&ann, LENGTH).await;
        let (addr, token) = (instance.addr, ann.token.clone());
        sending.spawn(async move {
            let letter = b'a' + u8::try_from(n).unwrap();
            let piece = |from: usize, to: usize| vec![letter; to - from];
            let answer = append(addr, &token, &path, (0, LENGTH), piece).await;
            answer.unwrap().expect(204);
        });
    }
    let done = AtomicBool::new(false);
    let watch = async {
        let mut most = 0;
        while !done.load(Ordering::Relaxed) {
            most = most.max(resident(&instance));
            idle_for(Duration::from_millis(20)).await;
        }
        most
    };
    let wait = async {
        while let Some(sent) = sending.join_next().await {
            sent.unwrap();
        }
        done.store(true, Ordering::Relaxed);
    };
    let (most, ()) = tokio::join!(watch, wait);
    let grown = most.saturating_sub(before);
    assert!(grown < GROWTH_KIB, "{before} KiB became {most} KiB");
    let files = "SELECT COUNT(*) FROM files";
    assert_eq!(database.count(files).await, i64::try_from(UPLOADS).unwrap());
}
