//! argon2id, off the async threads and behind a small semaphore.
//! Refuses to queue without end: who gets no turn in time is told to come again.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use crate::platform::crypto;
use crate::platform::secret::Secret;

/// Memory of one hash: 19 MiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Longest wait for a turn.
const TURN: Duration = Duration::from_secs(2);

/// No turn came in time, or the worker died: the caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// What a check of a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The password belongs to the hash.
    pub matches: bool,
    /// The hash was made with older parameters and should be replaced.
    pub outdated: bool,
}

/// Hashes and checks passwords, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// A hash of nothing anybody knows, checked when there is no account: same work, same time.
    decoy: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// Allows as many hashes at once as given; each takes 19 MiB and one core.
    pub fn new(at_once: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            decoy: decoy().into(),
        }
    }

    /// Hashes a password with the present parameters, as a PHC string.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, Busy> {
        self.in_turn(move || hash_now(password.expose().as_bytes()))
            .await
    }

    /// Checks a password against a stored hash, or against the decoy when there is none.
    pub async fn verify(
        &self,
        password: Secret<String>,
        stored: Option<String>,
    ) -> Result<Verdict, Busy> {
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.decoy.to_string());
        let verdict = self.in_turn(move || verify_now(&password, &hash)).await?;
        Ok(Verdict {
            matches: verdict.matches && known,
            ..verdict
        })
    }

    /// The permit moves into the thread: a caller that goes away does not let a further hash in
    /// while its own still runs.
    #[expect(
        clippy::disallowed_methods,
        reason = "bounded by the semaphore, ends by itself within some 50 ms"
    )]
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let turn = tokio::time::timeout(TURN, self.turns.clone().acquire_owned());
        let permit = turn.await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        })
        .await
        .map_err(|_| Busy)
    }
}

/// A hash that belongs to no password: random bytes in the place of salt and hash. Hashing
/// something unknown would do the same and cost 19 MiB and 20 ms at every start.
fn decoy() -> String {
    let salt = STANDARD_NO_PAD.encode(crypto::random::<16>());
    let hash = STANDARD_NO_PAD.encode(crypto::random::<32>());
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn hasher() -> Argon2<'static> {
    #[expect(clippy::expect_used, reason = "constants within the limits of argon2")]
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("valid parameters");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &[u8]) -> String {
    #[expect(
        clippy::expect_used,
        reason = "passwords are bounded to 256 bytes, the parameters are constants"
    )]
    hasher()
        .hash_password(password)
        .expect("a short password can be hashed")
        .to_string()
}

fn verify_now(password: &Secret<String>, stored: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(stored) else {
        return Verdict {
            matches: false,
            outdated: true,
        };
    };
    let matches = hasher()
        .verify_password(password.expose().as_bytes(), &hash)
        .is_ok();
    let present = format!("m={MEMORY_KIB},t={PASSES},p={LANES}");
    Verdict {
        matches,
        outdated: !stored.starts_with("$argon2id$v=19$") || hash.params.to_string() != present,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_hash_only_exactly() {
        let passwords = Passwords::new(2);
        let secret = |text: &str| Secret::new(text.to_owned());
        let hash = passwords.hash(secret("correct horse ")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let check = async |text: &str| {
            passwords
                .verify(secret(text), Some(hash.clone()))
                .await
                .unwrap()
        };
        let right = Verdict {
            matches: true,
            outdated: false,
        };
        assert_eq!(check("correct horse ").await, right);
        assert!(!check("correct horse").await.matches);
        assert!(PasswordHash::new(&passwords.decoy).is_ok());
        assert!(!passwords.verify(secret("any"), None).await.unwrap().matches);
    }

    #[tokio::test]
    async fn an_older_hash_still_matches_and_asks_to_be_replaced() {
        let params = Params::new(8_192, 1, 1, None).unwrap();
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password(b"correct horse")
            .unwrap()
            .to_string();
        let verdict = verify_now(&Secret::new("correct horse".to_owned()), &old);
        assert_eq!(
            verdict,
            Verdict {
                matches: true,
                outdated: true
            }
        );
    }
}
