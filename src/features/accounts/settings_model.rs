//! What a client sends and sees on the pages about its own account: profile, password, address,
//! second factor, sign-ins, API keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::StoredKey;
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::{patch, shapes};
use crate::domain::email::Email;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;
use crate::domain::{password, time_zone};
use crate::services::auth::api_keys::{Scope, Scopes};
use crate::services::auth::sessions::OpenSession;

/// Most characters of a display name or of a key's name.
const NAME_MAX_CHARS: usize = 80;
/// Most characters of a code, recovery codes with their signs between included.
const CODE_MAX_CHARS: usize = 32;

/// The fields of the own account that change; absent ones stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfilePatch {
    /// One line of at most 80 characters; may be empty.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        max_length = 80,
        nullable = false,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub display_name: Option<String>,
    /// IANA name such as `Europe/Berlin`.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = shapes::TimeZone, required = false)]
    pub time_zone: Option<String>,
}

impl Validate for ProfilePatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(name) = &self.display_name {
            errors.check(check_line("display_name", name));
        }
        if let Some(zone) = &self.time_zone {
            errors.check(time_zone::check("time_zone", zone));
        }
    }
}

fn check_line(field: &str, text: &str) -> Result<(), Invalid> {
    if text.chars().count() > NAME_MAX_CHARS {
        let detail = format!("At most {NAME_MAX_CHARS} characters.");
        return Err(Invalid::new(field, "too_long", detail));
    }
    if text.chars().any(char::is_control) {
        let detail = "One line without control characters.";
        return Err(Invalid::new(field, "invalid_character", detail));
    }
    Ok(())
}

/// The proof that the owner is there: the password, and a code when the account has a second
/// factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reauthentication {
    /// The present password.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
    /// A code from the authenticator app, or a recovery code.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(max_length = 32, nullable = false)]
    pub code: Option<String>,
}

impl Validate for Reauthentication {
    fn validate(&self, errors: &mut ValidationErrors) {
        check_proof("password", &self.password, self.code.as_deref(), errors);
    }
}

/// A given password and code: only what is too long to be tried is refused here. A password of more
/// bytes than any has is tried like every wrong one.
pub(super) fn check_proof(
    field: &str,
    given: &str,
    code: Option<&str>,
    errors: &mut ValidationErrors,
) {
    if given.chars().count() > password::MAX_BYTES {
        let detail = "A password has at most 256 characters.";
        errors.check(Err(Invalid::new(field, "too_long", detail)));
    }
    if code.is_some_and(|code| code.chars().count() > CODE_MAX_CHARS) {
        let detail = "A code has at most 32 characters.";
        errors.check(Err(Invalid::new("code", "too_long", detail)));
    }
}

/// A change of the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// The present password.
    #[schema(max_length = 256, format = Password)]
    pub current_password: String,
    /// The new one.
    #[schema(value_type = shapes::NewPassword)]
    pub new_password: String,
    /// A code, when the account has a second factor.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(max_length = 32, nullable = false)]
    pub code: Option<String>,
}

impl Validate for PasswordChange {
    fn validate(&self, errors: &mut ValidationErrors) {
        check_proof(
            "current_password",
            &self.current_password,
            self.code.as_deref(),
            errors,
        );
        errors.check(password::check_length("new_password", &self.new_password));
    }
}

/// Asks for a link by mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgottenPassword {
    /// The address of the account.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
}

impl Validate for ForgottenPassword {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.keep(Email::parse("email", &self.email));
    }
}

/// A new password by the link that was mailed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordReset {
    /// The token of the link.
    #[schema(max_length = 128)]
    pub token: String,
    /// The new one.
    #[schema(value_type = shapes::NewPassword)]
    pub password: String,
}

impl Validate for PasswordReset {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(password::check_length("password", &self.password));
    }
}

/// Asks for another mail address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmailChange {
    /// The new address.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
    /// The present password.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
    /// A code, when the account has a second factor.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(max_length = 32, nullable = false)]
    pub code: Option<String>,
}

impl Validate for EmailChange {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.keep(Email::parse("email", &self.email));
        check_proof("password", &self.password, self.code.as_deref(), errors);
    }
}

/// Six digits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeProof {
    /// From the mail, or from the authenticator app.
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    pub code: String,
}

impl Validate for CodeProof {
    fn validate(&self, errors: &mut ValidationErrors) {
        let digits = self.code.bytes().all(|byte| byte.is_ascii_digit());
        if self.code.len() != 6 || !digits {
            let detail = "The code has six digits.";
            errors.check(Err(Invalid::new("code", "invalid_code", detail)));
        }
    }
}

/// What an authenticator app needs; the factor is on when its first code was confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TotpEnrolment {
    /// Base32, to be typed.
    pub secret: String,
    /// `otpauth://totp/…`
    pub otpauth_uri: String,
    /// The same as a QR code: an SVG document.
    pub qr_svg: String,
}

/// Codes for the day the phone is lost; each works once. Shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecoveryCodes {
    /// Ten of them.
    pub recovery_codes: Vec<String>,
}

/// An open sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
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
    /// Whether it is the one that asks.
    pub current: bool,
}

impl SessionView {
    pub(super) fn new(open: OpenSession, asking: SessionId) -> Self {
        Self {
            current: open.id == asking,
            id: open.id,
            user_agent: open.user_agent,
            ip: open.ip,
            created_at: open.created_at,
            last_seen_at: open.last_seen_at,
            ends_at: open.ends_at,
        }
    }
}

/// The open sign-ins; always one page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionPage {
    /// Latest use first.
    pub items: Vec<SessionView>,
    /// Always `null`.
    pub next_cursor: Option<String>,
}

/// An API key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiKey {
    /// What it is for: one line of at most 80 characters, not blank.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub name: String,
    /// What it may do; at least one.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// When it ends; absent or `null`: never. A moment that is over is 409 `expiry_in_the_past`.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl Validate for NewApiKey {
    fn validate(&self, errors: &mut ValidationErrors) {
        if self.name.trim().is_empty() {
            let detail = "Say what the key is for.";
            errors.check(Err(Invalid::new("name", "required", detail)));
        }
        errors.check(check_line("name", &self.name));
        if self.scopes.is_empty() {
            let detail = "Give at least one of read, write.";
            errors.check(Err(Invalid::new("scopes", "required", detail)));
        }
    }
}

impl NewApiKey {
    pub(super) fn rights(&self) -> Scopes {
        Scopes {
            read: self.scopes.contains(&Scope::Read),
            write: self.scopes.contains(&Scope::Write),
        }
    }
}

/// An API key; the key itself is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyView {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Its last use, to a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// Where that came from.
    pub last_ip: String,
}

impl From<StoredKey> for ApiKeyView {
    fn from(key: StoredKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: Scopes::from_words(&key.scopes).list(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_ip: key.last_ip,
        }
    }
}

/// A key that was just made, with the key itself: the only time it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedApiKey {
    /// What is kept of it.
    #[serde(flatten)]
    pub key_info: ApiKeyView,
    /// `sat_…`, for `Authorization: Bearer …`.
    pub key: String,
}

/// The API keys of an account; always one page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyPage {
    /// Newest first.
    pub items: Vec<ApiKeyView>,
    /// Always `null`.
    pub next_cursor: Option<String>,
}
