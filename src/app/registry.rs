//! The list of resources, tables with an owner and periodic jobs. Routes, OpenAPI tags, account deletion, batch
//! dispatch, attachment referrers, renaming of tags and the job loops are derived from it. A new resource is one line
//! in `RESOURCES` and one in `features/mod.rs`.

use crate::api::resource::{PeriodicJob, Resource};
use crate::features;
use crate::platform::db::OwnedTable;
use crate::services::auth::{login_throttle, sessions};
use crate::services::batches::handler;
use crate::services::dedup::{idempotency_keys, save_ids};
use crate::services::documents::{retention, revisions};
use crate::services::entity_kind::EntityKind;
use crate::services::jobs::outbox;
use crate::services::{attachments, search};

use super::{account_deletion, blob_jobs};

/// Every resource, in the order of the OpenAPI spec.
pub const RESOURCES: &[&Resource] = &[
    &features::accounts::RESOURCE,
    &features::notes::RESOURCE,
    &features::files::RESOURCE,
    &features::tasks::RESOURCE,
    &features::views::RESOURCE,
    &features::tags::RESOURCE,
    &features::batches::RESOURCE,
    &features::changes::RESOURCE,
    &features::admin::RESOURCE,
];

/// Tables with an owner that services write on behalf of all resources.
const SERVICE_TABLES: [&[OwnedTable]; 8] = [
    &search::OWNED,
    &revisions::OWNED,
    &crate::services::tags::OWNED,
    &crate::services::batches::OWNED,
    &save_ids::OWNED,
    &crate::services::changes::OWNED,
    &idempotency_keys::OWNED,
    &attachments::OWNED,
];

/// The jobs of services and of the application.
const SERVICE_JOBS: [PeriodicJob; 11] = [
    PeriodicJob::minutely("revisions.retention", |app| {
        Box::pin(async { Ok(retention::run(&app.db).await?) })
    }),
    PeriodicJob::hourly("changes.purge", |app| {
        Box::pin(async { Ok(crate::services::changes::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("saves.purge", |app| {
        Box::pin(async { Ok(save_ids::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("batches.purge", |app| {
        Box::pin(async { Ok(crate::services::batches::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("throttles.purge", |app| {
        Box::pin(async { Ok(login_throttle::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("sessions.purge", |app| {
        Box::pin(async { Ok(sessions::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("idempotency.purge", |app| {
        Box::pin(async { Ok(idempotency_keys::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("outbox.purge", |app| {
        Box::pin(async { Ok(outbox::purge(&app.db).await?) })
    }),
    PeriodicJob::hourly("accounts.delete", |app| {
        Box::pin(account_deletion::run(app, owned()))
    }),
    blob_jobs::MIGRATE_BLOBS,
    blob_jobs::COLLECT_GARBAGE,
];

/// Every table whose rows are deleted with their account.
pub fn owned_tables() -> Vec<OwnedTable> {
    let resources = RESOURCES.iter().map(|resource| resource.owned_tables);
    SERVICE_TABLES
        .into_iter()
        .chain(resources)
        .flatten()
        .copied()
        .collect()
}

/// Everything that is deleted with an account.
fn owned() -> account_deletion::Owned {
    let others = RESOURCES
        .iter()
        .filter_map(|resource| resource.delete_owned);
    account_deletion::Owned {
        tables: owned_tables(),
        others: others.collect(),
    }
}

/// Every periodic job; long ones have a loop of their own.
pub fn jobs() -> impl Iterator<Item = PeriodicJob> {
    let resources = RESOURCES.iter().flat_map(|resource| resource.jobs);
    SERVICE_JOBS.into_iter().chain(resources.copied())
}

/// Makes entity kinds and batch handlers known to the services, which cannot name features. Only the first call in
/// a process has an effect.
pub fn register() {
    let kinds = RESOURCES.iter().flat_map(|resource| resource.kinds);
    EntityKind::register(kinds.copied());
    handler::register(RESOURCES.iter().filter_map(|resource| resource.batches));
}
