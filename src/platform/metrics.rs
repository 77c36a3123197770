//! Every metric: name, help text, buckets and labels. Label values are bounded: raw paths and ids
//! are never labels.

use std::time::Duration;

use metrics::{Unit, counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of the latency histograms in seconds: from a cache hit to a request deadline.
const SECONDS: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0,
];

const HTTP_REQUESTS: &str = "http_requests_total";
const HTTP_DURATION: &str = "http_request_duration_seconds";
const HTTP_IN_FLIGHT: &str = "http_requests_in_flight";
const HTTP_CONNECTIONS: &str = "http_connections";
const HTTP_PANICS: &str = "http_panics_total";
const POOL_CONNECTIONS: &str = "db_pool_connections";
const POOL_OPENED: &str = "db_pool_connections_opened_total";
const POOL_WAIT: &str = "db_pool_wait_seconds";
const POOL_TIMEOUTS: &str = "db_pool_timeouts_total";
const QUERY_DURATION: &str = "db_query_duration_seconds";
const QUERY_ERRORS: &str = "db_query_errors_total";
const TX_RETRIES: &str = "db_transaction_retries_total";
const CACHE_REQUESTS: &str = "cache_requests_total";
const JOB_RUNS: &str = "jobs_runs_total";
const MAILS: &str = "mail_deliveries_total";
const EVENT_STREAMS: &str = "event_streams";
const EVENT_NOTIFICATIONS: &str = "event_notifications_total";
const EVENT_POLLS: &str = "event_polls_total";
const STORAGE_MIGRATED: &str = "storage_migrated_total";
const STORAGE_ORPHANS: &str = "storage_orphans_removed_total";
const STORAGE_DAMAGED: &str = "storage_damaged_total";
const BUILD_INFO: &str = "satchel_build_info";

/// Installs the recorder globally. A second call in one process (tests) returns a handle that renders
/// nothing, not an error.
pub fn install(version: &'static str) -> Result<PrometheusHandle, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        describe();
        gauge!(BUILD_INFO, "version" => version).set(1.0);
        // The series must exist from the first scrape: `rate()` over a missing one has no value.
        counter!(HTTP_REQUESTS, "method" => "GET", "route" => "/health", "status" => "200")
            .increment(0);
        counter!(STORAGE_DAMAGED).increment(0);
    }
    Ok(handle)
}

fn describe() {
    let counters = [
        (
            HTTP_REQUESTS,
            "Requests answered, by method, route template and status.",
        ),
        (HTTP_PANICS, "Requests that ended in a panic."),
        (POOL_OPENED, "Database connections opened since the start."),
        (
            POOL_TIMEOUTS,
            "Callers that timed out waiting for a database connection.",
        ),
        (
            QUERY_ERRORS,
            "Statements that ended in an error, by query name.",
        ),
        (
            TX_RETRIES,
            "Transactions run again after contention, by name.",
        ),
        (CACHE_REQUESTS, "Cache reads, by cache and outcome."),
        (JOB_RUNS, "Jobs run, by job and outcome."),
        (MAILS, "Mails handed to the mail server, by outcome."),
        (
            EVENT_NOTIFICATIONS,
            "Change notifications delivered to a subscriber of this instance, by origin.",
        ),
        (
            EVENT_POLLS,
            "Polls for new changes, each for all streams of an owner.",
        ),
        (
            STORAGE_MIGRATED,
            "Blobs migrated to another store, by target store.",
        ),
        (
            STORAGE_ORPHANS,
            "Unreferenced blobs, chunks and objects removed, by kind.",
        ),
        (
            STORAGE_DAMAGED,
            "Reads that found stored bytes missing or changed; each is a file to be restored.",
        ),
    ];
    for (name, help) in counters {
        metrics::describe_counter!(name, help);
    }
    let histograms = [
        (
            HTTP_DURATION,
            "Time from the request headers to the response headers, by route.",
        ),
        (POOL_WAIT, "Wait for a database connection."),
        (QUERY_DURATION, "Time of one statement, by query name."),
    ];
    for (name, help) in histograms {
        metrics::describe_histogram!(name, Unit::Seconds, help);
    }
    let gauges = [
        (HTTP_IN_FLIGHT, "Requests in progress."),
        (HTTP_CONNECTIONS, "Open client connections."),
        (
            POOL_CONNECTIONS,
            "Database connections of this instance, by state.",
        ),
        (EVENT_STREAMS, "Open event streams."),
        (BUILD_INFO, "Always 1; the version is the label."),
    ];
    for (name, help) in gauges {
        metrics::describe_gauge!(name, help);
    }
}

