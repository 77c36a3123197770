//! API keys of an account: made, listed, removed. What a key may do is checked in `services::auth::api_keys`.

use mysql_async::params;
use mysql_async::prelude::FromRow;

use super::AccountStore;
use crate::domain::id::{ApiKeyId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query};
use crate::services::auth::api_keys::{self, Scopes};
use crate::services::auth::audit::{self, Action, Entry, Origin};

/// Keys of one account at most.
pub(in crate::features::accounts) const MAX_KEYS: u64 = 50;

/// A key to be made.
pub(in crate::features::accounts) struct NewKey {
    pub(in crate::features::accounts) name: String,
    pub(in crate::features::accounts) scopes: Scopes,
    pub(in crate::features::accounts) expires_at: Option<Timestamp>,
}

/// What became of a key to be made.
pub(in crate::features::accounts) enum MadeKey {
    /// Its row, and the key itself, for the only time.
    Done(StoredKey, String),
    /// There are fifty already.
    TooMany,
    /// It would have ended before it began.
    Over,
}

/// A key as it is stored.
#[derive(FromRow)]
pub(in crate::features::accounts) struct StoredKey {
    pub(in crate::features::accounts) id: ApiKeyId,
    pub(in crate::features::accounts) name: String,
    pub(in crate::features::accounts) prefix: String,
    pub(in crate::features::accounts) scopes: String,
    pub(in crate::features::accounts) created_at: Timestamp,
    pub(in crate::features::accounts) expires_at: Option<Timestamp>,
    pub(in crate::features::accounts) last_used_at: Option<Timestamp>,
    pub(in crate::features::accounts) last_ip: String,
}

const LOCK_OWNER: Query = Query::new(
    "api_keys.lock_owner",
    "SELECT id FROM users WHERE id = ? FOR UPDATE",
);

const ROOM: Query = Query::new(
    "api_keys.room",
    "SELECT COUNT(*), COALESCE(CAST(:expires AS DATETIME(6)) <= UTC_TIMESTAMP(6), 0) \
     FROM api_keys WHERE user_id = :user",
);

const INSERT: Query = Query::new(
    "api_keys.insert",
    "INSERT INTO api_keys (user_id, id, name, prefix, key_hash, scopes, created_at, expires_at) \
     VALUES (:user, :id, :name, :prefix, :hash, :scopes, UTC_TIMESTAMP(6), :expires)",
);

const FIND: Query = Query::new(
    "api_keys.find",
    "SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at, last_ip \
     FROM api_keys WHERE user_id = ? AND id = ?",
);

const LIST: Query = Query::new(
    "api_keys.list",
    "SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at, last_ip \
     FROM api_keys WHERE user_id = ? ORDER BY id DESC LIMIT 50",
);

const DELETE: Query = Query::new(
    "api_keys.delete",
    "DELETE FROM api_keys WHERE user_id = ? AND id = ?",
);

impl AccountStore {
    /// Makes a key, if there is room for it and it is good for some time.
    pub(in crate::features::accounts) async fn insert_key(
        &self,
        user: UserId,
        new: &NewKey,
        origin: &Origin,
    ) -> Result<MadeKey, DbError> {
        let key = api_keys::fresh();
        let (id, text) = (ApiKeyId::new(), &key);
        self.db
            .transaction("api_keys.insert", |tx| async move {
                // The owner's row is the lock under which keys are counted.
                tx.first::<(UserId,)>(&LOCK_OWNER, (user,)).await?;
                let values = params! { "expires" => new.expires_at, "user" => user };
                match tx.first::<(u64, bool)>(&ROOM, values).await? {
                    Some((_, true)) => return Ok(MadeKey::Over),
                    Some((MAX_KEYS.., _)) => return Ok(MadeKey::TooMany),
                    _ => {}
                }
                let prefix: String = text.chars().take(api_keys::SHOWN_CHARS).collect();
                let values = params! {
                    "user" => user,
                    "id" => id,
                    "name" => &new.name,
                    "prefix" => &prefix,
                    "hash" => api_keys::digest(text).as_slice(),
                    "scopes" => new.scopes.to_words(),
                    "expires" => new.expires_at,
                };
                tx.exec(&INSERT, values).await?;
                let entry = Entry {
                    detail: &prefix,
                    ..Entry::own(Action::ApiKeyCreated, user, origin)
                };
                audit::write(&tx, entry).await?;
                let stored = tx.first(&FIND, (user, id)).await?;
                Ok(stored.map_or(MadeKey::TooMany, |stored| {
                    MadeKey::Done(stored, text.clone())
                }))
            })
            .await
    }

    /// The keys of an account, newest first.
    pub(in crate::features::accounts) async fn list_keys(
        &self,
        user: UserId,
    ) -> Result<Vec<StoredKey>, DbError> {
        self.db.list(&LIST, (user,)).await
    }

    /// Removes a key; whether it was there.
    pub(in crate::features::accounts) async fn delete_key(
        &self,
        user: UserId,
        id: ApiKeyId,
        origin: &Origin,
    ) -> Result<bool, DbError> {
        self.db
            .transaction("api_keys.delete", |tx| async move {
                let gone = tx.exec(&DELETE, (user, id)).await?.affected == 1;
                if gone {
                    audit::write(&tx, Entry::own(Action::ApiKeyRevoked, user, origin)).await?;
                }
                Ok(gone)
            })
            .await
    }
}
