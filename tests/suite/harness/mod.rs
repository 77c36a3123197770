//! Builds the real service around a database and a Redis prefix of a test's own, without sockets.
//! Refuses to skip: without its servers every test fails and says how to get them.

mod actors;
mod database;
mod documents;
mod replies;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use satchel::api::resource::JobError;
use satchel::api::state::AppState;
use satchel::app::build;
use satchel::app::config::Config;
use satchel::app::{jobs, registry, router};
use satchel::features::accounts::manage::{self, ByHand};
use satchel::platform::crypto;
use satchel::platform::mail::{Mail, Mailer};
use satchel::platform::metrics;
use satchel::platform::secret::Secret;
use satchel::services::jobs::outbox::{self, Listed};
use satchel::services::jobs::queue;

pub(crate) use actors::{Actor, Call, DEFAULT_PASSWORD, id, note, together};
pub(crate) use database::Database;
pub(crate) use documents::{Doc, DocPage, DocumentKind, Note, Notes, Page, Tasks};
pub(crate) use replies::Reply;

/// The address the service believes to be reached under.
pub(crate) const PUBLIC_URL: &str = "http://localhost:8080";

/// One instance of the service. Clones share everything.
#[derive(Clone)]
pub(crate) struct TestApp {
    router: Router,
    /// What the handlers reach.
    pub(crate) state: AppState,
    /// The settings it was built from.
    pub(crate) config: Config,
    fleet: Arc<Fleet>,
}

/// What the instances of one test share.
struct Fleet {
    database: Database,
    redis_prefix: String,
    settings: Vec<(String, String)>,
}

impl TestApp {
    /// One instance over an empty database.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One instance with settings of its own; they win over those of the harness.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let fleet = Arc::new(Fleet::new(settings).await);
        Self::join(fleet, &[])
    }

    /// So many instances over the same empty database and the same Redis keys.
    pub(crate) async fn instances(count: usize) -> Vec<Self> {
        let fleet = Arc::new(Fleet::new(&[]).await);
        (0..count).map(|_| Self::join(fleet.clone(), &[])).collect()
    }

    /// Another instance beside this one, with settings of its own.
    pub(crate) fn sibling(&self, settings: &[(&str, &str)]) -> Self {
        Self::join(self.fleet.clone(), settings)
    }

    fn join(fleet: Arc<Fleet>, settings: &[(&str, &str)]) -> Self {
        let mut config =
            Config::parse(fleet.settings.iter().cloned().chain(owned(settings))).unwrap();
        // A busy machine is not a Redis that is away: what is shared is counted exactly here.
        config.cache.deadline = Duration::from_secs(5);
        let state = build::state_with(&config, metrics()).unwrap();
        Self {
            router: router::public(&state, &config),
            state,
            config,
            fleet,
        }
    }

    /// The test's database, for what only SQL can bring about or see.
    pub(crate) fn database(&self) -> &Database {
        &self.fleet.database
    }

    /// What stands before every Redis key of this test.
    pub(crate) fn redis_prefix(&self) -> &str {
        &self.fleet.redis_prefix
    }

    /// Somebody who has not signed in.
    pub(crate) fn anon(&self) -> Actor {
        Actor::anonymous(self)
    }

    /// Somebody with an active account who has just signed in; the address is `name@example.org`.
    pub(crate) async fn user(&self, name: &str) -> Actor {
        self.account(name, true).await;
        self.anon().sign_in(name, DEFAULT_PASSWORD).await
    }

    /// Makes an account without signing in.
    pub(crate) async fn account(&self, name: &str, verified: bool) {
        self.account_with(name, verified, DEFAULT_PASSWORD).await;
    }

    /// Makes an account with a password of its own.
    pub(crate) async fn account_with(&self, name: &str, verified: bool, password: &str) {
        let new = ByHand {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: Secret::new(password.to_owned()),
            role: satchel::domain::role::Role::User,
            verified,
        };
        manage::create(&self.state.db, &self.state.passwords, new)
            .await
            .unwrap();
    }

    /// The mails that wait in the outbox, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let listed = outbox::list(&self.state.db, &self.state.keys)
            .await
            .unwrap();
        listed
            .into_iter()
            .map(|mail| match mail {
                Listed::Readable(mail) => mail,
                Listed::Wiped { status } => panic!("a mail was {status} in a test"),
            })
            .collect()
    }

    /// The code in the latest mail to an address.
    pub(crate) async fn code_for(&self, address: &str) -> String {
        let mails = self.mails().await;
        let mail = mails.iter().rev().find(|mail| mail.to == address);
        let mail = mail.unwrap_or_else(|| panic!("no mail to {address} among {mails:?}"));
        six_digits(&mail.text)
            .pop()
            .unwrap_or_else(|| panic!("no code in {}", mail.text))
    }

    /// Claims and runs a periodic job so many times, as if it became due again each time.
    pub(crate) async fn run_job(&self, name: &'static str, runs: usize) {
        queue::ensure_periodic(&self.state.db, name).await.unwrap();
        for _ in 0..runs {
            let due = "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) WHERE kind = ?";
            self.database().exec(due, (name,)).await;
            assert!(jobs::run_due(&self.state, &Mailer::Off, "a test").await);
        }
        let failed = "SELECT COUNT(*) FROM jobs WHERE last_error <> ''";
        assert_eq!(self.database().count(failed).await, 0, "{name}");
    }

    /// Calls the function of a periodic job.
    pub(crate) async fn call_job(&self, name: &str) -> Result<u64, JobError> {
        let job = registry::jobs().find(|job| job.name == name);
        (job.unwrap().run)(&self.state).await
    }

    /// Removes this test's keys from Redis, as a flush of the whole server would.
    pub(crate) async fn flush_redis(&self) {
        let client = redis::Client::open(redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let pattern = format!("{}:*", self.redis_prefix());
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut connection)
            .await
            .unwrap();
        if !keys.is_empty() {
            let mut delete = redis::cmd("DEL");
            delete.arg(keys);
            delete.exec_async(&mut connection).await.unwrap();
        }
    }
}