pub fn request(method: &'static str, route: &str, status: u16, elapsed: Duration) {
    let route = route.to_owned();
    let code = status_label(status);
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => code)
        .increment(1);
    histogram!(HTTP_DURATION, "method" => method, "route" => route).record(elapsed.as_secs_f64());
}

/// The label of a status; one that the service does not send is `other`.
fn status_label(status: u16) -> &'static str {
    const KNOWN: [(u16, &str); 28] = [
        (200, "200"),
        (201, "201"),
        (202, "202"),
        (204, "204"),
        (206, "206"),
        (301, "301"),
        (304, "304"),
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (405, "405"),
        (408, "408"),
        (409, "409"),
        (410, "410"),
        (412, "412"),
        (413, "413"),
        (415, "415"),
        (416, "416"),
        (422, "422"),
        (423, "423"),
        (428, "428"),
        (429, "429"),
        (431, "431"),
        (460, "460"),
        (500, "500"),
        (503, "503"),
        (507, "507"),
    ];
    KNOWN
        .iter()
        .find(|(number, _)| *number == status)
        .map_or("other", |(_, label)| label)
}

/// `change` is 1.0 or -1.0.
pub fn in_flight(change: f64) {
    gauge!(HTTP_IN_FLIGHT).increment(change);
}

pub fn connections(count: usize) {
    gauge!(HTTP_CONNECTIONS).set(to_f64(count));
}

pub fn panicked() {
    counter!(HTTP_PANICS).increment(1);
}

pub fn pool_wait(waited: Duration) {
    histogram!(POOL_WAIT).record(waited.as_secs_f64());
}

pub fn pool_timeout() {
    counter!(POOL_TIMEOUTS).increment(1);
}

pub fn connection_opened() {
    counter!(POOL_OPENED).increment(1);
}

pub fn pool_connections(in_use: usize, idle: usize) {
    gauge!(POOL_CONNECTIONS, "state" => "in_use").set(to_f64(in_use));
    gauge!(POOL_CONNECTIONS, "state" => "idle").set(to_f64(idle));
}

pub fn query(name: &'static str, elapsed: Duration, ok: bool) {
    histogram!(QUERY_DURATION, "query" => name).record(elapsed.as_secs_f64());
    if !ok {
        counter!(QUERY_ERRORS, "query" => name).increment(1);
    }
}

pub fn transaction_retried(name: &'static str) {
    counter!(TX_RETRIES, "transaction" => name).increment(1);
}

pub fn cache_read(cache: &'static str, hit: bool) {
    let outcome = if hit { "hit" } else { "miss" };
    counter!(CACHE_REQUESTS, "cache" => cache, "outcome" => outcome).increment(1);
}

pub fn cache_failed() {
    counter!(CACHE_REQUESTS, "cache" => "any", "outcome" => "error").increment(1);
}

/// A cache command was not sent because the breaker is open.
pub fn cache_skipped() {
    counter!(CACHE_REQUESTS, "cache" => "any", "outcome" => "skipped").increment(1);
}

pub fn job(kind: &'static str, ok: bool) {
    let outcome = if ok { "ok" } else { "error" };
    counter!(JOB_RUNS, "job" => kind, "outcome" => outcome).increment(1);
}

/// The mail server accepted or rejected a mail.
pub fn mail(ok: bool) {
    let outcome = if ok { "sent" } else { "failed" };
    counter!(MAILS, "outcome" => outcome).increment(1);
}

pub fn streams(count: usize) {
    gauge!(EVENT_STREAMS).set(to_f64(count));
}

/// `origin`: `local` or `remote`.
pub fn notification(origin: &'static str) {
    counter!(EVENT_NOTIFICATIONS, "origin" => origin).increment(1);
}

pub fn poll() {
    counter!(EVENT_POLLS).increment(1);
}

/// A blob was migrated to a store.
pub fn storage_migrated(to: &'static str) {
    counter!(STORAGE_MIGRATED, "to" => to).increment(1);
}

pub fn storage_orphans(kind: &'static str, count: u64) {
    counter!(STORAGE_ORPHANS, "kind" => kind).increment(count);
}

pub fn storage_damaged() {
    counter!(STORAGE_DAMAGED).increment(1);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of connections are small"
)]
fn to_f64(count: usize) -> f64 {
    count as f64
}
