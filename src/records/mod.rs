//! What every noun writes besides itself, in the same transaction: sessions, audit, limits, idempotency,
//! outbox, jobs, revisions, search terms, documents. Knows no HTTP and no feature; one mechanism for all nouns.

pub mod api_keys;
pub mod attachments;
pub mod audit;
pub mod batches;
pub mod blobs;
pub mod changes;
pub mod documents;
pub mod generations;
pub mod idempotency;
pub mod instances;
pub mod jobs;
pub mod kind;
pub mod limits;
pub mod merge;
pub mod moving;
pub mod outbox;
pub mod pages;
pub mod revisions;
pub mod saves;
pub mod sessions;
pub mod storage_use;
pub mod sweeping;
pub mod tags;
pub mod terms;
pub mod thinning;
pub mod throttle;
pub mod verifying;
pub mod watches;
