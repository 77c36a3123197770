//! API keys: who may act with one, and what it may do. Only digests are stored.

use mysql_async::prelude::FromRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ApiKeyId, UserId};
use crate::domain::role::Role;
use crate::platform::crypto;
use crate::platform::db::{Db, DbError, Query};

/// Every key begins with this, so that leaked ones can be searched for.
pub const PREFIX: &str = "sat_";
/// Characters of a key that may be shown later.
pub const SHOWN_CHARS: usize = 12;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read notes, tasks and files.
    Read,
    /// Change them.
    Write,
}

/// The rights of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes {
    /// May read.
    pub read: bool,
    /// May change.
    pub write: bool,
}

impl Scopes {
    /// The words in the database.
    pub fn to_words(self) -> String {
        let words = [(self.read, "read"), (self.write, "write")];
        let given: Vec<&str> = words
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| *word)
            .collect();
        given.join(",")
    }

    /// Reads the words back; unknown ones give no right.
    pub fn from_words(words: &str) -> Self {
        Self {
            read: words.split(',').any(|word| word == "read"),
            write: words.split(',').any(|word| word == "write"),
        }
    }

    /// The rights as a list.
    pub fn list(self) -> Vec<Scope> {
        let all = [(self.read, Scope::Read), (self.write, Scope::Write)];
        all.iter()
            .filter(|(on, _)| *on)
            .map(|(_, scope)| *scope)
            .collect()
    }
}

/// The account behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyStanding {
    /// The account.
    pub user: UserId,
    pub role: Role,
    /// What the key may do.
    pub scopes: Scopes,
}

#[derive(FromRow)]
struct KeyRow {
    user_id: UserId,
    id: ApiKeyId,
    scopes: String,
    role: String,
    stale: bool,
}

const CHECK: Query = Query::new(
    "api_keys.check",
    "SELECT k.user_id, k.id, k.scopes, u.role, \
       (k.last_used_at IS NULL OR k.last_used_at < UTC_TIMESTAMP(6) - INTERVAL 60 SECOND) AS stale \
     FROM api_keys k JOIN users u ON u.id = k.user_id \
     WHERE k.key_hash = ? AND u.status = 'active' AND u.delete_after IS NULL \
       AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(6))",
);

const TOUCH: Query = Query::new(
    "api_keys.touch",
    "UPDATE api_keys SET last_used_at = UTC_TIMESTAMP(6), last_ip = ? WHERE user_id = ? AND id = ?",
);

/// A new key: `sat_` and 32 random bytes. Shown once.
pub fn fresh() -> String {
    format!("{PREFIX}{}", crypto::random_text::<32>())
}

/// What is stored of a key.
pub fn digest(key: &str) -> [u8; 32] {
    crypto::sha256(key.as_bytes())
}

/// Whose key it is and what it may do; its last use is noted at most once a minute.
pub async fn check(db: &Db, digest: &[u8; 32], ip: &str) -> Result<Option<KeyStanding>, DbError> {
    let row: Option<KeyRow> = db.first(&CHECK, (digest.as_slice(),)).await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        db.exec(&TOUCH, (ip, row.user_id, row.id)).await?;
    }
    Ok(Some(KeyStanding {
        user: row.user_id,
        role: Role::from_word(&row.role),
        scopes: Scopes::from_words(&row.scopes),
    }))
}
