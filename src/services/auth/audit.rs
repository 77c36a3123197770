//! The audit log: who did what to whose account, when, from where. Written in the transaction of
//! the act, so that neither exists without the other. Refuses secrets and note texts.

use mysql_async::prelude::FromRow;
use mysql_async::{Value, params};

use crate::domain::id::{AuditEventId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};

/// Where a request comes from, as the log and its owner will see it.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub ip: String,
    pub user_agent: String,
    /// The request's id; empty for the command line.
    pub request_id: String,
}

/// What happened. The word is stable: it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An account was registered.
    Registered,
    /// An address was proven.
    EmailVerified,
    SignedIn,
    /// A sign-in did not.
    SignInFailed,
    /// The password was right, but the account may not sign in.
    SignInRefused,
    /// Sign-ins were turned away unseen, because too many had failed.
    SignInThrottled,
    /// Somebody who is signed in could not prove it once more.
    ReauthenticationFailed,
    /// Such proofs were turned away unseen, because too many had failed.
    ReauthenticationThrottled,
    /// A sign-in was ended.
    SignedOut,
    /// All sign-ins of an account were ended.
    SignedOutEverywhere,
    /// An old refresh token came back.
    RefreshReused,
    /// The password was changed.
    PasswordChanged,
    /// A link for a new password was asked for.
    ResetRequested,
    /// The password was set by such a link.
    PasswordReset,
    /// Another mail address was asked for.
    EmailChangeRequested,
    /// The mail address was changed.
    EmailChanged,
    /// The second factor was switched on.
    TotpEnabled,
    /// The second factor was switched off.
    TotpDisabled,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was removed.
    ApiKeyRevoked,
    /// The account is to be deleted.
    DeletionRequested,
    /// The account stays after all.
    DeletionCancelled,
    /// The account is gone.
    Deleted,
    /// An account was made by hand.
    Created,
    /// The role was changed.
    RoleChanged,
    /// The account was disabled or enabled.
    StatusChanged,
}

impl Action {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "account.registered",
            Self::EmailVerified => "email.verified",
            Self::SignedIn => "sign_in.succeeded",
            Self::SignInFailed => "sign_in.failed",
            Self::SignInRefused => "sign_in.refused",
            Self::SignInThrottled => "sign_in.throttled",
            Self::ReauthenticationFailed => "reauthentication.failed",
            Self::ReauthenticationThrottled => "reauthentication.throttled",
            Self::SignedOut => "session.ended",
            Self::SignedOutEverywhere => "sessions.ended",
            Self::RefreshReused => "session.token_reused",
            Self::PasswordChanged => "password.changed",
            Self::ResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::EmailChangeRequested => "email.change_requested",
            Self::EmailChanged => "email.changed",
            Self::TotpEnabled => "totp.enabled",
            Self::TotpDisabled => "totp.disabled",
            Self::RecoveryCodeUsed => "recovery_code.used",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::DeletionRequested => "account.deletion_requested",
            Self::DeletionCancelled => "account.deletion_cancelled",
            Self::Deleted => "account.deleted",
            Self::Created => "account.created",
            Self::RoleChanged => "account.role_changed",
            Self::StatusChanged => "account.status_changed",
        }
    }
}

/// A line of the log.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub action: Action,
    /// Who did it, if it is known.
    pub actor: Option<UserId>,
    /// Whose account it concerns, if it is known.
    pub target: Option<UserId>,
    /// Where it came from.
    pub origin: &'a Origin,
    /// A few words, cut to 255 characters.
    pub detail: &'a str,
}

impl<'a> Entry<'a> {
    /// Somebody did something to the own account.
    pub fn own(action: Action, user: UserId, origin: &'a Origin) -> Self {
        Self {
            action,
            actor: Some(user),
            target: Some(user),
            origin,
            detail: "",
        }
    }
}

const INSERT: Query = Query::new(
    "audit.insert",
    "INSERT INTO audit_events (id, at, action, actor_id, target_id, ip, user_agent, request_id, \
       detail) \
     VALUES (:id, UTC_TIMESTAMP(6), :action, :actor, :target, :ip, :agent, :request, :detail)",
);

/// Writes a line, in the caller's transaction.
pub async fn write(tx: &Tx, entry: Entry<'_>) -> Result<(), DbError> {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let values = params! {
        "id" => AuditEventId::new(),
        "action" => entry.action.as_str(),
        "actor" => entry.actor,
        "target" => entry.target,
        "ip" => cut(&entry.origin.ip, 45),
        "agent" => cut(&entry.origin.user_agent, 255),
        "request" => cut(&entry.origin.request_id, 64),
        "detail" => cut(entry.detail, 255),
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

/// Writes a line about something that has no transaction of its own.
pub async fn note(db: &Db, entry: Entry<'_>) -> Result<(), DbError> {
    db.transaction("audit.note", |tx| async move { write(&tx, entry).await })
        .await
}

/// A line as it was written.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Recorded {
    /// Its id: the order of the log.
    pub id: AuditEventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// Who.
    pub actor_id: Option<UserId>,
    /// To whom.
    pub target_id: Option<UserId>,
    pub ip: String,
    /// With which program.
    pub user_agent: String,
    /// In which request.
    pub request_id: String,
    pub detail: String,
}

/// Lines of the log, latest first, at most `limit`.
pub async fn list(
    db: &Db,
    target: Option<UserId>,
    action: Option<&str>,
    before: Option<AuditEventId>,
    limit: u32,
) -> Result<Vec<Recorded>, DbError> {
    let mut sql = String::from(
        "SELECT id, at, action, actor_id, target_id, ip, user_agent, request_id, detail \
         FROM audit_events WHERE 1 = 1",
    );
    let mut values: Vec<Value> = Vec::new();
    if let Some(target) = target {
        sql.push_str(" AND target_id = ?");
        values.push(target.into());
    }
    if let Some(action) = action {
        sql.push_str(" AND action = ?");
        values.push(action.into());
    }
    if let Some(before) = before {
        sql.push_str(" AND id < ?");
        values.push(before.into());
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(limit.into());
    db.list(&Query::assembled("audit.list", sql), values).await
}
