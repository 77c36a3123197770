//! Before anything that could take an account over: the password, and the second factor if there
//! is one, each refused with a code of its own. Wrong tries are counted and audited like failed
//! sign-ins.

use axum::http::StatusCode;

use crate::api::caller::AccountOwner;
use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::features::accounts::store::{AccountStore, Credentials, Factor};
use crate::platform::secret::Secret;
use crate::services::auth::audit::{self, Action, Entry};
use crate::services::auth::login_throttle;

/// The account, if the proof is good.
pub(super) async fn require(
    app: &AppState,
    accounts: &AccountStore,
    owner: &AccountOwner,
    password: String,
    code: Option<&str>,
) -> Result<Credentials, ApiError> {
    let subject = [b"reauthentication".as_slice(), owner.id.as_bytes()].concat();
    let line = |action, detail| Entry {
        detail,
        ..Entry::own(action, owner.id, &owner.origin)
    };
    let refusal = line(Action::ReauthenticationThrottled, "account");
    let (db, keys) = (&app.db, &app.keys);
    let charged =
        login_throttle::charge(db, keys, login_throttle::ACCOUNT, &subject, refusal).await?;
    if let Some(after) = charged {
        return Err(ApiError::TooManyRequests(after));
    }
    let found = accounts.find(owner.id).await?.ok_or(ApiError::NotFound)?;
    let stored = Some(found.password_hash.clone());
    let verdict = app.passwords.verify(Secret::new(password), stored).await?;
    if !verdict.matches {
        audit::note(db, line(Action::ReauthenticationFailed, "password")).await?;
        return Err(refused(
            "reauthentication_required",
            "Enter your present password.",
        ));
    }
    if found.account.totp_enabled {
        let Some(code) = code else {
            return Err(refused(
                "second_factor_required",
                "Enter a code from your authenticator app as well, or a recovery code.",
            ));
        };
        let factor = accounts
            .use_factor(&found, code, &app.clock, &owner.origin)
            .await?;
        if factor == Factor::Bad {
            audit::note(db, line(Action::ReauthenticationFailed, "code")).await?;
            return Err(refused(
                "second_factor_invalid",
                "This code is wrong or was used before.",
            ));
        }
    }
    login_throttle::refund(db, keys, login_throttle::ACCOUNT, &subject).await?;
    Ok(found)
}

fn refused(code: &'static str, detail: &'static str) -> ApiError {
    ApiError::Refused(StatusCode::FORBIDDEN, code, detail)
}
