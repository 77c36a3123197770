//! API keys: made, listed, removed by somebody who is signed in.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::api::caller::AccountOwner;
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath};
use crate::api::reply::{Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::id::ApiKeyId;
use crate::domain::invalid::Invalid;
use crate::features::accounts::settings_model::{ApiKeyPage, ApiKeyView, CreatedApiKey, NewApiKey};
use crate::features::accounts::store::{AccountStore, MadeKey, NewKey};

/// Makes a key. The key itself is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/me/api-keys", operation_id = "me.create_api_key", tag = "me",
    request_body = NewApiKey, responses((status = 201, body = CreatedApiKey))
)]
pub(in crate::features::accounts) async fn create(
    owner: AccountOwner,
    State(accounts): State<AccountStore>,
    ApiJson(new): ApiJson<NewApiKey>,
) -> Result<Response, ApiError> {
    let scopes = new.rights();
    let new = NewKey {
        name: new.name.trim().to_owned(),
        scopes,
        expires_at: new.expires_at,
    };
    let (stored, key) = match accounts.insert_key(owner.id, &new, &owner.origin).await? {
        MadeKey::Done(stored, key) => (stored, key),
        MadeKey::TooMany => {
            let detail = "An account has at most 50 API keys; remove one first.";
            return Err(ApiError::Conflict("too_many_keys", detail));
        }
        MadeKey::Over => {
            let detail = "This moment is over already.";
            let err = Invalid::new("expires_at", "expiry_in_the_past", detail);
            return Err(ApiError::RefusedField(StatusCode::CONFLICT, err));
        }
    };
    let location = format!("/api/v1/me/api-keys/{}", stored.id);
    let created = CreatedApiKey {
        key_info: ApiKeyView::from(stored),
        key,
    };
    let mut response = (StatusCode::CREATED, Answer(created)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The keys, newest first, without the keys themselves.
#[utoipa::path(
    get, path = "/me/api-keys", operation_id = "me.api_keys", tag = "me",
    responses((status = 200, body = ApiKeyPage))
)]
pub(in crate::features::accounts) async fn list(
    owner: AccountOwner,
    State(accounts): State<AccountStore>,
) -> Result<Answer<ApiKeyPage>, ApiError> {
    let keys = accounts.list_keys(owner.id).await?;
    let items = keys.into_iter().map(ApiKeyView::from).collect();
    Ok(Answer(ApiKeyPage {
        items,
        next_cursor: None,
    }))
}

/// Removes a key; it is worthless from the next request on.
#[utoipa::path(
    delete, path = "/me/api-keys/{id}", operation_id = "me.remove_api_key", tag = "me",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone"))
)]
pub(in crate::features::accounts) async fn remove(
    owner: AccountOwner,
    State(app): State<AppState>,
    State(accounts): State<AccountStore>,
    ApiPath(id): ApiPath<ApiKeyId>,
) -> Result<NoContent, ApiError> {
    if !accounts.delete_key(owner.id, id, &owner.origin).await? {
        return Err(ApiError::NotFound);
    }
    app.sessions.invalidate(owner.id).await;
    Ok(NoContent)
}
