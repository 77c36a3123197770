//! Accounts made and ended by admins, and their sign-ins.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::model::{AdminSession, AdminSessionPage, ManagedAccount, NewAccount};
use crate::api::caller::AdminUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::email::Email;
use crate::domain::id::{SessionId, UserId};
use crate::domain::role::Role;
use crate::domain::username::Username;
use crate::features::accounts::by_admin::{self, Wanted};
use crate::features::accounts::manage;
use crate::platform::secret::Secret;
use crate::services::auth::sessions;

/// Makes an account that may sign in at once; the admin vouches for the address. Without a password
/// its owner gets a link by mail to choose one.
#[utoipa::path(
    post, path = "/admin/users", operation_id = "admin.create_user", tag = "admin",
    request_body = NewAccount, responses((status = 201, body = ManagedAccount))
)]
pub(super) async fn create(
    admin: AdminUser,
    State(app): State<AppState>,
    ApiJson(new): ApiJson<NewAccount>,
) -> Result<Response, ApiError> {
    let wanted = Wanted {
        username: Username::parse("username", &new.username)?,
        email: Email::parse("email", &new.email)?,
        role: new.role.unwrap_or(Role::User),
        password: new.password.map(Secret::new),
    };
    let made = by_admin::create(&app, admin.id, wanted, &admin.origin).await?;
    let location = format!("/api/v1/admin/users/{}", made.id);
    let account = Answer(ManagedAccount::from(made));
    let mut response = (StatusCode::CREATED, account).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Ends an account as its owner would: signed out at once, deleted with everything in it in
/// fourteen days, unless its owner signs in before. Disable it, too, where that must not happen.
#[utoipa::path(
    delete, path = "/admin/users/{id}", operation_id = "admin.remove_user", tag = "admin",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It will be deleted"))
)]
pub(super) async fn remove(
    admin: AdminUser,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
) -> Result<NoContent, ApiError> {
    by_admin::end(&app, admin.id, id, &admin.origin).await?;
    Ok(NoContent)
}

/// The open sign-ins of an account, latest opened first.
#[utoipa::path(
    get, path = "/admin/users/{id}/sessions", operation_id = "admin.user_sessions", tag = "admin",
    params(("id" = Uuid, Path), PageQuery), responses((status = 200, body = AdminSessionPage))
)]
pub(super) async fn list_sessions(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    manage::find(&app.db, id).await?.ok_or(ApiError::NotFound)?;
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, admin.id, format!("sessions|{id}"), page)?;
    let before = paging.after_id();
    let before = before.map(SessionId::from_bytes);
    let mut found = sessions::page(&app.db, id, before, paging.rows()).await?;
    let next_cursor = paging.cut(&mut found, |open| Position::of_id(*open.id.as_bytes()));
    let items = found.into_iter().map(AdminSession::from).collect();
    let next = next_cursor.clone();
    let page = AdminSessionPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

/// Ends all sign-ins of an account, on every instance at its next request.
#[utoipa::path(
    delete, path = "/admin/users/{id}/sessions", operation_id = "admin.end_user_sessions",
    tag = "admin", params(("id" = Uuid, Path)),
    responses((status = 204, description = "They are over"))
)]
pub(super) async fn end_sessions(
    admin: AdminUser,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
) -> Result<NoContent, ApiError> {
    by_admin::sign_out(&app, admin.id, id, &admin.origin).await?;
    Ok(NoContent)
}
