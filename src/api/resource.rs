//! The registry row of a feature: routes, entity kinds, owned tables, periodic jobs and batches.
//! Each feature declares one `RESOURCE`; `app::registry` has the list of them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use utoipa_axum::router::OpenApiRouter;

use crate::api::state::AppState;
use crate::domain::id::UserId;
use crate::platform::db::{DbError, OwnedTable};
use crate::platform::storage::StorageError;
use crate::services::batches::handler::BatchHandler;
use crate::services::entity_kind::EntityKind;

/// What the application derives from a feature.
#[derive(Clone, Copy)]
pub struct Resource {
    /// The endpoints under `/api/v1`.
    pub router: fn() -> OpenApiRouter<AppState>,
    /// Tags of the OpenAPI spec that the feature introduces, with their descriptions.
    pub tags: &'static [(&'static str, &'static str)],
    pub kinds: &'static [EntityKind],
    /// Tables whose rows are deleted with their account.
    pub owned_tables: &'static [OwnedTable],
    /// Deletes what is not a row, such as objects in an object store, in steps.
    pub delete_owned: Option<DeleteOwned>,
    pub jobs: &'static [PeriodicJob],
    pub batches: Option<BatchHandler>,
}

impl Resource {
    /// A resource that has nothing but endpoints.
    pub const fn new(router: fn() -> OpenApiRouter<AppState>) -> Self {
        Self {
            router,
            tags: &[],
            kinds: &[],
            owned_tables: &[],
            delete_owned: None,
            jobs: &[],
            batches: None,
        }
    }
}

/// Deletes some of what an account owns; how much. Called until it returns 0.
pub type DeleteOwned = for<'a> fn(&'a AppState, UserId) -> BoxFuture<'a, Result<u64, StorageError>>;

/// A job that one instance at a time runs periodically. It is idempotent: a run that was interrupted
/// is repeated by any instance.
#[derive(Clone, Copy)]
pub struct PeriodicJob {
    /// The name in the `jobs` table and in the metrics.
    pub name: &'static str,
    pub interval: Duration,
    /// Runs longer than a lease: it has a loop of its own on every instance and renews its lease.
    pub is_long: bool,
    /// Returns how many rows it worked on. A short job works in steps of at least `FULL_STEP` rows and
    /// runs again at once after a full one.
    pub run: RunJob,
}

/// A job that worked on so many rows has probably more to do.
pub const FULL_STEP: u64 = 100;

type RunJob = for<'a> fn(&'a AppState) -> BoxFuture<'a, Result<u64, JobError>>;

impl PeriodicJob {
    pub const fn hourly(name: &'static str, run: RunJob) -> Self {
        Self::every(Duration::from_secs(3600), name, run)
    }

    pub const fn minutely(name: &'static str, run: RunJob) -> Self {
        Self::every(Duration::from_secs(60), name, run)
    }

    pub const fn every(interval: Duration, name: &'static str, run: RunJob) -> Self {
        Self {
            name,
            interval,
            is_long: false,
            run,
        }
    }

    pub const fn long(mut self) -> Self {
        self.is_long = true;
        self
    }
}

/// Why a job failed; the text is stored in the `jobs` table.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{0}")]
    Other(String),
}
