//! The bodies of the operations endpoints; their fields are part of the contract.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::cache::CacheStatus;
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

/// What an instance tells the others about itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct InstanceReport {
    /// Whether it is being stopped.
    pub draining: bool,
    /// Its pool of database connections.
    pub mysql: MysqlStats,
    /// Its connection to the cache.
    pub redis: CacheStats,
}

/// The pool of database connections of an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MysqlStats {
    /// Connections it may hold.
    pub max_size: usize,
    /// Connections it holds.
    pub size: usize,
    /// Of these, idle ones.
    pub available: usize,
    /// Of these, ones at work.
    pub in_use: usize,
    /// Callers waiting for one.
    pub waiting: usize,
    /// Connections opened since its start.
    pub created_total: u64,
    /// Waits that ended without one, since its start.
    pub timeouts_total: u64,
    /// Median of the latest waits.
    pub wait_ms_p50: f64,
    /// 99th percentile of the latest waits.
    pub wait_ms_p99: f64,
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

/// The connection of an instance to the cache.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CacheStats {
    /// Whether the latest command was answered.
    pub connected: bool,
    /// `closed`: commands are sent; `open`: Redis is left alone; `off`: none is configured.
    pub breaker: Cow<'static, str>,
    /// How often it came back after an error.
    pub reconnects_total: u64,
}

impl From<CacheStatus> for CacheStats {
    fn from(cache: CacheStatus) -> Self {
        Self {
            connected: cache.connected,
            breaker: cache.breaker.into(),
            reconnects_total: cache.reconnects_total,
        }
    }
}
