//! Work that is done once however often a client sends it: idempotency keys of requests, save ids of texts.

pub mod idempotency_keys;
pub mod save_ids;
