//! The end of an account: asked for, waited for, then removed row by row.
//! Knows only what belongs to accounts; notes and the like are removed before, by the job.

use mysql_async::params;

use super::{AccountStore, is_last_admin};
use crate::domain::id::UserId;
use crate::features::accounts::letters;
use crate::features::accounts::model::Account;
use crate::platform::db::{Db, DbError, Query};
use crate::services::auth::audit::{self, Action, Entry, Origin};
use crate::services::auth::sessions;

/// Who ends an account, and from where.
#[derive(Debug, Clone, Copy)]
pub(in crate::features::accounts) struct Ending<'a> {
    /// The owner or an admin.
    pub(in crate::features::accounts) actor: UserId,
    /// Where the request came from.
    pub(in crate::features::accounts) origin: &'a Origin,
}

/// Days in which a sign-in keeps the account.
pub(in crate::features::accounts) const GRACE_DAYS: u32 = 14;

const SCHEDULE: Query = Query::new(
    "users.schedule_deletion",
    "UPDATE users SET delete_after = UTC_TIMESTAMP(6) + INTERVAL :days DAY, \
       version = version + 1 WHERE id = :id AND delete_after IS NULL",
);

const DUE: Query = Query::new(
    "users.due_deletions",
    "SELECT id FROM users WHERE delete_after < UTC_TIMESTAMP(6) LIMIT 20",
);

const DELETE: Query = Query::new(
    "users.delete",
    "DELETE FROM users WHERE id = ? AND delete_after < UTC_TIMESTAMP(6)",
);

/// What hangs on an account and goes with it.
const PARTS: [Query; 5] = [
    Query::new(
        "users.delete_sessions",
        "DELETE FROM sessions WHERE user_id = ?",
    ),
    Query::new(
        "users.delete_codes",
        "DELETE FROM one_time_codes WHERE user_id = ?",
    ),
    Query::new(
        "users.delete_resets",
        "DELETE FROM password_resets WHERE user_id = ?",
    ),
    Query::new(
        "users.delete_recovery",
        "DELETE FROM recovery_codes WHERE user_id = ?",
    ),
    Query::new(
        "users.delete_keys",
        "DELETE FROM api_keys WHERE user_id = ?",
    ),
];

impl AccountStore {
    /// Ends all sign-ins and removes the account after the grace, unless its owner signs in.
    /// Whether it may go: the last admin stays. One that is going already goes at its time.
    pub(in crate::features::accounts) async fn schedule_deletion(
        &self,
        account: &Account,
        by: Ending<'_>,
    ) -> Result<bool, DbError> {
        self.db
            .transaction("users.schedule_deletion", |tx| async move {
                if is_last_admin(&tx, account.id).await? {
                    return Ok(false);
                }
                let values = params! { "days" => GRACE_DAYS, "id" => account.id };
                let scheduled = tx.exec(&SCHEDULE, values).await?.affected == 1;
                sessions::revoke_all(&tx, account.id).await?;
                if !scheduled {
                    return Ok(true);
                }
                let entry = Entry {
                    actor: Some(by.actor),
                    ..Entry::own(Action::DeletionRequested, account.id, by.origin)
                };
                audit::write(&tx, entry).await?;
                let (to, name) = (&account.email, &account.username);
                let mail = match by.actor == account.id {
                    true => letters::deletion_requested(to, name, GRACE_DAYS),
                    false => letters::deletion_ordered(to, name, GRACE_DAYS),
                };
                self.mail(&tx, &mail).await?;
                Ok(true)
            })
            .await
    }
}

/// Accounts whose grace is over, twenty at most.
pub async fn due_deletions(db: &Db) -> Result<Vec<UserId>, DbError> {
    let rows: Vec<(UserId,)> = db.list(&DUE, ()).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Removes an account whose notes and records are gone already.
pub async fn remove_account(db: &Db, user: UserId) -> Result<(), DbError> {
    let origin = &Origin::default();
    db.transaction("users.remove", |tx| async move {
        for part in &PARTS {
            tx.exec(part, (user,)).await?;
        }
        if tx.exec(&DELETE, (user,)).await?.affected == 1 {
            let entry = Entry {
                actor: None,
                ..Entry::own(Action::Deleted, user, origin)
            };
            audit::write(&tx, entry).await?;
        }
        Ok(())
    })
    .await
}
