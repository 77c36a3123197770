//! Files: sent up in one go or piece by piece, listed, renamed, tagged, attached to notes, given
//! out whole or in part, put into the trash and taken out again.
//! `model` knows what is valid, `store` alone knows the tables.

mod form;
mod model;
mod space;
mod store;
mod uploads;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;

use crate::api::state::AppState;
use store::FileStore;

pub use uploads::expire as expire_uploads;

/// The endpoints under `/api/v1/files` and `/api/v1/uploads`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(form::router())
        .merge(space::router())
        .merge(uploads::router())
}

impl FromRef<AppState> for FileStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
