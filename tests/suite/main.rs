//! The suite: every promise of the contract as one test, against real MySQL or MariaDB and Redis.
//! Drives the router without sockets; `harness` speaks as the people who use the service.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod sessions;
