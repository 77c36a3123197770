//! Cache epochs: one random token per owner and scope in Redis. A cached value contains the token
//! that was current before its row was read; each write replaces the token. A value older than an
//! acknowledged write therefore never matches, and no cached key has to be deleted.

use std::time::Duration;

use crate::domain::id::UserId;
use crate::platform::cache::{Cache, Cached, Key};
use crate::platform::crypto;

/// TTL of a token; its expiry only causes misses.
const TTL: Duration = Duration::from_secs(3600);

/// The values that an epoch guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The session checks of one account.
    Account,
    /// The list pages of one owner.
    Lists,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Lists => "lists",
        }
    }
}

/// A random token. Two equal tokens mean that nothing was written in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEpoch(String);

impl CacheEpoch {
    fn random() -> Self {
        Self(crypto::random_text::<12>())
    }

    /// `TOKEN_CHARS` characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub const TOKEN_CHARS: usize = 16;

impl Cached for CacheEpoch {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        (text.len() == TOKEN_CHARS).then(|| Self(text.to_owned()))
    }
}

/// The Redis key of an epoch.
pub fn key(scope: Scope, owner: UserId) -> Key<CacheEpoch> {
    Key::new("epoch", 1, owner, scope.as_str(), TTL)
}

/// Starts a new epoch. Called after each commit, also after a replayed save: the first attempt may
/// have died between its commit and this call.
pub async fn renew(cache: &Cache, scope: Scope, owner: UserId) {
    cache.write(&key(scope, owner), &CacheEpoch::random()).await;
}

/// `renew`, and notifies the owner's subscriptions, in one round trip.
pub async fn renew_and_notify(cache: &Cache, scope: Scope, owner: UserId) {
    let epoch = CacheEpoch::random();
    cache
        .write_and_notify(&key(scope, owner), &epoch, &topic(owner))
        .await;
}

/// The notifier topic of an owner.
pub fn topic(owner: UserId) -> String {
    owner.to_string()
}

/// The current epoch, created if there is none; `None` when Redis does not reply.
pub async fn current(cache: &Cache, scope: Scope, owner: UserId) -> Option<CacheEpoch> {
    cache
        .write_if_absent(&key(scope, owner), CacheEpoch::random())
        .await
}
