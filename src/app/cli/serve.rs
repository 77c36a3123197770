//! `satchel serve`: checks, listens, and stops in order.

use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Failure, Outcome, print, state};
use crate::api::state::AppState;
use crate::app::config::Config;
use crate::app::server::Server;
use crate::app::{blob_jobs, long_jobs, registry};
use crate::app::{heartbeat, jobs, router};
use crate::platform::db::migrate;
use crate::platform::health;
use crate::platform::logging::Logging;
use crate::platform::mail::Mailer;

/// How often the recorder folds its histograms, so that they do not grow without end.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// What tasks get to end after the last connection.
const TASK_GRACE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Print the effective settings, secrets hidden, and exit.
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(arguments: ServeArguments) -> Outcome {
    let config = Config::from_environment()?;
    if arguments.check {
        for line in config.shown() {
            print(&format!("{line}\n"));
        }
        return Ok(());
    }
    let _logging = Logging::start(&config.log)?;
    let app = state(&config)?;
    let mailer = Mailer::new(&config.mail)?;
    check_schema(&app).await?;
    let mut stop = Stop::listen()?;
    let servers = bind(&app, &config).await?;
    start_tasks(&app, mailer);
    app.health.look(&app.db, &app.cache).await;
    tracing::info!(
        instance = app.site.instance,
        version = env!("CARGO_PKG_VERSION"),
        addr = %config.http_addr,
        "serving"
    );
    serve_until_stopped(&app, &config, servers, &mut stop).await;
    Ok(())
}

/// A service in front of an older schema would fail at every request; it does not start.
async fn check_schema(app: &AppState) -> Outcome {
    let missing = migrate::missing(&app.db).await.map_err(|err| {
        Failure(format!(
            "cannot reach the database, check SATCHEL_DB_URL and that the server runs: {err}"
        ))
    })?;
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(Failure(format!(
            "the schema lacks {} steps, the first is {:04} {}: run `satchel migrate`",
            missing.len(),
            first.version,
            first.name
        ))),
    }
}

async fn bind(app: &AppState, config: &Config) -> Result<Vec<Server>, Failure> {
    let listen = async |name: &str, addr, router| {
        Server::bind(addr, router, config.max_connections)
            .await
            .map_err(|err| Failure(format!("{name}: cannot listen on {addr}: {err}")))
    };
    let mut servers = vec![
        listen(
            "SATCHEL_HTTP_ADDR",
            config.http_addr,
            router::public(app, config),
        )
        .await?,
    ];
    if let Some(addr) = config.ops_addr {
        servers.push(listen("SATCHEL_OPS_ADDR", addr, router::private(app, config)).await?);
    }
    Ok(servers)
}

fn start_tasks(app: &AppState, mailer: Mailer) {
    let worker = app.clone();
    app.background
        .spawn(async move { jobs::run(worker, mailer).await });
    for job in registry::jobs().filter(|job| job.is_long) {
        let worker = app.clone();
        app.background
            .spawn(async move { long_jobs::run(worker, job).await });
    }
    let prober = app.clone();
    app.background
        .spawn(async move { blob_jobs::probe_object_store(prober).await });
    let alive = app.clone();
    app.background
        .spawn(async move { heartbeat::run(alive).await });
    let prober = app.clone();
    app.background.spawn(async move {
        while health::pause(&prober.background).await {
            prober.health.look(&prober.db, &prober.cache).await;
        }
    });
    let recorder = app.clone();
    app.background.spawn(async move {
        let stop = recorder.background.stop_token();
        while !stop.is_cancelled() {
            let pause = tokio::time::sleep(METRICS_UPKEEP);
            let _ = stop.run_until_cancelled(pause).await;
            recorder.metrics.run_upkeep();
        }
    });
}

/// SIGTERM: say 503 to load balancers and go on serving, then accept nothing new, finish what is
/// under way, cut what does not end. A second signal skips the waiting.
async fn serve_until_stopped(
    app: &AppState,
    config: &Config,
    servers: Vec<Server>,
    stop: &mut Stop,
) {
    let stop_accepting = CancellationToken::new();
    let grace = config.grace;
    let running: Vec<_> = servers
        .into_iter()
        .map(|server| {
            let token = stop_accepting.clone();
            app.background
                .spawn(async move { server.run(token, grace).await })
        })
        .collect();
    stop.wait().await;
    app.draining.cancel();
    tracing::info!(
        drain_s = config.drain.as_secs(),
        "stopping: not ready any more"
    );
    tokio::select! {
        () = tokio::time::sleep(config.drain) => {}
        () = stop.wait() => {}
    }
    tracing::info!(grace_s = grace.as_secs(), "stopping: no new connections");
    stop_accepting.cancel();
    let finish = async {
        let mut clean = true;
        for server in running {
            clean &= server.await.unwrap_or(false);
        }
        clean
    };
    let clean = tokio::select! {
        clean = finish => clean,
        () = stop.wait() => false,
    };
    let tasks_ended = tokio::time::timeout(TASK_GRACE, app.background.finish())
        .await
        .is_ok();
    tracing::info!(clean, tasks_ended, "stopped");
}

/// The signals that end the process.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
