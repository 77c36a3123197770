//! Makes the shared state out of the settings: what `serve`, the commands and the tests have in common.

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::registry;
use crate::api::state::{AppState, Shared, Site};
use crate::platform::auth::jwt::Tokens;
use crate::platform::auth::password::Passwords;
use crate::platform::background::BackgroundTasks;
use crate::platform::cache::{self, Cache};
use crate::platform::clock::Clock;
use crate::platform::crypto::Keys;
use crate::platform::db::{self, Db};
use crate::platform::health::Health;
use crate::platform::storage::{self, Objects, Storage};
use crate::platform::{auth, metrics};
use crate::services::auth::rate_limits::Limits;
use crate::services::auth::sessions::Sessions;
use crate::services::changes::subscriptions::Subscriptions;
use crate::services::page_cache::SingleFlight;

/// A part that cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Db(#[from] db::BadConfig),
    #[error(transparent)]
    Cache(#[from] cache::BadConfig),
    #[error(transparent)]
    Objects(#[from] storage::BadConfig),
    #[error(transparent)]
    Key(#[from] auth::jwt::BadKey),
    #[error(transparent)]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Builds the state; opens no connection yet.
pub fn state(config: &Config) -> Result<AppState, BuildError> {
    let metrics = metrics::install(env!("CARGO_PKG_VERSION"))?;
    state_with(config, metrics)
}

/// Builds the state around metrics that are installed already.
pub fn state_with(config: &Config, metrics: PrometheusHandle) -> Result<AppState, BuildError> {
    registry::register();
    let db = Db::new(&config.db)?;
    let cache = Cache::new(&config.cache)?;
    let background = BackgroundTasks::default();
    let limits = Limits::new(cache.clone(), Clock::System, config.quotas);
    Ok(AppState::new(Shared {
        sessions: Sessions::new(db.clone(), cache.clone(), limits.clone()),
        limits,
        keys: Keys::derive(&config.secret_key),
        tokens: Tokens::new(&config.jwt_keys, &config.public_url)?,
        passwords: Passwords::new(cores()),
        page_loads: SingleFlight::default(),
        subscriptions: Subscriptions::new(
            db.clone(),
            cache.clone(),
            background.clone(),
            config.max_streams,
        ),
        storage: storage(config, &db)?,
        background,
        clock: Clock::System,
        queued: Notify::new(),
        draining: CancellationToken::new(),
        health: Health::default(),
        metrics,
        site: Site {
            public_url: config.public_url.clone(),
            registration_open: config.registration_open,
            instance: config.instance.clone(),
            files: config.files,
        },
        db,
        cache,
    }))
}

/// The bytes of files, for the service and for the commands.
pub fn storage(config: &Config, db: &Db) -> Result<Storage, BuildError> {
    let objects = config.objects.as_ref().map(Objects::new).transpose()?;
    Ok(Storage::with_objects(
        db.clone(),
        objects,
        config.files_store,
    ))
}

/// Processors this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
