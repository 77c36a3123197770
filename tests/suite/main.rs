//! The suite: every promise of the contract as one test, against real MySQL or MariaDB and Redis.
//! Drives the router without sockets; `harness` speaks as the people who use the service.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod docs;
#[cfg(test)]
#[macro_use]
mod documents;
#[cfg(test)]
mod files;
#[cfg(test)]
mod harness;
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
mod registry;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod trust;
