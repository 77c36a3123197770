//! Uploads in pieces by tus 1.0: begun with a length, gone on with at any instance, given up or
//! whole in the end. `store` alone knows the table, `receive` takes the bytes.

mod model;
mod receive;
mod routes;
mod store;

use axum::extract::{FromRef, Request};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::linger::linger;
use super::store::FileStore;
use crate::api::state::AppState;
use crate::platform::db::DbError;

pub(super) use model::read_id;
pub(super) use receive::{
    Receiver, broken_off, content_length, life_s, next, no_room, too_large_for_form,
    within_patience,
};
pub(super) use store::{Created, Finished, Naming, NewUpload, Upload, UploadStore};

/// The endpoints under `/api/v1/uploads`.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::options, routes::create))
        .routes(routes!(routes::status, routes::append, routes::remove))
        .layer(from_fn(linger))
        .layer(from_fn(speak))
}

/// Ends uploads that waited too long; how many.
pub(crate) async fn expire(app: &AppState) -> Result<u64, DbError> {
    UploadStore::from_ref(app).expire().await
}

/// Every answer but that to OPTIONS names the version it speaks, refusals included.
async fn speak(request: Request, next: Next) -> Response {
    let asks = *request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if asks {
        return response;
    }
    let version = HeaderValue::from_static(model::VERSION);
    let refused = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    if refused {
        headers.insert(model::TUS_VERSION, version.clone());
    }
    headers.insert(model::TUS_RESUMABLE, version);
    response
}

impl FromRef<AppState> for UploadStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(
            app.db.clone(),
            app.storage.clone(),
            FileStore::from_ref(app),
            app.clock.clone(),
        )
    }
}
