//! How much room an account has for files.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::services::blobs::quota;

/// What files take and may take, in bytes.
#[derive(Debug, Serialize, ToSchema)]
struct Space {
    /// Sizes of all files, the trash included, and what uploads under way have reserved.
    used_bytes: u64,
    /// Most of that.
    quota_bytes: u64,
    /// Most of one file.
    max_file_bytes: u64,
}

/// The endpoint.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// How much room the caller has for files.
#[utoipa::path(
    get, path = "/me/storage", operation_id = "me.storage", tag = "me",
    responses((status = 200, body = Space))
)]
async fn read(user: CurrentUser, State(app): State<AppState>) -> Result<Answer<Space>, ApiError> {
    let bounds = app.site.files;
    let at = quota::find(&app.db, user.id, bounds.quota_bytes).await?;
    Ok(Answer(Space {
        used_bytes: at.used,
        quota_bytes: at.quota,
        max_file_bytes: bounds.max_bytes,
    }))
}
