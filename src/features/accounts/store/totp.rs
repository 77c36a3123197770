//! The second factor: a sealed secret, each time step used once, ten recovery codes used once each.

use mysql_async::{Params, params};

use super::{AccountStore, Credentials, find_in};
use crate::domain::id::UserId;
use crate::features::accounts::letters;
use crate::features::accounts::model::Account;
use crate::platform::auth::totp::SharedSecret;
use crate::platform::clock::Clock;
use crate::platform::crypto;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::auth::audit::{self, Action, Entry, Origin};

/// Recovery codes handed out at once.
const RECOVERY_CODES: usize = 10;
/// Signs of a recovery code: no vowels, nothing that is read as something else; 50 bits in ten.
const ALPHABET: &[u8; 32] = b"bcdfghjkmnpqrstvwxyz23456789-+=%";
/// The part of the alphabet that is used: letters and digits.
const SIGNS: usize = 28;
const CODE_SIGNS: usize = 11;

/// What a code of the second factor turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::accounts) enum Factor {
    /// Right, and used from now on.
    Good,
    /// Wrong or used before.
    Bad,
}

const SET_PENDING: Query = Query::new(
    "users.set_totp_pending",
    "UPDATE users SET totp_pending = ? WHERE id = ? AND totp_secret IS NULL",
);

const PENDING: Query = Query::new(
    "users.totp_pending",
    "SELECT totp_pending FROM users WHERE id = ? AND totp_secret IS NULL FOR UPDATE",
);

const ENABLE: Query = Query::new(
    "users.enable_totp",
    "UPDATE users SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = :step, \
       version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = :id",
);

const DISABLE: Query = Query::new(
    "users.disable_totp",
    "UPDATE users SET totp_secret = NULL, totp_pending = NULL, totp_last_step = NULL, \
       version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = ?",
);

const USE_STEP: Query = Query::new(
    "users.use_totp_step",
    "UPDATE users SET totp_last_step = :step \
     WHERE id = :id AND (totp_last_step IS NULL OR totp_last_step < :step)",
);

const INSERT_CODE: Query = Query::new(
    "recovery.insert",
    "INSERT INTO recovery_codes (user_id, code_hash) VALUES (?, ?)",
);

const USE_CODE: Query = Query::new(
    "recovery.use",
    "DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ?",
);

const COUNT_CODES: Query = Query::new(
    "recovery.count",
    "SELECT COUNT(*) FROM recovery_codes WHERE user_id = ?",
);

const FORGET_CODES: Query = Query::new(
    "recovery.invalidate",
    "DELETE FROM recovery_codes WHERE user_id = ?",
);

impl AccountStore {
    /// Keeps a secret that waits for its first code; whether the factor is still off.
    pub(in crate::features::accounts) async fn begin_totp(
        &self,
        user: UserId,
        secret: &SharedSecret,
    ) -> Result<bool, DbError> {
        let sealed = self.keys.seal(user.as_bytes(), secret.bytes());
        Ok(self.db.exec(&SET_PENDING, (sealed, user)).await?.affected == 1)
    }

    /// Switches the factor on if the code fits; the recovery codes, shown once. The step of this
    /// code counts as used, so it is not good for the first sign-in.
    pub(in crate::features::accounts) async fn confirm_totp(
        &self,
        account: &Account,
        code: &str,
        clock: &Clock,
        origin: &Origin,
    ) -> Result<Option<Vec<String>>, DbError> {
        let user = account.id;
        self.db
            .transaction("users.confirm_totp", |tx| async move {
                let row: Option<(Option<Vec<u8>>,)> = tx.first(&PENDING, (user,)).await?;
                let secret = row.and_then(|(sealed,)| self.unseal(user, &sealed?));
                let Some(step) = secret.and_then(|secret| secret.step_of(code, clock)) else {
                    return Ok(None);
                };
                tx.exec(&ENABLE, params! { "step" => step, "id" => user })
                    .await?;
                audit::write(&tx, Entry::own(Action::TotpEnabled, user, origin)).await?;
                let (to, name) = (&account.email, &account.username);
                self.mail(&tx, &letters::totp_changed(to, name, true))
                    .await?;
                self.make_recovery_codes(&tx, user).await.map(Some)
            })
            .await
    }

