//! Accounts that an admin makes over the API: ready to sign in, with a password or a mailed link.

use super::password::store_link;
use super::{AccountStore, NewAccount, insert};
use crate::domain::id::UserId;
use crate::features::accounts::letters;
use crate::platform::db::DbError;
use crate::services::auth::audit::{self, Action, Entry, Origin};

/// Days in which a new account's link is good; afterwards its owner asks for another one.
const INVITATION_DAYS: u32 = 3;

impl AccountStore {
    /// Makes an account. `invited`: nobody knows its password, its owner gets a link to choose one.
    pub(in crate::features::accounts) async fn insert_by_admin(
        &self,
        new: &NewAccount<'_>,
        invited: bool,
        actor: UserId,
        origin: &Origin,
    ) -> Result<(), DbError> {
        self.db
            .transaction("users.create_by_admin", |tx| async move {
                insert(&tx, *new).await?;
                let entry = Entry {
                    actor: Some(actor),
                    detail: new.role.as_str(),
                    ..Entry::own(Action::Created, new.id, origin)
                };
                audit::write(&tx, entry).await?;
                if !invited {
                    return Ok(());
                }
                let token = store_link(&tx, new.id, INVITATION_DAYS * 24 * 60).await?;
                let (to, name) = (new.email.as_str(), new.username.as_str());
                let mail = letters::invitation(to, name, &self.public_url, &token, INVITATION_DAYS);
                self.mail(&tx, &mail).await
            })
            .await
    }
}
