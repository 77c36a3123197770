//! The routers of both listeners. `registry` lists the resources under `/api/v1`; `docs/routes.md` lists every route.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::config::Config;
use super::{middleware, openapi};
use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::features::{ops, ui};

/// The routes of the public listener.
pub fn public(app: &AppState, config: &Config) -> Router {
    let (api, _) = openapi::api().split_for_parts();
    let spec = openapi::text();
    let mut router = Router::new()
        .merge(api)
        .route("/api/openapi.json", get(move || async move { json(spec) }))
        .route("/api", get(not_found))
        .route("/api/{*rest}", get(not_found))
        .merge(ops::health_router())
        .merge(ui::router());
    if config.ops_addr.is_none() {
        router = router.merge(ops::private_router());
    }
    finish(router, app, config)
}

/// The routes of the private listener, when `SATCHEL_OPS_ADDR` is set.
pub fn private(app: &AppState, config: &Config) -> Router {
    let router = Router::new()
        .merge(ops::health_router())
        .merge(ops::private_router());
    finish(router, app, config)
}

fn finish(router: Router<AppState>, app: &AppState, config: &Config) -> Router {
    let router = router.fallback(not_found).with_state(app.clone());
    middleware::wrap(router, app, config)
}

async fn not_found() -> ApiError {
    ApiError::NotFound
}

fn json(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}
