//! Files: sent up in one go or piece by piece, listed, renamed, tagged, attached to notes, given
//! out whole or in part, put into the trash and taken out again.
//! `model` knows what is valid, `store` alone knows the tables.

mod model;
mod store;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;

use crate::api::state::AppState;
use store::FileStore;

/// The endpoints under `/api/v1/files` and `/api/v1/uploads`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}

impl FromRef<AppState> for FileStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
