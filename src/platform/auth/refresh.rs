//! Refresh tokens: `session id ‖ 32 bytes ‖ tag`, in base64url.
//! The tag tells a token of ours, however old, from noise: only a real one can prove theft. The
//! successor is an HMAC of the presented token, so every instance hands out the same one.

use crate::domain::id::SessionId;
use crate::platform::crypto::{self, Keys};

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// A refresh token that carries our tag; whether it is still good is asked in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    session: SessionId,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({}, ***)", self.session)
    }
}

impl RefreshToken {
    /// The first token of a sign-in.
    pub fn issue(keys: &Keys, session: SessionId) -> Self {
        Self::assemble(keys, session, &crypto::random::<SECRET_BYTES>())
    }

    /// The token that replaces this one: always the same, whichever instance computes it.
    #[must_use]
    pub fn successor(&self, keys: &Keys) -> Self {
        let secret = keys.mac("refresh successor", &[&self.bytes]);
        Self::assemble(keys, self.session, &secret)
    }

    /// Reads a token and checks its tag.
    pub fn parse(keys: &Keys, text: &str) -> Option<Self> {
        let bytes = crypto::decode(text)?;
        if bytes.len() != ID_BYTES + SECRET_BYTES + TAG_BYTES {
            return None;
        }
        let (signed, tag) = bytes.split_at(ID_BYTES + SECRET_BYTES);
        let session = SessionId::from_bytes(signed[..ID_BYTES].try_into().ok()?);
        let genuine = crypto::equal(tag, &keys.mac("refresh tag", &[signed])[..TAG_BYTES]);
        genuine.then_some(Self { session, bytes })
    }

    fn assemble(keys: &Keys, session: SessionId, secret: &[u8; SECRET_BYTES]) -> Self {
        let mut bytes = [session.as_bytes().as_slice(), secret].concat();
        let tag = keys.mac("refresh tag", &[&bytes]);
        bytes.extend_from_slice(&tag[..TAG_BYTES]);
        Self { session, bytes }
    }

    /// The sign-in it belongs to.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// What the database keeps of it: SHA-256.
    pub fn hash(&self) -> [u8; 32] {
        crypto::sha256(&self.bytes)
    }

    /// The text for the client.
    pub fn to_text(&self) -> String {
        crypto::encode(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::secret::Secret;

    #[test]
    fn a_token_survives_its_text_and_has_one_successor() {
        let keys = Keys::derive(&Secret::new(vec![9; 32]));
        let token = RefreshToken::issue(&keys, SessionId::new());
        let read = RefreshToken::parse(&keys, &token.to_text()).unwrap();
        assert_eq!(read, token);
        assert_eq!(read.successor(&keys), token.successor(&keys));
        assert_ne!(token.successor(&keys).hash(), token.hash());
    }

    #[test]
    fn noise_and_altered_tokens_are_not_ours() {
        let keys = Keys::derive(&Secret::new(vec![9; 32]));
        let token = RefreshToken::issue(&keys, SessionId::new());
        let mut bytes = token.bytes.clone();
        bytes[20] ^= 1;
        for text in [
            "",
            "abc",
            &crypto::encode(&bytes),
            &crypto::random_text::<64>(),
        ] {
            assert!(RefreshToken::parse(&keys, text).is_none(), "{text}");
        }
    }
}
