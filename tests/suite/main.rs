//! The suite: every promise of the contract as one test, against real MySQL or MariaDB and Redis.
//! Drives the router without sockets; `harness` speaks as the people who use the service.

#![expect(
    clippy::duplicate_mod,
    reason = "tasks keep the promises of notes, and the same files prove it"
)]

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod files;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod trust;

/// One instance over an empty database.
#[cfg(test)]
async fn start() -> harness::TestApp {
    harness::TestApp::start().await
}

/// So many instances over the same one.
#[cfg(test)]
async fn instances(count: usize) -> Vec<harness::TestApp> {
    harness::TestApp::instances(count).await
}