impl Fleet {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let database = Database::create().await;
        let redis_prefix = format!("t{}", crypto::random_text::<9>());
        let mut all = owned(&[
            ("SATCHEL_DB_URL", database.url()),
            // Two cores shared with everything else: a slow machine must not fail a test.
            ("SATCHEL_DB_WAIT_MS", "6000"),
            ("SATCHEL_DB_STATEMENT_MS", "10000"),
            ("SATCHEL_REDIS_URL", &redis_url()),
            ("SATCHEL_REDIS_PREFIX", &redis_prefix),
            ("SATCHEL_SECRET_KEY", &crypto::random_text::<32>()),
            (
                "SATCHEL_JWT_KEYS",
                &format!("k1:hs256:{}", crypto::random_text::<32>()),
            ),
            ("SATCHEL_PUBLIC_URL", PUBLIC_URL),
            ("SATCHEL_API_LIMITS", "off"),
        ]);
        all.extend(owned(settings));
        Self {
            database,
            redis_prefix,
            settings: all,
        }
    }
}

/// Every run of exactly six digits.
pub(crate) fn six_digits(text: &str) -> Vec<String> {
    text.split(|sign: char| !sign.is_ascii_digit())
        .filter(|run| run.len() == 6)
        .map(str::to_owned)
        .collect()
}

/// The Redis server of the suite.
pub(crate) fn redis_url() -> String {
    needed("SATCHEL_TEST_REDIS_URL")
}

/// A variable that `make test` sets.
pub(crate) fn needed(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the suite's own two variables are no settings of the service"
    )]
    let value = std::env::var(name).unwrap_or_default();
    assert!(
        !value.is_empty(),
        "{name} is not set: `make test` starts the MariaDB and the Redis that the suite needs"
    );
    value
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The metrics are the process's own, so all instances of all tests share them.
fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| metrics::install("test").unwrap())
        .clone()
}
