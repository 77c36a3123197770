//! What admins see of the service as a whole: numbers, instances, jobs.

use serde::Serialize;
use utoipa::ToSchema;

use super::store::{Counted, Numbers};
use crate::domain::id::{InstanceId, JobId};
use crate::domain::time::Timestamp;
use crate::features::ops::{CacheStats, InstanceReport, MysqlStats};
use crate::services::jobs::instances::Live;
use crate::services::jobs::queue::Listed;

/// A number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Count {
    /// How many.
    pub count: u64,
    /// `false`: above 100,000 the number is the database's estimate.
    pub exact: bool,
}

impl From<Counted> for Count {
    fn from(counted: Counted) -> Self {
        Self {
            count: counted.count,
            exact: counted.exact,
        }
    }
}

/// The accounts in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserCounts {
    /// All of them.
    pub total: u64,
    /// The address is not proven yet.
    pub pending: u64,
    /// May sign in.
    pub active: u64,
    /// Locked by an admin.
    pub disabled: u64,
    /// Admins, whatever their state.
    pub admins: u64,
    /// To be deleted when their grace is over.
    pub to_be_deleted: u64,
}

/// The mails in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailCounts {
    /// Not sent yet.
    pub pending: Count,
    /// Given up within the last week.
    pub failed: Count,
}

/// The queue in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobCounts {
    /// Rows whose latest run did well, or that have not run yet.
    pub waiting: Count,
    /// Rows whose latest run failed; they are tried again.
    pub failing: Count,
}

/// Bytes in the database with their indexes, as the server estimates; MySQL renews its estimate
/// once a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Storage {
    /// Notes and their revisions.
    pub texts_bytes: u64,
    /// The search index.
    pub search_bytes: u64,
    /// All tables.
    pub total_bytes: u64,
}

/// The service in numbers. No count walks through more than a hundred thousand rows, but for the
/// accounts, which are counted in an index.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stats {
    /// Accounts.
    pub users: UserCounts,
    /// Notes of everybody, the trash included.
    pub notes: Count,
    /// Open sign-ins.
    pub sessions: Count,
    pub mail: MailCounts,
    /// Queued and periodic work.
    pub jobs: JobCounts,
    /// What it takes up.
    pub storage: Storage,
}

impl From<Numbers> for Stats {
    fn from(numbers: Numbers) -> Self {
        let users = numbers.users;
        Self {
            users: UserCounts {
                total: users.pending + users.active + users.disabled,
                pending: users.pending,
                active: users.active,
                disabled: users.disabled,
                admins: users.admins,
                to_be_deleted: users.leaving,
            },
            notes: numbers.notes.into(),
            sessions: numbers.sessions.into(),
            mail: MailCounts {
                pending: numbers.mails_pending.into(),
                failed: numbers.mails_failed.into(),
            },
            jobs: JobCounts {
                waiting: numbers.jobs_waiting.into(),
                failing: numbers.jobs_failing.into(),
            },
            storage: Storage {
                texts_bytes: numbers.texts_bytes,
                search_bytes: numbers.search_bytes,
                total_bytes: numbers.total_bytes,
            },
        }
    }
}

/// An instance that is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstanceView {
    /// UUIDv7, new at each start of the process.
    #[schema(value_type = Uuid)]
    pub id: InstanceId,
    pub name: String,
    /// The program's version.
    pub version: String,
    /// `serving` or `draining`.
    pub state: &'static str,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// Its latest sign of life; its numbers are of that moment.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// Its pool; `null`: another version wrote it in a way that this one cannot read.
    pub mysql: Option<MysqlStats>,
    /// Its connection to the cache.
    pub redis: Option<CacheStats>,
}

impl From<Live> for InstanceView {
    fn from(live: Live) -> Self {
        let report: Option<InstanceReport> = serde_json::from_str(&live.report).ok();
        let draining = report.as_ref().is_some_and(|report| report.draining);
        let (mysql, redis) = report.map(|report| (report.mysql, report.redis)).unzip();
        Self {
            id: live.id,
            name: live.name,
            version: live.version,
            state: if draining { "draining" } else { "serving" },
            started_at: live.started_at,
            seen_at: live.seen_at,
            mysql,
            redis,
        }
    }
}

/// The pools of all live instances together.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct PoolSums {
    /// Connections they may hold.
    pub max_size: usize,
    /// Connections they hold.
    pub size: usize,
    /// Of these, idle ones.
    pub available: usize,
    /// Of these, ones at work.
    pub in_use: usize,
    /// Callers waiting for one.
    pub waiting: usize,
    /// Connections opened since their starts.
    pub created_total: u64,
    /// Waits that ended without one, since their starts.
    pub timeouts_total: u64,
}

/// The fleet in sums.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FleetSums {
    pub instances: usize,
    /// Of these, ones that are being stopped.
    pub draining: usize,
    /// Their pools.
    pub mysql: PoolSums,
    /// Those whose latest command to Redis was answered.
    pub redis_connected: usize,
}

impl FleetSums {
    pub(super) fn of(fleet: &[InstanceView]) -> Self {
        let mut mysql = PoolSums::default();
        for pool in fleet.iter().filter_map(|view| view.mysql.as_ref()) {
            mysql.max_size += pool.max_size;
            mysql.size += pool.size;
            mysql.available += pool.available;
            mysql.in_use += pool.in_use;
            mysql.waiting += pool.waiting;
            mysql.created_total += pool.created_total;
            mysql.timeouts_total += pool.timeouts_total;
        }
        let caches = fleet.iter().filter_map(|view| view.redis.as_ref());
        Self {
            instances: fleet.len(),
            draining: fleet.iter().filter(|view| view.state == "draining").count(),
            mysql,
            redis_connected: caches.filter(|cache| cache.connected).count(),
        }
    }
}

/// One page of the live instances.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstancePage {
    /// In the order of their starts.
    pub items: Vec<InstanceView>,
    /// Send it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
    /// Over all of them, not only this page.
    pub sums: FleetSums,
}

/// A row of queued or periodic work.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobView {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: JobId,
    /// What is to be done: `mail.send`, `sessions.purge` …
    pub name: String,
    /// Whether it comes again.
    pub periodic: bool,
    /// `running`, `failing` (tried again at `next_run_at`), `due` or `waiting`.
    pub state: String,
    /// When it is to be done.
    #[schema(value_type = String, format = DateTime)]
    pub next_run_at: Timestamp,
    /// The instance that claimed it.
    pub lease_owner: Option<String>,
    /// Until when; afterwards another one may.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lease_until: Option<Timestamp>,
    /// Tries so far.
    pub attempts: u32,
    /// Why the latest one failed.
    pub last_error: Option<String>,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Listed> for JobView {
    fn from(job: Listed) -> Self {
        Self {
            id: job.id,
            name: job.kind,
            periodic: job.periodic,
            state: job.state,
            next_run_at: job.run_at,
            lease_owner: job.lease_owner,
            lease_until: job.lease_until,
            attempts: job.attempts,
            last_error: Some(job.last_error).filter(|error| !error.is_empty()),
            created_at: job.created_at,
        }
    }
}

/// One page of the jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobPage {
    /// In the order of their making.
    pub items: Vec<JobView>,
    /// Send it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
}
