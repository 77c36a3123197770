//! Accounts as values: what a client sends and sees. Secrets have no `Debug` and are never sent back.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::settings_model::check_proof;
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::{patch, shapes};
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::password;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::username::Username;

/// Most characters of a user name or address at sign-in.
const LOGIN_MAX_CHARS: usize = 254;

/// Somebody who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    /// 2 to 40 letters, digits, `.`, `_` or `-`; unique whatever the letter case.
    #[schema(value_type = shapes::Username)]
    pub username: String,
    /// Where the six-digit code goes.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
    /// The password; 15 characters are recommended.
    #[schema(value_type = shapes::NewPassword)]
    pub password: String,
}

impl Validate for Registration {
    fn validate(&self, errors: &mut ValidationErrors) {
        let username = errors.keep(Username::parse("username", &self.username));
        let email = errors.keep(Email::parse("email", &self.email));
        if let (Some(username), Some(email)) = (username, email) {
            errors.check(password::check(
                "password",
                &self.password,
                &username,
                &email,
            ));
        } else {
            errors.check(password::check_length("password", &self.password));
        }
    }
}

/// The answer to a registration: the same whether or not the address is known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Registered {
    /// As it was sent.
    pub username: String,
    /// As it was sent.
    pub email: String,
}

/// The proof of an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmailProof {
    /// The address the code was sent to.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
    /// Six digits; good for ten minutes and five tries.
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    pub code: String,
}

impl Validate for EmailProof {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.keep(Email::parse("email", &self.email));
        let digits = self.code.bytes().all(|byte| byte.is_ascii_digit());
        if self.code.len() != 6 || !digits {
            let detail = "The code has six digits.";
            errors.check(Err(Invalid::new("code", "invalid_code", detail)));
        }
    }
}

/// Asks for another code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeRequest {
    /// The address of an account that waits for its proof.
    #[schema(value_type = shapes::MailAddress)]
    pub email: String,
}

impl Validate for CodeRequest {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.keep(Email::parse("email", &self.email));
    }
}

/// A sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// User name or mail address.
    #[schema(min_length = 1, max_length = 254)]
    pub login: String,
    /// The password, exactly as it was chosen.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
    /// A code of the second factor, when the account has one.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(max_length = 32, nullable = false)]
    pub code: Option<String>,
}

impl Validate for Login {
    fn validate(&self, errors: &mut ValidationErrors) {
        // Whatever is short enough is tried: a name that cannot be is as wrong as one that is not.
        if self.login.is_empty() {
            let detail = "Give your user name or mail address.";
            errors.check(Err(Invalid::new("login", "required", detail)));
        }
        if self.login.chars().count() > LOGIN_MAX_CHARS {
            let detail = "A user name or address has at most 254 characters.";
            errors.check(Err(Invalid::new("login", "too_long", detail)));
        }
        check_proof("password", &self.password, self.code.as_deref(), errors);
    }
}

/// A refresh by a program that keeps the token itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// The token of the last sign-in or refresh; without one the answer is 401.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub refresh_token: Option<String>,
}

impl Validate for RefreshRequest {
    fn validate(&self, _: &mut ValidationErrors) {}
}

/// Where the refresh token travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Transport {
    /// In an HttpOnly cookie, for browsers.
    #[default]
    Cookie,
    /// In the body, for programs.
    Body,
}

/// How the refresh token is handed over.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct TransportQuery {
    /// `cookie` when absent.
    #[param(inline)]
    pub transport: Option<Transport>,
}

impl Validate for TransportQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}

/// A sign-in or refresh that worked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedIn {
    /// A JWT for `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    pub expires_in: u64,
    /// Who signed in.
    pub user: Account,
    /// Only with `transport=body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
}

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Account {
    /// UUIDv7.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// Grows with every change.
    pub version: u64,
    /// The user name as it was chosen.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// `user` or `admin`.
    #[schema(value_type = String)]
    pub role: Role,
    /// How the owner wants to be called; may be empty.
    pub display_name: String,
    /// IANA name; what "today" means for the owner.
    pub time_zone: String,
    /// Whether signing in also needs a code.
    pub totp_enabled: bool,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it will be deleted, if its owner asked for it and does not sign in before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delete_after: Option<Timestamp>,
}
