//! Files: sent up in one go or piece by piece, listed, renamed, tagged, attached to notes, given
//! out whole or in part, put into the trash and taken out again.
//! `model` knows what is valid, `store` alone knows the tables.

mod attachments;
mod content;
mod links;
mod listing;
mod model;
mod range;
mod routes;
mod serving;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use store::FileStore;

pub use listing::list_shapes;
pub use store::{purge_gone, purge_owner, purge_trash};

/// The endpoints under `/api/v1/files` and `/api/v1/uploads`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list))
        .routes(routes!(routes::read, routes::update, routes::remove))
        .routes(routes!(routes::restore))
        .routes(routes!(content::read))
        .routes(routes!(links::create))
        .routes(routes!(attachments::list))
}

impl FromRef<AppState> for FileStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
