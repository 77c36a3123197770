//! What load balancers and Prometheus ask: `/health`, `/metrics`, `/pool-stats`.
//! Refuses to wait: every answer is what this process knows already.

mod model;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::reply::Answer;
use crate::api::state::AppState;
pub use model::{CacheStats, InstanceReport, MysqlStats};
use model::{Check, Checks, HealthReport, PoolStats};

/// The three probes. `/health` answers 503 once the instance is being stopped, so that load
/// balancers send nothing new; a database that is away only shows as `degraded`, or one blip
/// would take out all instances at once.
pub fn health_router() -> Router<AppState> {
    Router::new()
        .route("/health", get(health))
        .route("/health/ready", get(health))
        .route("/health/live", get(live))
}

/// What only the private network may see.
pub fn private_router() -> Router<AppState> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/pool-stats", get(pool_stats))
}

async fn health(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let mysql = app.health.mysql();
    let cache = app.cache.status();
    let status = match (app.is_draining(), mysql.is_some(), cache.breaker) {
        (true, ..) => "draining",
        (false, true, "off") => "ok",
        (false, true, _) if cache.connected => "ok",
        _ => "degraded",
    };
    // Behind a proxy the caller may be anybody, so only the verdict is told.
    let direct = !headers.contains_key("x-forwarded-for");
    let report = HealthReport {
        status,
        version: direct.then_some(env!("CARGO_PKG_VERSION")),
        instance: direct.then(|| app.site.instance.clone()),
        uptime_seconds: direct.then(|| app.health.uptime().as_secs()),
        checks: direct.then(|| Checks {
            mysql: Check::new(
                mysql.is_some(),
                mysql.map(|took| took.as_secs_f64() * 1000.0),
            ),
            redis: match cache.breaker {
                "off" => Check::off(),
                _ => Check::new(cache.connected, cache.connected.then_some(cache.latency_ms)),
            },
        }),
    };
    let code = if app.is_draining() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let mut response = (code, Answer(report)).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

async fn live() -> Response {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        "{\"status\":\"live\"}",
    )
        .into_response()
}

async fn metrics(State(app): State<AppState>) -> Response {
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], app.metrics.render()).into_response()
}

async fn pool_stats(State(app): State<AppState>) -> Answer<PoolStats> {
    Answer(PoolStats {
        instance: app.site.instance.clone(),
        mysql: MysqlStats::from(app.db.status()),
        redis: CacheStats::from(app.cache.status()),
    })
}

/// What this instance tells the others about itself.
pub fn report(app: &AppState) -> InstanceReport {
    InstanceReport {
        draining: app.is_draining(),
        mysql: MysqlStats::from(app.db.status()),
        redis: CacheStats::from(app.cache.status()),
    }
}
