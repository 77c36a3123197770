//! What every noun writes besides itself, in the same transaction: sessions, idempotency, outbox,
//! jobs, revisions, search terms. Knows no HTTP and no feature; one mechanism for all nouns.

pub mod generations;
pub mod idempotency;
pub mod jobs;
pub mod kind;
pub mod outbox;
pub mod pages;
pub mod revisions;
pub mod sessions;
pub mod terms;
