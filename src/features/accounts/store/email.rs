//! Changing the mail address: a code to the new one, a notice to the old one.

use mysql_async::params;

use super::verification::{self, Purpose};
use super::{AccountStore, find_in};
use crate::domain::email::Email;
use crate::features::accounts::letters;
use crate::features::accounts::model::Account;
use crate::platform::db::{DbError, Query};
use crate::services::auth::audit::{self, Action, Entry, Origin};

/// What became of a code for a new address.
pub(in crate::features::accounts) enum Confirmed {
    /// The account with its new address.
    Done(Account),
    /// The code is wrong, used or too old, or the address was taken meanwhile.
    Refused,
}

const TAKEN: Query = Query::new(
    "users.email_taken",
    "SELECT COUNT(*) FROM users WHERE email_norm = ?",
);

const SET: Query = Query::new(
    "users.set_email",
    "UPDATE users SET email = :email, email_norm = :norm, email_verified_at = UTC_TIMESTAMP(6), \
       version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = :id",
);

impl AccountStore {
    /// Mails a code to the new address and a notice to the old one. An address that belongs to
    /// somebody gets the mail that says so instead; the caller cannot tell the two apart.
    pub(in crate::features::accounts) async fn request_email_change(
        &self,
        account: &Account,
        email: &Email,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("users.request_email", |tx| async move {
                if verification::is_recent(&tx, account.id, Purpose::ChangeEmail).await? {
                    return Ok(());
                }
                let entry = Entry::own(Action::EmailChangeRequested, account.id, origin);
                audit::write(&tx, entry).await?;
                let notice = letters::address_change_requested(&account.email, &account.username);
                self.mail(&tx, &notice).await?;
                let (keys, purpose) = (&self.keys, Purpose::ChangeEmail);
                let code =
                    verification::make(&tx, keys, account.id, purpose, email.as_str()).await?;
                let taken: Option<(u64,)> = tx.first(&TAKEN, (email.norm().as_bytes(),)).await?;
                if matches!(taken, Some((1..,))) {
                    return self.write_to_owner(&tx, email).await;
                }
                let mail = letters::new_address_code(email.as_str(), &account.username, &code);
                self.mail(&tx, &mail).await
            })
            .await
    }

    /// Uses a code for the new address.
    pub(in crate::features::accounts) async fn confirm_email_change(
        &self,
        account: &Account,
        code: &str,
        origin: &Origin,
    ) -> Result<Confirmed, DbError> {
        let outcome: Result<Confirmed, DbError> = self
            .db
            .transaction("users.confirm_email", |tx| async move {
                let (keys, purpose) = (&self.keys, Purpose::ChangeEmail);
                let redeemed = verification::redeem(&tx, keys, account.id, purpose, code).await?;
                let email = redeemed.and_then(|text| Email::parse("email", &text).ok());
                let Some(email) = email else {
                    return Ok(Confirmed::Refused);
                };
                let values = params! {
                    "email" => email.as_str(),
                    "norm" => email.norm().as_bytes(),
                    "id" => account.id,
                };
                tx.exec(&SET, values).await?;
                audit::write(&tx, Entry::own(Action::EmailChanged, account.id, origin)).await?;
                let notice = letters::address_changed(&account.email, &account.username);
                self.mail(&tx, &notice).await?;
                let changed = find_in(&tx, account.id).await?;
                Ok(changed.map_or(Confirmed::Refused, |found| Confirmed::Done(found.account)))
            })
            .await;
        match outcome {
            Err(err) if err.violates("uq_users_email_norm") => Ok(Confirmed::Refused),
            outcome => outcome,
        }
    }
}
