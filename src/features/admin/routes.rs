//! The endpoints of the admin area.

use axum::extract::State;
use axum::response::Response;

use super::model::{
    AccountPatch, AccountQuery, AuditEvent, AuditPage, AuditQuery, ManagedAccount,
    ManagedAccountPage,
};
use crate::api::caller::AdminUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiJson, ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::Paging;
use crate::api::reply::{self, Answer, NoContent};
use crate::api::state::AppState;
use crate::domain::id::{AuditEventId, UserId};
use crate::features::accounts::manage::{self, Change, Filter, ManageError};
use crate::services::auth::audit;

impl From<ManageError> for ApiError {
    #[track_caller]
    fn from(err: ManageError) -> Self {
        match err {
            ManageError::Invalid(err) => err.into(),
            ManageError::UsernameTaken => {
                Self::Conflict("username_taken", "This user name is taken.")
            }
            ManageError::EmailTaken => {
                Self::Conflict("email_taken", "This address belongs to another account.")
            }
            ManageError::Unknown => Self::NotFound,
            ManageError::LastAdmin => Self::Conflict(
                "last_admin",
                "This is the last admin who can sign in; make another one first.",
            ),
            ManageError::Busy(err) => err.into(),
            ManageError::Db(err) => err.into(),
        }
    }
}

/// All accounts, a page at a time.
#[utoipa::path(
    get, path = "/admin/users", operation_id = "admin.users", tag = "admin", params(AccountQuery),
    responses((status = 200, body = ManagedAccountPage))
)]
pub(super) async fn users(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<AccountQuery>,
) -> Result<Response, ApiError> {
    list_users(&app, &admin, &here, query).await
}

/// The same list at its older address.
#[utoipa::path(
    get, path = "/api/users", operation_id = "users.list", tag = "admin", params(AccountQuery),
    responses((status = 200, body = ManagedAccountPage))
)]
pub(super) async fn users_at_older_address(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<AccountQuery>,
) -> Result<Response, ApiError> {
    list_users(&app, &admin, &here, query).await
}

async fn list_users(
    app: &AppState,
    admin: &AdminUser,
    here: &Here,
    query: AccountQuery,
) -> Result<Response, ApiError> {
    let search = query
        .q
        .map(|q| q.trim().to_lowercase())
        .filter(|q| !q.is_empty());
    let binding = format!("users|{search:?}|{:?}|{:?}", query.role, query.status);
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(app, admin.id, binding, page)?;
    let after = paging.after_id();
    let filter = Filter {
        search,
        role: query.role,
        status: query.status,
        after: after.map(UserId::from_bytes),
    };
    let mut found = manage::list(&app.db, &filter, paging.rows()).await?;
    let next_cursor = paging.cut(&mut found, |account| {
        Position::of_id(*account.id.as_bytes())
    });
    let items = found.into_iter().map(ManagedAccount::from).collect();
    let next = next_cursor.clone();
    let page = ManagedAccountPage { items, next_cursor };
    Ok(reply::fresh_page(here, page, next.as_deref()))
}

/// One account.
#[utoipa::path(
    get, path = "/admin/users/{id}", operation_id = "admin.user", tag = "admin",
    params(("id" = Uuid, Path)), responses((status = 200, body = ManagedAccount))
)]
pub(super) async fn user(
    _admin: AdminUser,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
) -> Result<Answer<ManagedAccount>, ApiError> {
    let found = manage::find(&app.db, id).await?.ok_or(ApiError::NotFound)?;
    Ok(Answer(found.into()))
}

/// Changes role or state; it holds on every instance at the account's next request.
#[utoipa::path(
    patch, path = "/admin/users/{id}", operation_id = "admin.change_user", tag = "admin",
    params(("id" = Uuid, Path)), request_body = AccountPatch,
    responses((status = 200, body = ManagedAccount))
)]
pub(super) async fn change_user(
    admin: AdminUser,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
    ApiJson(patch): ApiJson<AccountPatch>,
) -> Result<Answer<ManagedAccount>, ApiError> {
    let change = Change {
        role: patch.role,
        status: patch.status,
    };
    let changed = manage::change(&app.db, Some(admin.id), id, change, &admin.origin).await?;
    app.sessions.invalidate(id).await;
    Ok(Answer(changed.into()))
}

/// Removes the second factor of somebody who lost it; the owner is told by mail.
#[utoipa::path(
    post, path = "/admin/users/{id}/reset-2fa", operation_id = "admin.reset_totp", tag = "admin",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is off"))
)]
pub(super) async fn reset_totp(
    admin: AdminUser,
    State(app): State<AppState>,
    ApiPath(id): ApiPath<UserId>,
) -> Result<NoContent, ApiError> {
    manage::reset_totp(&app.db, &app.keys, Some(admin.id), id, &admin.origin).await?;
    app.queued.notify_one();
    Ok(NoContent)
}

/// The audit log, latest first.
#[utoipa::path(
    get, path = "/admin/audit", operation_id = "admin.audit", tag = "admin", params(AuditQuery),
    responses((status = 200, body = AuditPage))
)]
pub(super) async fn audit(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<AuditQuery>,
) -> Result<Response, ApiError> {
    let binding = format!("audit|{:?}|{:?}", query.target, query.action);
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, admin.id, binding, page)?;
    let before = paging.after_id();
    let before = before.map(AuditEventId::from_bytes);
    let action = query.action.as_deref();
    let mut found = audit::list(&app.db, query.target, action, before, paging.rows()).await?;
    let next_cursor = paging.cut(&mut found, |line| Position::of_id(*line.id.as_bytes()));
    let items = found.into_iter().map(AuditEvent::from).collect();
    let next = next_cursor.clone();
    let page = AuditPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}