    /// Switches the factor off.
    pub(in crate::features::accounts) async fn disable_totp(
        &self,
        account: &Account,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("users.disable_totp", |tx| async move {
                tx.exec(&DISABLE, (account.id,)).await?;
                tx.exec(&FORGET_CODES, (account.id,)).await?;
                audit::write(&tx, Entry::own(Action::TotpDisabled, account.id, origin)).await?;
                let (to, name) = (&account.email, &account.username);
                self.mail(&tx, &letters::totp_changed(to, name, false))
                    .await
            })
            .await
    }

    /// Checks and uses a code: of many calls with the same one exactly one is good.
    pub(in crate::features::accounts) async fn use_factor(
        &self,
        owner: &Credentials,
        code: &str,
        clock: &Clock,
        origin: &Origin,
    ) -> Result<Factor, DbError> {
        let user = owner.account.id;
        let secret = owner
            .totp_secret
            .as_deref()
            .and_then(|sealed| self.unseal(user, sealed));
        let good = match secret.and_then(|secret| secret.step_of(code.trim(), clock)) {
            Some(step) => {
                let values: Params = params! { "step" => step, "id" => user };
                self.db.exec(&USE_STEP, values).await?.affected == 1
            }
            None => self.use_recovery_code(owner, code, origin).await?,
        };
        Ok(if good { Factor::Good } else { Factor::Bad })
    }

    async fn use_recovery_code(
        &self,
        owner: &Credentials,
        code: &str,
        origin: &Origin,
    ) -> Result<bool, DbError> {
        let user = owner.account.id;
        let hash = self.recovery_hash(user, code);
        self.db
            .transaction("recovery.use", |tx| async move {
                if tx.exec(&USE_CODE, (user, hash.as_slice())).await?.affected == 0 {
                    return Ok(false);
                }
                audit::write(&tx, Entry::own(Action::RecoveryCodeUsed, user, origin)).await?;
                let left: Option<(u64,)> = tx.first(&COUNT_CODES, (user,)).await?;
                let left = left.map_or(0, |(left,)| left);
                if let Some(found) = find_in(&tx, user).await? {
                    let (to, name) = (&found.account.email, &found.account.username);
                    self.mail(&tx, &letters::recovery_code_used(to, name, left))
                        .await?;
                }
                Ok(true)
            })
            .await
    }

    async fn make_recovery_codes(&self, tx: &Tx, user: UserId) -> Result<Vec<String>, DbError> {
        tx.exec(&FORGET_CODES, (user,)).await?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
        for code in &codes {
            let hash = self.recovery_hash(user, code);
            tx.exec(&INSERT_CODE, (user, hash.as_slice())).await?;
        }
        Ok(codes)
    }

    fn recovery_hash(&self, user: UserId, code: &str) -> [u8; 32] {
        let plain: String = code
            .chars()
            .filter(|sign| sign.is_ascii_alphanumeric())
            .map(|sign| sign.to_ascii_lowercase())
            .collect();
        self.keys
            .mac("recovery code", &[user.as_bytes(), plain.as_bytes()])
    }

    fn unseal(&self, user: UserId, sealed: &[u8]) -> Option<SharedSecret> {
        self.keys
            .unseal(user.as_bytes(), sealed)
            .ok()
            .map(SharedSecret::from_bytes)
    }
}

/// `xxxxx-xxxxxx`: eleven of 28 signs, 52 bits.
fn recovery_code() -> String {
    let mut code = String::with_capacity(CODE_SIGNS + 1);
    while code.len() < CODE_SIGNS + 1 {
        let [draw] = crypto::random::<1>();
        // Five bits give 32 values; values beyond the alphabet are drawn again, so all are equally likely.
        let place = usize::from(draw % 32);
        if place < SIGNS {
            code.push(char::from(ALPHABET[place]));
        }
        if code.len() == 5 {
            code.push('-');
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_easy_to_read_and_differ() {
        let codes: std::collections::BTreeSet<String> = (0..100).map(|_| recovery_code()).collect();
        assert_eq!(codes.len(), 100);
        for code in codes {
            let (front, back) = code.split_once('-').unwrap();
            assert_eq!((front.len(), back.len()), (5, 6), "{code}");
            assert!(
                !code.contains(['a', 'e', 'i', 'o', 'u', 'l', '0', '1']),
                "{code}"
            );
        }
    }
}
