//! What a handler can reach. Lies under the features, so that none of them imports the app.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::platform::auth::jwt::Tokens;
use crate::platform::auth::password::Passwords;
use crate::platform::background::BackgroundTasks;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::crypto::Keys;
use crate::platform::db::Db;
use crate::platform::health::Health;
use crate::platform::storage::Storage;
use crate::services::auth::rate_limits::Limits;
use crate::services::auth::sessions::Sessions;
use crate::services::changes::subscriptions::Subscriptions;
use crate::services::page_cache::SingleFlight;

/// Everything that requests share. Cheap to clone; holds no truth.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub db: Db,
    /// Redis, or nothing.
    pub cache: Cache,
    /// Keys derived from the root key.
    pub keys: Keys,
    /// The bytes of files.
    pub storage: Storage,
    /// Signs and checks access tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// The check behind every request.
    pub sessions: Sessions,
    /// The general rate limits.
    pub limits: Limits,
    /// Loads of list pages under way.
    pub page_loads: SingleFlight,
    /// Tasks that outlive their request.
    pub background: BackgroundTasks,
    pub clock: Clock,
    /// Rung when work was queued, so that this instance looks at once.
    pub queued: Notify,
    /// Who listens for whose changes.
    pub subscriptions: Subscriptions,
    /// Cancelled when the process is asked to stop: what would never end by itself ends then.
    pub draining: CancellationToken,
    /// What the background probe saw last.
    pub health: Health,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Plain values from the settings.
    pub site: Site,
}

/// Plain values that answers depend on.
#[derive(Debug, Clone)]
pub struct Site {
    /// The address people use, without a slash at its end.
    pub public_url: String,
    /// Whether strangers may register.
    pub registration_open: bool,
    /// This instance's name.
    pub instance: String,
    /// The bounds of files.
    pub files: FileBounds,
}

/// How much files may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileBounds {
    /// Most bytes of one file.
    pub max_bytes: u64,
    /// Most bytes of one file that comes in a form, in one request.
    pub form_max_bytes: u64,
    /// Most bytes of all files of an account that has no quota of its own.
    pub quota_bytes: u64,
    /// How long an upload waits for its next bytes.
    pub upload_life: Duration,
}

impl Site {
    /// Whether the page is served over TLS, as far as browsers can tell.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl AppState {
    /// Shares the parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Whether the process was asked to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
