//! What features share inside a transaction: documents, search, tags, changes, jobs. Each function takes the
//! caller's transaction. The layer knows no HTTP and no feature.

pub mod attachments;
pub mod auth;
pub mod batches;
pub mod blobs;
pub mod changes;
pub mod dedup;
pub mod documents;
pub mod entity_kind;
pub mod jobs;
pub mod owners;
pub mod page_cache;
pub mod search;
pub mod tags;
