//! The routes of both listeners. `registry` lists the resources under `/api/v1`; each feature's `mod.rs` has their
//! routes, and `docs/openapi.json` describes every one.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::config::Config;
use super::{middleware, openapi};
use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::features::{ops, ui};

/// Everything this instance answers on its public listener.
pub fn public(app: &AppState, config: &Config) -> Router {
    let (api, _) = openapi::api().split_for_parts();
    let document = openapi::text();
    let mut router = Router::new()
        .merge(api)
        .route(
            "/api/openapi.json",
            get(move || async move { json(document) }),
        )
        .route("/api", get(nothing))
        .route("/api/{*rest}", get(nothing))
        .merge(ops::health_router())
        .merge(ui::router());
    if config.ops_addr.is_none() {
        router = router.merge(ops::private_router());
    }
    finish(router, app, config)
}

/// What the private listener answers, when there is one.
pub fn private(app: &AppState, config: &Config) -> Router {
    let router = Router::new()
        .merge(ops::health_router())
        .merge(ops::private_router());
    finish(router, app, config)
}

fn finish(router: Router<AppState>, app: &AppState, config: &Config) -> Router {
    let router = router.fallback(nothing).with_state(app.clone());
    middleware::wrap(router, app, config)
}

async fn nothing() -> ApiError {
    ApiError::NotFound
}

fn json(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}
