//! Generations: one random token per owner and scope in Redis. A cached value carries the token
//! that was there before its row was read; a write replaces the token. So nothing older than an
//! acknowledged write is ever served, and no cached key has to be hunted down.

use std::time::Duration;

use crate::domain::id::UserId;
use crate::platform::cache::{Cache, Cached, Key};
use crate::platform::crypto;

/// Life of a token nobody replaces; its end is only a miss.
const LIFE: Duration = Duration::from_secs(3600);

/// What a generation guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The session checks of one account.
    Account,
    /// The list pages of one owner: of notes, of files.
    Lists,
}

impl Scope {
    fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            // Instances of before know it under the name of the only list there was.
            Self::Lists => "notes",
        }
    }
}

/// A random token; equal tokens mean that nothing was written in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation(String);

impl Generation {
    fn fresh() -> Self {
        Self(crypto::random_text::<12>())
    }

    /// The token as it stands inside cached values; always sixteen characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Length of a token's text.
pub const TOKEN_CHARS: usize = 16;

impl Cached for Generation {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        (text.len() == TOKEN_CHARS).then(|| Self(text.to_owned()))
    }
}

/// The key under which a generation lives.
pub fn key(scope: Scope, owner: UserId) -> Key<Generation> {
    Key::new("generation", 1, owner, scope.word(), LIFE)
}

/// Ends the present generation. Called after each commit, also when a save was only replayed:
/// the first try may have died between its commit and this line.
pub async fn renew(cache: &Cache, scope: Scope, owner: UserId) {
    cache.write(&key(scope, owner), &Generation::fresh()).await;
}

/// The same, and whoever listens for the owner is told to look, in one round trip.
pub async fn renew_and_ring(cache: &Cache, scope: Scope, owner: UserId) {
    let fresh = Generation::fresh();
    cache
        .write_and_ring(&key(scope, owner), &fresh, &bell(owner))
        .await;
}

/// The name under which an owner's listeners wait.
pub fn bell(owner: UserId) -> String {
    owner.to_string()
}

/// The present generation, begun if there is none; `None` when Redis does not answer.
pub async fn current(cache: &Cache, scope: Scope, owner: UserId) -> Option<Generation> {
    cache
        .write_if_absent(&key(scope, owner), Generation::fresh())
        .await
}
