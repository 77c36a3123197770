//! The bodies of the operations endpoints; their fields are part of the contract.

use serde::Serialize;

use crate::platform::db::PoolStatus;

#[derive(Serialize)]
pub(super) struct HealthReport {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uptime_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checks: Option<Checks>,
}

#[derive(Serialize)]
pub(super) struct Checks {
    pub(super) mysql: Check,
    pub(super) redis: Check,
}

#[derive(Serialize)]
pub(super) struct Check {
    status: &'static str,
    latency_ms: Option<f64>,
}

impl Check {
    pub(super) fn new(up: bool, latency_ms: Option<f64>) -> Self {
        Self {
            status: if up { "up" } else { "down" },
            latency_ms: latency_ms.map(|ms| (ms * 1000.0).round() / 1000.0),
        }
    }

    pub(super) fn off() -> Self {
        Self {
            status: "off",
            latency_ms: None,
        }
    }
}

#[derive(Serialize)]
pub(super) struct PoolStats {
    pub(super) instance: String,
    pub(super) mysql: MysqlStats,
    pub(super) redis: CacheStats,
}

#[derive(Serialize)]
pub(super) struct MysqlStats {
    max_size: usize,
    size: usize,
    available: usize,
    in_use: usize,
    waiting: usize,
    created_total: u64,
    timeouts_total: u64,
    wait_ms_p50: f64,
    wait_ms_p99: f64,
}

impl From<PoolStatus> for MysqlStats {
    fn from(pool: PoolStatus) -> Self {
        Self {
            max_size: pool.max_size,
            size: pool.size,
            available: pool.available,
            in_use: pool.in_use,
            waiting: pool.waiting,
            created_total: pool.created_total,
            timeouts_total: pool.timeouts_total,
            wait_ms_p50: pool.wait_ms_p50,
            wait_ms_p99: pool.wait_ms_p99,
        }
    }
}

#[derive(Serialize)]
pub(super) struct CacheStats {
    pub(super) connected: bool,
    pub(super) breaker: &'static str,
    pub(super) reconnects_total: u64,
}
