//! The open sign-ins of an account: seen and ended.

use axum::extract::State;

use crate::api::caller::AccountOwner;
use crate::api::error::ApiError;
use crate::api::extract::ApiPath;
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::id::SessionId;
use crate::features::accounts::settings_model::{SessionPage, SessionView};
use crate::features::accounts::store::AccountStore;
use crate::services::auth::sessions;

/// The open sign-ins, latest use first.
#[utoipa::path(
    get, path = "/me/sessions", operation_id = "me.sessions", tag = "me",
    responses((status = 200, body = SessionPage))
)]
pub(in crate::features::accounts) async fn list(
    owner: AccountOwner,
    State(app): State<AppState>,
) -> Result<Answer<SessionPage>, ApiError> {
    let open = sessions::list(&app.db, owner.id).await?;
    let items = open
        .into_iter()
        .map(|open| SessionView::new(open, owner.session))
        .collect();
    Ok(Answer(SessionPage {
        items,
        next_cursor: None,
    }))
}

/// Ends a sign-in, on every instance at its next request.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", operation_id = "me.end_session", tag = "me",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is over"))
)]
pub(in crate::features::accounts) async fn end(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiPath(id): ApiPath<SessionId>,
) -> Result<NoContent, ApiError> {
    let ended = accounts.close_session(owner.id, id, &owner.origin).await?;
    app.sessions.invalidate(owner.id).await;
    if ended {
        Ok(NoContent)
    } else {
        Err(ApiError::NotFound)
    }
}
