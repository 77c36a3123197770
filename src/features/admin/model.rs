//! What admins send and see.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page;
use crate::api::{patch, shapes};
use crate::domain::email::Email;
use crate::domain::id::{AuditEventId, SessionId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::password;
use crate::domain::role::{AccountStatus, Role};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;
use crate::features::accounts::manage::Managed;
use crate::services::auth::audit::Recorded;
use crate::services::auth::sessions::OpenSession;

/// An account as admins see it: nothing of what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ManagedAccount {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// Grows with every change.
    pub version: u64,
    /// The user name.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// `user` or `admin`.
    #[schema(value_type = String)]
    pub role: Role,
    /// `pending`, `active` or `disabled`.
    #[schema(value_type = String)]
    pub status: AccountStatus,
    /// Whether signing in also needs a code.
    pub totp_enabled: bool,
    /// When it was made, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it will be deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delete_after: Option<Timestamp>,
}

impl From<Managed> for ManagedAccount {
    fn from(account: Managed) -> Self {
        Self {
            id: account.id,
            version: account.version,
            username: account.username,
            email: account.email,
            role: account.role,
            status: account.status,
            totp_enabled: account.totp_enabled,
            created_at: account.created_at,
            delete_after: account.delete_after,
        }
    }
}

/// One page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ManagedAccountPage {
    /// In the order of their making.
    pub items: Vec<ManagedAccount>,
    /// Send it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
}

/// Which accounts to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountQuery {
    /// A piece of user name or mail address.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only this role: `user` or `admin`.
    #[param(value_type = Option<shapes::Role>, inline)]
    pub role: Option<Role>,
    /// Only this state: `pending`, `active` or `disabled`.
    #[param(value_type = Option<shapes::AccountStatus>, inline)]
    pub status: Option<AccountStatus>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for AccountQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        errors.check(page::check_search(self.q.as_deref()));
    }
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    /// 2 to 40 letters, digits, `.`, `_` or `-`; unique whatever the letter case.
    #[schema(value_type = shapes::Username)]
    pub username: String,
    /// The mail address; it counts as proven.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
    /// `user` or `admin`; `user` when absent.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = shapes::Role, required = false)]
    pub role: Option<Role>,
    /// At least 10 characters, at most 256 bytes. Absent: its owner gets a link to choose one.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = shapes::NewPassword, required = false)]
    pub password: Option<String>,
}

impl Validate for NewAccount {
    fn validate(&self, errors: &mut ValidationErrors) {
        let username = errors.keep(Username::parse("username", &self.username));
        let email = errors.keep(Email::parse("email", &self.email));
        let Some(given) = &self.password else { return };
        errors.check(match (username, email) {
            (Some(username), Some(email)) => password::check("password", given, &username, &email),
            _ => password::check_length("password", given),
        });
    }
}

/// An open sign-in of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdminSession {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: SessionId,
    /// The browser or program it was opened with.
    pub user_agent: String,
    /// The address it was opened from.
    pub ip: String,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Its last use, to ten minutes.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

impl From<OpenSession> for AdminSession {
    fn from(open: OpenSession) -> Self {
        Self {
            id: open.id,
            user_agent: open.user_agent,
            ip: open.ip,
            created_at: open.created_at,
            last_seen_at: open.last_seen_at,
            ends_at: open.ends_at,
        }
    }
}

/// One page of somebody's open sign-ins.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdminSessionPage {
    /// Latest opened first.
    pub items: Vec<AdminSession>,
    /// Send it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
}

/// What changes of an account; absent fields stay.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountPatch {
    /// `user` or `admin`.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = shapes::Role, required = false)]
    pub role: Option<Role>,
    /// `active` or `disabled`.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = shapes::NewAccountStatus, required = false)]
    pub status: Option<AccountStatus>,
}

impl Validate for AccountPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if self.status == Some(AccountStatus::Pending) {
            let detail = "Allowed here: active, disabled.";
            errors.check(Err(Invalid::new("status", "invalid_value", detail)));
        }
    }
}

/// Which lines of the audit log to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only lines about this account.
    #[param(value_type = Option<Uuid>)]
    pub target: Option<UserId>,
    /// Only this action, such as `sign_in.failed`.
    #[param(max_length = 40)]
    pub action: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for AuditQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        if self
            .action
            .as_ref()
            .is_some_and(|action| action.chars().count() > 40)
        {
            let detail = "An action has at most 40 characters.";
            errors.check(Err(Invalid::new("action", "too_long", detail)));
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEvent {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: AuditEventId,
    /// When, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What happened.
    pub action: String,
    /// Who did it; `null`: nobody known, or the command line.
    #[schema(value_type = Option<Uuid>)]
    pub actor_id: Option<UserId>,
    /// Whose account it concerns.
    #[schema(value_type = Option<Uuid>)]
    pub target_id: Option<UserId>,
    /// The client's address.
    pub ip: String,
    /// The client's program.
    pub user_agent: String,
    /// The request, as in the log of the service.
    pub request_id: String,
    /// A few words.
    pub detail: String,
}

impl From<Recorded> for AuditEvent {
    fn from(line: Recorded) -> Self {
        Self {
            id: line.id,
            at: line.at,
            action: line.action,
            actor_id: line.actor_id,
            target_id: line.target_id,
            ip: line.ip,
            user_agent: line.user_agent,
            request_id: line.request_id,
            detail: line.detail,
        }
    }
}

/// One page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// Latest first.
    pub items: Vec<AuditEvent>,
    /// Send it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
}
