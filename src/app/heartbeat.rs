//! The sign of life of this process: a row of the table of instances, renewed until it stops.
//! Refuses to matter: without it the instance serves as before, it is only not listed.

use std::time::Duration;

use crate::api::state::AppState;
use crate::domain::id::InstanceId;
use crate::features::ops;
use crate::platform::db::DbError;
use crate::services::jobs::instances::{self, Beat};

/// Pause between two signs; after three that are missing nobody counts on the instance.
const EVERY: Duration = Duration::from_secs(5);

/// Gives signs of life until the process stops, then takes the row away.
pub async fn run(app: AppState) {
    let id = InstanceId::new();
    if let Err(err) = instances::purge(&app.db).await {
        tracing::debug!(error = %err, "instances of the past are not forgotten yet");
    }
    let stop = app.background.stop_token().clone();
    while !stop.is_cancelled() {
        if let Err(err) = beat(&app, id).await {
            tracing::debug!(error = %err, "no sign of life");
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(EVERY)).await;
    }
    if let Err(err) = instances::leave(&app.db, id).await {
        tracing::debug!(error = %err, "this instance is listed a little longer");
    }
}

/// One sign of life.
pub async fn beat(app: &AppState, id: InstanceId) -> Result<(), DbError> {
    let report = serde_json::to_string(&ops::report(app)).unwrap_or_default();
    let beat = Beat {
        id,
        name: &app.site.instance,
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: app.health.uptime().as_secs(),
        report: &report,
    };
    instances::beat(&app.db, beat).await
}
