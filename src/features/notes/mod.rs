//! Notes: Markdown kept verbatim, listed, searched, put into the trash and taken out again.
//! `routes` speaks HTTP, `model` knows what is valid, `store` alone knows the tables.

mod list_query;
mod model;
mod routes;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::JSON_MAX_BYTES;
use crate::api::state::AppState;
use store::NoteStore;

pub use store::{purge_gone, purge_owner};

/// The endpoints under `/api/v1/notes`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(
            routes::read,
            routes::replace,
            routes::update,
            routes::remove
        ))
        .routes(routes!(routes::restore))
        .layer(DefaultBodyLimit::max(JSON_MAX_BYTES))
}

impl FromRef<AppState> for NoteStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
